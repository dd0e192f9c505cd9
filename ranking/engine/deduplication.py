"""Deduplication window: exact repeats by visitor, article and kind, in bounded memory.

A key is (visitor, article, kind), mixed into 64 bits; its value is the newest stamp it was seen at.
An event repeats when |at - seen| < W. An event that is stamped a whole window or more behind the
clock is late. Late events of one key repeat each other too: always when they are at most half a
window apart, never when they are a whole one apart. They are remembered by the two windows that
hold them, on a grid and on the same grid moved by half a window.

The horizon is two whole windows before the log's current one, or later if the memory is full.
Stamps below it count as never seen. So this memory is a function of the log's recent events, and a
checkpoint holds only the offset to reread it from. The table uses open addressing. A forgotten
entry is used again, and the table is rebuilt when 60 % of its entries are used.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled, inlined

NEVER = np.iinfo(np.int64).min // 4
NOTHING = np.uint64(0)
LATE_SALT = np.uint64(0x8CB92BA72F3D8DD7)


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
def late_key(key: np.uint64, half: int) -> np.uint64:
    """Key of late events of a key in the window that begins with a half, counted from the epoch."""
    return mix(mix(key ^ LATE_SALT) ^ np.uint64(half)) | np.uint64(1)


@inlined
def find_place(table: NDArray[Any], key: np.uint64, horizon: int) -> int:
    """Place of a key, or of the entry to use for it (empty, or below `horizon`).

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
def touch(table: NDArray[Any], key: np.uint64, at_ms: int, memory: Any) -> int:
    """Remember a sight of `key` and return the newest one before it, or NEVER.

    Parameters
    ----------
    table : (size,) SEEN
    key : uint64
    at_ms : int
    memory : MEMORY record
        The table's.
    """
    horizon = memory["horizon"]
    entry = table[find_place(table, key, horizon)]
    before = NEVER
    if entry["key"] == key and entry["at"] >= horizon:
        before = entry["at"]
    if at_ms >= horizon and at_ms > before:
        if entry["key"] == NOTHING:
            memory["used"] += 1
        if before == NEVER:
            memory["living"] += 1
        entry["key"] = key
        entry["at"] = at_ms
    return before


@inlined
def is_seen(
    table: NDArray[Any], key: np.uint64, at_ms: int, memory: Any, clock_ms: int, window_ms: int
) -> bool:
    """Remember a sight and say whether it repeats another one.

    Parameters
    ----------
    clock_ms : int
        The site's clock, this event included.
    window_ms : int
        W.
    """
    before = touch(table, key, at_ms, memory)
    again = before != NEVER and abs(at_ms - before) < window_ms
    if at_ms <= clock_ms - window_ms:
        half = at_ms // (window_ms // 2)
        for begin in range(half - 1, half + 1):
            late = touch(table, late_key(key, begin), clock_ms, memory)
            again = again or late != NEVER
    return again


@compiled
def rebuilt_seen(table: NDArray[Any], fresh: NDArray[Any], memory: NDArray[Any]) -> None:
    """Copy the living entries into an empty table; `memory` is (1,) MEMORY, or a part of it."""
    record = memory[0]
    record["used"] = 0
    record["living"] = 0
    for place in range(table.size):
        entry = table[place]
        if entry["key"] != NOTHING:
            touch(fresh, entry["key"], entry["at"], record)
