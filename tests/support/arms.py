"""The slow truth about sums by arm: a count that a reader can check by eye."""

from collections import Counter
from typing import NamedTuple

from ranking.engine.experiment_labels import split
from ranking.engine.settings import EngineSettings
from ranking.engine.signals.experiment_sums import (
    BOUNCES,
    CLICKS,
    IMPRESSIONS,
    LIST_POSITIONS,
    READS,
    STAY,
    SURFACES,
    VIEWS,
    VISITORS,
    VISITS,
)
from ranking.experiments.plans import Experiment
from tests.support.logs import ROBOT, Row, Truth

Name = tuple[str, str]
Cell = tuple[int, int]
"""Bucket and column."""


class Sums(NamedTuple):
    """What is counted under one label and arm."""

    cells: Counter[Cell]
    slots: Counter[tuple[int, int, int]]
    events: list[int]
    last: list[int]


class ArmsTruth(Truth):
    """Counts arms row by row, by the rules and without any shortcut."""

    def __init__(self, settings: EngineSettings | None = None) -> None:
        super().__init__(settings)
        self.arms: dict[Name, Sums] = {}

    def add(self, row: Row) -> bool:
        """Take one row."""
        event, at = row.event, row.at_ms
        visit = list(self._visits[str(event.session or event.visitor)])
        counts = super().add(row)
        if event.agent == ROBOT or not event.experiment:
            return counts
        is_first = not self._was_seen(("reader", str(event.visitor)), at) and not self.again
        if event.bucket is None:
            return counts
        names = split(event.experiment, event.arm)
        for name in names:
            self._make_room(name, names)
            self.arms.setdefault(name, Sums(Counter(), Counter(), [0], [self.number]))
        for name in names:
            its = self.arms[name]
            its.last[0] = self.number
            its.cells[event.bucket, VISITORS] += is_first
            if counts:
                its.events[0] += 1
                self._sum(its, row, visit)
        return counts

    def _make_room(self, name: Name, kept: list[Name]) -> None:
        if name not in self.arms and len(self.arms) == self.settings.arms:
            others = [its for its in self.arms if its not in kept]
            weakest = min(others, key=lambda its: (self.arms[its].events, self.arms[its].last))
            del self.arms[weakest]

    def _sum(self, its: Sums, row: Row, visit: list[tuple[tuple[str, str], int]]) -> None:
        event, bucket = row.event, row.event.bucket or 0
        if event.kind == "view":
            page = (event.edition, str(event.article))
            alive = [(other, then) for other, then in visit if then >= self._horizon_ms]
            near = [t for p, t in alive if p != page and abs(row.at_ms - t) < self.window_ms]
            its.cells[bucket, VIEWS] += 1
            if near and row.at_ms > near[0]:
                its.cells[bucket, STAY] += min((row.at_ms - near[0]) // 1000, 600)
            if not near:
                its.cells[bucket, VISITS] += 1
                its.cells[bucket, BOUNCES] += 1
            elif len(near) == 1 and sum(abs(near[0] - t) < self.window_ms for _, t in alive) == 1:
                its.cells[bucket, BOUNCES] -= 1
        elif event.kind == "read":
            its.cells[bucket, READS] += 1
        else:
            surface = SURFACES.index(event.surface)
            column, which = (IMPRESSIONS, 0) if event.kind == "impression" else (CLICKS, 1)
            its.cells[bucket, column + surface] += 1
            its.slots[surface, min(max(event.slot, 1), LIST_POSITIONS) - 1, which] += 1


def totals_of(cells: Counter[Cell]) -> dict[int, list[int]]:
    """Sums of each bucket as `sums.csv` has them, of an experiment on all lists."""
    found = {}
    for bucket in sorted({bucket for bucket, _ in cells}):
        row = [cells[bucket, column] for column in range(IMPRESSIONS)]
        shown, clicks = (
            sum(cells[bucket, first + place] for place in range(len(SURFACES)))
            for first in (IMPRESSIONS, CLICKS)
        )
        found[bucket] = [*row, shown, clicks, clicks]
    return found


def csv_of(truth: ArmsTruth, its: Experiment, name: str) -> list[str]:
    """Lines of `sums.csv` of an experiment, but for the first: of each arm's own buckets."""
    return [
        ",".join(map(str, (phase, arm, bucket, *row)))
        for phase in range(len(its.phases))
        for number, arm in enumerate(its.names)
        if (sums := truth.arms.get((f"{name}.{phase}" if phase else name, arm)))
        for bucket, row in totals_of(sums.cells).items()
        if any(row) and its.assigned(phase)[bucket] == number
    ]
