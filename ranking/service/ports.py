"""Ports: what the routes need of an engine, embedded or in a cluster.

`Lists` answer questions: embedded from the engine in this process, in the cluster from the read
model. The port to the log of events is `ranking.service.log`.
"""

from typing import Any, Protocol

from ranking.experiments.counting import Counted
from ranking.experiments.plans import Experiment
from ranking.history.past_state import Rankers
from ranking.lists.boards import Board
from ranking.lists.explanation import Explained, Explanation
from ranking.profiles.profile import Profile
from ranking.profiles.scopes import Profiles
from ranking.service.response_cache import ResponseCache
from ranking.settings_log.book import Book
from ranking.settings_log.decisions import Decision
from ranking.settings_log.drafts import Draft
from ranking.settings_log.override_reach import Reached
from ranking.settings_log.overrides import Override


class Lists(Protocol):
    """Port to the lists."""

    responses: ResponseCache

    @property
    def profiles(self) -> Profiles:
        """The live profiles."""

    def fault(self) -> str:
        """The reason why lists cannot be served; empty if they can."""

    def status(self) -> dict[str, Any]:
        """Further fields of `/readyz`."""

    def editions(self) -> list[str]:
        """Editions that have lists, by name."""

    async def board(
        self, edition: str, surface: str, profile: Profile, n: int, section: str
    ) -> Board:
        """Popular or Trending, under the live profile or one made from it."""

    async def next(
        self, edition: str, surface: str, pages: list[str], n: int, profile: Profile
    ) -> Board:
        """Related of one page, known or not, or For this visit of the last ones, newest first."""

    async def explain(
        self, edition: str, surface: str, asked: Explained, profile: Profile
    ) -> list[Explanation]:
        """Explain where some articles stand in a list; nothing if nobody can tell now."""

    async def keep(self, draft: Draft) -> None:
        """Keep a draft until it expires.

        Raises
        ------
        Refused
            If it cannot be kept.
        """

    async def draft(self, id: str) -> Draft | None:
        """A draft, None if there is none or it has expired."""

    async def article(self, edition: str, article: str) -> dict[str, Any] | None:
        """An article's card and counts, None if it has neither."""

    async def traffic(self) -> list[dict[str, Any]]:
        """Views an hour of every edition, by name."""

    async def counted(self, name: str, its: Experiment) -> Counted:
        """An experiment as the log has it by now.

        Raises
        ------
        Refused
            If a part of the log cannot be asked.
        """

    async def reached(self, act: Override) -> Reached:
        """Articles that an override affects, in each of its editions.

        Raises
        ------
        Refused
            If a part of the log cannot be asked.
        """

    async def graph(self, edition: str, tag: str) -> dict[str, Any]:
        """A tag's neighbours, synonyms and history."""


class Refused(Exception):
    """The log does not take what was given; the sender keeps it.

    Parameters
    ----------
    reason : str
    wait : int
        Seconds after which to try again.
    is_busy : bool
        Too much at once, rather than broken.
    """

    def __init__(self, reason: str, wait: int, *, is_busy: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.is_busy = wait, is_busy


class Settings(Protocol):
    """Port to the settings log."""

    book: Book

    def fault(self) -> str:
        """The reason why this process does not know the decisions; empty if it does."""

    async def write(self, record: Decision) -> None:
        """Return when the record holds, for this process too.

        Raises
        ------
        ConflictError
            If somebody else decided first.
        Refused
            If the log does not take it.
        """


class Past(Protocol):
    """Port to the history; may block for seconds, so routes call it in a thread."""

    rankers: Rankers
    """Past lists under another profile."""

    def shown(self, edition: str, surface: str, at: float) -> Board | None:
        """The board as it was published at a moment of the site's clock, with today's cards."""

    def shown_since(self, edition: str, surface: str) -> float:
        """The oldest moment of which a board is known; inf if none is."""
