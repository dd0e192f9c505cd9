"""Edition reader: an edition from its packed values, for one list.

The chain's arrays are built for each question: the leaders, the neighbours of the pages read and
the proposals by tags. They are in the order of their slots in the engine, so that ties are broken
as there. If a base has moved since a value was written, an exact power of two corrects for it, as
in the engine.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.content.availability import NO_CLOCK
from ranking.content.cards import Card
from ranking.content.tag_graph import TagGraph
from ranking.engine.decay.portable_math import exp2
from ranking.engine.signals.covisitation import LEVEL, LEVELS, ROW, Graph
from ranking.lists.backoff import Popularity
from ranking.lists.edition_reader import Ground, Scored
from ranking.lists.next_article import new_scratch
from ranking.profiles.profile import Profile
from ranking.read_model.values import NO_ARTICLE, ArticleValue, EditionValue, TagsValue, column


class PackedEdition:
    """One edition's packed values between two requests.

    Parameters
    ----------
    value : EditionValue
    tags : TagsValue or None
    """

    def __init__(self, value: EditionValue, tags: TagsValue | None = None) -> None:
        self.value = value
        self.leader_slots = column(value.leader_slots, "<i4")
        self.leader_shares = column(value.leader_shares, "<f8")
        self.leader_lasting = column(value.leader_lasting, "<f8")
        self.follow_tags(tags)

    def follow_tags(self, tags: TagsValue | None) -> None:
        """Hold other tags from now on."""
        self._tags = tags
        self._graph: TagGraph | None = None
        self.tag_slots: dict[str, int] = {}

    def graph(self) -> TagGraph:
        """The tag graph, made at its first use."""
        if self._graph is None:
            cards = self._tags.cards if self._tags else []
            mass = column(self._tags.mass, "<f8") if self._tags else np.zeros(0)
            slots = column(self._tags.slots, "<i4").tolist() if self._tags else []
            self.tag_slots = {card.id: slot for card, slot in zip(cards, slots, strict=True)}
            self._graph = TagGraph(cards, mass)
        return self._graph

    def succeeded_by(self, value: EditionValue) -> "PackedEdition":
        """The edition with a newer value and the same tags."""
        newer = PackedEdition(value, self._tags)
        newer._graph, newer.tag_slots = self._graph, self.tag_slots
        return newer


class PackedEditionReader:
    """Reads one edition for one request.

    Parameters
    ----------
    edition : PackedEdition
    pages : mapping of str to ArticleValue
        The pages read.
    wall : float
        Wall clock in seconds; `NO_CLOCK` where the log's clock stands for it.
    """

    def __init__(
        self,
        edition: PackedEdition,
        pages: Mapping[str, ArticleValue],
        wall: float = NO_CLOCK,
    ) -> None:
        self._wall = wall
        self.name = edition.value.name
        self._edition = edition
        self._values = dict(pages)
        self._rows = [article for article, value in pages.items() if value.total]
        self._slots = {article: value.slot for article, value in pages.items()}
        self._ids: dict[int, str] = {}
        self._universe = np.zeros(0, np.int32)

    @property
    def at(self) -> float:
        """The clock of the edition's lists, seconds."""
        return self._edition.value.newest_ms / 1000

    @property
    def listing_at(self) -> float:
        """The moment at which its lists are shown, seconds; see `listing`."""
        if not math.isnan(self._wall):
            return self._wall
        newest = self._edition.value.newest_ms
        return newest / 1000 if newest else NO_CLOCK

    def learn(self, values: Mapping[str, ArticleValue]) -> None:
        """Take the values of more articles, to dress a list with."""
        self._values |= values

    def ground(self, profile: Profile, hints: list[Card]) -> Ground:
        """Inputs of Related and For this visit; `profile` is the engine's live one."""
        value = self._edition.value
        self._slots |= {card.id: self._edition.tag_slots[card.id] for card in hints}
        self._slots |= zip(value.leaders, self._edition.leader_slots.tolist(), strict=True)
        for page in self._rows:
            read = self._values[page]
            slots = column(read.neighbour_slots, "<i4").tolist()
            self._slots |= zip(read.neighbours, slots, strict=True)
        self._ids = {slot: article for article, slot in self._slots.items() if slot >= 0}
        self._universe = np.array(sorted(self._ids), np.int32)
        scratch = new_scratch(self._universe.size)
        return Ground(self._graph(), value.newest_ms, self._popularity(), scratch)

    def slot(self, article: str) -> int:
        """Slot of an article in the ground, -1 if it has none."""
        slot = self._slots.get(article, -1)
        return int(np.searchsorted(self._universe, slot)) if slot >= 0 else -1

    def id_of(self, slot: int) -> str:
        """Article in a slot of the ground."""
        return self._ids[int(self._universe[slot])]

    def row(self, article: str) -> int:
        """Co-read row of a page in the ground's graph, -1 if it has none."""
        return self._rows.index(article) if article in self._rows else -1

    def card(self, article: str) -> Card | None:
        """Card of an article, if it is known."""
        return self._values.get(article, NO_ARTICLE).card

    def is_gone(self, article: str) -> bool:
        """Say whether an article was taken down."""
        return self._values.get(article, NO_ARTICLE).is_gone

    def of_story(self, story: str) -> str | None:
        """The edition's article of a story, if it is among those whose tags are known."""
        cards = [card for card in self._edition.graph().cards if card.story == story]
        newest = min(cards, key=lambda c: (-c.published_at, c.id), default=None)
        return newest.id if newest else None

    def views(self, article: str) -> int:
        """Counted views of an article, ever."""
        return self._values.get(article, NO_ARTICLE).views

    def tags(self, profile: Profile) -> TagGraph:
        """The tag graph; `profile` is the engine's live one."""
        return self._edition.graph()

    def popular(self, profile: Profile) -> Iterator[Scored]:
        """Articles that fill a short list; `profile` is the engine's live one."""
        yield from (Scored(article, 0.0) for article in self._edition.value.popular)

    def _popularity(self) -> Popularity:
        held = self._edition
        order = np.argsort(held.leader_slots)
        size, slot = order.size, np.searchsorted(self._universe, held.leader_slots[order])
        place = np.full((2, size), -1, np.int32)
        place[0] = order
        head = np.zeros((2, size), np.int32)
        head[0, order] = np.arange(size)
        shares = np.stack([held.leader_shares, held.leader_lasting]).take(order, 1)  # in C order
        return Popularity(
            slot.astype(np.int32), shares, place, head,
            np.array([size, 0]), np.array([1.0, 0.0]), np.ones(1),
        )  # fmt: skip

    def _graph(self) -> Graph:
        values = [self._values[page] for page in self._rows]
        sizes = [len(value.neighbours) for value in values]
        row = np.zeros(len(values), ROW)
        neighbour = np.zeros((len(values), max(sizes, default=0)), np.int32)
        mass = np.zeros((*neighbour.shape, LEVELS), np.float32)
        for i, (value, size) in enumerate(zip(values, sizes, strict=True)):
            factors = self._factors(value.base_ms)
            row[i]["size"], row[i]["total"] = size, value.total * factors
            slots = column(value.neighbour_slots, "<i4")
            neighbour[i, :size] = np.searchsorted(self._universe, slots)
            forward = column(value.mass, "<f4").reshape(size, LEVELS)
            mass[i, :size] = forward * factors.astype(np.float32)
        level = np.zeros(1, LEVEL)
        level["base_ms"] = self._edition.value.base_ms
        level["half_life_ms"] = self._edition.value.half_life_ms
        return Graph(row, neighbour, mass, level)

    def _factors(self, base_ms: list[int]) -> NDArray[np.float64]:
        """Factors of each level's masses relative to the newer bases, (4,) float64."""
        bases = zip(base_ms, self._edition.value.base_ms, strict=True)
        half_lives = self._edition.value.half_life_ms
        return np.array(
            [exp2((old - new) / h) for (old, new), h in zip(bases, half_lives, strict=True)]
        )
