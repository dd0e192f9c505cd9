"""Hard windows: exact counts of the last hours or days, from the window counts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.signals.window_counts import DAY_MS, HOUR_MS, HOURS, ring_sum


@compiled
def window_counts(
    slots: NDArray[np.int32], article: NDArray[Any], newest_ms: int, hours: int, days: int
) -> NDArray[np.int64]:
    """Counted views of some articles within the last `hours`, or `days` if hours is 0.

    Returns
    -------
    (n_slots,) int64
        The current period and those before it.
    """
    counts = np.zeros(slots.size, np.int64)
    for i in range(slots.size):
        record = article[slots[i]]
        if hours > 0:
            counts[i] = ring_sum(record["hourly"], record["hour"], newest_ms // HOUR_MS, hours)
        else:
            counts[i] = ring_sum(record["daily"], record["day"], newest_ms // DAY_MS, days)
    return counts


@compiled
def hourly_counts(
    slots: NDArray[np.int32], article: NDArray[Any], newest_ms: int
) -> NDArray[np.int64]:
    """Counted views of some articles together, an hour, (24,) int64; the current one last."""
    counts, now = np.zeros(HOURS, np.int64), newest_ms // HOUR_MS
    for i in range(slots.size):
        record = article[slots[i]]
        for back in range(HOURS):
            period = now - back
            if record["hour"] - HOURS < period <= record["hour"]:
                counts[HOURS - 1 - back] += record["hourly"][period % HOURS]
    return counts
