"""Edition reader: what lists need of one edition, from the engine or from the read model.

The engine reads its own state (`Edition`). Another process reads the packed values that the engine
wrote to a store (`ranking/read_model/`). The same functions compose lists from either, so that the
bytes are the same.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import msgspec

from ranking.content.cards import Card
from ranking.content.tag_graph import TagGraph
from ranking.engine.signals.covisitation import Graph
from ranking.lists.backoff import Popularity
from ranking.lists.next_article import Scratch
from ranking.profiles.profile import Profile

LONGEST = 100
"""A list has at most so many items."""


class Scored(msgspec.Struct, frozen=True, gc=False):
    """An article in a list.

    `discount` is the factor of its score from a visit's second page on, see `discount_at`.
    `exposed`: it is listed because it is new, see `rerank/first_exposure`.
    """

    id: str
    score: float
    discount: float = 1.0
    exposed: bool = False

    def __repr__(self) -> str:
        """Its id and score."""
        return f"Scored(id={self.id!r}, score={self.score!r})"


class Ground(NamedTuple):
    """The arrays that the next-article ranking reads.

    Attributes
    ----------
    graph : Graph
    newest_ms : int
        The log's clock.
    popularity : Popularity
        What the chain begins with.
    scratch : Scratch
    """

    graph: Graph
    newest_ms: int
    popularity: Popularity
    scratch: Scratch


class Reading(Protocol):
    """One edition at one moment."""

    name: str

    @property
    def at(self) -> float:
        """The clock of the edition's lists, seconds."""

    @property
    def listing_at(self) -> float:
        """The moment at which its lists are shown, seconds; see `listing`."""

    def ground(self, profile: Profile, hints: list[Card]) -> Ground:
        """Inputs of Related and For this visit, with the proposals by tags."""

    def slot(self, article: str) -> int:
        """Slot of an article, -1 if it has none."""

    def id_of(self, slot: int) -> str:
        """Article in a slot."""

    def row(self, article: str) -> int:
        """Co-read row of an article in the ground's graph, -1 if it has none."""

    def card(self, article: str) -> Card | None:
        """Card of an article, if it is known."""

    def is_gone(self, article: str) -> bool:
        """Say whether an article was taken down."""

    def of_story(self, story: str) -> str | None:
        """The edition's article of a story, if it has one."""

    def views(self, article: str) -> int:
        """Counted views of an article, ever."""

    def tags(self, profile: Profile) -> TagGraph:
        """The tag graph."""

    def popular(self, profile: Profile) -> Iterator[Scored]:
        """All articles that may stand in Popular, best first."""
