"""Effect history: the main metric of an experiment at each look."""

from collections.abc import Sequence

import msgspec
import numpy as np

from ranking.experiments.confidence_sequences import (
    interval,
    log_evidence,
    mixture,
    needed_information,
    p_value,
)
from ranking.experiments.evidence import Look
from ranking.experiments.plans import Experiment
from ranking.experiments.readout import holm


class ArmEffect(msgspec.Struct, frozen=True):
    """One arm against the control at a look; see `readout.ArmComparison`."""

    arm: str
    lift: float
    low: float
    high: float
    p: float


class Point(msgspec.Struct, frozen=True):
    """All arms but the control at a look; `at` is the wall clock, seconds."""

    at: float
    arms: list[ArmEffect]


def path_of(experiment: Experiment, looks: Sequence[Look]) -> list[Point]:
    """Effects and intervals at each look.

    Parameters
    ----------
    experiment : Experiment
    looks : sequence of Look
        In their order.

    Examples
    --------
    >>> from ranking.experiments.plans import Arm, Phase
    >>> its = Experiment(
    ...     arms=[Arm(name="now", set={}), Arm(name="slow", set={"half_life": 3600})],
    ...     phases=[Phase(0.0, 1000, [500, 500])], salt="s",
    ... )
    >>> path = path_of(its, [Look(60.0, [(0.0, 0.0, 0.0)]), Look(120.0, [(0.1, 9e3, 400.0)])])
    >>> [(point.at, round(point.arms[0].lift, 3), round(point.arms[0].p, 6)) for point in path]
    [(60.0, 0.0, 1.0), (120.0, 0.105, 0.0)]
    """
    if not looks:
        return []
    alpha = experiment.alpha / (len(experiment.arms) - 1)
    rho = mixture(needed_information(np.log1p(experiment.effect), alpha, experiment.power), alpha)
    effect, information, freedom = np.array([look.effects for look in looks]).transpose(2, 1, 0)
    lift, (low, high) = np.expm1(effect), interval(effect, information, rho, alpha, freedom)
    p = p_value(log_evidence(effect, information, rho, freedom))
    found = []
    for number, look in enumerate(looks):
        corrected = holm(p[:, number].tolist())
        seen = [
            ArmEffect(
                arm, float(lift[k, number]), float(low[k, number]), float(high[k, number]), chance
            )
            for k, (arm, chance) in enumerate(zip(experiment.names[1:], corrected, strict=True))
        ]
        found.append(Point(look.at, seen))
    return found


def thinned(path: Sequence[Point], most: int) -> list[Point]:
    """At most `most` points of a path, with its ends.

    Examples
    --------
    >>> [point.at for point in thinned([Point(float(at), []) for at in range(100)], 4)]
    [0.0, 33.0, 66.0, 99.0]
    """
    if len(path) <= most:
        return list(path)
    places = np.linspace(0, len(path) - 1, most).round().astype(int)
    return [path[place] for place in places.tolist()]
