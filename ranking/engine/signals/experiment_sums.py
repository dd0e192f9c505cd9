"""Experiment sums: what the readers of each arm did, summed by bucket; part of the state.

A row has the sums of one label and one arm, as events name them (`experiment_labels.split`). The
log alone decides what is summed; readers of the sums select the names of real experiments. The
buckets are the clusters of the analysis. The number of rows is bounded: a new row replaces the one
with the fewest events, so that invalid names replace each other.
"""

from collections import defaultdict
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import BUCKETS, Batch
from ranking.engine.compiled import compiled
from ranking.engine.event_kinds import CLICK, IMPRESSION, READ, VIEW
from ranking.engine.experiment_labels import MOST, split
from ranking.engine.hyperloglog import REGISTERS, see
from ranking.engine.signals.signal import Signal
from ranking.engine.view_loop import BEGUN, COUNTED, FIRST_SEEN, SECOND

if TYPE_CHECKING:
    from ranking.engine.site import Site

SURFACES = ("", "popular", "trending", "related", "foryou", "other")
"""Lists for which impressions and clicks are counted apart; the first: the event names none."""
VISITORS, VISITS, VIEWS, BOUNCES, READS, STAY, IMPRESSIONS = range(7)
CLICKS = IMPRESSIONS + len(SURFACES)
SUMS = CLICKS + len(SURFACES)
"""Columns of a bucket; stay is in seconds, impressions and clicks have one for each surface."""
LIST_POSITIONS = 20
"""List positions that are counted apart; the last one holds those beyond."""

Name = tuple[str, str]
"""Label and arm."""


class ArmSums(NamedTuple):
    """Sums of one label and arm.

    Attributes
    ----------
    label, arm : str
    begun : int
        Log position of the batch with its first event.
    events : int
        That counted.
    last : int
        The log's number of the last event.
    sums : (BUCKETS, SUMS) int64
    slots : (n_surfaces, LIST_POSITIONS, 2) int64
        Impressions and clicks.
    shown : (REGISTERS,) uint8
        Which articles came into sight: see `distinct`.
    """

    label: str
    arm: str
    begun: int
    events: int
    last: int
    sums: NDArray[np.int64]
    slots: NDArray[np.int64]
    shown: NDArray[np.uint8]


class Tables(NamedTuple):
    """Rows as arrays: what each has of `ArmSums`."""

    events: NDArray[np.int64]
    last: NDArray[np.int64]
    sums: NDArray[np.int64]
    slots: NDArray[np.int64]
    shown: NDArray[np.uint8]


class LabelledViews(NamedTuple):
    """Views of a batch with their experiment labels and list positions."""

    pair: NDArray[np.int32]
    views: NDArray[Any]
    key: NDArray[np.uint64]
    bucket: NDArray[np.uint16]
    surface: NDArray[np.uint8]
    list_position: NDArray[np.uint8]


class Arms:
    """Sums of one site's arms.

    Parameters
    ----------
    most : int
        Rows that there is room for.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._places: dict[Name, int] = {}
        self.names: list[Name] = []
        self.begun: list[int] = []
        self._tables = _tables(0)

    def row(self, place: int) -> ArmSums:
        """One row, uncopied."""
        events, last, *rest = (table[place] for table in self._tables)
        return ArmSums(*self.names[place], self.begun[place], int(events), int(last), *rest)

    def changed(self, since: int) -> list[int]:
        """Places of the rows with an event from a number of the log on."""
        places: list[int] = np.flatnonzero(self._tables.last[: len(self.names)] >= since).tolist()
        return places

    def add(
        self, batch: Batch, views: NDArray[Any], keys: NDArray[np.uint64], first: int, position: int
    ) -> None:
        """Add views of which the loop has decided whether they count.

        The row to replace is chosen by the events before the view that needs room, whatever
        batch they were in.

        Parameters
        ----------
        batch : Batch
        views : (n_views,) VIEW
        keys : (n_slots,) uint64
            Hashes of the articles.
        first : int
            Views of the site's log before them.
        position : int
            The batch's place in the log.
        """
        if not batch.columns["experiment"].any():
            return
        naming = _Naming(batch)
        labelled = LabelledViews(naming.pair, views, keys[views["slot"]], *_columns(batch))
        waiting = [(naming.next(pair, 0), pair) for pair in range(len(naming.names))]
        heapify(waiting)
        done = 0
        while waiting:
            stop, pair = heappop(waiting)
            if stop == len(batch):
                break
            _add(self._tables, naming.places, labelled, first, done, stop)
            done, names = stop, naming.names[pair]
            for name in names:
                if name not in self._places:
                    replaced = self._new(name, position, first + stop, names)
                    for other in naming.lose(replaced):
                        heappush(waiting, (naming.next(other, stop + 1), other))
            naming.places[pair, : len(names)] = [self._places[name] for name in names]
        _add(self._tables, naming.places, labelled, first, done, len(batch))

    def restore(self, row: ArmSums) -> None:
        """Put a row behind those that there are."""
        self._new((row.label, row.arm), row.begun, row.last, [])
        place = len(self.names) - 1
        self._tables.events[place] = row.events
        for name in ("sums", "slots", "shown"):
            getattr(self._tables, name)[place] = getattr(row, name)

    def _new(self, name: Name, position: int, number: int, kept: Sequence[Name]) -> Name | None:
        """Make a row; returns the name of the row that it replaced, if there was no room."""
        place, replaced = len(self.names), None
        if place < self._most:
            if place == self._tables.events.size:
                self._tables = _tables(min(max(2 * place, 4), self._most), self._tables)
            self.names.append(name)
            self.begun.append(position)
        else:
            order = np.lexsort((self._tables.last, self._tables.events)).tolist()
            place = next(k for k in order if self.names[k] not in kept)
            replaced, self.names[place], self.begun[place] = self.names[place], name, position
            del self._places[replaced]
            for table in self._tables:
                table[place] = 0
        self._places[name], self._tables.last[place] = place, number
        return replaced


def _tables(size: int, old: Tables | None = None) -> Tables:
    """Tables of a size, the rows of others in them."""
    tables = Tables(
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros((size, BUCKETS, SUMS), np.int64),
        np.zeros((size, len(SURFACES), LIST_POSITIONS, 2), np.int64),
        np.zeros((size, REGISTERS), np.uint8),
    )
    for name in Tables._fields if old else ():
        before = getattr(old, name)
        getattr(tables, name)[: len(before)] = before
    return tables


class _Naming:
    """The labels of a batch's views: pairs of experiment and arm entries.

    Attributes
    ----------
    pair : (n_views,) int32
        -1 where nothing is summed.
    names : list of list of (str, str)
        Of each pair.
    places : (n_pairs, MOST) int32
        Their rows; -1 = none.
    """

    def __init__(self, batch: Batch) -> None:
        columns, arms = batch.columns, len(batch.arms)
        summed = (columns["robot"] == 0) & (columns["bucket"] < BUCKETS)
        summed &= columns["experiment"] > 0
        number = columns["experiment"].astype(np.int64) * arms + columns["arm"]
        numbers, pair = np.unique(np.where(summed, number, -1), return_inverse=True)
        self.pair = (pair - int(numbers[0] < 0)).astype(np.int32)
        self.names = [
            split(batch.experiments[number // arms], batch.arms[number % arms])
            for number in numbers[numbers >= 0].tolist()
        ]
        self.places = np.full((len(self.names), MOST), -1, np.int32)
        self._order = np.argsort(self.pair, kind="stable")
        self._begin = np.searchsorted(self.pair[self._order], np.arange(len(self.names) + 1))
        self._users: dict[Name, list[int]] = defaultdict(list)
        for number, names in enumerate(self.names):
            for name in names:
                self._users[name].append(number)

    def next(self, pair: int, start: int) -> int:
        """The first view from `start` on with a pair, or their number if there is none."""
        views = self._order[self._begin[pair] : self._begin[pair + 1]]
        found = int(np.searchsorted(views, start))
        return int(views[found]) if found < views.size else self.pair.size

    def lose(self, name: Name | None) -> list[int]:
        """Pairs that have lost their row by a name."""
        return self._users.get(name, []) if name else []


def _columns(batch: Batch) -> tuple[NDArray[np.uint16], NDArray[np.uint8], NDArray[np.uint8]]:
    """Bucket, surface and list position of each view, as the sums tell them apart."""
    surfaces = np.array([_surface(name) for name in batch.surfaces], np.uint8)
    list_position = np.clip(batch.columns["slot"], 1, LIST_POSITIONS) - 1
    return batch.columns["bucket"], surfaces[batch.columns["surface"]], list_position


def _surface(name: str) -> int:
    return SURFACES.index(name) if name in SURFACES else len(SURFACES) - 1


@compiled
def _add(
    tables: Tables,
    places: NDArray[np.int32],
    labelled: LabelledViews,
    first: int,
    start: int,
    stop: int,
) -> None:
    """Add views `start` to `stop` to the rows that they name."""
    sums, slots = tables.sums, tables.slots
    for i in range(start, stop):
        if labelled.pair[i] < 0:
            continue
        view, bucket, surface = labelled.views[i], labelled.bucket[i], labelled.surface[i]
        flags, kind, list_position = view["flags"], view["kind"], labelled.list_position[i]
        for k in range(MOST):
            row = places[labelled.pair[i], k]
            if row < 0:
                break
            tables.last[row] = first + i
            if flags & FIRST_SEEN:
                sums[row, bucket, VISITORS] += 1
            if not flags & COUNTED:
                continue
            tables.events[row] += 1
            if kind == 0:
                sums[row, bucket, VIEWS] += 1
                sums[row, bucket, STAY] += view["stay"]
                if flags & BEGUN:
                    sums[row, bucket, VISITS] += 1
                    sums[row, bucket, BOUNCES] += 1
                elif flags & SECOND:
                    sums[row, bucket, BOUNCES] -= 1
            elif kind == 1:
                sums[row, bucket, READS] += 1
            elif kind == 2:
                sums[row, bucket, IMPRESSIONS + surface] += 1
                slots[row, surface, list_position, 0] += 1
                see(tables.shown[row], labelled.key[i])
            elif kind == 3:
                sums[row, bucket, CLICKS + surface] += 1
                slots[row, surface, list_position, 1] += 1


class ExperimentSums(Signal):
    """Experiment sums as a registered signal; they are summed after each block."""

    name = "experiment_sums"
    kinds = (VIEW, READ, IMPRESSION, CLICK)

    def arrays(self, site: "Site") -> dict[str, NDArray[Any]]:
        """Sums of every arm."""
        rows = [site.arms.row(place) for place in range(len(site.arms.names))]
        named = {f"{row.label} {row.arm}": row for row in rows}
        found: dict[str, NDArray[Any]] = {}
        for name, row in sorted(named.items()):
            found[f"{name} sums"], found[f"{name} slots"] = row.sums, row.slots
            found[f"{name} shown"] = row.shown
        return found

    def readings(self, site: "Site", at_ms: int) -> dict[str, NDArray[np.float64]]:
        """The same; sums do not decay."""
        return {name: array.astype(float) for name, array in self.arrays(site).items()}
