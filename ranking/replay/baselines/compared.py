"""Compared: all baselines on the questions that the lists were asked."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ranking.replay.backtest import Replay
from ranking.replay.baselines.asked import Asked, asked_of
from ranking.replay.baselines.cooccurrence import cooccurrence_places
from ranking.replay.baselines.counting import count_places
from ranking.replay.baselines.neighbours import neighbour_places
from ranking.replay.evaluate import LISTS
from ranking.replay.measures.accuracy import HOUR_MS, Measures, last_click, last_clicks, next_click
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


def lists_beside(done: Replays) -> Measures:
    """The lists' own measures, for the same table."""
    next_place, last_place = done.plain.answers.place, done.moved.answers.place
    return {
        name: side_by_side(next_place[:, which], last_place[:, which], done.moved)
        for which, name in enumerate(LISTS)
    }


def side_by_side(
    next_place: NDArray[np.uint8], last_place: NDArray[np.uint8], moved: Replay
) -> dict[str, float]:
    """Next click `hr@5`, `mrr@5`, `hr@20`; last click `last_ndcg@20`, `last_hr@20`."""
    chosen, hour = last_clicks(moved)
    last = last_click(last_place[chosen], hour)
    values = next_click(next_place)
    return {**values, "last_ndcg@20": last["ndcg@20"], "last_hr@20": last["hr@20"]}
