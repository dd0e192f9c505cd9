"""Churn: how often the first five of Popular change, at each second of the log's clock.

A change of the five means other articles than at the last sample; a change of order also includes
the same articles in another order. Both are counted per minute of log time, as the mean of all
editions. If only some minutes are sampled, samples of one minute are compared with each other.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.backtest import Replay
from ranking.backtest.measures.accuracy import HOUR_MS
from ranking.backtest.visits import MINUTE_MS


class Churn(NamedTuple):
    """Changes in every sampled hour of the log.

    Attributes
    ----------
    hour : (n_hours,) int64
        Since the epoch.
    minutes : (n_hours,) float64
        Sampled minutes of the hour.
    five, order : (n_hours,) float64
        Changes per edition in the hour.
    """

    hour: NDArray[np.int64]
    minutes: NDArray[np.float64]
    five: NDArray[np.float64]
    order: NDArray[np.float64]

    def a_minute(self) -> dict[str, float]:
        """Means over all hours."""
        minutes = max(float(self.minutes.sum()), 1e-9)
        return {
            "changes": float(self.five.sum()) / minutes,
            "order_changes": float(self.order.sum()) / minutes,
        }


def changes_of(replay: Replay) -> Churn:
    """Count the changes of Popular in a replay."""
    five, plan = replay.answers.popular, replay.plan
    if plan.ticks.size < 2:
        return Churn(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0))
    clock = np.maximum.accumulate(replay.views["at"])[plan.ticks]
    minute = clock // MINUTE_MS
    compared = (minute[1:] == minute[:-1]) | (plan.stride == 1)
    order = (five[1:] != five[:-1]).any(axis=2).mean(axis=1)
    others = (np.sort(five[1:]) != np.sort(five[:-1])).any(axis=2).mean(axis=1)
    hour, index = np.unique(clock[1:] // HOUR_MS, return_inverse=True)
    minutes = np.diff(clock) / MINUTE_MS
    sums = (np.bincount(index, v * compared).astype(float) for v in (minutes, others, order))
    return Churn(hour, *sums)
