"""Standing: the leaders of all editions under one popularity, for compiled loops.

The same rules as `Standings` of the live lists, by the same compiled functions; each view raises
its article.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.views import State
from ranking.lists.leaders import Decay, Leaders, article_score, raise_leader
from ranking.lists.popularity import Popularity, scale_of, weigh


class Standing(NamedTuple):
    """Leaders of all editions, and what makes them popularity.

    Attributes
    ----------
    score : (n_levels, n) float64
    place : (n_levels, n) int32
    head : (n_editions, n_levels, HEAD) int32
    used : (n_editions, n_levels) int64
        As in `Popularity`.
    first : (n_levels,) int64
    between : (n_levels, 7) float64
    mix : (n_levels, n_rungs) float64
    class_weight : (3,) float64
        As in `Decay`.
    shift : (n_rungs,) float64
        Zeros.
    evidence : (n_levels,) float64
    """

    score: NDArray[np.float64]
    place: NDArray[np.int32]
    head: NDArray[np.int32]
    used: NDArray[np.int64]
    first: NDArray[np.int64]
    between: NDArray[np.float64]
    mix: NDArray[np.float64]
    class_weight: NDArray[np.float64]
    shift: NDArray[np.float64]
    evidence: NDArray[np.float64]


@compiled
def decay_at(q: Standing, level: int) -> Decay:
    """One level's decay."""
    return Decay(q.first[level], q.between[level], q.mix[level], q.class_weight, q.shift, 0.0)


@compiled
def raise_one(s: State, q: Standing, slot: int) -> None:
    """Score one article anew."""
    edition = s.article[slot]["edition"]
    for level in range(q.evidence.size):
        score = article_score(s.mass[slot], 0.0, 0, decay_at(q, level))
        if score > 0.0:
            used = q.used[edition, level : level + 1]
            head = q.head[edition, level]
            raise_leader(Leaders(q.score[level], q.place[level], head, used), slot, score)


@compiled
def popularity_of(s: State, q: Standing, edition: int) -> Popularity:
    """Popularity in an edition as of now."""
    size = q.evidence.size
    weight, mass, scale = np.empty(size), np.empty(size), np.empty(size)
    for level in range(weight.size):
        decay = decay_at(q, level)
        scale[level] = scale_of(decay, s.weights[0]["base_ms"], s.log[0]["newest_ms"])
        mass[level] = article_score(s.total[edition], 0.0, 0, decay) * scale[level]
    weigh(mass, q.evidence, weight)
    return Popularity(q.score, q.place, q.head[edition], q.used[edition], weight * scale)
