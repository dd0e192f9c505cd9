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
        """Return why lists cannot be served; empty if they can."""

    def status(self) -> dict[str, Any]:
        """Return further fields of `/readyz`."""

    def editions(self) -> list[str]:
        """Return the editions that have lists, by name."""

    async def board(
        self, edition: str, surface: str, profile: Profile, n: int, section: str
    ) -> Board:
        """Make a board of an edition (a list that needs no page) under a profile."""

    async def next(
        self, edition: str, surface: str, pages: list[str], n: int, profile: Profile
    ) -> Board:
        """Make a list from pages, newest first; a page may be unknown."""

    async def explain(
        self, edition: str, surface: str, asked: Explained, profile: Profile
    ) -> list[Explanation]:
        """Explain the positions of articles in a list; empty if no process knows them now."""

    async def keep(self, draft: Draft) -> None:
        """Keep a draft until it expires.

        Raises
        ------
        Refused
            If it cannot be kept.
        """

    async def draft(self, id: str) -> Draft | None:
        """Return a draft, None if there is none or it has expired."""

    async def article(self, edition: str, article: str) -> dict[str, Any] | None:
        """Return an article's card and counts, None if it has neither."""

    async def traffic(self) -> list[dict[str, Any]]:
        """Return the views per hour of every edition, by name."""

    async def counted(self, name: str, experiment: Experiment) -> Counted:
        """Return the sums of an experiment, up to the end of the log.

        Raises
        ------
        Refused
            If a partition's worker does not answer.
        """

    async def reached(self, act: Override) -> Reached:
        """Return the articles that an override affects, by edition.

        Raises
        ------
        Refused
            If a part of the log cannot be asked.
        """

    async def graph(self, edition: str, tag: str) -> dict[str, Any]:
        """Return a tag's neighbours, synonyms and history."""


class Refused(Exception):
    """The log does not take a request; the sender keeps the events and sends again.

    Parameters
    ----------
    reason : str
    wait : int
        Seconds until the sender tries again.
    is_busy : bool
        Whether too many events wait, rather than a fault of the log.
    """

    def __init__(self, reason: str, wait: int, *, is_busy: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.is_busy = wait, is_busy


class Settings(Protocol):
    """Port to the settings log."""

    book: Book

    def fault(self) -> str:
        """Return why this process does not know the decisions; empty if it does."""

    async def write(self, record: Decision) -> None:
        """Return when the record holds, for this process too.

        Raises
        ------
        ConflictError
            If another decision was first.
        Refused
            If the log does not take it.
        """


class Past(Protocol):
    """Port to the history; calls may block for seconds, so routes run them in a thread."""

    rankers: Rankers
    """Past lists under another profile."""

    def shown(self, edition: str, surface: str, at: float) -> Board | None:
        """Return the board published at a moment of the site's clock (s), with today's cards."""

    def shown_since(self, edition: str, surface: str) -> float:
        """Return the oldest moment (s) of which a board is known; inf if there is none."""
