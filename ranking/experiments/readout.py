"""Readout: what may be said of an experiment at a moment, from its evidence and nothing else.

Every figure follows from plan, sums and looks by a fixed order of operations, so that who computes
it again has the same digits. Intervals and p-values hold at every look. Several arms share alpha:
intervals by Bonferroni, p-values by Holm (1979). Where the sizes of the arms do not fit, nothing is
said of which is better.
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
    "mismatch": "The arms are not of their sizes: something loses readers, and nothing is proven.",
    "early": "Its weeks are not over yet; what stands here holds at every look.",
    "harm": "{arm} makes {metric} worse.",
    "better": "{arm} is better than {control}.",
    "worse": "{control} is better than what was tried.",
    "none": "No arm is shown to differ from {control}.",
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
        Relative change and its interval; -1 and infinity where it is not known yet.
    p : float
        Always valid; of the main metric corrected for several arms.
    progress : float
        Share of the information that the least effect needs.
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
        Each metric of each arm; none where nothing was counted.
    main, guardrails, others : list of ArmComparison
    mismatch : float
        p-value of arms of the wrong sizes.
    visits : dict
        By arm.
    slots : dict
        Clicks by impressions at each place, by arm.
    catalogue : dict
        Of the articles that came into sight, the share that did in each arm; about.
    verdict : str
    sums : str
        SHA-256 of the sums by bucket.
    left_out : float
        Share of the experiment's events that bear another arm than the plan gives their bucket;
        they are in no figure but `slots` and `catalogue`.
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


def ratio_of(its: Experiment, tallies: Tallies, metric: str) -> Ratio:
    """Sums of a metric; of an interleaved list both arms have the same impressions."""
    over, under = (tallies.column(name) for name in METRICS[metric][:2])
    if its.mode is Mode.INTERLEAVE:
        under = np.repeat(under.sum(axis=1, keepdims=True), under.shape[1], axis=1)
    return Ratio(over, under)


def effects_of(its: Experiment, tallies: Tallies, metric: str) -> list[Effect]:
    """Effect of each arm but the control."""
    ratio = ratio_of(its, tallies, metric)
    return [effect_of(*ratio, arm, 0) for arm in range(1, len(its.arms))]


def readout(evidence: Evidence) -> Readout:
    """Read an experiment out.

    Parameters
    ----------
    evidence : Evidence

    Raises
    ------
    ExperimentError, TalliesError
        If the plan or the sums break their rules.
    """
    its, (tallies, left_out) = evidence.experiment, evidence.assigned()
    shown = ["click_through"] if its.mode is Mode.INTERLEAVE else list(METRICS)
    guards = [name for name in its.guardrails if name in shown and name != its.metric]
    others = [name for name in shown if name != its.metric and name not in guards]
    main = _corrected(_compared(its, tallies, its.metric, len(its.arms) - 1, evidence))
    guarded = [
        one
        for name in guards
        for one in _compared(its, tallies, name, len(guards) * (len(its.arms) - 1))
    ]
    mismatch = mismatch_of(its, tallies)
    return Readout(
        {name: _rates(its, ratio_of(its, tallies, name)) for name in shown},
        main,
        guarded,
        [one for name in others for one in _compared(its, tallies, name, 1)],
        mismatch,
        dict(zip(its.names, tallies.column("visits").sum(axis=(0, 2)).tolist(), strict=True)),
        _slots(its, tallies),
        _catalogue(its, evidence.catalogue),
        _text(verdict_of(its, main, guarded, mismatch, evidence.at), its.names[0]),
        hashlib.sha256(evidence.sums.encode()).hexdigest(),
        left_out,
    )


def mismatch_of(its: Experiment, tallies: Tallies) -> float:
    """p-value of readers whose arms are not of their shares, of all phases together."""
    if its.mode is Mode.INTERLEAVE:
        return 1.0
    evidence, visitors = 0.0, tallies.column("visitors")
    for number in range(len(its.phases)):
        arm = its.assigned(number)
        buckets = np.bincount(arm[arm != OUTSIDE], minlength=len(its.arms))
        if buckets.min() > 0:
            counts = visitors[number].sum(axis=1) / dispersion(visitors[number].sum(axis=0), arm)
            evidence += float(mismatch_evidence(counts, buckets / buckets.sum()))
    return float(p_value([evidence])[-1])


def holm(p: list[float]) -> list[float]:
    """Correct p-values for being several, in the same order.

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
    its: Experiment, tallies: Tallies, metric: str, share: int, evidence: Evidence | None = None
) -> list[ArmComparison]:
    alpha = its.alpha / share
    needed = needed_information(np.log1p(its.effect), alpha, its.power)
    rho, found = mixture(needed, alpha), []
    for place, effect in enumerate(effects_of(its, tallies, metric)):
        looks = [look.effects[place] for look in evidence.looks] if evidence else []
        path = np.array([*looks, tuple(effect)])
        low, high = interval(effect.effect, effect.information, rho, alpha, effect.freedom)
        found.append(
            ArmComparison(
                its.names[place + 1], metric, effect.lift, float(low), float(high),
                float(p_value(log_evidence(path[:, 0], path[:, 1], rho, path[:, 2]))[-1]),
                effect.information / needed,
            )
        )  # fmt: skip
    return found


def _corrected(compared: list[ArmComparison]) -> list[ArmComparison]:
    corrected = holm([one.p for one in compared])
    return [msgspec.structs.replace(one, p=p) for one, p in zip(compared, corrected, strict=True)]


def _rates(its: Experiment, ratio: Ratio) -> dict[str, float | None]:
    over, under = (sums.sum(axis=(0, 2)).tolist() for sums in ratio)
    return {
        name: above / below if below else None
        for name, above, below in zip(its.names, over, under, strict=True)
    }


def _slots(its: Experiment, tallies: Tallies) -> dict[str, list[float | None]]:
    sums = tallies.slots.sum(axis=0).tolist()
    return {
        name: [clicks / shown if shown else None for shown, clicks in row]
        for name, row in zip(its.names, sums, strict=True)
    }


def _catalogue(its: Experiment, seen: dict[str, int]) -> dict[str, float]:
    together = seen.get("", 0)
    if its.mode is Mode.INTERLEAVE or not together:
        return {}
    return {name: min(seen.get(name, 0) / together, 1.0) for name in its.names}


def verdict_of(
    its: Experiment,
    main: list[ArmComparison],
    guarded: list[ArmComparison],
    mismatch: float,
    at: float,
) -> Verdict:
    """The verdict, by the first that applies: soundness, duration, harm, the main metric."""
    if mismatch < MISMATCH:
        return Verdict("mismatch")
    if at < its.end and its.status not in ENDED:
        return Verdict("early")
    for one in guarded:
        harm = one.high if METRICS[one.metric].sign > 0 else -one.low
        if harm < 0.0:
            return Verdict("harm", one.arm, one.metric)
    sign = METRICS[its.metric].sign
    better = [one for one in main if one.p <= its.alpha and one.lift * sign > 0.0]
    if better:
        best = max(better, key=lambda one: one.lift * sign)
        return Verdict("better", best.arm)
    is_worse = any(one.p <= its.alpha for one in main)
    return Verdict("worse" if is_worse else "none")


def _text(verdict: Verdict, control: str) -> str:
    metric = METRICS[verdict.metric].text if verdict.metric else ""
    return VERDICTS[verdict.kind].format(control=control, arm=verdict.arm, metric=metric)
