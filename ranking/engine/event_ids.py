"""Ids of events: the same id is the same event, however old its stamp.

An id is remembered from the moment at which it came first: a day of log time for views and clicks,
half an hour for reads and impressions, each with a budget of its own. Ids are in generations that
begin with each period, or when the newest generation is full. A generation is forgotten when the
next one is older than the span, or when the budget needs its room. A piece of a checkpoint holds
one generation, in the order in which its ids came, so that only the newest one's piece changes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled, inlined
from ranking.engine.deduplication import NOTHING, find_place, mix

SPANS_MS = (86_400_000, 1_800_000)
"""How long ids are remembered: of views and clicks, of reads and impressions."""
PERIODS_MS = (3_600_000, 1_800_000)
"""How long a generation takes ids."""
PARTS = 8
"""A generation has room for this part of the budget at most."""
LARGEST = 1 << 19
"""Ids of a generation: as many as 4 MB of a checkpoint hold."""
EVENT_ID_SALT = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Generation:
    """Ids that came within one period, complete.

    Attributes
    ----------
    number : int
        From 1 on.
    begin_ms, end_ms : int
        The site's clock when it began, and when the next one did; 0 = it is the newest.
    keys : (n,) uint64
        In the order in which they came.
    """

    number: int
    begin_ms: int
    end_ms: int
    keys: NDArray[np.uint64]


def largest_generation(most: int) -> int:
    """Ids that one generation may hold under a budget."""
    return min(max(most // PARTS, 64), LARGEST)


def next_period_ms(which: int, clock_ms: int) -> int:
    """When the period that holds a moment ends."""
    return (clock_ms // PERIODS_MS[which] + 1) * PERIODS_MS[which]


@inlined
def event_key(event_id: np.uint64) -> np.uint64:
    """Key of an event's id."""
    return mix(event_id ^ EVENT_ID_SALT) | np.uint64(1)


@inlined
def is_known_id(
    table: NDArray[Any], key: np.uint64, generation: int, memory: Any, fresh: NDArray[np.uint64],
    count: int,
) -> bool:  # fmt: skip
    """Say whether an id is remembered; if not, remember it in the newest generation.

    Parameters
    ----------
    table : (size,) SEEN
        Its stamps are numbers of generations.
    key : uint64
    generation : int
        Number of the newest one.
    memory : MEMORY record
        Its horizon is the number of the oldest generation.
    fresh : (n,) uint64
        Takes the key at place `count`, if it is new.
    """
    entry = table[find_place(table, key, memory["horizon"])]
    if entry["key"] == key and entry["at"] >= memory["horizon"]:
        return True
    if entry["key"] == NOTHING:
        memory["used"] += 1
    memory["living"] += 1
    entry["key"] = key
    entry["at"] = generation
    fresh[count] = key
    return False


@compiled
def put_ids(
    table: NDArray[Any], keys: NDArray[np.uint64], generation: int, memory: NDArray[Any]
) -> None:
    """Enter a generation's ids into a table; `memory` is (1,) MEMORY, or a part of it."""
    record = memory[0]
    for key in keys:
        entry = table[find_place(table, key, record["horizon"])]
        record["used"] += entry["key"] == NOTHING
        record["living"] += 1
        entry["key"] = key
        entry["at"] = generation
