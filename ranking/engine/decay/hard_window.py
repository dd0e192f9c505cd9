"""Hard window: a view weighs 1 within the last hours or days, and nothing before.

The counts are exact. They come from the rings of the window counts, in whole hours up to a day and
in whole days (UTC) beyond. A window of 24 hours is the current hour and the 23 before it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.decay.kernel import Kernel, Lookup, Part
from ranking.engine.signals.window_counts import DAY_MS, DAYS, HOUR_MS, HOURS, ring_sum

if TYPE_CHECKING:
    from ranking.engine.view_loop import State


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


def periods_of(window: int) -> tuple[int, int]:
    """Hours and days of a hard window in seconds: whole hours up to a day, then whole days.

    Examples
    --------
    >>> periods_of(86400), periods_of(1800), periods_of(7 * 86400)
    ((24, 0), (1, 0), (0, 7))
    """
    hours = -(-window * 1000 // HOUR_MS)
    return (hours, 0) if hours <= HOURS else (0, min(-(-window * 1000 // DAY_MS), DAYS))


class HardWindow(Kernel):
    """Plain counts, where a profile has a window."""

    name = "hard_window"
    tolerance = 0.0
    examples = ({"window": 3600}, {"window": 604_800})

    def is_chosen(self, value: Lookup) -> bool:
        """Whether the profile has a window."""
        return value("window") > 0

    def weight(self, value: Lookup, age: float) -> float:
        """1 within the window, at the end of a period; 0 beyond it."""
        hours, days = periods_of(int(value("window")))
        return float(0.0 <= age < (hours * HOUR_MS + days * DAY_MS) / 1000)

    def parts(self, value: Lookup) -> tuple[Part, ...]:
        """None: the bank of half-lives is not read."""
        return ()

    def read(
        self, value: Lookup, state: "State", slots: NDArray[np.int32], at_ms: int
    ) -> NDArray[np.float64]:
        """Counts of some articles, (n_slots,) float64."""
        periods = periods_of(int(value("window")))
        return window_counts(slots, state.article, at_ms, *periods).astype(float)
