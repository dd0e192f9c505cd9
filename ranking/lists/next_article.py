"""Next article: co-visitation from recent to long half-lives, with back-off to tags and popularity.

For one page a the chain begins with p0 = popularity (and the shares by tags). Then each level of
the co-visitation graph, from slow to instant, gives p = (N_l[a][x] + k_l·p) / (T_l[a] + k_l): it
backs off to the level before with the weight of k_l co-readings. This is the interpolation of
Witten & Bell (1991, https://doi.org/10.1109/18.87000) with a fixed constant. Several pages are
averaged with weights.

A step is linear in p, so score(x) = B·p0(x) + the terms of the pages' neighbours; B is the average
weight left to p0. All other articles keep the order of p0, which is above zero only in the heads of
`popularity`. So the ranking is exact over the whole catalogue at the cost of the neighbours and the
first few leaders. A process that holds the leaders and a page's row ranks as the engine does.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.decay.portable_math import LN2, exp2
from ranking.engine.signals.covisitation import LEVELS, Graph
from ranking.lists.backoff import (
    Popularity,
    discount_at,
    index_of,
    limit_at,
    share_at,
    slot_at,
)
from ranking.profiles.profile import Profile

SPARE = 1024
"""Room after the articles' own slots for articles that have none yet."""


class Question(NamedTuple):
    """The input of the next-article ranking.

    Attributes
    ----------
    rows : (n_pages,) int32
        Co-read rows of the pages read, newest first; -1 = a page without one.
    weights : (n_pages,) float64
        Their weights, summing to 1.
    read : (n_read,) int32
        Slots that must not be listed.
    hint : (n_hints,) int32
        Slots that tags propose (those from n on stand for articles without views).
    hint_share : (n_hints,) float64
        Their shares, summing to 1 or less.
    evidence : (4,) float64
        k of the instant, fast, middle and slow level.
    hint_weight : float
        Share of the hints in p0, against popularity.
    discount_rate : float
        Rate of the discount for long-term popularity: see `discount_at`.
    """

    rows: NDArray[np.int32]
    weights: NDArray[np.float64]
    read: NDArray[np.int32]
    hint: NDArray[np.int32]
    hint_share: NDArray[np.float64]
    evidence: NDArray[np.float64]
    hint_weight: float
    discount_rate: float


class Scratch(NamedTuple):
    """Working memory of one thread.

    Attributes
    ----------
    score : (n + SPARE,) float64
        Zero between two questions.
    candidate : (n + SPARE,) int32
    """

    score: NDArray[np.float64]
    candidate: NDArray[np.int32]


def new_scratch(size: int) -> Scratch:
    """Create working memory for `size` articles."""
    return Scratch(np.zeros(size + SPARE), np.zeros(size + SPARE, np.int32))


def evidence_of(profile: Profile, half_lives: Sequence[float]) -> NDArray[np.float64]:
    """Constants k of the instant, fast, middle and slow level.

    A list that is shown for a while is made for that while: co-reading counts by what will be left
    of it on average, which is the same as a k so many times larger.

    Parameters
    ----------
    profile : Profile
    half_lives : sequence of float
        Of the levels, seconds.
    """
    p = profile
    k = np.array([p.instant_evidence, p.fast_evidence, p.middle_evidence, p.slow_evidence])
    return np.asarray(k / [left_on_average(h, p.refresh) for h in half_lives])


SMALL = 1e-3
"""Decays below this are read from the series, since 1 - 2^-x would lose digits."""


def left_on_average(half_life: float, seconds: float) -> float:
    """Share of a decaying mass that is there on average within some seconds from now.

    Examples
    --------
    >>> left_on_average(300.0, 0.0), round(left_on_average(300.0, 3600.0), 3)
    (1.0, 0.12)
    """
    x = seconds * LN2 / half_life
    if x < SMALL:
        return 1.0 - x / 2.0 + x * x / 6.0 - x * x * x / 24.0
    return (1.0 - exp2(-seconds / half_life)) / x


def visit_weights(profile: Profile, pages: int) -> NDArray[np.float64]:
    """Weights of a visit's last pages, newest first, summing to 1."""
    weights = powers(profile.visit_decay, pages)
    return np.asarray(weights / math.fsum(weights))


@compiled
def powers(base: float, count: int) -> NDArray[np.float64]:
    """1, base, base², ... by multiplication alone, (count,) float64."""
    found, power = np.empty(count), 1.0
    for i in range(count):
        found[i] = power
        power *= base
    return found


@compiled
def add_neighbours(
    g: Graph,
    row: int,
    newest_ms: int,
    weight: float,
    evidence: NDArray[np.float64],
    scratch: Scratch,
    count: int,
) -> tuple[float, int]:
    """Add one page's neighbours to the scores.

    Returns
    -------
    tuple of float and int
        The weight left to p0, and the candidates so far.
    """
    left = np.ones(LEVELS + 1)  # weight that is left to what a level backs off to
    per_mass = np.empty(LEVELS)
    for level in range(LEVELS):
        age = newest_ms - g.level[0]["base_ms"][level]
        scale = exp2(-age / g.level[0]["half_life_ms"][level])
        total = g.row[row]["total"][level] * scale + evidence[level]
        per_mass[level] = weight * left[level] * scale / total
        left[level + 1] = left[level] * evidence[level] / total
    for place in range(g.row[row]["size"]):
        slot = g.neighbour[row, place]
        share = 0.0
        for level in range(LEVELS):
            share += g.mass[row, place, level] * per_mass[level]
        count = add_share(scratch, slot, share, count)
    return weight * left[LEVELS], count


@compiled
def add_share(scratch: Scratch, slot: int, share: float, count: int) -> int:
    """Add to an article's score; returns the candidates so far. What has a score is a candidate."""
    if not share > 0.0:
        return count
    if scratch.score[slot] == 0.0:
        scratch.candidate[count] = slot
        count += 1
    scratch.score[slot] += share
    return count


@compiled
def rank_next(
    g: Graph,
    newest_ms: int,
    popularity: Popularity,
    question: Question,
    scratch: Scratch,
    slots: NDArray[np.int32],
    scores: NDArray[np.float64],
) -> int:
    """Rank what is read next.

    Parameters
    ----------
    g : Graph
    newest_ms : int
        The log's clock.
    popularity : Popularity
        Of the edition, at that clock.
    question : Question
    scratch : Scratch
    slots : (n,) int32
        Takes the best, best first, ties by slot.
    scores : (n,) float64
        Takes their scores.

    Returns
    -------
    int
        How many were found.
    """
    broad, count = 0.0, 0
    for j in range(question.rows.size):
        row = question.rows[j]
        left = question.weights[j]
        if row >= 0:
            left, count = add_neighbours(g, row, newest_ms, left, question.evidence, scratch, count)
        broad += left
    for j in range(question.hint.size):
        share = broad * question.hint_weight * question.hint_share[j]
        count = add_share(scratch, question.hint[j], share, count)
    popular = broad * (1.0 - question.hint_weight)
    for i in range(count):
        slot = scratch.candidate[i]
        index = index_of(popularity, slot)
        if index >= 0:
            scratch.score[slot] += popular * share_at(popularity, index)
            scratch.score[slot] *= discount_at(popularity, index, question.discount_rate)
    wanted = slots.size + question.read.size
    count = add_popular(popularity, popular, question.discount_rate, wanted, scratch, count)
    found = take_best(scratch, count, question.read, slots, scores)
    for i in range(count):
        scratch.score[scratch.candidate[i]] = 0.0
    return found


@compiled
def add_popular(
    p: Popularity, weight: float, discount_rate: float, wanted: int, scratch: Scratch, count: int
) -> int:
    """Add popular articles that are no candidates yet, the best `wanted` of them at least."""
    first, depth, limit = count, 0, np.inf
    while weight > 0.0 and limit >= 0.0:
        for level in range(p.weight.size):
            if depth < p.used[level]:
                index = p.head[level, depth]
                slot = slot_at(p, index)
                if scratch.score[slot] == 0.0:
                    share = share_at(p, index) * discount_at(p, index, discount_rate)
                    count = add_share(scratch, slot, weight * share, count)
        limit = limit_at(p, depth)
        depth += 1
        if count - first >= wanted and depth % 8 == 0:
            sure = 0
            for i in range(first, count):
                sure += scratch.score[scratch.candidate[i]] >= weight * limit
            if sure >= wanted:
                break
    return count


@compiled
def take_best(
    scratch: Scratch,
    count: int,
    read: NDArray[np.int32],
    slots: NDArray[np.int32],
    scores: NDArray[np.float64],
) -> int:
    """Take the best candidates that were not read."""
    found, n = 0, slots.size
    for i in range(count):
        slot = scratch.candidate[i]
        score = scratch.score[slot]
        if found == n and (
            score < scores[n - 1] or (score == scores[n - 1] and slot > slots[n - 1])
        ):
            continue
        if (read == slot).any():
            continue
        at = found if found < n else n - 1
        found = min(found + 1, n)
        while at > 0 and (
            scores[at - 1] < score or (scores[at - 1] == score and slots[at - 1] > slot)
        ):
            scores[at] = scores[at - 1]
            slots[at] = slots[at - 1]
            at -= 1
        scores[at] = score
        slots[at] = slot
    return found
