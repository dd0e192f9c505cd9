"""Intake: events, cards and takedowns on their way from the routes to the log."""

from collections.abc import Callable, Iterable

from starlette.concurrency import run_in_threadpool

from ranking.content.cards import Card
from ranking.content.tombstones import Held
from ranking.engine.event_columns import Rows
from ranking.service.group_commit import GroupCommit
from ranking.service.log import ArticleChanges, Log

RoomFaults = Callable[[Iterable[str]], dict[str, str]]
"""Returns the reasons why editions cannot open, by edition."""


class Intake:
    """The routes' way to the log.

    Parameters
    ----------
    log : Log
    commits : GroupCommit
        Over the same log.
    lacks_room : callable
        Returns the reasons why editions cannot open, by edition; without it every edition can, as
        in a cluster, where only workers know.
    has_outcomes : bool
        Whether this process applies the log, and hence knows the outcome of events.
    """

    def __init__(
        self, log: Log, commits: GroupCommit, lacks_room: RoomFaults | None = None, *,
        has_outcomes: bool = False,
    ) -> None:  # fmt: skip
        self._log, self._commits = log, commits
        self._lacks_room, self._has_outcomes = lacks_room, has_outcomes

    def fault(self) -> str:
        """Return why the log takes nothing; empty if it takes events."""
        return self._commits.fault()

    async def take(
        self, rows: Rows, cards: list[Card], removed: list[tuple[str, str]], *,
        outcome: bool = False,
    ) -> dict[str, int]:  # fmt: skip
        """Return when the log has all of it, with `outcome` when it is applied.

        Returns
        -------
        dict of str to int
            With `outcome`, events by outcome, as far as this process knows.

        Raises
        ------
        Refused
            If the log does not have it.
        """
        outcomes: dict[str, int] = {}
        wanted = outcomes if outcome and self._has_outcomes else None
        await self._commits.submit(rows, ArticleChanges(cards, removed), wanted)
        return outcomes

    def lacks_room(self, editions: Iterable[str]) -> dict[str, str]:
        """Return the reasons why editions cannot open, by edition; each names the settings."""
        return self._lacks_room(editions) if self._lacks_room else {}

    async def held(self, names: list[tuple[str, str]]) -> list[Held]:
        """Return the stored records of articles, by edition and id.

        Raises
        ------
        Refused
            If they are not known yet.
        """
        return await run_in_threadpool(self._log.held, names)

    async def restore(self, edition: str, article: str) -> None:
        """Bring an article back that was taken down; returns when the log has it.

        Raises
        ------
        Refused
            If the log does not have it.
        """
        await self._commits.submit(changes=ArticleChanges(restored=[(edition, article)]))
