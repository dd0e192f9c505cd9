"""Repeats: who has seen what within the window, exactly, in bounded memory.

A key is (visitor, article, kind) or a portal's event id, mixed into 64 bits; its value the newest
stamp it was seen at. An event repeats when |at - seen| < W. Stamps below the horizon (two whole
windows before the log's current one) are as if never seen, so this memory is a function of the
log's recent views alone: a checkpoint holds no row of it, only the offset to reread it from.
Open addressing; a dead entry is reused, the table rebuilt when 60 % full.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled, inlined

NEVER = np.iinfo(np.int64).min // 4
NOTHING = np.uint64(0)
FULL = 0.6


SEEN = np.dtype([("key", np.uint64), ("at", np.int64)], align=True)
"""One entry: key 0 = empty; the newest stamp, ms."""


def new_seen(size: int = 1 << 12) -> NDArray[Any]:
    """Create an empty table of `size` entries, a power of two."""
    return np.zeros(size, SEEN)


@inlined
def mix(x: np.uint64) -> np.uint64:
    """Scatter 64 bits (the finalizer of MurmurHash3, public domain, by Austin Appleby)."""
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xFF51AFD7ED558CCD)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xC4CEB9FE1A85EC53)
    x ^= x >> np.uint64(33)
    return x


@inlined
def seen_key(visitor: np.uint64, article: np.uint64, kind: int) -> np.uint64:
    """Key of one visitor, article and kind."""
    return mix(mix(visitor) ^ article ^ (np.uint64(kind) << np.uint64(61))) | np.uint64(1)


@inlined
def find_place(table: NDArray[Any], key: np.uint64, horizon: int) -> int:
    """Place of a key, or of the entry to use for it (empty, or dead by `horizon`).

    `table` is any structured array with the fields `key` and `at`.
    """
    mask = table.size - 1
    place = int(np.int64(key >> np.uint64(1)) & mask)
    dead = -1
    while True:
        entry = table[place]
        if entry["key"] == key:
            return place
        if entry["key"] == NOTHING:
            return dead if dead >= 0 else place
        if dead < 0 and entry["at"] < horizon:
            dead = place
        place = (place + 1) & mask


@inlined
def touch(seen: NDArray[Any], key: np.uint64, at_ms: int, log: NDArray[Any]) -> int:
    """Remember a sight of `key` and return the newest one before it, or NEVER.

    Parameters
    ----------
    seen : (size,) SEEN
    log : (1,) record
        Its `forgotten_ms` is the horizon, its `seen_used` counts entries.
    """
    horizon = log[0]["forgotten_ms"]
    entry = seen[find_place(seen, key, horizon)]
    before = NEVER
    if entry["key"] == key and entry["at"] >= horizon:
        before = entry["at"]
    if at_ms >= horizon and at_ms > before:
        if entry["key"] == NOTHING:
            log[0]["seen_used"] += 1
        entry["key"] = key
        entry["at"] = at_ms
    return before


@compiled
def rebuilt_seen(seen: NDArray[Any], fresh: NDArray[Any], log: NDArray[Any]) -> None:
    """Copy the living entries into an empty table."""
    log[0]["seen_used"] = 0
    for place in range(seen.size):
        entry = seen[place]
        if entry["key"] != NOTHING:
            touch(fresh, entry["key"], entry["at"], log)


def living(table: NDArray[Any], horizon: int) -> NDArray[np.int64]:
    """Stamps of a table's living entries, in no order."""
    at: NDArray[np.int64] = table["at"]
    alive: NDArray[np.int64] = at[(table["key"] != NOTHING) & (at >= horizon)]
    return alive
