"""Backtest: replays a log through the live core and measures its lists.

One replay predicts, under one profile, every page of a visit after its first (`visits`). For each
prediction it stores the rank of the page in each list and the first items of the list; `measures`
evaluates them. A compiled loop (`evaluation`) ranks profiles of half-lives alone. All other
profiles use the live lists (`live_predictions`), with the same result.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.backtest.browser_mixture import Browsing, browsing_of
from ranking.backtest.evaluation import EvaluationLeaders, Judge, evaluate_views
from ranking.backtest.last_popular import empty_last_popular
from ranking.backtest.live_predictions import ask_lists, is_plain
from ranking.backtest.predictions import Plan, PredictionOutcomes, no_answers
from ranking.backtest.visits import Span, Visits, in_windows, is_due, looks_at, seen_from, visits_of
from ranking.content.catalogue import Catalogue
from ranking.engine.admission import acting
from ranking.engine.batch import Batch
from ranking.engine.decay.half_life import half_life_readout
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site, WindowStart
from ranking.engine.view_loop import DONE, views_of
from ranking.lists.backoff import level_evidence, level_half_lives
from ranking.lists.next_article import evidence_of, new_scratch, visit_weights
from ranking.lists.top_k import HEAD, decay_of
from ranking.profiles.profile import DEFAULT, Profile

STEP = 20_000


class BacktestError(ValueError):
    """A log cannot be backtested: the operator's fault."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A log with the predictions of its lists.

    Attributes
    ----------
    site : Site
        State at the end of the log.
    views : (n_views,) VIEW
    visits : Visits
    span : Span
    plan : Plan
    answers : PredictionOutcomes
    """

    site: Site
    views: NDArray[Any]
    visits: Visits
    span: Span
    plan: Plan
    answers: PredictionOutcomes


def replay(
    batches: list[Batch],
    catalogue: Catalogue,
    span: Span,
    profile: Profile = DEFAULT,
    settings: EngineSettings | None = None,
    progress: Callable[[int], None] = lambda views: None,
    site: Site | None = None,
) -> Replay:
    """Replay a log of one site under one profile.

    Parameters
    ----------
    batches : list of Batch
        Batches of one site, in the order of the log.
    catalogue : Catalogue
    span : Span
    profile : Profile
        Its `refresh` is that of the span, unless it sets another.
    settings : EngineSettings
    progress : callable
        Called with the number of finished views.
    site : Site
        State before the batches; empty by default.

    Raises
    ------
    BacktestError
        If the log has more articles than the engine keeps.
    """
    if not profile.refresh:
        profile = msgspec.structs.replace(profile, refresh=span.refresh)
    site = site or Site(batches[0].site, settings or EngineSettings())
    acting_ones = list(acting(batches, site.clock_ms, site.settings))
    views = np.concatenate([views_of(batch, _slots(site, batch)) for batch in acting_ones])
    if not views.size:
        message = "a backtest must predict something, but all events are stamped too late or early"
        raise BacktestError(message)
    visits = visits_of(views, site.settings.window * 1000)
    if span.by_visit:
        views = in_windows(views, visits.first, span.refresh)
        visits = visits_of(views, site.settings.window * 1000)
    plan = _plan(views, visits, span, len(site.editions))
    browsing = browsing_of(plan, visits.first)
    answers = no_answers(plan, len(site.editions))
    if is_plain(profile, catalogue, site.editions):
        judge = _judge(site, profile, browsing)
        for offset in range(0, views.size, STEP):
            _step(site, views[offset : offset + STEP], offset, plan, judge, answers)
            progress(min(offset + STEP, views.size))
    else:
        ask_lists(site, views, plan, browsing, catalogue, profile, answers, progress)
    return Replay(site, views, visits, span, plan, answers)


def _slots(site: Site, batch: Batch) -> NDArray[np.int32]:
    slots = site.give_slots(batch)
    if (
        slots[batch.columns["article"]].min(initial=0) < 0
    ):  # a part of a batch may not need all its names
        message = f"a log to backtest must have at most {site.settings.articles} articles"
        raise BacktestError(message)
    return slots


def _plan(views: NDArray[Any], visits: Visits, span: Span, editions: int) -> Plan:
    asked = np.flatnonzero(is_due(views, visits, span))
    seen = seen_from(views["at"], span.refresh)[asked]
    slot = np.ascontiguousarray(views["slot"])
    return Plan(visits.previous, slot, asked, seen, *looks_at(views["at"], span, editions))


def _judge(site: Site, profile: Profile, browsing: Browsing) -> Judge:
    size, editions = site.state.article.size, len(site.editions)
    weights = np.zeros((profile.visit_depth, profile.visit_depth))
    for pages in range(1, profile.visit_depth + 1):
        weights[pages - 1, :pages] = visit_weights(profile, pages)
    others = (profile.onward_weight, profile.ours_weight)

    def standing(half_life: float, landing: float, evidence: float) -> EvaluationLeaders:
        half_lives = level_half_lives(half_life, evidence)
        levels, decays = len(half_lives), [decay_of(half_life_readout(h), ()) for h in half_lives]
        return EvaluationLeaders(
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
        evidence_of(profile, site.settings.coread_half_lives),
        profile.visit_wear,
        profile.visit_decay,
        new_scratch(size),
        np.zeros(site.state.weights["base_ms"].shape[1], np.int64),
        empty_last_popular(editions, profile.steadiness),
        browsing,
    )


def _step(
    site: Site,
    views: NDArray[Any],
    offset: int,
    plan: Plan,
    judge: Judge,
    answers: PredictionOutcomes,
) -> None:
    empty_turn = WindowStart(0, 0, 0, ())
    done, reason = evaluate_views(site.state, views, 0, offset, plan, judge, answers)
    while reason != DONE:
        site.settle(reason, int(views["at"][done]), empty_turn)
        done, reason = evaluate_views(site.state, views, done, offset, plan, judge, answers)
    site.feed(views)
