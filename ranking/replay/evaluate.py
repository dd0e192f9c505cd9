"""Evaluation: each view predicted by the live core from the views before it, then applied.

The loop is the live one (`apply_view`) with a look ahead of every step: for the next page of a
visit, Popular, Related (given the page before) and For this visit (given the last pages) are
ranked over the whole catalogue, what the visit has read left out, and the place of the page that
was read is written down. Lists are as fresh as the last view.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.views import DONE, State, apply_view, interruption, lent_state
from ranking.lists.chain import Question, Scratch, rank_next
from ranking.lists.leaders import Decay, Leaders, article_score, clear_leaders, raise_leader

POPULAR, RELATED, FOR_YOU = 0, 1, 2
LISTS = ("popular", "related", "foryou")
DEPTH = 20
MISSED = 255
NO_ROW = -1
NO_SLOTS = np.zeros(0, np.int32)
NO_SHARES = np.zeros(0)


class Plan(NamedTuple):
    """Which views are predicted, and what their visits had read.

    Attributes
    ----------
    previous : (n_views,) int64
        The visit's view before; -1 = its first.
    due : (n_views,) bool
        Predict this one.
    slot : (n_views,) int32
        Articles of all views.
    """

    previous: NDArray[np.int64]
    due: NDArray[np.bool_]
    slot: NDArray[np.int32]


class Popularity(NamedTuple):
    """Leaders of all editions under one decay.

    Attributes
    ----------
    score : (n,) float64
    place : (n,) int32
    head : (n_editions, HEAD) int32
    used : (n_editions, 1) int64
    decay : Decay
    """

    score: NDArray[np.float64]
    place: NDArray[np.int32]
    head: NDArray[np.int32]
    used: NDArray[np.int64]
    decay: Decay


class Judge(NamedTuple):
    """What predictions are made with.

    Attributes
    ----------
    popular, related : Popularity
        Popular's leaders, and those that Related backs off to.
    weights : (visit_depth, visit_depth) float64
        Row k - 1: weights of a visit of k pages.
    evidence : (3,) float64
    scratch : Scratch
    bases : (n_rungs,) int64
        Bases that the leaders hold for.
    """

    popular: Popularity
    related: Popularity
    weights: NDArray[np.float64]
    evidence: NDArray[np.float64]
    scratch: Scratch
    bases: NDArray[np.int64]


@compiled
def evaluate_views(
    s: State,
    views: NDArray[Any],
    start: int,
    offset: int,
    plan: Plan,
    judge: Judge,
    ranks: NDArray[np.uint8],
) -> tuple[int, int]:
    """Predict and apply views from `start` on; returns where it stopped and why.

    Parameters
    ----------
    views : (n,) VIEW
        Views `offset` to `offset + n` of the plan.
    ranks : (n_planned, 3) uint8
        Takes the place of each predicted page in the three lists, from 0; 255 = missed.
    """
    s = lent_state(s)
    for i in range(start, views.size):
        reason = interruption(s, views[i]["at"])
        if reason != DONE:
            return i, reason
        if plan.due[offset + i]:
            predict(s, plan, judge, offset + i, ranks[offset + i])
        apply_view(s, views, i)
        follow(s, judge, views[i]["slot"])
    return views.size, DONE


@compiled
def follow(s: State, judge: Judge, slot: int) -> None:
    """Let the leaders follow one view."""
    moved = False
    for k in range(judge.bases.size):
        moved = moved or judge.bases[k] != s.weights[0]["base_ms"][k]
        judge.bases[k] = s.weights[0]["base_ms"][k]
    for popularity in (judge.popular, judge.related):
        if moved:
            for edition in range(popularity.head.shape[0]):
                clear_leaders(leaders_of(popularity, edition))
            for other in range(s.log[0]["articles"]):
                raise_one(s, popularity, other)
        else:
            raise_one(s, popularity, slot)


@compiled
def leaders_of(popularity: Popularity, edition: int) -> Leaders:
    """One edition's leaders."""
    return Leaders(
        popularity.score, popularity.place, popularity.head[edition], popularity.used[edition]
    )


@compiled
def raise_one(s: State, popularity: Popularity, slot: int) -> None:
    """Score one article anew."""
    score = article_score(s.mass[slot], 0.0, 0, popularity.decay)
    if score > 0.0:
        raise_leader(leaders_of(popularity, s.article[slot]["edition"]), slot, score)


@compiled
def predict(s: State, plan: Plan, judge: Judge, i: int, ranks: NDArray[np.uint8]) -> None:
    """Write the place of view `i`'s page in the three lists."""
    target = plan.slot[i]
    edition = s.article[target]["edition"]
    read = np.empty(64, np.int32)
    count, before = 0, plan.previous[i]
    while before >= 0 and count < read.size:
        if not (read[:count] == plan.slot[before]).any():
            read[count] = plan.slot[before]
            count += 1
        before = plan.previous[before]
    read = read[:count]
    if (read == target).any():
        return
    ranks[POPULAR] = place_among(leaders_of(judge.popular, edition), read, target)
    leaders = leaders_of(judge.related, edition)
    decay = judge.related.decay
    total = article_score(s.total[edition], 0.0, 0, decay)
    slots, scores = np.empty(DEPTH, np.int32), np.empty(DEPTH)
    depth = min(count, judge.weights.shape[0])
    rows = np.full(depth, NO_ROW, np.int32)  # a page of another edition says nothing here
    for page in range(depth):
        if s.article[read[page]]["edition"] == edition:
            rows[page] = s.article[read[page]]["row"]
    for which in (RELATED, FOR_YOU):
        pages = 1 if which == RELATED else depth
        question = Question(
            rows[:pages], judge.weights[pages - 1, :pages], read,
            NO_SLOTS, NO_SHARES, judge.evidence, 0.0,
        )  # fmt: skip
        found = rank_next(
            s.graph, s.log[0]["newest_ms"], leaders, total, question, judge.scratch,
            slots, scores,
        )  # fmt: skip
        for place in range(found):
            if slots[place] == target:
                ranks[which] = place


@compiled
def place_among(leaders: Leaders, read: NDArray[np.int32], target: int) -> int:
    """Place of an article among the leaders that were not read."""
    place = 0
    for i in range(leaders.used[0]):
        slot = leaders.head[i]
        if slot == target:
            return place
        place += not (read == slot).any()
        if place >= DEPTH:
            break
    return MISSED
