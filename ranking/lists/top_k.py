"""Top-k: the articles of one edition with the greatest decayed counts.

Under a single half-life all masses shrink alike, so that time alone never changes the order: only
a touched article can rise. The scores are therefore kept in forward units (masses at the rungs'
bases), and rescanned whole only when a base moves, a card changes or the decay is not steady (a
power law, a window). Scores shown are read anew, so that they do not depend on when the scan was.
Ties stand by slot, so that neither does the order.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.decay.bank import HALF_LIVES, RUNGS, BankReadout, read_mass
from ranking.engine.decay.portable_math import exp2

HEAD = 512
SCANNED = 4 * HEAD
SLACK = 0.05
"""How much more than its bound an article may score, by errors of interpolation."""
DAY_MS = 86_400_000


class Leaders(NamedTuple):
    """Scores of all articles and the order of the best.

    Attributes
    ----------
    score : (n,) float64
        In forward units; 0 = no mass.
    place : (n,) int32
        Place in `head`; -1 = not in it.
    head : (HEAD,) int32
        Slots, best first.
    used : (1,) int64
        Entries of `head` in use.
    """

    score: NDArray[np.float64]
    place: NDArray[np.int32]
    head: NDArray[np.int32]
    used: NDArray[np.int64]


class Decay(NamedTuple):
    """A decay as compiled code reads it.

    Attributes
    ----------
    first : int
    between : (8,) float64
    mix : (n_rungs,) float64
        As in `BankReadout`.
    class_weight : (3,) float64
        Weight of landing, onward and our own views.
    shift : (n_rungs,) float64
        Half-lives from the bases to the moment of reading; zeros for forward units.
    freshness : float
        Halvings a day of age.
    """

    first: int
    between: NDArray[np.float64]
    mix: NDArray[np.float64]
    class_weight: NDArray[np.float64]
    shift: NDArray[np.float64]
    freshness: float


def decay_of(
    readout: BankReadout,
    class_weight: Sequence[float] | NDArray[np.float64],
    freshness: float = 0.0,
) -> Decay:
    """Make the decay of a read-out, in forward units."""
    r = readout
    return Decay(r.first, r.between, r.mix, np.array(class_weight), np.zeros(RUNGS), freshness)


@compiled
def article_score(
    masses: NDArray[np.float64], published_ms: float, reference_ms: int, decay: Decay
) -> float:
    """Decayed views of one article: (3, n_rungs) masses, classes weighted, times its freshness.

    Freshness is 2^(-freshness · age) at `reference_ms`; an article without a date counts as new.
    """
    score = 0.0
    for c in range(masses.shape[0]):
        if decay.class_weight[c] > 0.0:
            mass = read_mass(masses[c], decay.first, decay.between, decay.mix, decay.shift)
            score += decay.class_weight[c] * mass
    if decay.freshness > 0.0 and published_ms > 0.0:
        age = max(reference_ms - published_ms, 0.0)
        score *= exp2(-decay.freshness * age / DAY_MS)
    return score


@compiled
def is_before(score: NDArray[np.float64], index: int, other: int) -> bool:
    """Whether an article ranks before another: by score, ties by index."""
    own, theirs = score[index], score[other]
    return own > theirs or (own == theirs and index < other)


@compiled
def raise_in_head(
    head: NDArray[np.int32],
    place: NDArray[np.int32],
    used: int,
    score: NDArray[np.float64],
    index: int,
) -> int:
    """Put an article whose score rose into its place; returns the head's new size.

    Parameters
    ----------
    head : (size,) int32
        Indices, best first; `used` entries are in use.
    place : (n,) int32
        Place of each article in the head; -1 = not in it. Follows.
    score : (n,) float64
        The article's new score is in it.
    """
    at = place[index]
    if at < 0:
        if used < head.size:
            at = used
            used += 1
        elif is_before(score, index, head[head.size - 1]):
            at = head.size - 1
            place[head[at]] = -1
        else:
            return used
    while at > 0 and is_before(score, index, head[at - 1]):
        head[at] = head[at - 1]
        place[head[at]] = at
        at -= 1
    head[at] = index
    place[index] = at
    return used


@compiled
def raise_leader(leaders: Leaders, slot: int, score: float) -> None:
    """Give an article a score not below its last one, and its place."""
    leaders.score[slot] = score
    used = leaders.used[0]
    leaders.used[0] = raise_in_head(leaders.head, leaders.place, used, leaders.score, slot)


@compiled
def read_scores(
    slots: NDArray[np.int32],
    mass: NDArray[np.float64],
    published_ms: NDArray[np.float64],
    reference_ms: int,
    decay: Decay,
) -> NDArray[np.float64]:
    """Scores of some articles, (n_slots,) float64."""
    scores = np.empty(slots.size)
    for i in range(slots.size):
        slot = slots[i]
        scores[i] = article_score(mass[slot], published_ms[slot], reference_ms, decay)
    return scores


BEYOND = 4.0
"""A profile may ask for 30 days: views up to 840 days old then weigh at most so much more than at
the longest rung, 28 days."""


def bound_of(readout: BankReadout, decay: Decay) -> Decay:
    """A decay that costs little and never gives less, to leave out articles that cannot lead.

    A mass grows with the half-life, so that between rungs the next longer rung is such a one; on a
    rung and of a mix the decay itself is. Beyond the longest rung it is `BEYOND` times that one.
    """
    if decay.first < 0:
        return decay
    mix = np.zeros(RUNGS)
    rung = int(np.searchsorted(HALF_LIVES, readout.half_life))
    mix[min(rung, RUNGS - 1)] = 1.0 if rung < RUNGS else BEYOND
    return decay._replace(first=-1, mix=mix)


@compiled
def read_bounds(
    slots: NDArray[np.int32],
    mass: NDArray[np.float64],
    worth: NDArray[np.float64],
    class_weight: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Scores of some articles under mixes of rungs, without freshness, in one pass.

    Parameters
    ----------
    slots : (n,) int32
    mass : (n_articles, 3, n_rungs) float64
    worth : (n_mixes, n_rungs) float64
        What a unit of each rung's masses adds.
    class_weight : (3,) float64

    Returns
    -------
    (n_mixes, n) float64
    """
    mixes = worth.shape[0]
    begin, end = np.zeros(mixes, np.int64), np.zeros(mixes, np.int64)
    for m in range(mixes):
        used = np.flatnonzero(worth[m] > 0.0)
        begin[m], end[m] = used[0], used[-1] + 1
    bounds = np.empty((mixes, slots.size))
    for i in range(slots.size):
        slot = slots[i]
        for m in range(mixes):
            total = 0.0
            for c in range(mass.shape[1]):
                if class_weight[c] > 0.0:
                    part = 0.0
                    for k in range(begin[m], end[m]):
                        part += worth[m, k] * mass[slot, c, k]
                    total += class_weight[c] * part
            bounds[m, i] = total
    return bounds


@compiled
def fading(shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decay factors after some numbers of half-lives, (n,) float64."""
    left = np.empty(shift.size)
    for i in range(shift.size):
        left[i] = exp2(-shift[i])
    return left


def leading(
    slots: NDArray[np.int32],
    mass: NDArray[np.float64],
    published_ms: NDArray[np.float64],
    newest_ms: int,
    decays: Sequence[Decay],
    bounds: Sequence[Decay],
) -> NDArray[np.int32]:
    """Those of some articles among which the best `HEAD` under every decay certainly are.

    Parameters
    ----------
    slots : (n,) int32
    mass, published_ms
        Of all articles.
    newest_ms : int
    decays, bounds : sequence of Decay
        Read at that moment; see `bound_of`.
    """
    if slots.size <= SCANNED:
        return slots
    worth = np.array([bound.mix * fading(bound.shift) for bound in bounds])
    found = np.zeros(slots.size, np.bool_)
    limits = read_bounds(slots, mass, worth, decays[0].class_weight)
    for decay, limit in zip(decays, limits, strict=True):
        first = slots[limit >= np.partition(limit, -SCANNED)[-SCANNED]]
        scores = read_scores(first, mass, published_ms, newest_ms, decay)
        found |= limit * (1.0 + SLACK) >= np.partition(scores, -HEAD)[-HEAD]
    return np.asarray(slots[found])
