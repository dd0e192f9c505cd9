"""Visits: the last pages of each reader's visit, newest first and each once.

A visit is chained by its session, else by its visitor. Every view enters its chain, repeats too,
so that the chain is a function of the log's recent views alone and needs no place in a checkpoint;
pages older than the horizon count as forgotten. Predecessors of a view are those within the
window W of it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled, inlined
from ranking.engine.repeats import NEVER, NOTHING, find_place, mix

DEPTH = 3
"""Pages of a visit that are remembered: the steps of co-reading."""


VISIT = np.dtype(
    [
        ("key", np.uint64),  # 0 = empty
        ("at", np.int64),  # newest stamp of the visit, ms
        ("page_at", np.int64, (DEPTH,)),  # ms, newest first
        ("page", np.int32, (DEPTH,)),  # article slots; -1 = none, below = evicted since
    ],
    align=True,
)


def new_visits(size: int = 1 << 12) -> NDArray[Any]:
    """Create an empty table of `size` visits, a power of two."""
    return np.zeros(size, VISIT)


@inlined
def visit_place(visits: NDArray[Any], chain: np.uint64, log: NDArray[Any]) -> int:
    """Place of a chain's visit in the table; one that is new or forgotten is empty."""
    return keyed_place(visits, mix(chain) | np.uint64(1), log)


@inlined
def keyed_place(visits: NDArray[Any], key: np.uint64, log: NDArray[Any]) -> int:
    """Place of a visit by its key."""
    horizon = log[0]["forgotten_ms"]
    place = find_place(visits, key, horizon)
    visit = visits[place]
    if visit["key"] != key or visit["at"] < horizon:
        if visit["key"] == NOTHING:
            log[0]["visits_used"] += 1
        visit["key"] = key
        visit["at"] = NEVER
        for step in range(DEPTH):
            visit["page"][step] = -1
            visit["page_at"][step] = NEVER
    return place


@inlined
def remember_page(visits: NDArray[Any], place: int, slot: int, at_ms: int) -> None:
    """Put a page in front of its visit; one read before moves to the front."""
    visit = visits[place]
    page, page_at = visit["page"], visit["page_at"]
    last = DEPTH - 1
    for step in range(DEPTH - 1, -1, -1):
        if page[step] == slot:
            last = step
    for step in range(last, 0, -1):
        page[step] = page[step - 1]
        page_at[step] = page_at[step - 1]
    page[0] = slot
    page_at[0] = at_ms
    visit["at"] = max(visit["at"], at_ms)


@compiled
def rebuilt_visits(visits: NDArray[Any], fresh: NDArray[Any], log: NDArray[Any]) -> None:
    """Copy the living visits into an empty table."""
    log[0]["visits_used"] = 0
    for place in range(visits.size):
        visit = visits[place]
        if visit["key"] != NOTHING and visit["at"] >= log[0]["forgotten_ms"]:
            to = keyed_place(fresh, visit["key"], log)
            fresh[to] = visit


@compiled
def forget_pages(visits: NDArray[Any], gone: NDArray[np.bool_]) -> None:
    """Mark evicted articles in all visits; they keep their place, and lead nowhere."""
    for place in range(visits.size):
        page = visits[place]["page"]
        for step in range(DEPTH):
            if page[step] >= 0 and gone[page[step]]:
                page[step] = -2 - page[step]
