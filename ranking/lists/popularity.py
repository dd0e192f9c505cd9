"""Popularity: shares of decayed views, backed off to longer memories where views are few.

With half-lives h_0 < h_1 < h_2, m_l(x) an article's decayed views and T_l the edition's: p_2 = m_2
/ T_2, p_l = (m_l + k_l·p_{l+1}) / (T_l + k_l): the chain of `chain` without pages. By day the
shortest memory decides; at night and in a small edition the longer ones do. There not only are
views few, but what they tell changes slowly too, so that longer memory stays true: k_l = κ_l·(1 +
κ_l/T_l) with κ_l = κ/8^l.

p_0(x) is a sum of w_l·m_l(x) in which time changes the weights alone: under one half-life it never
changes the order (`leaders`). So the best of the sum are found from the heads of the levels (Fagin,
Lotem & Naor 2003, https://doi.org/10.1016/S0022-0000(03)00026-6): whoever stands below place d in
every head has at most the sum of what stands there. What is in no head has no popularity.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.decay import HALF_LIVES, POINTS, RUNG_MS, RUNGS, exp2
from ranking.lists.leaders import HEAD, Decay, Leaders

LEVELS = 3
FADING = 8.0
"""A level's evidence is so many times that of the level after."""
SPREAD = 4.0
"""Each level's half-life is about so many times that of the level before."""


class Popularity(NamedTuple):
    """Leaders of one edition at every level, and what the levels weigh at one moment.

    Attributes
    ----------
    score : (n_levels, n) float64
    place : (n_levels, n) int32
    head : (n_levels, HEAD) int32
    used : (n_levels,) int64
        As in `Leaders`, from the shortest half-life to the longest.
    weight : (n_levels,) float64
        Share for each unit of a level's score.
    unit : (1,) float64
        Share of the longest memory alone for each unit of the last level's score.
    """

    score: NDArray[np.float64]
    place: NDArray[np.int32]
    head: NDArray[np.int32]
    used: NDArray[np.int64]
    weight: NDArray[np.float64]
    unit: NDArray[np.float64]


def new_popularity(levels: int, size: int) -> Popularity:
    """Create the popularity of `size` articles without views."""
    return Popularity(
        np.zeros((levels, size)),
        np.full((levels, size), -1, np.int32),
        np.zeros((levels, HEAD), np.int32),
        np.zeros(levels, np.int64),
        np.zeros(levels),
        np.zeros(1),
    )


def grown(p: Popularity, size: int) -> Popularity:
    """Copy into room for `size` articles."""
    fresh, have = new_popularity(p.used.size, size), p.score.shape[1]
    fresh.score[:, :have] = p.score
    fresh.place[:, :have] = p.place
    return fresh._replace(head=p.head, used=p.used)


@compiled
def leaders_of(p: Popularity, level: int) -> Leaders:
    """Leaders at one level."""
    return Leaders(p.score[level], p.place[level], p.head[level], p.used[level : level + 1])


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
    rungs = np.array(HALF_LIVES)
    while evidence > 0.0 and len(levels) < LEVELS and levels[-1] * SPREAD <= HALF_LIVES[-1]:
        wanted = half_life * SPREAD ** len(levels)
        levels += (HALF_LIVES[int(np.abs(np.log(rungs / wanted)).argmin())],)
    return levels


def level_evidence(levels: int, evidence: float) -> NDArray[np.float64]:
    """Views κ_l of each level, (n_levels,) float64; the last one backs off to nothing."""
    return np.array([evidence / FADING**level for level in range(levels - 1)] + [0.0])


@compiled
def scale_of(decay: Decay, base_ms: NDArray[np.int64], at_ms: int) -> float:
    """What one unit of a half-life's scores is worth at a moment, in views."""
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
    mass: NDArray[np.float64], evidence: NDArray[np.float64], weight: NDArray[np.float64]
) -> float:
    """Fill in what a view at each level adds to an article's share; returns what is left.

    Parameters
    ----------
    mass : (n_levels,) float64
        Decayed views of the edition.
    evidence : (n_levels,) float64
        κ; the last one is of what is not in the chain, and stays as it is.
    weight : (n_levels,) float64
        Takes the weights.
    """
    left = 1.0
    for level in range(weight.size):
        k = evidence[level]
        if mass[level] > 0.0 and level < weight.size - 1:
            k *= 1.0 + k / mass[level]
        whole = mass[level] + k
        weight[level] = left / whole if whole > 0.0 else 0.0
        left *= k / whole if whole > 0.0 else 0.0
    return left


@compiled
def is_popular(p: Popularity, slot: int) -> bool:
    """Say whether an article is in a head."""
    found = False
    for level in range(p.weight.size):
        found = found or p.place[level, slot] >= 0
    return found


@compiled
def share_of(p: Popularity, slot: int) -> float:
    """Popularity of an article that is in a head."""
    share = 0.0
    for level in range(p.weight.size):
        share += p.weight[level] * p.score[level, slot]
    return share


@compiled
def shares_of(p: Popularity, slots: NDArray[np.int32]) -> NDArray[np.float64]:
    """Popularity of some of them, (n_slots,) float64."""
    shares = np.empty(slots.size)
    for i in range(slots.size):
        shares[i] = share_of(p, slots[i])
    return shares


@compiled
def wear_of(p: Popularity, slot: int, wear: float) -> float:
    """What an article counts to who reads on, 1 / (1 + wear·s); s = its share by long memory."""
    if wear <= 0.0 or slot < 0 or slot >= p.place.shape[1] or not is_popular(p, slot):
        return 1.0
    lasting = float(p.unit[0] * p.score[p.weight.size - 1, slot])
    return 1.0 / (1.0 + wear * lasting)


@compiled
def wears_of(p: Popularity, slots: NDArray[np.int32], wear: float) -> NDArray[np.float64]:
    """The same of some articles, (n_slots,) float64."""
    worn = np.empty(slots.size)
    for i in range(slots.size):
        worn[i] = wear_of(p, slots[i], wear)
    return worn


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


def popular_slots(p: Popularity) -> NDArray[np.int32]:
    """Slots of all popular articles, ascending."""
    heads = [head[:used] for head, used in zip(p.head, p.used.tolist(), strict=True)]
    return np.unique(np.concatenate(heads))


def ranked_shares(
    p: Popularity,
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """All popular articles' slots, shares, and shares by long memory; best first, ties by slot."""
    slots = popular_slots(p)
    shares = shares_of(p, slots)
    slots = slots[order := np.argsort(-shares, kind="stable")]
    return slots, shares[order], p.unit[0] * p.score[-1, slots]
