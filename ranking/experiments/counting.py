"""Counting: an experiment's bucket sums, from the engines' sums by label.

An engine sums every label that it receives. This module maps labels to experiments and phases, and
surfaces to the experiment's own lists. An event counts if the plan assigns its bucket to the arm
that the event names. Other sums are excluded, and their share of the events is reported. Positions
and catalogue are not kept by bucket; they include all events of an arm.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import BUCKETS
from ranking.engine.experiment_labels import label_of
from ranking.engine.hyperloglog import REGISTERS, distinct
from ranking.engine.signals.experiment_sums import (
    BOUNCES,
    CLICKS,
    IMPRESSIONS,
    READS,
    STAY,
    SURFACES,
    VIEWS,
    VISITORS,
    VISITS,
    ArmSums,
)
from ranking.experiments.assignment import OUTSIDE
from ranking.experiments.bucket_sums import Tallies, no_tallies
from ranking.experiments.metrics import COLUMN
from ranking.experiments.plans import Experiment, Mode

SIMPLE = {
    "visitors": VISITORS,
    "visits": VISITS,
    "views": VIEWS,
    "bounces": BOUNCES,
    "reads": READS,
    "stay": STAY,
}


class Counted(NamedTuple):
    """One experiment as the log has it.

    Attributes
    ----------
    tallies : Tallies
    offsets : dict of str to (int, int)
        Log positions of each site: of the first event, and the one after the last event read.
    catalogue : dict of str to int
        Approximate number of articles with an impression, by arm; of all arms under "".
    events, left_out : int
        Events that name the experiment, and those whose arm is not their bucket's.
    """

    tallies: Tallies
    offsets: dict[str, tuple[int, int]]
    catalogue: dict[str, int]
    events: int = 0
    left_out: int = 0


def is_of(label: str, name: str) -> bool:
    """Whether a label belongs to an experiment, in any phase."""
    return label.partition(".")[0] == name


def counted(
    name: str, experiment: Experiment, sites: Iterable[tuple[str, int, Iterable[ArmSums]]]
) -> Counted:
    """Sum the counts of an experiment.

    Parameters
    ----------
    name : str
    experiment : Experiment
    sites : iterable of (str, int, iterable of Row)
        Name, log position that comes next, and sums of each site.
    """
    tallies = no_tallies(len(experiment.phases), len(experiment.arms))
    offsets: dict[str, tuple[int, int]] = {}
    phases = {label_of(name, phase): phase for phase in range(len(experiment.phases))}
    seen = {arm: np.zeros(REGISTERS, np.uint8) for arm in ("", *experiment.names)}
    events = kept = 0
    for site, following, rows in sites:
        of_name = [row for row in rows if is_of(row.label, name)]
        own_rows = [row for row in of_name if row.label in phases]
        events += sum(int(events_of(row.sums).sum()) for row in of_name)
        for row in own_rows:
            kept += _add(tallies, experiment, phases[row.label], row)
            for arm in {"", row.arm} & seen.keys():
                np.maximum(seen[arm], row.shown, out=seen[arm])
        if own_rows:
            offsets[site] = (min(row.begun for row in own_rows), following)
    catalogue = {arm: round(distinct(registers)) for arm, registers in seen.items()}
    return Counted(tallies, offsets, catalogue, events, events - kept)


def events_of(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    """Events in the sums of an engine's row, by bucket: (BUCKETS,) int64."""
    counted = sums[:, VIEWS] + sums[:, READS] + sums[:, IMPRESSIONS:].sum(axis=1, dtype=np.int64)
    return np.asarray(counted)


def _add(tallies: Tallies, experiment: Experiment, phase: int, row: ArmSums) -> int:
    """Add the sums that the plan assigns to their arms; returns their events."""
    is_known, clicked = row.arm in experiment.names, COLUMN["clicks"]
    arm, sums, slots = (
        experiment.names.index(row.arm) if is_known else 0,
        *_columns(row, experiment.surface),
    )
    assigned = experiment.assigned(phase)
    own = (assigned == arm) & is_known if experiment.mode is Mode.SPLIT else assigned != OUTSIDE
    sums[~own] = 0
    if experiment.mode is Mode.SPLIT and is_known:
        tallies.sums[phase, arm] += sums
        tallies.slots[phase, arm] += slots
    if experiment.mode is Mode.INTERLEAVE:
        rest = np.arange(len(COLUMN)) != clicked
        tallies.sums[phase, 0][:, rest] += sums[:, rest]
        tallies.slots[phase, :, :, 0] += slots[:, 0]
        if is_known:
            tallies.sums[phase, arm, :, clicked] += sums[:, clicked]
            tallies.slots[phase, arm, :, 1] += slots[:, 1]
    return int(events_of(row.sums)[own].sum())


def _columns(row: ArmSums, surface: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sums of a row in the metrics' columns, and slots, for lists of a surface.

    An event without a surface counts for the experiment's own lists.
    """
    own = [place for place, name in enumerate(SURFACES) if surface in ("", name) or not name]
    shown, clicks = row.sums[:, IMPRESSIONS:CLICKS], row.sums[:, CLICKS:]
    sums = np.zeros((BUCKETS, len(COLUMN)), np.int64)
    for name, place in SIMPLE.items():
        sums[:, COLUMN[name]] = row.sums[:, place]
    sums[:, COLUMN["impressions"]] = shown[:, own].sum(axis=1, dtype=np.int64)
    sums[:, COLUMN["clicks"]] = clicks[:, own].sum(axis=1, dtype=np.int64)
    sums[:, COLUMN["all_clicks"]] = clicks.sum(axis=1, dtype=np.int64)
    return sums, row.slots[own].sum(axis=0, dtype=np.int64)
