"""Sessionisation: the last pages of each visit, newest first, each page once.

A visit is chained by its session, else by its visitor. Every view enters its chain, repeats too,
so that the chain is a function of the log's recent views alone and needs no place in a checkpoint;
pages older than the horizon count as forgotten. Predecessors of a view are those within the
window W of it.

A page is known by its article's key. It leads to an article's state only if it was viewed in that
article's present life: after its eviction an article begins a new one, maybe in another slot.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled, inlined
from ranking.engine.deduplication import NEVER, NOTHING, find_place, mix

DEPTH = 3
"""Pages of a visit that are remembered: the steps of co-reading."""


VISIT = np.dtype(
    [
        ("key", np.uint64),  # 0 = empty
        ("at", np.int64),  # newest stamp of the visit, ms
        ("page_key", np.uint64, (DEPTH,)),  # of the articles, newest first; 0 = none
        ("page_at", np.int64, (DEPTH,)),  # ms
        ("page_number", np.int64, (DEPTH,)),  # number of the view in the site's log
        ("page", np.int32, (DEPTH,)),  # article slots by then; below 0 = none
    ],
    align=True,
)


def new_visits(size: int = 1 << 12) -> NDArray[Any]:
    """Create an empty table of `size` visits, a power of two."""
    return np.zeros(size, VISIT)


@inlined
def visit_place(visits: NDArray[Any], chain: np.uint64, memory: Any) -> int:
    """Place of a chain's visit in the table; one that is new or forgotten is empty.

    `memory` is the MEMORY record of visits.
    """
    return keyed_place(visits, mix(chain) | np.uint64(1), memory)


@inlined
def keyed_place(visits: NDArray[Any], key: np.uint64, memory: Any) -> int:
    """Place of a visit by its key."""
    horizon = memory["horizon"]
    place = find_place(visits, key, horizon)
    visit = visits[place]
    if visit["key"] != key or visit["at"] < horizon:
        if visit["key"] == NOTHING:
            memory["used"] += 1
        visit["key"] = key
        visit["at"] = NEVER
        for step in range(DEPTH):
            visit["page"][step] = -1
            visit["page_key"][step] = NOTHING
            visit["page_at"][step] = NEVER
            visit["page_number"][step] = -1
    return place


@inlined
def remember_page(
    visits: NDArray[Any], place: int, slot: int, key: np.uint64, number: int, at_ms: int,
    memory: Any,
) -> None:  # fmt: skip
    """Put a page in front of its visit; one read before moves to the front."""
    visit = visits[place]
    page, page_key = visit["page"], visit["page_key"]
    page_at, page_number = visit["page_at"], visit["page_number"]
    last = DEPTH - 1
    for step in range(DEPTH - 1, -1, -1):
        if page_key[step] == key:
            last = step
    for step in range(last, 0, -1):
        page[step] = page[step - 1]
        page_key[step] = page_key[step - 1]
        page_at[step] = page_at[step - 1]
        page_number[step] = page_number[step - 1]
    page[0] = slot
    page_key[0] = key
    page_at[0] = at_ms
    page_number[0] = number
    if visit["at"] < memory["horizon"] and at_ms >= memory["horizon"]:
        memory["living"] += 1
    visit["at"] = max(visit["at"], at_ms)


@inlined
def is_alive(articles: NDArray[Any], visit: Any, step: int) -> bool:
    """Say whether a page of a visit leads to an article's state, in its present life."""
    slot = visit["page"][step]
    if slot < 0 or articles[slot]["key"] != visit["page_key"][step]:
        return False
    return bool(visit["page_number"][step] >= articles[slot]["born"])


@compiled
def rebuilt_visits(visits: NDArray[Any], fresh: NDArray[Any], memory: NDArray[Any]) -> None:
    """Copy the living visits into an empty table; `memory` is (1,) MEMORY, or a part of it."""
    record = memory[0]
    record["used"] = 0
    record["living"] = 0
    for place in range(visits.size):
        visit = visits[place]
        if visit["key"] != NOTHING and visit["at"] >= record["horizon"]:
            fresh[keyed_place(fresh, visit["key"], record)] = visit
            record["living"] += 1
