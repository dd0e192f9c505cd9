"""One site's state: its articles by slot, and the log position up to which it holds.

This file alone gives articles their slots, in the order of their first view, and does what the loop
cannot do by itself: have tables grow, turn windows, evict articles.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from ranking.engine.arms import Arms
from ranking.engine.batch import Batch
from ranking.engine.coread import forget_articles
from ranking.engine.repeats import living
from ranking.engine.settings import EngineSettings
from ranking.engine.tables import empty_articles, new_state, with_articles, with_edition, with_room
from ranking.engine.views import DONE, TURN, apply_views, reread_views, views_of
from ranking.engine.visits import forget_pages

SOURCES = 1024
MOVES = 1 << 18
"""Slots given or taken that are remembered until whoever follows them looks."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the log entered a window: what rereading from there needs.

    Attributes
    ----------
    window : int
        The window, counted from the epoch.
    position : int
        Log position of the batch in which it began.
    views : int
        The site's views before that batch.
    sequences : tuple of (str, int)
        The sources' next numbers before that batch.
    """

    window: int
    position: int
    views: int
    sequences: tuple[tuple[str, int], ...]


def article_key(edition: str, article: str) -> int:
    """64-bit hash by which an article is known beyond its slot."""
    digest = blake2b(f"{edition}\0{article}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


class Site:
    """State of one site, a function of the sequence of its views.

    Parameters
    ----------
    name : str
    settings : EngineSettings
    """

    def __init__(self, name: str, settings: EngineSettings) -> None:
        self.name = name
        self.settings = settings
        self.editions: list[str] = []
        self.ids: list[str] = []
        self.slots: list[dict[str, int]] = []
        self.sequences: dict[str, int] = {}
        self.turns: list[Turn] = []
        self.free_slots: list[int] = []
        self._gone: dict[tuple[str, str], int] = {}  # articles met when rereading
        self.evictions = 0
        self._evicted: list[tuple[str, str]] = []
        self.arrivals = 0  # slots given, to new articles or in place of evicted ones
        self.appended_ms = 0  # newest stamp of a batch, by the clock of who appended it
        self._moved: list[int] | None = None  # slots given or taken; None = too many to tell
        self.arms = Arms(settings.arms)
        self.state = new_state(settings)

    @property
    def log(self) -> np.void:
        """Where the log stands: a LOG record, live."""
        record: np.void = self.state.log[0]
        return record

    @property
    def newest_ms(self) -> int:
        """The newest accepted stamp, ms; 0 before the first."""
        return int(self.log["newest_ms"])

    def slot(self, edition: str, article: str) -> int:
        """Slot of an article, -1 if no view of it is remembered."""
        if edition not in self.editions:
            return -1
        return self.slots[self.editions.index(edition)].get(article, -1)

    def apply(self, batch: Batch, position: int) -> int:
        """Apply the views of a batch that were not applied before.

        Parameters
        ----------
        batch : Batch
        position : int
            The batch's place in the log.

        Returns
        -------
        int
            How many views were new by their source's sequence.
        """
        self.appended_ms = max(self.appended_ms, batch.stamp_ms)
        before = tuple(self.sequences.items())
        batch = self._fresh_part(self.sequences, batch)
        here = Turn(0, position, int(self.log["views"]), before)
        rest = batch
        while len(rest):
            slots = self._known_slots(rest)
            fitting = self._intern(rest, slots)
            self._run(rest.part(0, fitting), slots, here)
            rest = rest.part(fitting, len(rest))
            if len(rest):
                self._evict()
        return len(batch)

    def reread(self, batch: Batch, views: int, sequences: dict[str, int]) -> int:
        """Feed only the memory of repeats and visits; returns the views passed.

        Parameters
        ----------
        batch : Batch
        views : int
            The site's views before the batch.
        sequences : dict of str to int
            The sources' next numbers before the batch; moved on.
        """
        self.appended_ms = max(self.appended_ms, batch.stamp_ms)
        batch = self._fresh_part(sequences, batch)
        if len(batch):
            self.state = with_room(self.state, len(batch))
            names = [(batch.editions[edition], article) for edition, article in batch.articles]
            entry = batch.columns["article"]
            records = views_of(batch, self._known_slots(batch))
            records["key"] = np.array([article_key(*name) for name in names], np.uint64)[entry]
            gone = [-2 - self._gone.setdefault(name, len(self._gone)) for name in names]
            records["gone"] = np.array(gone, np.int32)[entry]
            reread_views(self.state, records, views)
        return len(batch)

    def give_slots(self, batch: Batch) -> NDArray[np.int32]:
        """Give a batch's new articles slots without applying it, (n_articles,) int32."""
        slots = self._known_slots(batch)
        self._intern(batch, slots)
        return slots

    def take_touched(self) -> NDArray[np.int32]:
        """Slots of the articles touched since the last call, each once."""
        slots = self.state.touched[: self.log["touched"]].copy()
        self.state.article["touched"][slots] = 0
        self.log["touched"] = 0
        return slots

    def take_evicted(self) -> list[tuple[str, str]]:
        """Edition and id of the articles evicted since the last call."""
        evicted, self._evicted = self._evicted, []
        return evicted

    def take_moved(self) -> list[int] | None:
        """Slots given or taken since the last call; None = any may have been."""
        moved, self._moved = self._moved, []
        return moved

    def _move(self, slots: list[int]) -> None:
        if self._moved is not None:
            self._moved += slots
            if len(self._moved) > MOVES:
                self._moved = None

    def reread_from(self) -> Turn:
        """Where rereading must begin so that nothing remembered is missing."""
        forgotten = int(self.log["forgotten_ms"])
        window_ms = self.settings.window * 1000
        older = [turn for turn in self.turns if turn.window * window_ms <= forgotten]
        return older[-1] if older else self.turns[0]

    def _fresh_part(self, sequences: dict[str, int], batch: Batch) -> Batch:
        skipped = batch.known(sequences)
        if skipped == len(batch):
            return batch.part(skipped, skipped)
        sequences.pop(batch.source, None)  # the newest source stands last
        sequences[batch.source] = int(batch.numbers()[-1]) + 1
        while len(sequences) > SOURCES:
            del sequences[next(iter(sequences))]
        return batch.part(skipped, len(batch)) if skipped else batch

    def _known_slots(self, batch: Batch) -> NDArray[np.int32]:
        """Slots of a batch's dictionary, -1 where an article is new, (n_articles,) int32."""
        nothing: dict[str, int] = {}
        known = [
            self.slots[self.editions.index(edition)] if edition in self.editions else nothing
            for edition in batch.editions
        ]
        found = [known[edition].get(article, -1) for edition, article in batch.articles]
        return np.array(found, np.int32)

    def _intern(self, batch: Batch, slots: NDArray[np.int32]) -> int:
        """Give slots to a batch's new articles; returns how many views found room."""
        fitting, entry = len(batch), batch.columns["article"]
        if slots.min() >= 0:
            return fitting
        first_view = np.full(slots.size, fitting)
        first_view[entry[::-1]] = np.arange(fitting - 1, -1, -1)
        missing = np.flatnonzero((slots < 0) & (first_view < fitting))
        born: list[tuple[int, int, str]] = []
        for number in missing[np.argsort(first_view[missing])].tolist():
            index, article = batch.articles[number]
            edition = batch.editions[index]
            slots[number] = self.slot(edition, article)
            if slots[number] < 0:  # not named twice
                if not self.free_slots and len(self.ids) == self.settings.articles:
                    fitting = int(first_view[number])
                    break
                slots[number] = self._new_slot(edition, article)
                born.append((int(slots[number]), int(first_view[number]), edition))
        self._be_born(born)
        return fitting

    def _new_slot(self, edition: str, article: str) -> int:
        if edition not in self.editions:
            self._new_edition(edition)
        if self.free_slots:
            slot = self.free_slots.pop(0)
            self.ids[slot] = article
        else:
            slot = len(self.ids)
            self.ids.append(article)
        self.slots[self.editions.index(edition)][article] = slot
        self.arrivals += 1
        self._move([slot])
        return slot

    def _be_born(self, born: list[tuple[int, int, str]]) -> None:
        """Begin the records of new articles: slot, views ahead of the first, edition."""
        if born:
            slots, ahead, editions = map(list, zip(*born, strict=True))
            self.state = with_articles(self.state, len(self.ids), self.settings.articles)
            self.log["articles"] = len(self.ids)
            records = self.state.article
            names = [(edition, self.ids[slot]) for slot, _, edition in born]
            records["key"][slots] = [article_key(*name) for name in names]
            records["edition"][slots] = [self.editions.index(edition) for edition in editions]
            records["born"][slots] = records["last"][slots] = np.array(ahead) + self.log["views"]

    def _new_edition(self, edition: str) -> None:
        self.editions.append(edition)
        self.slots.append({})
        self.state = with_edition(self.state)

    def _run(self, batch: Batch, slots: NDArray[np.int32], here: Turn) -> None:
        views, first = views_of(batch, slots), int(self.log["views"])
        done, reason = apply_views(self.state, views, 0)
        while reason != DONE:
            self.settle(reason, int(batch.columns["at"][done]), here)
            done, reason = apply_views(self.state, views, done)
        self.arms.add(batch, views, self.state.article["key"], first, here.position)

    def settle(self, reason: int, at_ms: int, here: Turn) -> None:
        """Do what the loop stopped for: turn the window, or make room in the tables."""
        if reason == TURN:
            window = at_ms // (self.settings.window * 1000)
            self.turns.append(Turn(window, here.position, here.views, here.sequences))
            self.log["window"] = window
            self._forget((window - 2) * self.settings.window * 1000)
            first = self.turns.index(self.reread_from())
            del self.turns[:first]
        self.state = with_room(self.state, 1)

    def _forget(self, horizon: int) -> None:
        horizon = max(horizon, int(self.log["forgotten_ms"]))
        if self.log["seen_used"] > self.settings.visitors:
            stamps = living(self.state.seen, horizon)
            if stamps.size > self.settings.visitors:
                horizon = int(np.sort(stamps)[stamps.size - self.settings.visitors // 2])
        self.log["forgotten_ms"] = horizon

    def _evict(self) -> None:
        """Forget the sixteenth of the articles whose last view is longest ago."""
        self.evictions += 1
        article, used = self.state.article, len(self.ids)
        order = np.argsort(article["last"][:used], kind="stable")
        gone_slots = np.sort(order[: max(used // 16, 1)])
        gone = np.zeros(article.size, np.bool_)
        gone[gone_slots] = True
        forget_articles(self.state.graph, article, gone)
        forget_pages(self.state.visits, gone)
        for slot in gone_slots.tolist():
            index = int(article["edition"][slot])
            self._evicted.append((self.editions[index], self.ids[slot]))
            del self.slots[index][self.ids[slot]]
            self.ids[slot] = ""
        touched = article["touched"][gone_slots]  # they stay on the list of the touched
        article[gone_slots] = empty_articles(1)[0]
        article["touched"][gone_slots] = touched
        self.state.mass[gone_slots] = 0.0
        self.free_slots = gone_slots.tolist()
        self._move(gone_slots.tolist())
