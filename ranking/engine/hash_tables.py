"""Bounded hash tables of a site, and the counters of each.

A memory holds entries with a stamp; entries below its horizon are as if they had never been. The
bound holds at all times: before a view that may find no room, the older half is forgotten, which
raises the horizon. The number of living entries, unlike the size of a table, is a function of the
log, so that memories forget at the same view in every run.

Cost: one comparison a view, and a look at all memories after as many views as certainly fit.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled

VIEWS, READS, IMPRESSIONS, CLICKS, READERS, VISITS, LONG_IDS, SHORT_IDS = range(8)
"""Sights of each kind of event, readers of experiments, visits, and ids of events: those of views
and clicks are remembered for a day, those of reads and impressions for half an hour."""
NAMES = (
    "views", "reads", "impressions", "clicks", "readers", "visits", "long_ids", "short_ids",
)  # fmt: skip
SIGHTS = READERS + 1
"""Memories of sights; they come first."""
FULL = 0.6
"""Share of a table's places that may be used."""
EACH = 3
"""Entries that one view adds to a memory at most."""

MEMORY = np.dtype(
    [
        ("horizon", np.int64),  # entries with smaller stamps are forgotten
        ("used", np.int64),  # places taken, forgotten entries included
        ("living", np.int64),  # entries that are not forgotten
        ("most", np.int64),  # living entries that there may be
    ],
    align=True,
)


@compiled
def room_of(memory: NDArray[Any], which: int, size: int) -> int:
    """Views for which a memory certainly has room in its table of `size` places."""
    record = memory[which]
    places = int(size * FULL) - record["used"]
    return int(min(places, record["most"] - record["living"]) // EACH)


def living(table: NDArray[Any], horizon: int) -> NDArray[np.int64]:
    """Stamps of a table's living entries, in no order."""
    at: NDArray[np.int64] = table["at"]
    alive: NDArray[np.int64] = at[(table["key"] != 0) & (at >= horizon)]
    return alive


def halved_horizon(stamps: NDArray[np.int64], most: int) -> int:
    """The horizon that leaves about half of `most` entries.

    Parameters
    ----------
    stamps : (n,) int64
        Stamps of the living entries; as many as `most`, or nearly.
    most : int

    Examples
    --------
    >>> halved_horizon(np.array([1, 2, 3, 4]), 4), halved_horizon(np.array([7, 7, 7, 7]), 4)
    (3, 8)
    """
    first = max(stamps.size - most // 2, 0)
    horizon = int(np.partition(stamps, first)[first])
    left = np.count_nonzero(stamps >= horizon)
    return horizon + 1 if left > most * 3 // 4 else horizon


def table_size(entries: int) -> int:
    """Places of a new table for so many entries: a power of two, at most half as full as it may."""
    size = 1 << 12
    while entries > size * FULL / 2:
        size *= 2
    return size
