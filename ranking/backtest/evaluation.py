"""Evaluation: the live core predicts each view from the views before it, then applies it.

The loop is the live one (`apply_view`) with a prediction before each step. For the next page of a
visit it ranks Popular, Related (by the page before) and For this visit (by the last pages) over the
whole catalogue, without the pages already read. It stores the rank of the read page and the first
items of each list. Lists are as fresh as the last view, or as old as the plan says: a prediction is
made as soon as the views that its list may use are applied.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.browser_mixture import Browsing, answers_before, give_back, take_place
from ranking.backtest.last_popular import LastPopular, apply_hysteresis
from ranking.backtest.predictions import (
    BROWSER,
    DEPTH,
    FOR_YOU,
    POPULAR,
    RELATED,
    SHOWN,
    Plan,
    PredictionOutcomes,
    pages_before,
)
from ranking.engine.compiled import compiled
from ranking.engine.view_loop import DONE, State, apply_view, borrowed_state, interruption
from ranking.lists.backoff import FAINT, Popularity, discount_of, scale_of, weigh
from ranking.lists.next_article import Question, Scratch, rank_next
from ranking.lists.related_mixture import mix_slots
from ranking.lists.rerank.hysteresis import CHALLENGERS
from ranking.lists.top_k import Decay, Leaders, article_score, raise_leader

NO_ROW = -1
NO_ROWS = np.full(1, NO_ROW, np.int32)
NO_SLOTS = np.zeros(0, np.int32)
NO_SHARES = np.zeros(0)


class EvaluationLeaders(NamedTuple):
    """The top articles of all editions, and their weights.

    Attributes
    ----------
    score : (n_levels, n) float64
    place : (n_levels, n) int32
    head : (n_editions, n_levels, HEAD) int32
    used : (n_editions, n_levels) int64
        As in `Popularity`.
    first : (n_levels,) int64
    between : (n_levels, 8) float64
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


class Judge(NamedTuple):
    """The state that predictions read.

    Attributes
    ----------
    popular, related : EvaluationLeaders
        For Popular, and for what Related backs off to.
    weights : (visit_depth, visit_depth) float64
        Row k - 1: weights of a visit of k pages.
    evidence : (4,) float64
    discount_rate, decay : float
    scratch : Scratch
    bases : (n_rungs,) int64
        Time bases of the leaders.
    last_popular : LastPopular
    browsing : Browsing
    """

    popular: EvaluationLeaders
    related: EvaluationLeaders
    weights: NDArray[np.float64]
    evidence: NDArray[np.float64]
    discount_rate: float
    decay: float
    scratch: Scratch
    bases: NDArray[np.int64]
    last_popular: LastPopular
    browsing: Browsing


@compiled
def evaluate_views(
    s: State,
    views: NDArray[Any],
    start: int,
    offset: int,
    plan: Plan,
    judge: Judge,
    answers: PredictionOutcomes,
) -> tuple[int, int]:
    """Predict and apply views from `start` on; returns the stop position and its reason.

    Parameters
    ----------
    views : (n,) VIEW
        Views `offset` to `offset + n` of the plan.
    answers : PredictionOutcomes
        Filled for the due predictions.
    """
    s = borrowed_state(s)
    for i in range(start, views.size):
        reason = interruption(s, views[i]["at"])
        if reason != DONE:
            return i, reason
        while answers.looked[0] < plan.ticks.size and plan.ticks[answers.looked[0]] <= offset + i:
            look(s, judge, answers)
        while answers.done[0] < plan.asked.size and plan.seen[answers.done[0]] <= offset + i:
            predict(s, plan, judge, answers)
        apply_view(s, views, i)
        follow(s, judge, views[i]["slot"])
    return views.size, DONE


@compiled
def follow(s: State, judge: Judge, slot: int) -> None:
    """Update the leaders by one view."""
    moved = False
    for k in range(judge.bases.size):
        moved = moved or judge.bases[k] != s.weights[0]["base_ms"][k]
        judge.bases[k] = s.weights[0]["base_ms"][k]
    for standing in (judge.popular, judge.related):
        if moved:
            standing.score[:] = 0.0
            standing.place[:] = -1
            standing.used[:] = 0
            for other in range(s.log[0]["articles"]):
                raise_one(s, standing, other)
        else:
            raise_one(s, standing, slot)


@compiled
def decay_at(q: EvaluationLeaders, level: int) -> Decay:
    """One level's decay."""
    return Decay(q.first[level], q.between[level], q.mix[level], q.class_weight, q.shift, 0.0)


@compiled
def raise_one(s: State, q: EvaluationLeaders, slot: int) -> None:
    """Recompute an article's score."""
    edition = s.article[slot]["edition"]
    for level in range(q.evidence.size):
        score = article_score(s.mass[slot], 0.0, 0, decay_at(q, level))
        if score > 0.0:
            used = q.used[edition, level : level + 1]
            head = q.head[edition, level]
            raise_leader(Leaders(q.score[level], q.place[level], head, used), slot, score)


@compiled
def popularity_of(s: State, q: EvaluationLeaders, edition: int) -> Popularity:
    """Popularity in an edition at the current time."""
    size = q.evidence.size
    weight, mass, scale = np.empty(size), np.empty(size), np.empty(size)
    for level in range(weight.size):
        decay = decay_at(q, level)
        scale[level] = scale_of(decay, s.weights[0]["base_ms"], s.log[0]["newest_ms"])
        mass[level] = article_score(s.total[edition], 0.0, 0, decay)
    weigh(mass, scale, q.evidence, weight)
    unit = np.array([1.0 / mass[size - 1] if mass[size - 1] > FAINT else 0.0])
    head, used = q.head[edition], q.used[edition]
    return Popularity(NO_SLOTS, q.score, q.place, head, used, weight, unit)


@compiled
def look(s: State, judge: Judge, answers: PredictionOutcomes) -> None:
    """Store the first items of every edition's Popular."""
    slots = np.empty(DEPTH, np.int32)
    for edition in range(answers.popular.shape[1]):
        popularity = popularity_of(s, judge.popular, edition)
        found = popular_now(s, judge, popularity, edition, NO_SLOTS, slots)
        shown = min(found, SHOWN)
        answers.popular[answers.looked[0], edition, :shown] = slots[:shown]
    answers.looked[0] += 1


@compiled
def predict(s: State, plan: Plan, judge: Judge, answers: PredictionOutcomes) -> None:
    """Make the next prediction."""
    k = answers.done[0]
    answers.done[0] += 1
    target = plan.slot[plan.asked[k]]
    edition = s.article[target]["edition"]
    read = pages_before(plan, plan.asked[k])
    depth = min(read.size, judge.weights.shape[0])
    rows = np.full(depth, NO_ROW, np.int32)  # pages of other editions are ignored
    for page in range(depth):
        if s.article[read[page]]["edition"] == edition:
            rows[page] = s.article[read[page]]["row"]
    slots, scores = np.empty(DEPTH, np.int32), np.empty(DEPTH)
    newest, popularity = s.log[0]["newest_ms"], popularity_of(s, judge.popular, edition)
    found = popular_now(s, judge, popularity, edition, read, slots)
    write_places(answers, k, POPULAR, target, slots[:found])
    popularity = popularity_of(s, judge.related, edition)
    for which in (RELATED, FOR_YOU):
        pages = 1 if which == RELATED else depth
        question = Question(
            rows[:pages], judge.weights[pages - 1, :pages], read,
            NO_SLOTS, NO_SHARES, judge.evidence, 0.0, judge.discount_rate if pages > 1 else 0.0,
        )  # fmt: skip
        found = rank_next(s.graph, newest, popularity, question, judge.scratch, slots, scores)
        write_places(answers, k, which, target, slots[:found])
    popularity = popularity_of(s, judge.related, s.article[read[0]]["edition"])
    keep_answer(s, judge, k, read[0], popularity)
    pages = answers_before(judge.browsing, plan, s.article["edition"], k, judge.weights.shape[0])
    held, decay = judge.browsing.held, judge.decay
    found = mix_slots(held, pages, read, decay, judge.scratch, slots, scores)
    write_places(answers, k, BROWSER, target, slots[:found])
    give_back(judge.browsing, k)


@compiled
def keep_answer(s: State, judge: Judge, k: int, page: int, popularity: Popularity) -> None:
    """Store the previous page's Related answer in the browser."""
    itself, row = np.full(1, page, np.int32), np.full(1, s.article[page]["row"], np.int32)
    question = Question(
        row, judge.weights[0, :1], itself, NO_SLOTS, NO_SHARES, judge.evidence, 0.0, 0.0
    )
    held, place = judge.browsing.held, take_place(judge.browsing, k)
    slots, scores, newest = held.slots[place], held.scores[place], s.log[0]["newest_ms"]
    found = rank_next(s.graph, newest, popularity, question, judge.scratch, slots, scores)
    for i in range(found):
        held.discount[place, i] = discount_of(popularity, slots[i], judge.discount_rate)


@compiled
def write_places(
    answers: PredictionOutcomes, k: int, which: int, target: int, slots: NDArray[np.int32]
) -> None:
    """Store the first items of a list, and the rank of the read page."""
    for place in range(slots.size):
        if place < SHOWN:
            answers.shown[k, which, place] = slots[place]
        if slots[place] == target:
            answers.place[k, which] = place


@compiled
def popular_now(
    s: State, judge: Judge, popularity: Popularity, edition: int, read: NDArray[np.int32],
    slots: NDArray[np.int32],
) -> int:  # fmt: skip
    """Popular in its shown order, without read pages; returns its length."""
    steady = judge.last_popular.margin[0] > 0.0
    looked = np.empty(CHALLENGERS if steady else slots.size + read.size, np.int32)
    scores, newest = np.empty(looked.size), s.log[0]["newest_ms"]
    question = Question(
        NO_ROWS, judge.weights[0, :1], NO_SLOTS, NO_SLOTS, NO_SHARES, judge.evidence, 0.0, 0.0
    )
    found = rank_next(s.graph, newest, popularity, question, judge.scratch, looked, scores)
    if steady:
        apply_hysteresis(
            judge.last_popular, edition, newest // 1000, looked[:found], scores[:found]
        )
    left = 0
    for i in range(found):
        if left < slots.size and not (read == looked[i]).any():
            slots[left] = looked[i]
            left += 1
    return left
