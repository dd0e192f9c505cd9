"""Comparison table: lists and baselines by the same measures, with intervals and by the hour.

Next click `hr@5`, `mrr@5` and `hr@20`; last click `last_ndcg@20` and `last_hr@20`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.backtest import Replay
from ranking.backtest.measures.accuracy import (
    HOUR_MS,
    Measures,
    last_click,
    last_clicks,
    last_gains,
    next_click,
    next_gains,
)
from ranking.backtest.measures.intervals import Interval, hourly_intervals, mean_intervals

Places = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Ranks at next clicks, and in the log of last clicks: (n_asked,) each."""


@dataclass(frozen=True, slots=True)
class ComparisonTable:
    """Measures of several list methods.

    Attributes
    ----------
    measures : dict
    intervals : dict
    hits : dict
        HR@5 in every hour of `hours_of`, (n_hours,) float64.
    """

    measures: Measures
    intervals: dict[str, dict[str, Interval]]
    hits: dict[str, NDArray[np.float64]]


def comparison_table(plain: Replay, moved: Replay, places: Mapping[str, Places]) -> ComparisonTable:
    """Measure ranks of next clicks in one replay and of last clicks in another."""
    chosen, hour = last_clicks(moved)
    nexts = {name: next_gains(place) for name, (place, _) in places.items()}
    lasts = {
        name: {f"last_{measure}": gain for measure, gain in last_gains(place[chosen]).items()}
        for name, (_, place) in places.items()
    }
    measures = {
        name: next_click(place)
        | {f"last_{m}": v for m, v in last_click(again[chosen], hour).items() if m != "clicks"}
        for name, (place, again) in places.items()
    }
    visit = plain.visits.first[plain.plan.asked]
    found = iter(
        [*mean_intervals(_columns(nexts), visit), *hourly_intervals(_columns(lasts), hour)]
    )
    intervals: dict[str, dict[str, Interval]] = {name: {} for name in places}
    for rows in (nexts, lasts):
        for name, row in rows.items():
            intervals[name] |= {measure: next(found) for measure in row}
    hits = {name: mean_by_hour(plain, row["hr@5"]) for name, row in nexts.items()}
    return ComparisonTable(measures, intervals, hits)


def hours_of(replay: Replay) -> NDArray[np.int64]:
    """Hours with a prediction, since the epoch, ascending."""
    return np.unique(replay.views["at"][replay.plan.asked] // HOUR_MS)


def mean_by_hour(replay: Replay, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of some predictions' values in each hour, without NaN."""
    hour = replay.views["at"][replay.plan.asked] // HOUR_MS
    valid = ~np.isnan(values)
    index, hours = np.searchsorted(hours_of(replay), hour[valid]), hours_of(replay).size
    counts = np.bincount(index, minlength=hours)
    return np.asarray(np.bincount(index, values[valid], hours) / np.maximum(counts, 1))


def _columns(rows: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> NDArray[np.float64]:
    return np.stack([gain for row in rows.values() for gain in row.values()], axis=1)
