"""Ports: what the API's routes ask of an engine, wherever it runs.

`Lists` answer questions: embedded from the engine in this process, in the cluster from the mirror.
An `Intake` takes events and cards for the log: embedded into SQLite, in the cluster into Kafka.
"""

from typing import Any, Protocol

from ranking.engine.rows import Rows
from ranking.lists.boards import Board
from ranking.lists.catalogue import Card
from ranking.lists.profile import Profile
from ranking.server.shelf import Shelf


class Lists(Protocol):
    """Who knows the lists."""

    shelf: Shelf

    @property
    def profile(self) -> Profile:
        """The live profile."""

    def fault(self) -> str:
        """Why lists cannot be served, or nothing."""

    def status(self) -> dict[str, Any]:
        """What `/readyz` tells besides."""

    def editions(self) -> list[str]:
        """Editions that have lists, by name."""

    async def board(
        self, edition: str, surface: str, profile: Profile, n: int, section: str
    ) -> Board:
        """Popular or Trending, under the live profile or one made from it."""

    async def related(self, edition: str, article: str, n: int) -> Board:
        """Related of an article, known or not."""

    async def for_you(self, edition: str, recent: list[str], n: int) -> Board:
        """For this visit from the last pages read, newest first."""

    async def article(self, edition: str, article: str) -> dict[str, Any] | None:
        """An article's card and counts, None if it has neither."""

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


class Intake(Protocol):
    """Who brings things into the log."""

    def fault(self) -> str:
        """Why nothing can be taken, or nothing."""

    async def take(self, rows: Rows, cards: list[Card], removed: list[tuple[str, str]]) -> None:
        """Return when the log has all of it.

        Raises
        ------
        Refused
            If it has not.
        """
