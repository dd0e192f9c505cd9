"""Shares: how often an article was shared, decayed with a half-life of an hour."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.decay.portable_math import exp2
from ranking.engine.event_kinds import EventKind
from ranking.engine.signals.signal import SIGNALS, ArticleSignal

HALF_LIFE_MS = 3_600_000
SHARED = np.dtype([("mass", np.float64), ("at", np.int64)], align=True)


@compiled
def add_shares(table: NDArray[Any], events: NDArray[Any]) -> None:
    """Add each share at its stamp; the mass stands for the article's newest one."""
    for i in range(events.size):
        own, at = table[events[i]["slot"]], events[i]["at"]
        newest = max(own["at"], at)
        kept = own["mass"] * exp2(-(newest - own["at"]) / HALF_LIFE_MS)
        own["mass"] = kept + exp2(-(newest - at) / HALF_LIFE_MS)
        own["at"] = newest


@compiled
def read_shares(table: NDArray[Any], slots: NDArray[np.int32], at_ms: int) -> NDArray[np.float64]:
    """Decayed shares of some articles, (n_slots,) float64."""
    found = np.zeros(slots.size)
    for i in range(slots.size):
        own = table[slots[i]]
        found[i] = own["mass"] * exp2(-max(at_ms - own["at"], 0) / HALF_LIFE_MS)
    return found


class Shares(ArticleSignal):
    """Decayed shares."""

    name = "shares"
    kinds = (EventKind("share", 4),)
    dtype = SHARED

    def update(self, table: NDArray[Any], events: NDArray[Any]) -> None:
        """Add the shares of a block."""
        add_shares(table, events)

    def read(
        self, table: NDArray[Any], slots: NDArray[np.int32], at_ms: int
    ) -> NDArray[np.float64]:
        """Decayed shares of some articles."""
        return read_shares(table, slots, at_ms)


SHARES = Shares()
SIGNALS.register(SHARES)
