"""Browser mixture: the Related answers that a browser holds, mixed into For this visit.

A page requests Related with `CARRIED` candidates when it shows the list, so the answer is as fresh
as the other lists at that prediction. Answers of earlier pages stay unchanged. A pool holds the
largest number of answers that are needed at once; the answers of a visit are freed after its last
prediction. `ranking.lists.related_mixture` combines them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.predictions import Plan
from ranking.engine.compiled import compiled
from ranking.lists.related_mixture import Carried, new_carried

CARRIED = 20


class Browsing(NamedTuple):
    """Related answers that browsers hold.

    Attributes
    ----------
    before : (n_asked,) int64
        Previous prediction of the visit, -1 = none.
    is_last : (n_asked,) bool
        Whether it is the visit's last prediction.
    place : (n_asked,) int64
        Index in `held` of the previous page's answer.
    free : (n_held,) int64
        Free indices, from the end of `used` on.
    used : (1,) int64
        Number of indices in use.
    held : Carried
    """

    before: NDArray[np.int64]
    is_last: NDArray[np.bool_]
    place: NDArray[np.int64]
    free: NDArray[np.int64]
    used: NDArray[np.int64]
    held: Carried


def browsing_of(plan: Plan, first: NDArray[np.int64]) -> Browsing:
    """Browsers before the first page; `first` is the first view of each view's visit."""
    page, size = plan.previous[plan.asked], plan.asked.size
    found = np.searchsorted(plan.asked, page)
    is_asked = plan.asked[np.minimum(found, size - 1)] == page
    is_last = np.ones(size, np.bool_)
    is_last[found[is_asked]] = False
    most = _most_held(first[plan.asked])
    return Browsing(
        np.where(is_asked, found, -1), is_last, np.zeros(size, np.int64), np.arange(most),
        np.zeros(1, np.int64), new_carried(most, CARRIED),
    )  # fmt: skip


def _most_held(visit: NDArray[np.int64]) -> int:
    """Largest number of answers held at once, each from its prediction to its visit's last one.

    Examples
    --------
    >>> _most_held(np.array([7, 7, 8, 9, 8]))
    2
    """
    _, index = np.unique(visit, return_inverse=True)
    number = np.arange(visit.size)
    last = np.zeros(visit.size, np.int64)
    np.maximum.at(last, index, number)
    given_back = np.searchsorted(np.sort(last[index]), number, side="left")
    return int((number + 1 - given_back).max(initial=0))


@compiled
def take_place(b: Browsing, k: int) -> int:
    """Allocate a slot for the answer of the previous page, emptied."""
    place = b.free[b.used[0]]
    b.used[0] += 1
    b.place[k] = place
    b.held.slots[place] = -1
    return int(place)


@compiled
def answers_before(
    b: Browsing, plan: Plan, edition: NDArray[np.int64], k: int, most: int
) -> NDArray[np.int64]:
    """Answers of a visit's last pages in an edition, newest first, each page once.

    Parameters
    ----------
    b : Browsing
    plan : Plan
    edition : (n_articles,) int64
    k : int
        Number of the prediction.
    most : int
        Maximum number of pages.
    """
    places, slots, count, one = np.empty(most, np.int64), np.empty(most, np.int32), 0, k
    own_edition = edition[plan.slot[plan.asked[k]]]
    while one >= 0 and count < most:
        slot = plan.slot[plan.previous[plan.asked[one]]]
        if edition[slot] == own_edition and not (slots[:count] == slot).any():
            places[count], slots[count] = b.place[one], slot
            count += 1
        one = b.before[one]
    return places[:count]


@compiled
def give_back(b: Browsing, k: int) -> None:
    """Free the slots of a visit after its last prediction."""
    one = k if b.is_last[k] else -1
    while one >= 0:
        b.used[0] -= 1
        b.free[b.used[0]] = b.place[one]
        one = b.before[one]
