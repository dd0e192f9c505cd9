"""Window counts: exact views of the last 24 hours and the last 28 days, in calendar units of UTC.

A ring holds one count a period; the place of period p is p mod length. Moving on clears the
periods between, so a ring costs nothing while its article sleeps. A view older than the ring is
left out of it. Hard windows ("24 h" is the current hour and the 23 before it) and sparklines read
from here.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled, inlined
from ranking.engine.event_kinds import VIEW
from ranking.engine.signals.signal import Signal

if TYPE_CHECKING:
    from ranking.engine.site import Site

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
HOURS, DAYS = 24, 28


@inlined
def ring_add(ring: NDArray[np.uint32], newest: int, period: int) -> int:
    """Count one view of `period` in a ring; returns the newest period seen.

    Parameters
    ----------
    ring : (length,) uint32
        The article's counts.
    newest : int
        The newest period that the ring has seen.
    period : int
        Hours or days since the epoch.
    """
    length = ring.size
    for step in range(1, min(period - newest, length) + 1):
        ring[(newest + step) % length] = 0
    newest = max(newest, period)
    if period > newest - length:
        ring[period % length] += np.uint32(1)
    return newest


@compiled
def ring_sum(ring: NDArray[np.uint32], newest: int, now: int, periods: int) -> int:
    """Count the views of the last `periods` periods up to and with `now`."""
    total, length = 0, ring.size
    last, first = min(now, newest), max(now - min(periods, length), newest - length) + 1
    place = first % length
    for _ in range(first, last + 1):
        total += ring[place]
        place = place + 1 if place + 1 < length else 0
    return total


def ring_read(ring: NDArray[np.uint32], newest: int, now: int) -> list[int]:
    """Counts a period, oldest first, the current one last: as many as the ring is long.

    Examples
    --------
    >>> ring, newest = np.zeros(3, np.uint32), -100
    >>> for hour in (7, 7, 8): newest = ring_add(ring, newest, hour)
    >>> ring_read(ring, newest, 9)
    [2, 1, 0]
    """
    length = ring.size
    periods = range(now - length + 1, now + 1)
    return [int(ring[p % length]) if newest - length < p <= newest else 0 for p in periods]


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


class WindowCounts(Signal):
    """Window counts as a registered signal; the view loop updates them."""

    name = "window_counts"
    kinds = (VIEW,)

    def arrays(self, site: "Site") -> dict[str, NDArray[Any]]:
        """Both rings of every article, and the newest period of each."""
        article = site.state.article[: len(site.ids)]
        return {name: article[name] for name in ("hourly", "daily", "hour", "day")}

    def readings(self, site: "Site", at_ms: int) -> dict[str, NDArray[np.float64]]:
        """Counts of the last 24 hours and of the last 28 days, (n_articles,) float64."""
        found: dict[str, NDArray[np.float64]] = {}
        article = site.state.article[: len(site.ids)]
        for ring, newest, length, period in (
            ("hourly", "hour", HOURS, HOUR_MS), ("daily", "day", DAYS, DAY_MS),
        ):  # fmt: skip
            now = at_ms // period
            counts = [ring_sum(record[ring], record[newest], now, length) for record in article]
            found[ring] = np.array(counts, float)
        return found
