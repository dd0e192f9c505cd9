"""Backtest: a log replayed in its order through the live core, and what its lists were worth.

A visit is a session that the portal told, whatever its pauses; without one, a visitor's views up
to a pause of the repeat window. Next click: every page of a visit after the first is predicted
before it is applied; HR@5 is the share of predictions among whose first five the page was, MRR@5
the mean of one over its place. Last click: the last page of every visit, from the pages before (the
protocol of the Transformers4Rec paper, RecSys 2021, https://doi.org/10.1145/3460231.3474255): all
articles ranked, NDCG@20 and HR@20, mean over the log's hours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import Batch
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site, Turn
from ranking.engine.views import DONE, views_of
from ranking.lists.catalogue import Catalogue
from ranking.lists.chain import evidence_of, new_scratch, visit_weights
from ranking.lists.leaders import HEAD, decay_of
from ranking.lists.popularity import level_evidence, level_half_lives
from ranking.lists.profile import DEFAULT, Profile
from ranking.replay.asking import ask_lists, is_plain
from ranking.replay.evaluate import FOR_YOU, LISTS, MISSED, Judge, Plan, Standing, evaluate_views

WARM_UP = 86_400
HOUR_MS = 3_600_000
NEVER_MS = 1 << 60
STEP = 20_000
Measures = dict[str, dict[str, float]]


class BacktestError(ValueError):
    """A log cannot be backtested: the operator's fault."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which views are predicted.

    Attributes
    ----------
    since_ms, until_ms : int
        Predict views stamped within; all are applied.
    every : int
        Predict every so many-th visit.
    """

    since_ms: int
    until_ms: int
    every: int = 1


def span_of(batches: list[Batch], since: float | None, until: float | None, every: int) -> Span:
    """Span of a log; without `since` (s), its first 24 hours are for warming up."""
    first = min(int(batch.columns["at"].min()) for batch in batches)
    last = max(int(batch.columns["at"].max()) for batch in batches)
    since_ms = first + WARM_UP * 1000 if since is None else round(since * 1000)
    return Span(since_ms, last + 1 if until is None else round(until * 1000), every)


def backtest(
    batches: list[Batch],
    catalogue: Catalogue,
    span: Span,
    profile: Profile = DEFAULT,
    settings: EngineSettings | None = None,
    progress: Callable[[int], None] = lambda views: None,
) -> Measures:
    """Replay a log of one site and measure its lists.

    Parameters
    ----------
    batches : list of Batch
        All of one site, in the order of the log.
    catalogue : Catalogue
    span : Span
    profile : Profile
    settings : EngineSettings
    progress : callable
        Told the views done so far.

    Returns
    -------
    dict
        For each list `hr@5`, `mrr@5`, `hr@20` and `clicks`; `last_item` with `ndcg@20`, `hr@20`.

    Raises
    ------
    BacktestError
        If the log has more articles than the engine keeps.
    """
    site = Site(batches[0].site, settings or EngineSettings())
    views = np.concatenate([views_of(batch, _slots(site, batch)) for batch in batches])
    previous, last = _page_links(views, site.settings.window * 1000)
    due = _due(views, previous, span)
    plan = Plan(previous, due, np.ascontiguousarray(views["slot"]))
    ranks = np.full((views.size, 3), MISSED, np.uint8)
    if is_plain(profile, catalogue, site.editions):
        judge = _judge(site, profile)
        for offset in range(0, views.size, STEP):
            _step(site, views[offset : offset + STEP], offset, plan, judge, ranks)
            progress(min(offset + STEP, views.size))
    else:
        ask_lists(site, views, plan, catalogue, profile, ranks, progress)
    return _measures(ranks, due, last & due, views["at"])


def _slots(site: Site, batch: Batch) -> NDArray[np.int32]:
    slots = site.give_slots(batch)
    if slots.min() < 0:
        message = f"a log to backtest must have at most {site.settings.articles} articles"
        raise BacktestError(message)
    return slots


def _page_links(views: NDArray[Any], window_ms: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Links of the views that open a page: not of other events, nor of robots."""
    pages = np.flatnonzero((views["kind"] == 0) & (views["robot"] == 0))
    told = views["chain"] != views["visitor"]  # the portal's own sessions
    pause = np.where(told[pages], NEVER_MS, window_ms)
    before, ends = visit_links(views["chain"][pages], views["at"][pages], pause)
    previous, last = np.full(views.size, -1), np.zeros(views.size, np.bool_)
    previous[pages] = np.where(before >= 0, pages[before], -1)
    last[pages] = ends
    return previous, last


def visit_links(
    chain: NDArray[np.uint64], at: NDArray[np.int64], pause_ms: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each view the one before it in its visit (-1 = none), and whether it is the last.

    Parameters
    ----------
    chain : (n,) uint64
    at : (n,) int64
    pause_ms : (n,) int64
        A view begins a visit so long after its chain's view before.

    Examples
    --------
    >>> at, pause = np.array([0, 1, 2, 99]), np.full(4, 50)
    >>> visit_links(np.array([7, 8, 7, 7], np.uint64), at, pause)
    (array([-1, -1,  0, -1]), array([False,  True,  True,  True]))
    """
    order = np.argsort(chain, kind="stable")
    same = (chain[order][1:] == chain[order][:-1]) & (np.diff(at[order]) < pause_ms[order][1:])
    previous = np.full(chain.size, -1)
    previous[order[1:][same]] = order[:-1][same]
    last = np.ones(chain.size, np.bool_)
    last[order[:-1][same]] = False
    return previous, last


def _due(views: NDArray[Any], previous: NDArray[np.int64], span: Span) -> NDArray[np.bool_]:
    within = (views["at"] >= span.since_ms) & (views["at"] < span.until_ms)
    due = within & (previous >= 0)
    if span.every > 1:
        due &= views["chain"] % np.uint64(span.every) == 0
    return np.asarray(due)


def _judge(site: Site, profile: Profile) -> Judge:
    size, editions = site.state.article.size, len(site.editions)
    weights = np.zeros((profile.visit_depth, profile.visit_depth))
    for pages in range(1, profile.visit_depth + 1):
        weights[pages - 1, :pages] = visit_weights(profile, pages)
    others = (profile.onward_weight, profile.ours_weight)

    def standing(half_life: float, landing: float, evidence: float) -> Standing:
        half_lives = level_half_lives(half_life, evidence)
        levels, decays = len(half_lives), [decay_of(h, 0.0, ())[1] for h in half_lives]
        return Standing(
            np.zeros((levels, size)), np.full((levels, size), -1, np.int32),
            np.zeros((editions, levels, HEAD), np.int32), np.zeros((editions, levels), np.int64),
            np.array([decay.first for decay in decays]),
            np.array([decay.between for decay in decays]),
            np.array([decay.mix for decay in decays]),
            np.array([landing, *others]), decays[0].shift, level_evidence(levels, evidence),
        )  # fmt: skip

    p = profile
    return Judge(
        standing(p.half_life, p.landing_weight, p.popular_evidence),
        standing(p.related_half_life, p.related_landing_weight, p.related_evidence),
        weights,
        evidence_of(profile),
        new_scratch(size),
        np.zeros(site.state.weights["base_ms"].shape[1], np.int64),
    )


def _step(
    site: Site, views: NDArray[Any], offset: int, plan: Plan, judge: Judge, ranks: NDArray[np.uint8]
) -> None:
    here = Turn(0, 0, 0, ())
    done, reason = evaluate_views(site.state, views, 0, offset, plan, judge, ranks)
    while reason != DONE:
        site.settle(reason, int(views["at"][done]), here)
        done, reason = evaluate_views(site.state, views, done, offset, plan, judge, ranks)


def _measures(
    ranks: NDArray[np.uint8], due: NDArray[np.bool_], last: NDArray[np.bool_], at: NDArray[np.int64]
) -> Measures:
    measures: Measures = {}
    for which, name in enumerate(LISTS):
        rank = ranks[due, which].astype(float)
        measures[name] = {
            "hr@5": _mean(rank < 5),
            "mrr@5": _mean(np.where(rank < 5, 1.0 / (rank + 1.0), 0.0)),
            "hr@20": _mean(rank < 20),
            "clicks": float(rank.size),
        }
    rank, hour = ranks[last, FOR_YOU].astype(float), at[last] // HOUR_MS
    gain = np.where(rank < 20, 1.0 / np.log2(rank + 2.0), 0.0)
    measures["last_item"] = {
        "ndcg@20": _mean_over(hour, gain),
        "hr@20": _mean_over(hour, (rank < 20).astype(float)),
        "clicks": float(rank.size),
    }
    return measures


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if values.size else 0.0


def _mean_over(group: NDArray[np.int64], values: NDArray[np.float64]) -> float:
    _, index = np.unique(group, return_inverse=True)
    if not values.size:
        return 0.0
    return float((np.bincount(index, values) / np.bincount(index)).mean())
