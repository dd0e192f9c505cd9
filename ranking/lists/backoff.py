"""Back-off: shares of decayed views that use longer half-lives where views are few.

With half-lives h_0 < h_1 < h_2, m_l(x) an article's decayed views and T_l the edition's: p_2 = m_2
/ T_2, p_l = (m_l + k_l·p_{l+1}) / (T_l + k_l): the chain of `chain` without pages. By day the
shortest memory decides; at night and in a small edition the longer ones do. There not only are
views few, but what they tell changes slowly too, so that longer memory stays true: k_l = κ_l·(1 +
κ_l/T_l) with κ_l = κ/8^l. Weights are fractions of T² + κ·T + κ², which stay finite for every T
from 0 on; the last memory's shares are taken in forward units, which do not fade in a silence.

p_0(x) is a sum of w_l·m_l(x) in which time changes the weights alone: under one half-life it never
changes the order (`leaders`). So the best of the sum are found from the heads of the levels (Fagin,
Lotem & Naor 2003, https://doi.org/10.1016/S0022-0000(03)00026-6): whoever stands below place d in
every head has at most the sum of what stands there. What is in no head has no popularity.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.decay.bank import HALF_LIVES, POINTS, RUNG_MS, RUNGS
from ranking.engine.decay.portable_math import exp2, log2
from ranking.lists.top_k import HEAD, Decay, raise_in_head

LEVELS = 3
FADING = 8.0
"""A level's evidence is so many times that of the level after."""
SPREAD = 4.0
"""Each level's half-life is about so many times that of the level before."""
FAINT = 1e-270
"""A mass below this has faded away: it is too near to what a number can hold."""


class Popularity(NamedTuple):
    """Leaders of one edition at every level, and what the levels weigh at one moment.

    What has a score has an index, from 0 to n - 1; levels go from the shortest half-life to the
    longest.

    Attributes
    ----------
    slot : (n,) int32
        Slots of the articles that are in a head, ascending. Empty: every article's index is its
        slot, and `place` says whether it is in a head.
    score : (n_levels, n) float64
        In forward units.
    place : (n_levels, n) int32
        Place in the head; -1 = not in it.
    head : (n_levels, HEAD) int32
        Indices, best first.
    used : (n_levels,) int64
        Entries of each head in use.
    weight : (n_levels,) float64
        Share for each unit of a level's score.
    unit : (1,) float64
        Share of the longest memory alone for each unit of the last level's score.
    """

    slot: NDArray[np.int32]
    score: NDArray[np.float64]
    place: NDArray[np.int32]
    head: NDArray[np.int32]
    used: NDArray[np.int64]
    weight: NDArray[np.float64]
    unit: NDArray[np.float64]


def new_popularity(levels: int) -> Popularity:
    """Create the popularity of no articles."""
    return Popularity(
        np.zeros(0, np.int32),
        np.zeros((levels, 0)),
        np.zeros((levels, 0), np.int32),
        np.zeros((levels, HEAD), np.int32),
        np.zeros(levels, np.int64),
        np.zeros(levels),
        np.zeros(1),
    )


@compiled
def raised(p: Popularity, slots: NDArray[np.int32], scores: NDArray[np.float64]) -> Popularity:
    """The popularity with new scores of some articles; what falls out of all heads is forgotten.

    Parameters
    ----------
    p : Popularity
        With slots.
    slots : (n_slots,) int32
        Ascending, each once.
    scores : (n_levels, n_slots) float64
        Not below the last ones.
    """
    levels, old, new = p.used.size, p.slot.size, slots.size
    slot = np.empty(old + new, np.int32)
    score = np.zeros((levels, old + new))
    index_of_old, index_of_new = np.empty(old, np.int32), np.empty(new, np.int32)
    is_new = np.zeros(old + new, np.bool_)
    i, j, size = 0, 0, 0
    while i < old or j < new:
        from_new = j < new and (i >= old or slots[j] <= p.slot[i])
        if i < old and (j >= new or p.slot[i] <= slots[j]):
            slot[size] = p.slot[i]
            score[:, size] = p.score[:, i]
            index_of_old[i] = size
            i += 1
        if from_new:
            slot[size] = slots[j]
            score[:, size] = scores[:, j]
            index_of_new[j] = size
            is_new[size] = True
            j += 1
        size += 1
    head, used = np.zeros((levels, HEAD), np.int32), np.zeros(levels, np.int64)
    stays = np.zeros(size, np.bool_)
    for level in range(levels):
        count, place = 0, np.full(size, -1, np.int32)
        for d in range(p.used[level]):
            index = index_of_old[p.head[level, d]]
            if not is_new[index]:
                head[level, count] = index
                place[index] = count
                count += 1
        for j in range(new):
            index = index_of_new[j]
            if score[level, index] > 0.0:
                count = raise_in_head(head[level], place, count, score[level], index)
        used[level] = count
        for d in range(count):
            stays[head[level, d]] = True
    return _compact(p, slot[:size], score[:, :size], head, used, stays)


@compiled
def _compact(
    p: Popularity, slot: NDArray[np.int32], score: NDArray[np.float64], head: NDArray[np.int32],
    used: NDArray[np.int64], stays: NDArray[np.bool_],
) -> Popularity:  # fmt: skip
    """Leave out what is in no head."""
    levels, kept = used.size, np.flatnonzero(stays)
    index = np.full(slot.size, -1, np.int32)
    scores = np.empty((levels, kept.size))
    for i in range(kept.size):
        index[kept[i]] = i
        scores[:, i] = score[:, kept[i]]
    place = np.full((levels, kept.size), -1, np.int32)
    for level in range(levels):
        for d in range(used[level]):
            head[level, d] = index[head[level, d]]
            place[level, head[level, d]] = d
    return Popularity(slot[kept], scores, place, head, used, p.weight, p.unit)


@compiled
def index_of(p: Popularity, slot: int) -> int:
    """Index of an article that is in a head, -1 if it is in none."""
    if p.slot.size == 0:
        if 0 <= slot < p.place.shape[1]:
            for level in range(p.weight.size):
                if p.place[level, slot] >= 0:
                    return slot
        return -1
    low, high = 0, p.slot.size
    while low < high:
        middle = (low + high) // 2
        if p.slot[middle] < slot:
            low = middle + 1
        else:
            high = middle
    return low if low < p.slot.size and p.slot[low] == slot else -1


@compiled
def slot_at(p: Popularity, index: int) -> int:
    """Slot of an article with an index."""
    return int(p.slot[index]) if p.slot.size else index


def head_slots(p: Popularity, level: int) -> NDArray[np.int32]:
    """Slots of a level's leaders, best first."""
    return p.slot[p.head[level, : p.used[level]]]


def level_half_lives(half_life: float, evidence: float) -> tuple[float, ...]:
    """Half-lives of the levels in seconds: the given one, then rungs about four times as long.

    Examples
    --------
    >>> level_half_lives(300.0, 100.0), level_half_lives(300.0, 0.0)
    ((300.0, 1200, 5400), (300.0,))
    >>> level_half_lives(2_000_000.0, 100.0)
    (2000000.0,)
    """
    levels: tuple[float, ...] = (half_life,)
    wanted = half_life
    while evidence > 0.0 and len(levels) < LEVELS and levels[-1] * SPREAD <= HALF_LIVES[-1]:
        wanted *= SPREAD
        levels += (min(HALF_LIVES, key=lambda rung: abs(log2(rung / wanted))),)
    return levels


def level_evidence(levels: int, evidence: float) -> NDArray[np.float64]:
    """Views κ_l of each level, (n_levels,) float64; the last one backs off to nothing."""
    kappas = [evidence / float(int(FADING) ** level) for level in range(levels - 1)]
    return np.array([*kappas, 0.0])


@compiled
def scale_of(decay: Decay, base_ms: NDArray[np.int64], at_ms: int) -> float:
    """Views that one unit of a half-life's scores represents at a moment."""
    halvings = 0.0
    if decay.first < 0:
        for k in range(RUNGS):
            halvings += decay.mix[k] * ((at_ms - base_ms[k]) / RUNG_MS[k])
    else:
        for j in range(POINTS):
            k = decay.first + j
            halvings += decay.between[j] * ((at_ms - base_ms[k]) / RUNG_MS[k])
    return exp2(-halvings)


@compiled
def weigh(
    mass: NDArray[np.float64],
    scale: NDArray[np.float64],
    evidence: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> float:
    """Fill in what a unit of each level's scores adds to an article's share; returns what is left.

    Parameters
    ----------
    mass : (n_levels,) float64
        Of the edition, in the units of the scores.
    scale : (n_levels,) float64
        Views that such a unit is worth now.
    evidence : (n_levels,) float64
        κ; the last one is of what is not in the chain, and stays as it is.
    weight : (n_levels,) float64
        Takes the weights.
    """
    left, last = 1.0, weight.size - 1
    for level in range(weight.size):
        k, total = evidence[level], mass[level] * scale[level]
        weight[level] = 0.0
        if level == last and k <= 0.0:
            weight[level] = left / mass[level] if mass[level] > FAINT else 0.0
            left = 0.0
        elif mass[level] <= FAINT or total <= FAINT:
            continue
        elif level == last:
            weight[level] = left * scale[level] / (total + k)
            left *= k / (total + k)
        else:
            greater = max(total, k)
            t, e = total / greater, k / greater
            whole = t * t + t * e + e * e
            weight[level] = left * scale[level] * (t / whole / greater)
            left *= e * (t + e) / whole
    return left


@compiled
def share_at(p: Popularity, index: int) -> float:
    """Popularity of an article by its index."""
    share = 0.0
    for level in range(p.weight.size):
        share += p.weight[level] * p.score[level, index]
    return share


@compiled
def share_of(p: Popularity, slot: int) -> float:
    """Popularity of an article; 0 = it is in no head."""
    index = index_of(p, slot)
    return share_at(p, index) if index >= 0 else 0.0


@compiled
def shares_of(p: Popularity, slots: NDArray[np.int32]) -> NDArray[np.float64]:
    """Popularity of some of them, (n_slots,) float64."""
    shares = np.empty(slots.size)
    for i in range(slots.size):
        shares[i] = share_of(p, slots[i])
    return shares


@compiled
def discount_at(p: Popularity, index: int, discount_rate: float) -> float:
    """Factor of an article's score from a visit's second page on, 1 / (1 + discount_rate·s).

    s is the article's long-term share: a reader of a second page has seen the leaders of the last
    hours.
    """
    if discount_rate <= 0.0 or index < 0:
        return 1.0
    lasting = float(p.unit[0] * p.score[p.weight.size - 1, index])
    return 1.0 / (1.0 + discount_rate * lasting)


@compiled
def discount_of(p: Popularity, slot: int, discount_rate: float) -> float:
    """The same by its slot; what is in no head counts whole."""
    return discount_at(p, index_of(p, slot), discount_rate)


@compiled
def discounts_of(
    p: Popularity, slots: NDArray[np.int32], discount_rate: float
) -> NDArray[np.float64]:
    """The same of some articles, (n_slots,) float64."""
    discount = np.empty(slots.size)
    for i in range(slots.size):
        discount[i] = discount_of(p, slots[i], discount_rate)
    return discount


@compiled
def limit_at(p: Popularity, depth: int) -> float:
    """Greatest popularity of what stands below a depth in every head; -1 = nothing does."""
    limit, is_over = 0.0, True
    for level in range(p.weight.size):
        last = p.used[level] - 1
        if last >= 0:
            is_over = is_over and depth >= last
            limit += p.weight[level] * p.score[level, p.head[level, min(depth, last)]]
    return -1.0 if is_over else limit


def below_heads(p: Popularity) -> NDArray[np.float64]:
    """Greatest score that an article in no head can have at each level, (n_levels,) float64."""
    ends = zip(p.score, p.head[:, -1].tolist(), p.used.tolist(), strict=True)
    return np.array([score[last] if used == HEAD else 0.0 for score, last, used in ends])


def ranked_shares(
    p: Popularity,
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """All popular articles' slots, shares, and shares by long memory; best first, ties by slot."""
    shares = shares_of(p, p.slot)
    order = np.argsort(-shares, kind="stable")
    return p.slot[order], shares[order], p.unit[0] * p.score[-1, order]
