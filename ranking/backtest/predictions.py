"""Predictions: the queries that a replay sends to the lists, and their outcomes.

The plan is made before the replay, which fills in the outcomes. Both are plain arrays for compiled
loops.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.lists.lists import LISTS

POPULAR, RELATED, FOR_YOU, BROWSER = 0, 1, 2, 3
COMPILED = ("popular", "related", "foryou", "foryou_browser")
"""Lists that the compiled evaluation ranks; the last one is For this visit as the reader's own
browser mixes it."""
DEPTH, SHOWN = 20, 5
"""Length of the ranked lists, and of the shown lists."""

MISSED = 255


class Plan(NamedTuple):
    """The predicted views, their inputs, and the pages already read in their visits.

    Attributes
    ----------
    previous : (n_views,) int64
        Previous view of the visit; -1 = first.
    slot : (n_views,) int32
        Articles of all views.
    asked : (n_asked,) int64
        Views to predict.
    seen : (n_asked,) int64
        Number of views that the prediction may use, ascending; at most all earlier ones.
    ticks : (n_ticks,) int64
        Number of views before each sample of Popular, ascending.
    stride : int
        Popular is sampled in every `stride`-th minute.
    """

    previous: NDArray[np.int64]
    slot: NDArray[np.int32]
    asked: NDArray[np.int64]
    seen: NDArray[np.int64]
    ticks: NDArray[np.int64]
    stride: int


class PredictionOutcomes(NamedTuple):
    """Outcomes of the predictions.

    Attributes
    ----------
    place : (n_asked, n_lists) uint8
        Rank of the page in each list, from 0; 255 = missed.
    shown : (n_asked, n_lists, SHOWN) int32
        Slots of the first items of each list; -1 = none.
    popular : (n_ticks, n_editions, SHOWN) int32
        Slots of the first items of Popular at each sample.
    done, looked, exposed : (1,) int64
        Predictions made, samples taken, and articles shown by first exposure, so far.
    """

    place: NDArray[np.uint8]
    shown: NDArray[np.int32]
    popular: NDArray[np.int32]
    done: NDArray[np.int64]
    looked: NDArray[np.int64]
    exposed: NDArray[np.int64]


def added_lists() -> tuple[str, ...]:
    """Registered lists that predict and are not compiled."""
    return tuple(its.name for its in LISTS if its.predicts and its.name not in COMPILED)


def predicted_lists() -> tuple[str, ...]:
    """All lists that predict, in the order of the columns of their outcomes."""
    return COMPILED + added_lists()


def no_answers(plan: Plan, editions: int) -> PredictionOutcomes:
    """Outcomes before the first prediction."""
    columns = len(predicted_lists())
    return PredictionOutcomes(
        np.full((plan.asked.size, columns), MISSED, np.uint8),
        np.full((plan.asked.size, columns, SHOWN), -1, np.int32),
        np.full((plan.ticks.size, editions, SHOWN), -1, np.int32),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
    )


@compiled
def pages_before(plan: Plan, view: int) -> NDArray[np.int32]:
    """Articles read in a visit before a view, newest first, each once, 64 at most."""
    read = np.empty(64, np.int32)
    count, before = 0, plan.previous[view]
    while before >= 0 and count < read.size:
        if not (read[:count] == plan.slot[before]).any():
            read[count] = plan.slot[before]
            count += 1
        before = plan.previous[before]
    return read[:count]
