"""Unsigned events: counts events without a key, so that a new key locks no sender out unnoticed.

Accepted events (before there are keys, or in a grace period) are counted by minute for one hour,
refused requests in total. The answer to a request tells how many events it accepted.
"""

import time
from collections.abc import Callable

import msgspec
from starlette.responses import Response

MINUTE, KEPT = 60, 60
"""Seconds of one count, and how many counts are kept."""


class _Taken(msgspec.Struct):
    accepted: int = 1


class Unsigned:
    """Events without a key that arrived at one process.

    Parameters
    ----------
    clock : callable
        Wall clock, seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._counts: dict[int, int] = {}
        self.total = 0
        self.refused = 0
        self.last_at = 0.0

    def take(self, response: Response) -> None:
        """Count the accepted events of a request, from its answer."""
        if response.status_code >= 300:
            return
        count = 1
        if response.media_type == "application/json" and response.body:
            count = msgspec.json.decode(response.body, type=_Taken).accepted
        if not count:
            return
        self.last_at = self._clock()
        minute = int(self.last_at // MINUTE)
        self._counts = {k: n for k, n in self._counts.items() if k > minute - KEPT}
        self._counts[minute] = self._counts.get(minute, 0) + count
        self.total += count

    def refuse(self) -> None:
        """Count a refused request."""
        self.refused += 1

    def recent(self) -> dict[str, float]:
        """Return the counts of the last two minutes and the last hour, and the last time (s)."""
        minute = int(self._clock() // MINUTE)
        counts = self._counts.items()
        return {
            "last_minutes": sum(n for k, n in counts if k >= minute - 1),
            "last_hour": sum(n for k, n in counts if k > minute - KEPT),
            "last_at": self.last_at,
            "refused_requests": self.refused,
        }
