"""Counting: the tallies of one experiment, out of the sums by arm that engines keep.

An engine sums whatever labels it meets; here they get their meaning: which experiment, which phase,
and which lists are the experiment's own. What names no phase or arm of the plan is left out.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.arms import (
    BOUNCES,
    CLICKS,
    IMPRESSIONS,
    READS,
    STAY,
    SURFACES,
    VIEWS,
    VISITORS,
    VISITS,
    Row,
)
from ranking.engine.batch import BUCKETS
from ranking.engine.distinct import REGISTERS, distinct
from ranking.engine.labels import label_of
from ranking.experiments.metrics import COLUMN
from ranking.experiments.plans import Experiment, Mode
from ranking.experiments.tallies import Tallies, no_tallies

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
    """

    tallies: Tallies
    offsets: dict[str, tuple[int, int]]
    catalogue: dict[str, int]


def is_of(label: str, name: str) -> bool:
    """Say whether a label is of an experiment, in whatever phase."""
    return label.partition(".")[0] == name


def counted(name: str, its: Experiment, sites: Iterable[tuple[str, int, Iterable[Row]]]) -> Counted:
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
    seen = {name: np.zeros(REGISTERS, np.uint8) for name in ("", *its.names)}
    for site, following, rows in sites:
        mine = [row for row in rows if row.label in phases]
        for row in mine:
            _add(tallies, its, phases[row.label], row)
            for name in {"", row.arm} & seen.keys():
                np.maximum(seen[name], row.shown, out=seen[name])
        if mine:
            offsets[site] = (min(row.begun for row in mine), following)
    return Counted(tallies, offsets, {name: round(distinct(its)) for name, its in seen.items()})


def _add(tallies: Tallies, its: Experiment, phase: int, row: Row) -> None:
    is_known, clicked = row.arm in its.names, COLUMN["clicks"]
    arm, sums, slots = its.names.index(row.arm) if is_known else 0, *_columns(row, its.surface)
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


def _columns(row: Row, surface: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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
