"""One site's state: its articles by slot, and the log position up to which it holds.

This file alone gives articles their slots, in the order of their first view, and does what the loop
cannot do by itself: have tables grow, begin windows, evict articles.
"""

from dataclasses import dataclass
from hashlib import blake2b

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.engine.admission import NO_CLOCK, admitted
from ranking.engine.batch import Batch
from ranking.engine.hash_tables import EACH, LONG_IDS, NAMES, VISITS, halved_horizon, living
from ranking.engine.id_generations import Generations
from ranking.engine.import_progress import as_pairs, known_rows
from ranking.engine.outcomes import COUNTED, KNOWN
from ranking.engine.settings import EngineSettings
from ranking.engine.signals.covisitation import forget_articles
from ranking.engine.signals.experiment_sums import Arms
from ranking.engine.signals.signal import article_signals
from ranking.engine.state_arrays import (
    FIRST_SLOTS,
    empty_articles,
    new_state,
    with_articles,
    with_edition,
    with_room,
)
from ranking.engine.view_loop import DONE, NEW_WINDOW, apply_views, reread_views, views_of

SOURCES = 1024
EVICTED = 64
"""Part of the articles that an eviction takes."""
MOVES = 1 << 18
"""Changes of slots that are kept until the next `take_moved`."""


class WindowStart(msgspec.Struct, array_like=True, frozen=True):
    """A log position at which a deduplication window begins, for rereading.

    Versions before 0.2.0 wrote the first four alone.

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
    newest_ms : int
        The site's clock before that batch.
    imports : tuple of (str, int)
        The imports' next rows before that batch.
    """

    window: int
    position: int
    views: int
    sequences: tuple[tuple[str, int], ...]
    newest_ms: int = NO_CLOCK
    imports: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Reread:
    """The progress of rereading.

    Attributes
    ----------
    views : int
        Number of the next view in the site's log.
    clock_ms : int
        The site's clock.
    sequences, imports : dict of str to int
        The sources' next numbers, and the imports' next rows.
    """

    views: int
    clock_ms: int
    sequences: dict[str, int]
    imports: dict[str, int]


@dataclass(frozen=True, slots=True)
class Remembered:
    """Fill level of one of a site's hash tables.

    Attributes
    ----------
    name : str
    entries, most : int
        Living entries, and how many there may be.
    window : float
        Seconds of log time that are remembered.
    """

    name: str
    entries: int
    most: int
    window: float


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
        self.imports: dict[str, int] = {}
        self.window_starts: list[WindowStart] = []
        self.rules_from = 0
        """Log position from which the rules of admission hold: before it, all events acted."""
        self.generations = Generations()
        self.free_slots: list[int] = []  # the last one is given next
        self.evictions = 0
        self._evicted: list[tuple[str, str]] = []
        self.arrivals = 0  # slots given, to new articles or in place of evicted ones
        self.appended_ms = 0  # newest stamp of a batch, by the clock of who appended it
        self._moved: list[int] | None = None  # slots given or taken; None = too many to keep
        self.arms = Arms(settings.arms)
        self.state = new_state(settings)
        self.signals = article_signals()
        self.tables = {signal.name: np.zeros(FIRST_SLOTS, signal.dtype) for signal in self.signals}
        self.since = dict.fromkeys(self.tables, 0)
        """Number of the event from which each table counts."""

    @property
    def log(self) -> np.void:
        """The log position of the state: a LOG record, live."""
        record: np.void = self.state.log[0]
        return record

    @property
    def newest_ms(self) -> int:
        """The newest accepted stamp, ms; 0 before the first."""
        return int(self.log["newest_ms"])

    @property
    def clock_ms(self) -> int:
        """The newest accepted stamp, ms; `NO_CLOCK` before the first."""
        return self.newest_ms if self.log["views"] else NO_CLOCK

    def slot(self, edition: str, article: str) -> int:
        """Slot of an article, -1 if no view of it is remembered."""
        if edition not in self.editions:
            return -1
        return self.slots[self.editions.index(edition)].get(article, -1)

    def apply(self, batch: Batch, position: int) -> NDArray[np.uint8]:
        """Apply the views of a batch that were not applied before.

        Parameters
        ----------
        batch : Batch
        position : int
            The batch's place in the log.

        Returns
        -------
        (n_views,) uint8
            Outcome of each view: see `outcomes`.
        """
        self.appended_ms = max(self.appended_ms, batch.stamp_ms)
        outcome = np.full(len(batch), KNOWN, np.uint8)
        reread_point = WindowStart(
            0, position, int(self.log["views"]), tuple(self.sequences.items()), self.clock_ms,
            as_pairs(self.imports),
        )  # fmt: skip
        fresh = self._fresh_part(self.sequences, batch)
        known = known_rows(fresh, self.imports)
        rest, outcomes = fresh.taken(~known) if known.any() else fresh, [np.zeros(0, np.uint8)]
        while len(rest):
            stop, editions = self._room_for_editions(rest)
            part, clock = rest.part(0, stop), self.clock_ms
            admission = admitted(part, clock, self.settings, editions)
            admission.outcome[admission.acting] = self._applied(admission.batch, reread_point)
            outcomes.append(admission.outcome)
            rest = rest.part(stop, len(rest))
        outcome[len(batch) - len(fresh) :][~known] = np.concatenate(outcomes)
        return outcome

    def rereading(self) -> Reread:
        """The beginning of rereading."""
        start = self.reread_from()
        return Reread(start.views, start.newest_ms, dict(start.sequences), dict(start.imports))

    def reread(self, batch: Batch, position: int, progress: Reread) -> None:
        """Feed only the memory of repeats and visits.

        Parameters
        ----------
        batch : Batch
        position : int
            The batch's place in the log.
        progress : Reread
            Follows.
        """
        self.appended_ms = max(self.appended_ms, batch.stamp_ms)
        batch = self._fresh_part(progress.sequences, batch)
        known = known_rows(batch, progress.imports)
        if known.any():
            batch = batch.taken(~known)
        if position >= self.rules_from:
            batch = admitted(batch, progress.clock_ms, self.settings, set(self.editions)).batch
        if len(batch):
            self.state = with_room(self.state, len(batch))
            names = [(batch.editions[edition], article) for edition, article in batch.articles]
            records = views_of(batch, self._known_slots(batch))
            keys = np.array([article_key(*name) for name in names], np.uint64)
            records["key"] = keys[batch.columns["article"]]
            reread_views(self.state, records, progress.views, progress.clock_ms)
            progress.clock_ms = max(progress.clock_ms, int(records["at"].max()))
        progress.views += len(batch)

    def remembered(self) -> list[Remembered]:
        """Fill level and window of each hash table."""
        found = []
        for which, name in enumerate(NAMES):
            memory = self.state.memory[which]
            begin = int(memory["horizon"]) if which < LONG_IDS else self.generations.begin_ms(which)
            window = max(self.newest_ms - begin, 0) / 1000 if begin > NO_CLOCK else 0.0
            found.append(Remembered(name, int(memory["living"]), int(memory["most"]), window))
        return found

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

    def reread_from(self) -> WindowStart:
        """The latest log position from which rereading restores all hash tables."""
        forgotten = int(self.state.memory["horizon"][:LONG_IDS].min())
        window_ms = self.settings.window * 1000
        older = [start for start in self.window_starts if start.window * window_ms <= forgotten]
        return older[-1] if older else self.window_starts[0]

    def _room_for_editions(self, batch: Batch) -> tuple[int, set[str] | None]:
        """Views that may be taken together, and their editions if there is no room for others."""
        known = set(self.editions)
        room = self.settings.editions - len(known)
        missing = [index for index, name in enumerate(batch.editions) if name not in known]
        if len(missing) <= max(room, 0):
            return len(batch), None
        if room <= 0:
            return len(batch), known
        of_article = np.array([edition for edition, _ in batch.articles], np.int64)
        of_view = of_article[batch.columns["article"]]
        first = sorted(
            int(np.argmax(of_view == index)) for index in missing if (of_view == index).any()
        )
        return (first[room] if len(first) > room else len(batch)), None

    def _applied(self, batch: Batch, reread_point: WindowStart) -> NDArray[np.uint8]:
        """Apply views that act; returns the outcome of each."""
        outcomes = [np.zeros(0, np.uint8)]
        while len(batch):
            slots = self._known_slots(batch)
            fitting = self._intern(batch, slots)
            outcomes.append(self._run(batch.part(0, fitting), slots, reread_point))
            batch = batch.part(fitting, len(batch))
            if len(batch):
                self._evict()
        return np.concatenate(outcomes)

    def _fresh_part(self, sequences: dict[str, int], batch: Batch) -> Batch:
        skipped = batch.known(sequences)
        if skipped == len(batch):
            return batch.part(skipped, skipped)
        sequences.pop(batch.source, None)  # the newest source is last
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
            slot = self.free_slots.pop()
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
            self._widen_tables()
            records = self.state.article
            names = [(edition, self.ids[slot]) for slot, _, edition in born]
            records["key"][slots] = [article_key(*name) for name in names]
            records["edition"][slots] = [self.editions.index(edition) for edition in editions]
            records["born"][slots] = records["last"][slots] = np.array(ahead) + self.log["views"]

    def _widen_tables(self) -> None:
        """Make the signals' tables as long as the articles' one."""
        size = self.state.article.size
        for name, table in self.tables.items():
            if table.size < size:
                self.tables[name] = np.zeros(size, table.dtype)
                self.tables[name][: table.size] = table

    def _new_edition(self, edition: str) -> None:
        self.editions.append(edition)
        self.slots.append({})
        self.state = with_edition(self.state)

    def _run(
        self, batch: Batch, slots: NDArray[np.int32], reread_point: WindowStart
    ) -> NDArray[np.uint8]:
        views, first = views_of(batch, slots), int(self.log["views"])
        done, reason = apply_views(self.state, views, 0)
        while reason != DONE:
            self.settle(reason, int(batch.columns["at"][done]), reread_point)
            done, reason = apply_views(self.state, views, done)
        self.arms.add(batch, views, self.state.article["key"], first, reread_point.position)
        self.feed(views)
        return np.asarray(views["outcome"])

    def feed(self, views: NDArray[np.void]) -> None:
        """Give the signals that are no part of the loop the events of a block that counted.

        Parameters
        ----------
        views : (n_views,) VIEW
            As the loop left them.
        """
        for signal in self.signals:
            codes = [kind.code for kind in signal.kinds]
            taken = views["kind"] == codes[0] if len(codes) == 1 else np.isin(views["kind"], codes)
            taken &= views["outcome"] == COUNTED
            if taken.any():
                signal.update(self.tables[signal.name], views[taken])

    def settle(self, reason: int, at_ms: int, reread_point: WindowStart) -> None:
        """Do what the loop stopped for: begin a window, or make room in the memories."""
        window_ms = self.settings.window * 1000
        if reason == NEW_WINDOW:
            self.state = self.generations.begin_due(self.state, at_ms)
            window = at_ms // window_ms
            if window > self.log["window"]:
                self.window_starts.append(msgspec.structs.replace(reread_point, window=window))
                self.log["window"] = window
                for which in range(LONG_IDS):
                    self._forget(which, (window - 2) * window_ms)
            due = (int(self.log["window"]) + 1) * window_ms
            self.log["due_ms"] = min(due, self.generations.due_ms())
        for which in range(LONG_IDS):
            memory = self.state.memory[which]
            if memory["living"] + EACH > memory["most"]:
                stamps = living(self._table(which), int(memory["horizon"]))
                self._forget(which, halved_horizon(stamps, int(memory["most"])))
        del self.window_starts[: self.window_starts.index(self.reread_from())]
        self.state = self.generations.with_room(with_room(self.state, 1))
        self.log["room"] = 0

    def _table(self, which: int) -> NDArray[np.void]:
        """Table of a memory of sights or of visits."""
        return self.state.visits if which == VISITS else self.state.seen[which]

    def _forget(self, which: int, horizon: int) -> None:
        """Raise the horizon of a memory."""
        memory = self.state.memory[which]
        if horizon > memory["horizon"]:
            memory["horizon"] = horizon
            memory["living"] = living(self._table(which), horizon).size

    def _evict(self) -> None:
        """Forget the part of the articles that is worth least.

        First those with at most one counted view, so that invented ids cannot push out the archive;
        of these, and then of the others, those whose last view is longest ago.
        """
        self.evictions += 1
        article, used = self.state.article, len(self.ids)
        last, many = article["last"][:used], max(used // EVICTED, 1)
        worth = np.where(article["counted"][:used, 0] > 1, last + int(self.log["views"]) + 1, last)
        gone_slots = np.sort(np.argpartition(worth, many - 1)[:many])
        gone = np.zeros(article.size, np.bool_)
        gone[gone_slots] = True
        forget_articles(self.state.graph, article, gone)
        for slot in gone_slots.tolist():
            index = int(article["edition"][slot])
            self._evicted.append((self.editions[index], self.ids[slot]))
            del self.slots[index][self.ids[slot]]
            self.ids[slot] = ""
        touched = article["touched"][gone_slots]  # they stay on the list of the touched
        article[gone_slots] = empty_articles(1)[0]
        article["touched"][gone_slots] = touched
        self.state.mass[gone_slots] = 0.0
        for table in self.tables.values():
            table[gone_slots] = np.zeros(1, table.dtype)[0]
        self.free_slots = gone_slots[::-1].tolist()
        self._move(gone_slots.tolist())
