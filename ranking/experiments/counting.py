"""Counting: an experiment's bucket sums, from the sums by arm in the engines.

An engine sums whatever labels it meets; here they get their meaning: which experiment, which phase,
and which lists are the experiment's own. An event counts where the plan's assignment gives its
bucket to the arm that it names; the sums of other buckets, arms and phases are left out, and their
share of the events is told. Places and the catalogue are not kept by bucket: they are of all events
of an arm.
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
        Of each site: log position of the first event, and the one after the last that was read.
    catalogue : dict of str to int
        Articles that came into sight, about, by arm; and of all arms together under "".
    events, left_out : int
        Events that name the experiment, and those of them that the plan does not assign so.
    """

    tallies: Tallies
    offsets: dict[str, tuple[int, int]]
    catalogue: dict[str, int]
    events: int = 0
    left_out: int = 0


def is_of(label: str, name: str) -> bool:
    """Say whether a label is of an experiment, in whatever phase."""
    return label.partition(".")[0] == name


def counted(
    name: str, its: Experiment, sites: Iterable[tuple[str, int, Iterable[ArmSums]]]
) -> Counted:
    """Add up an experiment.

    Parameters
    ----------
    name : str
    its : Experiment
    sites : iterable of (str, int, iterable of Row)
        Name, log position that comes next, and sums of each site.
    """
    tallies = no_tallies(len(its.phases), len(its.arms))
    offsets: dict[str, tuple[int, int]] = {}
    phases = {label_of(name, phase): phase for phase in range(len(its.phases))}
    seen = {arm: np.zeros(REGISTERS, np.uint8) for arm in ("", *its.names)}
    events = kept = 0
    for site, following, rows in sites:
        of_name = [row for row in rows if is_of(row.label, name)]
        mine = [row for row in of_name if row.label in phases]
        events += sum(int(events_of(row.sums).sum()) for row in of_name)
        for row in mine:
            kept += _add(tallies, its, phases[row.label], row)
            for arm in {"", row.arm} & seen.keys():
                np.maximum(seen[arm], row.shown, out=seen[arm])
        if mine:
            offsets[site] = (min(row.begun for row in mine), following)
    catalogue = {arm: round(distinct(registers)) for arm, registers in seen.items()}
    return Counted(tallies, offsets, catalogue, events, events - kept)


def events_of(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    """Events in the sums of an engine's row, by bucket: (BUCKETS,) int64."""
    counted = sums[:, VIEWS] + sums[:, READS] + sums[:, IMPRESSIONS:].sum(axis=1, dtype=np.int64)
    return np.asarray(counted)


def _add(tallies: Tallies, its: Experiment, phase: int, row: ArmSums) -> int:
    """Add what the plan assigns so; returns its events."""
    is_known, clicked = row.arm in its.names, COLUMN["clicks"]
    arm, sums, slots = its.names.index(row.arm) if is_known else 0, *_columns(row, its.surface)
    assigned = its.assigned(phase)
    own = (assigned == arm) & is_known if its.mode is Mode.SPLIT else assigned != OUTSIDE
    sums[~own] = 0
    if its.mode is Mode.SPLIT and is_known:
        tallies.sums[phase, arm] += sums
        tallies.slots[phase, arm] += slots
    if its.mode is Mode.INTERLEAVE:
        rest = np.arange(len(COLUMN)) != clicked
        tallies.sums[phase, 0][:, rest] += sums[:, rest]
        tallies.slots[phase, :, :, 0] += slots[:, 0]
        if is_known:
            tallies.sums[phase, arm, :, clicked] += sums[:, clicked]
            tallies.slots[phase, arm, :, 1] += slots[:, 1]
    return int(events_of(row.sums)[own].sum())


def _columns(row: ArmSums, surface: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sums of a row by the columns of metrics, and slots, of lists of a surface.

    What names no surface is of the experiment's own lists.
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
