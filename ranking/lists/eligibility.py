"""Eligibility: the articles that each edition may list, and the moment at which lists are read.

It follows the slots that the site gives and takes, and what cards say, at the cost of what changed.
A slot is on the list of its article's edition; its section is the one that the card names. What is
unlisted or was taken down has the section `NEVER`. All editions of a site share one eligibility.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.content.availability import NO_CLOCK
from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.engine.site import Site
from ranking.lists.next_article import Scratch, new_scratch

NONE, NEVER = 0, -1
FREE = -1
_NOTHING = np.zeros(0, np.int32)


class Moved(NamedTuple):
    """Slots of one edition whose eligibility changed: before and now.

    Each row is one change; a slot has as many as it had changes, in no order.

    Attributes
    ----------
    slot : (n,) int32
    before, after : (n,) int32
        Code of the section; `NEVER` = lists did not, or do not show it.
    redated : (n,) bool
        Whether the date of publication is another one.
    """

    slot: NDArray[np.int32]
    before: NDArray[np.int32]
    after: NDArray[np.int32]
    redated: NDArray[np.bool_]


STILL = Moved(_NOTHING, _NOTHING, _NOTHING, np.zeros(0, np.bool_))
"""Nothing has changed."""


class Eligibility:
    """Articles of a site's editions.

    Parameters
    ----------
    site : Site
    catalogue : Catalogue
        For dates, sections and what must not be listed.

    Attributes
    ----------
    published : (n,) float64
        Dates of publication by slot, ms; 0 = not known.
    section : (n,) int32
        Code of each slot's section.
    owner : (n,) int32
        Edition of each slot's article, `FREE` if it has none.
    scratch : Scratch
    idle_ms : int
        How far the reading clock is ahead of the log's.
    wall : float
        Wall clock in seconds; `NO_CLOCK` where the log's clock stands for it.
    """

    def __init__(self, site: Site, catalogue: Catalogue) -> None:
        self._site, self._catalogue = site, catalogue
        self.published = np.zeros(0)
        self.section, self.owner, self._where = (np.zeros(0, np.int32) for _ in range(3))
        self.scratch: Scratch = new_scratch(0)
        self.idle_ms, self.wall = 0, NO_CLOCK
        self._codes: dict[str, int] = {}
        self._slots: list[NDArray[np.int32]] = []
        self._used: list[int] = []
        self._moved: list[list[Moved]] = []  # slots that came or went, of each edition
        self._recarded: list[list[tuple[int, int, int, bool]]] = []  # one card each, as in `Moved`
        self._is_new = True

    @property
    def reading_ms(self) -> int:
        """The reading clock: the log's, and on through a silence; ms."""
        return self._site.newest_ms + self.idle_ms

    @property
    def listing_at(self) -> float:
        """The moment at which lists are shown, seconds; `NO_CLOCK` before the first view."""
        if not math.isnan(self.wall):
            return self.wall
        return self._site.newest_ms / 1000 if self._site.newest_ms else NO_CLOCK

    def code(self, section: str) -> int:
        """Code of a section."""
        return self._codes.setdefault(section, len(self._codes) + 1) if section else NONE

    def slots(self, index: int) -> NDArray[np.int32]:
        """Slots of an edition's articles, in no order; valid until the next `follow`."""
        if not 0 <= index < len(self._slots):
            return _NOTHING
        return self._slots[index][: self._used[index]]

    def take_moved(self, index: int) -> Moved:
        """Changed slots of an edition since the last call.

        A card that says the same of listing, section and date as the one before changes nothing.
        """
        if not 0 <= index < len(self._moved):
            return STILL
        moved, self._moved[index] = self._moved[index], []
        cards, self._recarded[index] = self._recarded[index], []
        if cards:
            slot, before, after = np.array([change[:3] for change in cards], np.int32).T
            moved.append(Moved(slot, before, after, np.array([change[3] for change in cards])))
        if len(moved) < 2:
            return moved[0] if moved else STILL
        return Moved(*map(np.concatenate, zip(*moved, strict=True)))

    def follow(self) -> None:
        """Follow the site's slots."""
        site, moved = self._site, self._site.take_moved()
        self._make_room()
        if self._is_new or moved is None:
            self._is_new = False
            self._take(np.arange(len(site.ids), dtype=np.int32))
        elif moved:
            self._take(np.unique(np.array(moved, np.int32)))

    def card_changed(self, index: int, edition: str, article: str) -> None:
        """Follow an article's card."""
        slot = self._site.slot(edition, article)
        if 0 <= slot < self.owner.size and self.owner[slot] == index:
            before, published = int(self.section[slot]), float(self.published[slot])
            self._describe(slot, edition, article)
            after, is_redated = int(self.section[slot]), published != self.published[slot]
            if before != after or is_redated:
                self._recarded[index].append((slot, before, after, is_redated))

    def _make_room(self) -> None:
        have, size = self.owner.size, self._site.state.article.size
        while len(self._slots) < len(self._site.editions):
            self._slots.append(np.zeros(16, np.int32))
            self._used.append(0)
            self._moved.append([])
            self._recarded.append([])
        if size > have:
            self.published = np.concatenate([self.published, np.zeros(size - have)])
            self.section = np.concatenate([self.section, np.zeros(size - have, np.int32)])
            self.owner = np.concatenate([self.owner, np.full(size - have, FREE, np.int32)])
            self._where = np.concatenate([self._where, np.zeros(size - have, np.int32)])
            self.scratch = new_scratch(size)

    def _take(self, slots: NDArray[np.int32]) -> None:
        """Put slots where they belong now; one that changed hands is new to its edition too."""
        record = self._site.state.article[slots]
        owners = np.where(record["key"] != 0, record["edition"], FREE).astype(np.int32)
        before = self.owner[slots]
        for index in np.unique(before[before != FREE]).tolist():
            self._drop(index, slots[before == index])
        self.owner[slots] = owners
        for index in np.unique(owners[owners != FREE]).tolist():
            mine, edition = slots[owners == index], self._site.editions[index]
            self._append(index, mine)
            for slot in mine.tolist():
                self._describe(slot, edition, self._site.ids[slot])
            self._note(index, mine, before=_never(mine), after=self.section[mine])

    def _drop(self, index: int, slots: NDArray[np.int32]) -> None:
        """Take slots off an edition's list; the last ones fill the holes."""
        held, used = self._slots[index], self._used[index]
        self.owner[slots] = FREE
        left = used - slots.size
        holes = self._where[slots]
        holes = holes[holes < left]
        tail = held[left:used]
        held[holes] = moved = tail[self.owner[tail] != FREE]
        self._where[moved] = holes
        self._used[index] = left
        self._note(index, slots, before=self.section[slots], after=_never(slots))

    def _append(self, index: int, slots: NDArray[np.int32]) -> None:
        used = self._used[index]
        if used + slots.size > self._slots[index].size:
            room = np.zeros(max(2 * used, used + slots.size), np.int32)
            room[:used] = self._slots[index][:used]
            self._slots[index] = room
        self._slots[index][used : used + slots.size] = slots
        self._where[slots] = np.arange(used, used + slots.size)
        self._used[index] = used + slots.size

    def _note(
        self, index: int, slots: NDArray[np.int32], *,
        before: NDArray[np.int32], after: NDArray[np.int32],
    ) -> None:  # fmt: skip
        """Note slots that came or went."""
        self._moved[index].append(Moved(slots, before, after, np.zeros(slots.size, np.bool_)))

    def _describe(self, slot: int, edition: str, article: str) -> None:
        card = self._catalogue.card(edition, article)
        self.published[slot] = card.published_at * 1000 if card else 0.0
        is_never = self._catalogue.is_gone(edition, article) or (card and not card.listable)
        self.section[slot] = NEVER if is_never else self._code_of(card)

    def _code_of(self, card: Card | None) -> int:
        return self.code(card.section) if card else NONE


def _never(slots: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.full(slots.size, NEVER, np.int32)
