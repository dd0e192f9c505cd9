"""Comparison: all baselines on the queries of the lists."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.baselines.cooccurrence import cooccurrence_places
from ranking.backtest.baselines.popularity import count_places
from ranking.backtest.baselines.queries import Queries, asked_of
from ranking.backtest.baselines.vsknn import neighbour_places
from ranking.backtest.measures.accuracy import HOUR_MS
from ranking.backtest.measures.comparison_table import ComparisonTable, Places, comparison_table
from ranking.backtest.measures.summary import Progress, Replays

BASELINES: dict[str, Callable[[Queries], NDArray[np.uint8]]] = {
    "all_time": count_places,
    "one_hour": lambda asked: count_places(asked, memory_ms=HOUR_MS),
    "last_1000": lambda asked: count_places(asked, memory_views=1000),
    "cooccurrence": cooccurrence_places,
    "vsknn": neighbour_places,
}
"""All-time popular, popular of one hour, of the last 1000 views, co-occurrence, V-SkNN."""


def baselines(done: Replays, progress: Progress = lambda done, total: None) -> ComparisonTable:
    """Measure the baselines on the queries of a profile's lists.

    Parameters
    ----------
    done : Replays
    progress : callable
        Called with the finished baselines and their total.
    """
    found: dict[str, Places] = {}
    asked = asked_of(done.plain)
    for number, (name, places) in enumerate(BASELINES.items()):
        progress(number, len(BASELINES) + 1)
        place = places(asked)
        again = place if done.moved is done.plain else places(asked_of(done.moved))
        found[name] = (place, again)
    progress(len(BASELINES), len(BASELINES) + 1)
    measured = comparison_table(done.plain, done.moved, found)
    progress(len(BASELINES) + 1, len(BASELINES) + 1)
    return measured
