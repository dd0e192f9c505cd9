"""Browsing: what a reader's browser holds of the pages opened, to mix For this visit out of.

As a page opens its browser asks once for Related with `CARRIED` candidates, and keeps the answer
while the visit lasts. Answers wait in a pool that is as large as the most that are held at once;
those of a visit are given back after its last prediction. `mixing` puts them together.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.lists.mixing import Carried, new_carried
from ranking.replay.questions import Plan

CARRIED = 20


class Browsing(NamedTuple):
    """Answers that browsers hold, and when they ask for them.

    Attributes
    ----------
    order : (n_asked,) int64
        Questions, by when the page before them was opened.
    seen : (n_asked,) int64
        After how many views that page's answer is made, in this order.
    before : (n_asked,) int64
        The question before each in its visit, -1 = none.
    is_last : (n_asked,) bool
        The visit has no further question.
    place : (n_asked,) int64
        Where in `held` the answer of the page before a question waits.
    free : (n_held,) int64
        Places that are free, from the end of `used` on.
    done, used : (1,) int64
        Pages opened, and places in use, so far.
    held : Carried
    """

    order: NDArray[np.int64]
    seen: NDArray[np.int64]
    before: NDArray[np.int64]
    is_last: NDArray[np.bool_]
    place: NDArray[np.int64]
    free: NDArray[np.int64]
    done: NDArray[np.int64]
    used: NDArray[np.int64]
    held: Carried


def browsing_of(plan: Plan, seen: NDArray[np.int64], first: NDArray[np.int64]) -> Browsing:
    """Browsers before the first page.

    Parameters
    ----------
    plan : Plan
    seen : (n_views,) int64
        From how many views lists are made for each view.
    first : (n_views,) int64
        The visit's first view.
    """
    page = plan.previous[plan.asked]
    found = np.searchsorted(plan.asked, page)
    is_asked = plan.asked[np.minimum(found, plan.asked.size - 1)] == page
    before = np.where(is_asked, found, -1)
    is_last = np.ones(page.size, np.bool_)
    is_last[before[is_asked]] = False
    order = np.argsort(seen[page], kind="stable")
    opened = seen[page][order]
    size = _most_held(opened, plan.seen, first[plan.asked])
    return Browsing(
        order, opened, before, is_last, np.zeros(page.size, np.int64),
        np.arange(size), np.zeros(1, np.int64), np.zeros(1, np.int64), new_carried(size, CARRIED),
    )  # fmt: skip


def _most_held(
    opened: NDArray[np.int64], closed: NDArray[np.int64], visit: NDArray[np.int64]
) -> int:
    """Most answers held at once, each from its opening to its visit's last question."""
    if not opened.size:
        return 0
    _, index = np.unique(visit, return_inverse=True)
    last = np.zeros(index.max() + 1, np.int64)
    np.maximum.at(last, index, closed)
    given_back = np.searchsorted(np.sort(last[index]), opened, side="left")
    return int((np.arange(1, opened.size + 1) - given_back).max())


@compiled
def take_place(b: Browsing) -> int:
    """Place for the answer of the next page that opens; returns the question after it."""
    k = b.order[b.done[0]]
    b.done[0] += 1
    b.place[k] = b.free[b.used[0]]
    b.used[0] += 1
    b.held.slots[b.place[k]] = -1
    return int(k)


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
        Question.
    most : int
        Of so many pages at most.
    """
    places, slots, count, one = np.empty(most, np.int64), np.empty(most, np.int32), 0, k
    its = edition[plan.slot[plan.asked[k]]]
    while one >= 0 and count < most:
        slot = plan.slot[plan.previous[plan.asked[one]]]
        if edition[slot] == its and not (slots[:count] == slot).any():
            places[count], slots[count] = b.place[one], slot
            count += 1
        one = b.before[one]
    return places[:count]


@compiled
def give_back(b: Browsing, k: int) -> None:
    """Free the places of a visit after its last question."""
    one = k if b.is_last[k] else -1
    while one >= 0:
        b.used[0] -= 1
        b.free[b.used[0]] = b.place[one]
        one = b.before[one]
