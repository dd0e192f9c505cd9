"""Co-occurrence: articles by the visits that they share with the last page, without decay.

A page counts once with each of the last ten other pages of its visit, in both directions. The log
is known, so all pairs have their places from the start (compressed rows by article), with a count
of zero at first.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.baselines.queries import Queries
from ranking.backtest.predictions import DEPTH, MISSED, Plan, pages_before
from ranking.engine.compiled import compiled

REACH = 10


class Pairs(NamedTuple):
    """Pairs of articles that occur in one visit.

    Attributes
    ----------
    begin : (n_articles + 1,) int64
        Start of each article's row.
    other : (n_pairs,) int32
        Articles, ascending within a row.
    times : (n_pairs,) int32
        Count so far.
    """

    begin: NDArray[np.int64]
    other: NDArray[np.int32]
    times: NDArray[np.int32]


def pairs_of(asked: Queries) -> Pairs:
    """All pairs of a log, with their final counts."""
    articles = asked.edition.size
    codes = np.empty(_list_pairs(asked, np.empty(0, np.int64)), np.int64)
    _list_pairs(asked, codes)
    codes = np.concatenate([codes, codes % articles * articles + codes // articles])
    distinct, count = np.unique(codes, return_counts=True)
    begin = np.searchsorted(distinct, np.arange(articles + 1) * articles)
    return Pairs(begin, (distinct % articles).astype(np.int32), count.astype(np.int32))


def cooccurrence_places(asked: Queries) -> NDArray[np.uint8]:
    """Ranks of the pages among those read with the page before, (n_asked,) uint8."""
    pairs = pairs_of(asked)
    pairs.times[:] = 0
    places = np.full(asked.plan.asked.size, MISSED, np.uint8)
    _replay(asked, pairs, places)
    return places


@compiled
def _list_pairs(asked: Queries, codes: NDArray[np.int64]) -> int:
    plan, found, articles = asked.plan, 0, asked.edition.size
    for i in range(plan.slot.size):
        if asked.is_page[i]:
            for other in _partners(asked, i):
                if found < codes.size:
                    codes[found] = plan.slot[i] * np.int64(articles) + other
                found += 1
    return found


@compiled
def _partners(asked: Queries, view: int) -> NDArray[np.int32]:
    """The last ten other articles of a page's visit and edition."""
    slot, read = asked.plan.slot[view], pages_before(asked.plan, view)
    count = 0
    for other in read:
        if other != slot and asked.edition[other] == asked.edition[slot] and count < REACH:
            read[count] = other
            count += 1
    return read[:count]


@compiled
def _replay(asked: Queries, pairs: Pairs, places: NDArray[np.uint8]) -> None:
    plan, k = asked.plan, 0
    for i in range(plan.slot.size):
        while k < plan.asked.size and plan.seen[k] <= i:
            places[k] = _place(plan, pairs, k)
            k += 1
        if asked.is_page[i]:
            for other in _partners(asked, i):
                pairs.times[place_of_pair(pairs, plan.slot[i], other)] += 1
                pairs.times[place_of_pair(pairs, other, plan.slot[i])] += 1


@compiled
def place_of_pair(pairs: Pairs, article: int, other: int) -> int:
    """Index of a pair, -1 if it never occurs."""
    low, high = pairs.begin[article], pairs.begin[article + 1]
    end = high
    while low < high:
        middle = (low + high) // 2
        if pairs.other[middle] < other:
            low = middle + 1
        else:
            high = middle
    return low if low < end and pairs.other[low] == other else -1


@compiled
def _place(plan: Plan, pairs: Pairs, k: int) -> int:
    view, place = plan.asked[k], 0
    target, read = plan.slot[view], pages_before(plan, view)
    own = place_of_pair(pairs, read[0], target)
    if own < 0 or pairs.times[own] == 0 or (read == target).any():
        return MISSED
    own_count = pairs.times[own]
    for other in range(pairs.begin[read[0]], pairs.begin[read[0] + 1]):
        count = pairs.times[other]
        if count > own_count or (count == own_count and other < own):
            place += not (read == pairs.other[other]).any()
            if place == DEPTH:
                return MISSED
    return place
