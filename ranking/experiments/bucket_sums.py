"""Bucket sums: the sufficient statistics of an experiment.

One row per phase, arm and bucket. The 1,000 buckets are the clusters of the analysis: their sums
give the variance between readers without any record of a reader. Tallies of two parts of a log are
added in any order. Plain arrays of int64, for compiled loops.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import BUCKETS
from ranking.engine.signals.experiment_sums import LIST_POSITIONS
from ranking.experiments.metrics import COLUMN, COLUMNS

KEYS = ("phase", "arm", "bucket")


class TalliesError(ValueError):
    """Tallies cannot be read: the fault of their sender."""


class Tallies(NamedTuple):
    """Sums of one experiment.

    Attributes
    ----------
    sums : (n_phases, n_arms, BUCKETS, n_columns) int64
        Columns as in `COLUMNS`. An interleaved experiment counts everything under the first
        arm, except clicks, which count under the arm that contributed the item.
    slots : (n_phases, n_arms, LIST_POSITIONS, 2) int64
        Impressions and clicks by position.
    """

    sums: NDArray[np.int64]
    slots: NDArray[np.int64]

    def column(self, name: str) -> NDArray[np.int64]:
        """One sum of every phase, arm and bucket, (n_phases, n_arms, BUCKETS) int64."""
        return self.sums[..., COLUMN[name]]


def no_tallies(phases: int, arms: int) -> Tallies:
    """Tallies before anything was counted."""
    sums = np.zeros((phases, arms, BUCKETS, len(COLUMNS)), np.int64)
    return Tallies(sums, np.zeros((phases, arms, LIST_POSITIONS, 2), np.int64))


def add(tallies: Tallies, phase: Any, arm: Any, bucket: Any, name: str, amount: Any = 1) -> None:
    """Add to one sum of many cells.

    Parameters
    ----------
    tallies : Tallies
    phase, arm, bucket, amount : (n,) int64, or int
    name : str
        Of `COLUMNS`.

    Examples
    --------
    >>> tallies = no_tallies(1, 2)
    >>> add(tallies, 0, [0, 1, 1], [5, 7, 7], "visits")
    >>> tallies.column("visits").sum(axis=2)
    array([[1, 2]])
    """
    np.add.at(tallies.sums, (phase, arm, bucket, COLUMN[name]), amount)


def merged(parts: Sequence[Tallies]) -> Tallies:
    """Add tallies of parts of a log; later parts may know more phases.

    Raises
    ------
    TalliesError
        If their arms differ, or `parts` is empty.
    """
    if len({part.sums.shape[1] for part in parts}) != 1:
        message = "tallies must have the same arms to be added"
        raise TalliesError(message)
    whole = no_tallies(max(part.sums.shape[0] for part in parts), parts[0].sums.shape[1])
    for part in parts:
        whole.sums[: part.sums.shape[0]] += part.sums
        whole.slots[: part.slots.shape[0]] += part.slots
    return whole


def csv_of(tallies: Tallies, arms: Sequence[str]) -> str:
    """Write the sums by bucket: one row per phase, arm and bucket with data."""
    lines = [",".join((*KEYS, *COLUMNS))]
    for phase, arm, bucket in np.argwhere(tallies.sums.any(axis=3)).tolist():
        row = tallies.sums[phase, arm, bucket].tolist()
        lines.append(",".join((str(phase), arms[arm], str(bucket), *map(str, row))))
    return "\n".join([*lines, ""])


def sums_of(text: str, phases: int, arms: Sequence[str]) -> NDArray[np.int64]:
    """Read sums by bucket, (n_phases, n_arms, BUCKETS, n_columns) int64.

    Raises
    ------
    TalliesError
        With the line, the rule and the value.
    """
    lines = text.split()
    if not lines or lines[0] != ",".join((*KEYS, *COLUMNS)):
        message = f"the first line must be {','.join((*KEYS, *COLUMNS))}"
        raise TalliesError(message)
    sums = no_tallies(phases, len(arms)).sums
    number = {name: place for place, name in enumerate(arms)}
    for count, line in enumerate(lines[1:], 2):
        phase, arm, bucket, *row = line.split(",")
        try:
            sums[_below(phase, phases), number[arm], _below(bucket, BUCKETS)] += np.array(
                row, np.int64
            )
        except (ValueError, KeyError) as error:
            message = f"line {count} must be a phase, an arm, a bucket and sums, got {line[:80]!r}"
            raise TalliesError(message) from error
    return sums


def _below(text: str, end: int) -> int:
    if not 0 <= (number := int(text)) < end:
        raise ValueError(text)
    return number
