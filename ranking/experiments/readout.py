"""Readout: the results of an experiment at a moment, from its evidence alone.

Every figure follows from plan, sums and looks by a fixed order of operations, so a recomputation
gives the same digits. Intervals and p-values are valid at every look. Several arms share alpha:
intervals by Bonferroni, p-values by Holm (1979). With a sample-ratio mismatch the verdict names no
better arm.
"""

import hashlib
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.experiments.assignment import OUTSIDE
from ranking.experiments.bucket_sums import Tallies
from ranking.experiments.confidence_sequences import (
    interval,
    log_evidence,
    mixture,
    needed_information,
    p_value,
)
from ranking.experiments.evidence import Evidence
from ranking.experiments.metrics import METRICS
from ranking.experiments.plans import ENDED, Experiment, Mode
from ranking.experiments.ratio_metrics import Effect, effect_of
from ranking.experiments.sample_ratio import dispersion, mismatch_evidence

MISMATCH = 0.01
VERDICTS = {
    "mismatch": "Sample-ratio mismatch: the results are not valid.",
    "early": "The planned weeks are not over; the intervals are valid at every look.",
    "harm": "{arm} worsens the guardrail metric {metric}.",
    "better": "{arm} is better than {control}.",
    "worse": "{control} is better than the tested arms.",
    "none": "No arm differs significantly from {control}.",
}


class Verdict(NamedTuple):
    """The decision that the data allow: one of `VERDICTS`, with its arm and metric."""

    kind: str
    arm: str = ""
    metric: str = ""


class ArmComparison(msgspec.Struct, frozen=True):
    """One arm against the control, by one metric.

    Attributes
    ----------
    arm, metric : str
    lift, low, high : float
        Relative change and its interval; -1 and infinity without an estimate.
    p : float
        Always valid; for the main metric corrected for several arms.
    progress : float
        Share of the information that the minimum detectable effect needs.
    """

    arm: str
    metric: str
    lift: float
    low: float
    high: float
    p: float
    progress: float


class Readout(msgspec.Struct, frozen=True):
    """The readout of an experiment at one moment.

    Attributes
    ----------
    rates : dict
        Each metric of each arm; None without data.
    main, guardrails, others : list of ArmComparison
    mismatch : float
        p-value of the sample-ratio test.
    visits : dict
        By arm.
    slots : dict
        Click-through rate at each position, by arm.
    catalogue : dict
        Approximate share of the articles with an impression that had one in each arm.
    verdict : str
    sums : str
        SHA-256 of the sums by bucket.
    left_out : float
        Share of the experiment's events whose arm is not their bucket's. Only `slots` and
        `catalogue` include them.
    """

    rates: dict[str, dict[str, float | None]]
    main: list[ArmComparison]
    guardrails: list[ArmComparison]
    others: list[ArmComparison]
    mismatch: float
    visits: dict[str, int]
    slots: dict[str, list[float | None]]
    catalogue: dict[str, float]
    verdict: str
    sums: str
    left_out: float = 0.0


class Ratio(NamedTuple):
    """Sums of a metric, each (n_phases, n_arms, BUCKETS) int64."""

    over: NDArray[np.int64]
    under: NDArray[np.int64]


def ratio_of(experiment: Experiment, tallies: Tallies, metric: str) -> Ratio:
    """Sums of a metric. Both arms of an interleaved list have the same impressions."""
    over, under = (tallies.column(name) for name in METRICS[metric][:2])
    if experiment.mode is Mode.INTERLEAVE:
        under = np.repeat(under.sum(axis=1, keepdims=True), under.shape[1], axis=1)
    return Ratio(over, under)


def effects_of(experiment: Experiment, tallies: Tallies, metric: str) -> list[Effect]:
    """Effect of each arm but the control."""
    ratio = ratio_of(experiment, tallies, metric)
    return [effect_of(*ratio, arm, 0) for arm in range(1, len(experiment.arms))]


def readout(evidence: Evidence) -> Readout:
    """Compute the readout.

    Parameters
    ----------
    evidence : Evidence

    Raises
    ------
    ExperimentError, TalliesError
        If plan or sums are invalid.
    """
    experiment, (tallies, left_out) = evidence.experiment, evidence.assigned()
    shown = ["click_through"] if experiment.mode is Mode.INTERLEAVE else list(METRICS)
    guards = [name for name in experiment.guardrails if name in shown and name != experiment.metric]
    others = [name for name in shown if name != experiment.metric and name not in guards]
    main = _corrected(
        _compared(experiment, tallies, experiment.metric, len(experiment.arms) - 1, evidence)
    )
    guarded = [
        one
        for name in guards
        for one in _compared(experiment, tallies, name, len(guards) * (len(experiment.arms) - 1))
    ]
    mismatch = mismatch_of(experiment, tallies)
    return Readout(
        {name: _rates(experiment, ratio_of(experiment, tallies, name)) for name in shown},
        main,
        guarded,
        [one for name in others for one in _compared(experiment, tallies, name, 1)],
        mismatch,
        dict(
            zip(experiment.names, tallies.column("visits").sum(axis=(0, 2)).tolist(), strict=True)
        ),
        _slots(experiment, tallies),
        _catalogue(experiment, evidence.catalogue),
        _text(verdict_of(experiment, main, guarded, mismatch, evidence.at), experiment.names[0]),
        hashlib.sha256(evidence.sums.encode()).hexdigest(),
        left_out,
    )


def mismatch_of(experiment: Experiment, tallies: Tallies) -> float:
    """p-value of the sample ratio over all phases."""
    if experiment.mode is Mode.INTERLEAVE:
        return 1.0
    evidence, visitors = 0.0, tallies.column("visitors")
    for number in range(len(experiment.phases)):
        arm = experiment.assigned(number)
        buckets = np.bincount(arm[arm != OUTSIDE], minlength=len(experiment.arms))
        if buckets.min() > 0:
            counts = visitors[number].sum(axis=1) / dispersion(visitors[number].sum(axis=0), arm)
            evidence += float(mismatch_evidence(counts, buckets / buckets.sum()))
    return float(p_value([evidence])[-1])


def holm(p: list[float]) -> list[float]:
    """Holm's correction of p-values, in the same order.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    scaled = np.array(p)[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    found: list[float] = corrected.tolist()
    return found


def _compared(
    experiment: Experiment,
    tallies: Tallies,
    metric: str,
    share: int,
    evidence: Evidence | None = None,
) -> list[ArmComparison]:
    alpha = experiment.alpha / share
    needed = needed_information(np.log1p(experiment.effect), alpha, experiment.power)
    rho, found = mixture(needed, alpha), []
    for place, effect in enumerate(effects_of(experiment, tallies, metric)):
        looks = [look.effects[place] for look in evidence.looks] if evidence else []
        path = np.array([*looks, tuple(effect)])
        low, high = interval(effect.effect, effect.information, rho, alpha, effect.freedom)
        found.append(
            ArmComparison(
                experiment.names[place + 1], metric, effect.lift, float(low), float(high),
                float(p_value(log_evidence(path[:, 0], path[:, 1], rho, path[:, 2]))[-1]),
                effect.information / needed,
            )
        )  # fmt: skip
    return found


def _corrected(compared: list[ArmComparison]) -> list[ArmComparison]:
    corrected = holm([one.p for one in compared])
    return [msgspec.structs.replace(one, p=p) for one, p in zip(compared, corrected, strict=True)]


def _rates(experiment: Experiment, ratio: Ratio) -> dict[str, float | None]:
    over, under = (sums.sum(axis=(0, 2)).tolist() for sums in ratio)
    return {
        name: above / below if below else None
        for name, above, below in zip(experiment.names, over, under, strict=True)
    }


def _slots(experiment: Experiment, tallies: Tallies) -> dict[str, list[float | None]]:
    sums = tallies.slots.sum(axis=0).tolist()
    return {
        name: [clicks / shown if shown else None for shown, clicks in row]
        for name, row in zip(experiment.names, sums, strict=True)
    }


def _catalogue(experiment: Experiment, seen: dict[str, int]) -> dict[str, float]:
    together = seen.get("", 0)
    if experiment.mode is Mode.INTERLEAVE or not together:
        return {}
    return {name: min(seen.get(name, 0) / together, 1.0) for name in experiment.names}


def verdict_of(
    experiment: Experiment,
    main: list[ArmComparison],
    guarded: list[ArmComparison],
    mismatch: float,
    at: float,
) -> Verdict:
    """The first verdict that applies: sample ratio, duration, guardrails, main metric."""
    if mismatch < MISMATCH:
        return Verdict("mismatch")
    if at < experiment.end and experiment.status not in ENDED:
        return Verdict("early")
    for one in guarded:
        harm = one.high if METRICS[one.metric].sign > 0 else -one.low
        if harm < 0.0:
            return Verdict("harm", one.arm, one.metric)
    sign = METRICS[experiment.metric].sign
    better = [one for one in main if one.p <= experiment.alpha and one.lift * sign > 0.0]
    if better:
        best = max(better, key=lambda one: one.lift * sign)
        return Verdict("better", best.arm)
    is_worse = any(one.p <= experiment.alpha for one in main)
    return Verdict("worse" if is_worse else "none")


def _text(verdict: Verdict, control: str) -> str:
    metric = METRICS[verdict.metric].text if verdict.metric else ""
    return VERDICTS[verdict.kind].format(control=control, arm=verdict.arm, metric=metric)
