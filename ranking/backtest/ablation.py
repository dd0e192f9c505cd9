"""Ablation: the value of each ranking component, from replays without it.

A component is switched off by a parameter value that removes its effect: a co-visitation level
backs off completely, a weight becomes 1. Components without effect on the log's lists are skipped:
tags without cards, siblings of a single edition, components that the profile switches off. An
effect is the difference without the component, on the same predictions. Its interval is drawn over
visits; a component matters if the interval excludes 0.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.backtest.backtest import Replay
from ranking.backtest.measures.accuracy import last_clicks, last_gains, mean_over, next_gains
from ranking.backtest.measures.churn import changes_of
from ranking.backtest.measures.intervals import Interval, hourly_intervals, mean_intervals
from ranking.backtest.measures.summary import Progress, Replays, replays
from ranking.backtest.predictions import FOR_YOU, predicted_lists
from ranking.backtest.visits import Span
from ranking.content.catalogue import Catalogue
from ranking.engine.batch import Batch
from ranking.engine.settings import EngineSettings
from ranking.profiles.profile import DEFAULT, Profile

WHOLE = "everything"
BEYOND = 1e12
"""Evidence that no number of co-readings reaches."""

LEVELS = ("instant_evidence", "fast_evidence", "middle_evidence", "slow_evidence")
NEXT = ("hr@5", "mrr@5")


@dataclass(frozen=True, slots=True)
class Component:
    """One component and its switch.

    Attributes
    ----------
    name : str
    profile, settings : dict
        Parameters of the profile, settings of the engine.
    needs : str
        `cards`, several `editions`, or empty.
    """

    name: str
    profile: dict[str, float] = field(default_factory=dict)
    settings: dict[str, tuple[float, ...]] = field(default_factory=dict)
    needs: str = ""


COMPONENTS = (
    Component("co-reading", dict.fromkeys(LEVELS, BEYOND)),
    *(Component(f"co-reading, {name.split('_')[0]} level", {name: BEYOND}) for name in LEVELS),
    Component("co-reading backwards", settings={"coread_backward": (0.0,) * len(LEVELS)}),
    Component("co-reading beyond the next page", settings={"coread_forward": (0.0,) * len(LEVELS)}),
    Component("pages before the last", {"visit_depth": 1}),
    Component("later pages count more", {"visit_decay": 1.0}),
    Component("what has led counts less", {"visit_wear": 0.0}),
    Component("Popular's back-off", {"popular_evidence": 0.0}),
    Component("back-off of Related's popularity", {"related_evidence": 0.0}),
    Component("landing views count less", {"landing_weight": 1.0, "related_landing_weight": 1.0}),
    Component("steadiness", {"steadiness": 0.0}),
    Component("cooldown", {"cooldown": 0.0}),
    Component("freshness", {"freshness": 0.0}, needs="cards"),
    Component("caps", {"section_cap": 0, "author_cap": 0}, needs="cards"),
    Component("tags and headlines", {"tag_share": 0.0}, needs="cards"),
    Component("freshness of tags", {"tag_freshness": 1e12}, needs="cards"),
    Component("section where tags are missing", {"section_share": 0.0}, needs="cards"),
    Component("diversity", {"diversity": 0.0}, needs="cards"),
    Component("sibling editions", {"sibling_evidence": 0.0}, needs="editions"),
)


@dataclass(frozen=True, slots=True)
class Ablated:
    """A replay without one component, or with all.

    Attributes
    ----------
    name : str
    measures : dict
        Measures by name, such as `popular hr@5`.
    effects : dict
        Differences to the replay with all components.
    intervals : dict
        Intervals of the effects; churn has none.
    """

    name: str
    measures: dict[str, float]
    effects: dict[str, float]
    intervals: dict[str, Interval]


def ablate(
    batches: list[Batch],
    catalogue: Catalogue,
    span: Span,
    profile: Profile = DEFAULT,
    settings: EngineSettings | None = None,
    progress: Progress = lambda done, total: None,
) -> list[Ablated]:
    """Replay a log with all components and without each one.

    Parameters
    ----------
    batches : list of Batch
        Batches of one site, in the order of the log.
    catalogue : Catalogue
    span : Span
    profile : Profile
    settings : EngineSettings
    progress : callable
        Called with the finished views and their total.

    Returns
    -------
    list of Ablated
        With all components first, then in the order of `COMPONENTS`.
    """
    base, several = settings or EngineSettings(), len({e for b in batches for e in b.editions}) > 1
    tried = [c for c in COMPONENTS if _has_part(c, profile, base, catalogue, several)]
    found: list[Ablated] = []
    whole: _Gains | None = None
    for number, component in enumerate([Component(WHOLE), *tried]):
        without = msgspec.structs.replace(profile, **component.profile)
        changed: dict[str, Any] = component.settings
        done = replays(
            batches, catalogue, span, without, replace(base, **changed),
            lambda n, size, k=number: progress(k * size + n, (len(tried) + 1) * size),  # type: ignore[misc]
        )  # fmt: skip
        gains = _gains_of(done)
        whole = whole or gains
        found.append(_compared(component.name, gains, whole))
    return found


@dataclass(frozen=True, slots=True)
class _Gains:
    """Terms of each prediction in the means, and the rates."""

    visit: NDArray[np.int64]
    hour: NDArray[np.int64]
    nexts: dict[str, NDArray[np.float64]]
    lasts: dict[str, NDArray[np.float64]]
    rates: dict[str, float]

    def measures(self) -> dict[str, float]:
        """All means and rates."""
        nexts = {name: _mean(gain) for name, gain in self.nexts.items()}
        lasts = {name: mean_over(self.hour, gain) for name, gain in self.lasts.items()}
        return {**nexts, **lasts, **self.rates}


def _has_part(
    component: Component,
    profile: Profile,
    settings: EngineSettings,
    catalogue: Catalogue,
    several: bool,
) -> bool:
    """Whether switching a component off can change anything."""
    if component.needs == "cards" and not catalogue.editions():
        return False
    if component.needs == "editions" and not several:
        return False
    differs = any(getattr(profile, name) != value for name, value in component.profile.items())
    return differs or any(getattr(settings, n) != v for n, v in component.settings.items())


def _gains_of(done: Replays) -> _Gains:
    plain, places = done.plain, done.plain.answers.place
    chosen, hour = last_clicks(done.moved)
    nexts = {
        f"{name} {measure}": next_gains(places[:, which])[measure]
        for which, name in enumerate(predicted_lists())
        for measure in NEXT
    }
    last = last_gains(done.moved.answers.place[chosen, FOR_YOU])
    lasts = {f"last_item {measure}": gain for measure, gain in last.items()}
    rates = {f"popular {name}": rate for name, rate in changes_of(plain).a_minute().items()}
    return _Gains(_visits(plain), hour, nexts, lasts, rates)


def _compared(name: str, gains: _Gains, whole: _Gains) -> Ablated:
    measures, before = gains.measures(), whole.measures()
    effects = {measure: value - before[measure] for measure, value in measures.items()}
    if gains is whole:
        return Ablated(name, measures, effects, {})
    nexts, lasts = (
        np.stack([gain - old[measure] for measure, gain in new.items()], axis=1)
        for new, old in ((gains.nexts, whole.nexts), (gains.lasts, whole.lasts))
    )
    found = [*mean_intervals(nexts, gains.visit), *hourly_intervals(lasts, gains.hour)]
    return Ablated(
        name, measures, effects, dict(zip([*gains.nexts, *gains.lasts], found, strict=True))
    )


def _visits(replay: Replay) -> NDArray[np.int64]:
    return replay.visits.first[replay.plan.asked]


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else 0.0
