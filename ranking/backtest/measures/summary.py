"""Summary: all measures of one profile on one log.

With frozen lists the log is replayed twice: in its own order, and in windows. The windows are those
of papers with hourly training: a visit belongs to the hour of its start (`in_windows`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.backtest import BacktestError, Replay, replay
from ranking.backtest.measures.accuracy import (
    Measures,
    accuracy,
    last_clicks,
    last_gains,
    next_gains,
)
from ranking.backtest.measures.beyond_accuracy import NAMES, Impressions, shown_of
from ranking.backtest.measures.churn import Churn, changes_of
from ranking.backtest.measures.comparison_table import (
    ComparisonTable,
    comparison_table,
    hours_of,
    mean_by_hour,
)
from ranking.backtest.measures.intervals import (
    Interval,
    hourly_intervals,
    mean_intervals,
    rate_interval,
)
from ranking.backtest.predictions import FOR_YOU, predicted_lists
from ranking.backtest.visits import Span
from ranking.content.catalogue import Catalogue
from ranking.engine.batch import Batch
from ranking.engine.settings import EngineSettings
from ranking.profiles.profile import DEFAULT, Profile

Intervals = dict[str, dict[str, Interval]]
Progress = Callable[[int, int], None]
"""Called with the finished work and its total."""


@dataclass(frozen=True, slots=True)
class Replays:
    """A log under one profile.

    Attributes
    ----------
    plain : Replay
        In log order, for next clicks.
    moved : Replay
        In windows if lists are frozen, else the same; for last clicks.
    """

    plain: Replay
    moved: Replay


def replays(
    batches: list[Batch],
    catalogue: Catalogue,
    span: Span,
    profile: Profile = DEFAULT,
    settings: EngineSettings | None = None,
    progress: Progress = lambda done, total: None,
) -> Replays:
    """Replay a log of one site, given as all its batches in order."""
    size = sum(len(batch) for batch in batches)
    total = 2 * size if span.refresh > 0.0 else size
    plain = replay(batches, catalogue, span, profile, settings, lambda n: progress(n, total))
    if not plain.plan.asked.size:
        hours = np.ptp(plain.views["at"]) / 3_600_000
        message = (
            f"a backtest must predict something, but this log of {hours:.1f} h has no visit with a"
            " second page in the span; without --from its first 24 h are warm-up"
        )
        raise BacktestError(message)
    if span.refresh <= 0.0:
        return Replays(plain, plain)
    windows = replace(span, by_visit=True)
    moved = replay(
        batches, catalogue, windows, profile, settings, lambda n: progress(size + n, total)
    )
    return Replays(plain, moved)


@dataclass(frozen=True, slots=True)
class Measured:
    """The measures of a profile's lists.

    Attributes
    ----------
    measures : dict
        The measures of `accuracy` and `beyond_accuracy` for each list, and those of `churn` for
        `popular`; `last_item`. With frozen lists, `last_item` is measured in windows and
        `last_item_as_it_came` in log order.
    intervals : dict
        Low and high ends of the means.
    comparison : ComparisonTable
        Measures for the comparison with baselines.
    hours : NDArray
        Hours with a prediction, since the epoch, (n_hours,) int64.
    ages : dict
        Mean age of each list's items by hour, (n_hours,) float64.
    changes : Churn
    about : dict
        Facts about the data of the measures.
    """

    measures: Measures
    intervals: Intervals
    comparison: ComparisonTable
    hours: NDArray[np.int64]
    ages: dict[str, NDArray[np.float64]]
    changes: Churn
    about: dict[str, str]


def measured(done: Replays, catalogue: Catalogue) -> Measured:
    """Measure the lists of a profile."""
    plain, measures = done.plain, accuracy(done.plain)
    shown, changes = shown_of(plain, catalogue), changes_of(plain)
    intervals = next_intervals(plain, shown)
    for which, name in enumerate(predicted_lists()):
        values = shown.values[:, which].T
        measures[name] |= {n: _mean(column) for n, column in zip(NAMES, values, strict=True)}
        measures[name]["catalogue"] = shown.catalogue[which]
    measures["popular"] |= changes.a_minute()
    if exposed := int(plain.answers.exposed[0]):
        measures["popular"]["exposed"] = exposed / max(
            int((plain.answers.shown[:, 0] >= 0).sum()), 1
        )
    intervals["popular"] |= {
        "changes": rate_interval(changes.five, changes.minutes),
        "order_changes": rate_interval(changes.order, changes.minutes),
    }
    if done.moved is not plain:
        measures["last_item_as_it_came"] = measures["last_item"]
        measures["last_item"] = accuracy(done.moved)["last_item"]
        intervals["last_item_as_it_came"] = last_intervals(plain)
    intervals["last_item"] = last_intervals(done.moved)
    places = {
        name: (plain.answers.place[:, which], done.moved.answers.place[:, which])
        for which, name in enumerate(predicted_lists())
    }
    ages = {
        name: mean_by_hour(plain, shown.values[:, which, NAMES.index("age")])
        for which, name in enumerate(predicted_lists())
    }
    about = {"diversity": "tags and sections" if shown.by_cards else "co-reading"}
    compared = comparison_table(plain, done.moved, places)
    return Measured(measures, intervals, compared, hours_of(plain), ages, changes, about)


def next_intervals(replay: Replay, shown: Impressions) -> Intervals:
    """Intervals of every list's means over predictions."""
    columns = [
        next_gains(replay.answers.place[:, which])
        | dict(zip(NAMES, shown.values[:, which].T, strict=True))
        for which in range(len(predicted_lists()))
    ]
    values = np.stack([column for names in columns for column in names.values()], axis=1)
    found = iter(mean_intervals(values, replay.visits.first[replay.plan.asked]))
    return {
        name: {measure: next(found) for measure in names}
        for name, names in zip(predicted_lists(), columns, strict=True)
    }


def last_intervals(replay: Replay) -> dict[str, Interval]:
    """Intervals of last clicks."""
    chosen, hour = last_clicks(replay)
    gains = last_gains(replay.answers.place[chosen, FOR_YOU])
    found = hourly_intervals(np.stack(list(gains.values()), axis=1), hour)
    return dict(zip(gains, found, strict=True))


def _mean(values: NDArray[np.float64]) -> float:
    valid = values[~np.isnan(values)]
    return float(valid.mean()) if valid.size else 0.0
