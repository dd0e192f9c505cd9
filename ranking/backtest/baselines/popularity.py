"""Popularity baselines: views of all time, of the last hour, or among the last thousand.

Counts change by one, so the order is updated at constant cost. Articles of equal count are
adjacent, and `before[c]`, the number of articles with more than c, is where they start. An article
that gains a view swaps with the first of its equals; one that loses a view swaps with the last.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.baselines.queries import Queries
from ranking.backtest.predictions import DEPTH, MISSED, pages_before
from ranking.engine.compiled import compiled

EVER = np.iinfo(np.int64).max


class Order(NamedTuple):
    """Articles by count, most first.

    Attributes
    ----------
    views, place : (n,) int64
    article : (n,) int64
        By place.
    before : (n_counts,) int64
    """

    views: NDArray[np.int64]
    place: NDArray[np.int64]
    article: NDArray[np.int64]
    before: NDArray[np.int64]


def count_places(
    asked: Queries, memory_ms: int = EVER, memory_views: int = EVER
) -> NDArray[np.uint8]:
    """Ranks of the pages among the most viewed.

    Parameters
    ----------
    asked : Queries
    memory_ms : int
        Age of the counted views, milliseconds.
    memory_views : int
        Number of the counted views per edition, the last ones.

    Returns
    -------
    (n_asked,) uint8
    """
    articles, pages = asked.edition.size, int(asked.is_page.sum())
    before = np.zeros(pages + 2, np.int64)
    order = Order(np.zeros(articles, np.int64), np.arange(articles), np.arange(articles), before)
    places = np.full(asked.plan.asked.size, MISSED, np.uint8)
    kept = min(memory_views, pages)
    ring = np.full((int(asked.edition.max()) + 1, kept if kept < pages else 0), -1, np.int32)
    _count(asked, order, memory_ms, ring, places)
    return places


@compiled
def _count(
    asked: Queries, order: Order, memory_ms: int, ring: NDArray[np.int32], places: NDArray[np.uint8]
) -> None:
    plan, k, oldest, newest = asked.plan, 0, 0, asked.at[0]
    written = np.zeros(ring.shape[0], np.int64)
    for i in range(plan.slot.size):
        while k < plan.asked.size and plan.seen[k] <= i:
            places[k] = _place(asked, order, k)
            k += 1
        if not asked.is_page[i]:
            continue
        slot = plan.slot[i]
        gain_view(order, slot)
        if ring.shape[1] > 0:
            edition = asked.edition[slot]
            at = written[edition] % ring.shape[1]
            if ring[edition, at] >= 0:
                lose_view(order, ring[edition, at])
            ring[edition, at] = slot
            written[edition] += 1
        newest = max(newest, asked.at[i])
        while newest - asked.at[oldest] >= memory_ms:
            if asked.is_page[oldest]:
                lose_view(order, plan.slot[oldest])
            oldest += 1


@compiled
def gain_view(order: Order, article: int) -> None:
    """Add one view."""
    count = order.views[article]
    _swap(order, article, order.before[count])
    order.before[count] += 1
    order.views[article] = count + 1


@compiled
def lose_view(order: Order, article: int) -> None:
    """Remove one view."""
    count = order.views[article]
    order.before[count - 1] -= 1
    _swap(order, article, order.before[count - 1])
    order.views[article] = count - 1


@compiled
def _swap(order: Order, article: int, place: int) -> None:
    other, left = order.article[place], order.place[article]
    order.article[left], order.place[other] = other, left
    order.article[place], order.place[article] = article, place


@compiled
def _place(asked: Queries, order: Order, k: int) -> int:
    view, place = asked.plan.asked[k], 0
    target, read = asked.plan.slot[view], pages_before(asked.plan, view)
    if (read == target).any():
        return MISSED
    for article in order.article:
        if order.views[article] == 0 or place == DEPTH:
            break
        if article == target:
            return place
        if asked.edition[article] == asked.edition[target] and not (read == article).any():
            place += 1
    return MISSED
