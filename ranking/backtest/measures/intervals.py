"""Intervals: bootstrap confidence intervals of a mean over readers.

A Poisson bootstrap (Hanley & MacGibbon 2006, https://doi.org/10.1016/j.cmpb.2006.04.006): in each
of 200 replicates every visit counts Poisson(1) times, with a fixed seed, so clicks of one visit
stay together. An interval runs from the 2.5th to the 97.5th percentile of the replicates. Churn is
drawn by the hour, not by the visit.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

REPLICATES, AT_ONCE = 200, 10
Interval = tuple[float, float]


def _poisson_table() -> NDArray[np.float64]:
    """Values of a Poisson(1) variable by 16 random bits, (65536,) float64."""
    shares = [math.exp(-1.0) / math.factorial(k) for k in range(9)]
    ends = np.cumsum(shares) * 65_536
    return np.searchsorted(ends, np.arange(65_536) + 0.5).astype(float)


POISSON = _poisson_table()


def drawn_weights(groups: int, seed: int = 1) -> Iterator[NDArray[np.float64]]:
    """Weights of the groups in all replicates, (AT_ONCE, n_groups) at a time.

    Examples
    --------
    >>> drawn = np.concatenate(list(drawn_weights(1000)))
    >>> drawn.shape, round(float(drawn.mean()), 2), round(float(drawn.var()), 2)
    ((200, 1000), 1.0, 1.0)
    """
    rng = np.random.default_rng(seed)
    for _ in range(0, REPLICATES, AT_ONCE):
        yield POISSON[rng.integers(0, POISSON.size, (AT_ONCE, groups), np.uint16)]


def interval_of(replicates: NDArray[np.float64]) -> Interval:
    """The middle 95 % of some replicates; two zeros if empty."""
    known = replicates[~np.isnan(replicates)]
    if not known.size:
        return 0.0, 0.0
    low, high = np.percentile(known, [2.5, 97.5]).tolist()
    return low, high


def mean_intervals(values: NDArray[np.float64], group: NDArray[np.int64]) -> list[Interval]:
    """Intervals of the means of some columns.

    Parameters
    ----------
    values : (n, n_columns) float64
        NaN = missing.
    group : (n,) int64
        Rows of one group are drawn together.

    Examples
    --------
    >>> [(low, high)] = mean_intervals(np.arange(100.0)[:, None], np.arange(100))
    >>> 40 < low < 45 < 54 < high < 59
    True
    """
    distinct, index = np.unique(group, return_inverse=True)
    valid = ~np.isnan(values)
    sums = _summed(np.where(valid, values, 0.0), index, distinct.size)
    counts = _summed(valid.astype(float), index, distinct.size)
    with np.errstate(invalid="ignore"):
        drawn = [(w @ sums) / (w @ counts) for w in drawn_weights(distinct.size)]
    return [interval_of(column) for column in np.concatenate(drawn).T]


def hourly_intervals(values: NDArray[np.float64], hour: NDArray[np.int64]) -> list[Interval]:
    """Intervals of the means of the hours' means of some columns; rows are drawn one by one.

    Parameters
    ----------
    values : (n, n_columns) float64
    hour : (n,) int64
    """
    if not hour.size:
        return [(0.0, 0.0)] * values.shape[1]
    order = np.argsort(hour, kind="stable")
    begins = np.flatnonzero(np.diff(hour[order], prepend=hour.min() - 1))
    columns = np.ascontiguousarray(values[order].T)
    means: list[NDArray[np.float64]] = []
    with np.errstate(invalid="ignore"):
        for w in drawn_weights(hour.size):
            counts = np.add.reduceat(w, begins, axis=1)
            sums = [np.add.reduceat(w * column, begins, axis=1) for column in columns]
            means.append(np.array([np.nanmean(gain / counts, axis=1) for gain in sums]))
    return [interval_of(column) for column in np.concatenate(means, axis=1)]


def rate_interval(counts: NDArray[np.float64], minutes: NDArray[np.float64]) -> Interval:
    """Interval of a rate over hours, (n_hours,) each."""
    with np.errstate(invalid="ignore"):
        drawn = [(w @ counts) / (w @ minutes) for w in drawn_weights(counts.size)]
    return interval_of(np.concatenate(drawn))


def _summed(
    values: NDArray[np.float64], index: NDArray[np.int64], groups: int
) -> NDArray[np.float64]:
    """Sums of the rows of each group, (n_groups, n_columns) float64."""
    return np.stack([np.bincount(index, column, groups) for column in values.T], axis=1)
