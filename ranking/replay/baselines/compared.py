"""Compared: all baselines on the questions that the lists were asked."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ranking.replay.baselines.asked import Asked, asked_of
from ranking.replay.baselines.cooccurrence import cooccurrence_places
from ranking.replay.baselines.counting import count_places
from ranking.replay.baselines.neighbours import neighbour_places
from ranking.replay.measures.accuracy import HOUR_MS, Measures, side_by_side
from ranking.replay.measures.measured import Progress, Replays

BASELINES: dict[str, Callable[[Asked], NDArray[np.uint8]]] = {
    "all_time": count_places,
    "one_hour": lambda asked: count_places(asked, memory_ms=HOUR_MS),
    "last_1000": lambda asked: count_places(asked, memory_views=1000),
    "cooccurrence": cooccurrence_places,
    "vsknn": neighbour_places,
}
"""All-time popular, popular of one hour, of the last 1000 views, co-occurrence, V-SkNN."""


def baselines(done: Replays, progress: Progress = lambda done, total: None) -> Measures:
    """Measure the baselines on what a profile's lists were asked.

    Parameters
    ----------
    done : Replays
    progress : callable
        Told the baselines done so far, and how many there are.

    Returns
    -------
    dict
        For each baseline as `side_by_side`.
    """
    measures: Measures = {}
    asked = asked_of(done.plain)
    for number, (name, places) in enumerate(BASELINES.items()):
        progress(number, len(BASELINES))
        place = places(asked)
        again = place if done.moved is done.plain else places(asked_of(done.moved))
        measures[name] = side_by_side(place, again, done.moved)
    progress(len(BASELINES), len(BASELINES))
    return measures
