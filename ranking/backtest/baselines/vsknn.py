"""V-SkNN: articles of the visits nearest to the present one.

Neighbours are the most similar of the most recent visits that share a page (Ludewig & Jannach 2018,
https://doi.org/10.1007/s11257-018-9209-6). The similarity sums, over shared pages, their position
in this visit: 1 for the last page, 1/length for the first. A neighbour adds its similarity, divided
by the number of pages since the last shared one, to all its pages. All pages so far of a visit
count.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.baselines.queries import Queries
from ranking.backtest.predictions import DEPTH, MISSED, pages_before
from ranking.engine.compiled import compiled
from ranking.engine.quickselect import kth_smallest

SAMPLE, NEIGHBOURS = 500, 100
PAGES = 16
"""Number of last pages of the present visit that are compared."""


class Memory(NamedTuple):
    """Visits so far.

    Attributes
    ----------
    begin : (n_articles + 1,) int64
        Start of an article's views in `page`.
    page : (n_pages,) int64
        Views by article, in the order of the log.
    known : (n_articles,) int64
        Number of an article's applied views.
    newest : (n_views,) int64
        Newest page of the visit that started with a view.
    shared : (n_views,) int64
        For a visit: bit j = it has the page read j pages ago; 0 between two predictions.
    score : (n_articles,) float64
        0 between two predictions.
    """

    begin: NDArray[np.int64]
    page: NDArray[np.int64]
    known: NDArray[np.int64]
    newest: NDArray[np.int64]
    shared: NDArray[np.int64]
    score: NDArray[np.float64]


def neighbour_places(asked: Queries) -> NDArray[np.uint8]:
    """Ranks of the pages among those of similar visits, (n_asked,) uint8."""
    articles, views = asked.edition.size, asked.at.size
    pages = np.flatnonzero(asked.is_page)
    slot = asked.plan.slot[pages]
    memory = Memory(
        np.searchsorted(np.sort(slot), np.arange(articles + 1)),
        pages[np.argsort(slot, kind="stable")],
        np.zeros(articles, np.int64),
        np.full(views, -1),
        np.zeros(views, np.int64),
        np.zeros(articles),
    )
    places = np.full(asked.plan.asked.size, MISSED, np.uint8)
    _replay(asked, memory, places)
    return places


@compiled
def _replay(asked: Queries, memory: Memory, places: NDArray[np.uint8]) -> None:
    plan, k = asked.plan, 0
    visit, similarity = np.empty(SAMPLE, np.int64), np.empty(SAMPLE)
    for i in range(plan.slot.size):
        while k < plan.asked.size and plan.seen[k] <= i:
            places[k] = _place(asked, memory, k, visit, similarity)
            k += 1
        if asked.is_page[i]:
            memory.known[plan.slot[i]] += 1
            memory.newest[asked.first[i]] = i


@compiled
def _place(
    asked: Queries,
    memory: Memory,
    k: int,
    visit: NDArray[np.int64],
    similarity: NDArray[np.float64],
) -> int:
    view = asked.plan.asked[k]
    target, read = asked.plan.slot[view], pages_before(asked.plan, view)
    recent = read[:PAGES]
    found = _sample(asked, memory, recent, asked.first[view], visit)
    for n in range(found):
        similarity[n] = 0.0
        for j in range(recent.size):
            if memory.shared[visit[n]] >> j & 1:
                similarity[n] += (recent.size - j) / recent.size
    limit = 0.0
    if found > NEIGHBOURS:
        limit = kth_smallest(similarity[:found].copy(), found - NEIGHBOURS)
    touched = np.empty(NEIGHBOURS * 64, np.int32)
    count = _score(asked, memory, target, limit, visit[:found], similarity, touched)
    place, own_score = 0, memory.score[target]
    for n in range(count):
        article, score = touched[n], memory.score[touched[n]]
        if score > own_score or (score == own_score and article < target):
            place += not (read == article).any()
    missed = own_score == 0.0 or place >= DEPTH or (read == target).any()
    for n in range(count):
        memory.score[touched[n]] = 0.0
    for n in range(found):
        memory.shared[visit[n]] = 0
    return MISSED if missed else place


@compiled
def _sample(
    asked: Queries, memory: Memory, recent: NDArray[np.int32], own: int, visit: NDArray[np.int64]
) -> int:
    """Find the most recent visits that share a page, newest first."""
    found, at = 0, memory.begin[recent] + memory.known[recent] - 1
    while found < SAMPLE:
        latest, page = -1, -1
        for j in range(recent.size):
            if at[j] >= memory.begin[recent[j]] and memory.page[at[j]] > latest:
                latest, page = memory.page[at[j]], j
        if page < 0:
            break
        at[page] -= 1
        other = asked.first[latest]
        if other != own:
            if memory.shared[other] == 0:
                visit[found] = other
                found += 1
            memory.shared[other] |= 1 << page
    return found


@compiled
def _score(
    asked: Queries,
    memory: Memory,
    target: int,
    limit: float,
    visit: NDArray[np.int64],
    similarity: NDArray[np.float64],
    touched: NDArray[np.int32],
) -> int:
    """Score the pages of the best neighbours, ties by newest; returns the number of pages."""
    count, edition, plan = 0, asked.edition[target], asked.plan
    ties = NEIGHBOURS - (similarity[: visit.size] > limit).sum()
    for n in range(visit.size):
        ties -= similarity[n] == limit
        if similarity[n] < limit or (similarity[n] == limit and ties < 0):
            continue
        steps = 1
        while not memory.shared[visit[n]] >> (steps - 1) & 1:
            steps += 1
        page, taken = memory.newest[visit[n]], 0
        while page >= 0 and taken < 64:
            article = plan.slot[page]
            if asked.edition[article] == edition:
                if memory.score[article] == 0.0:
                    touched[count] = article
                    count += 1
                memory.score[article] += similarity[n] / steps
            page = plan.previous[page]
            taken += 1
    return count
