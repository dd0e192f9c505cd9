"""Sample size: the readers, and so the days, that an effect requires.

The information of an experiment is n / (v (1/s1 + 1/s0)). Here n is the number of units, s0 and s1
are the shares of two arms, and v is the variance that one unit adds to the logarithm of the metric
(`spread_of`). A test that is valid at every look needs about half more units than a test with one
look. It usually ends well before them.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from ranking.experiments.confidence_sequences import (
    PLANNED_FREEDOM,
    half_width,
    mixture,
    needed_information,
)

WEEK = 7
LONGEST = 52
"""Weeks."""


class PlanningError(ValueError):
    """The plan is not possible: the operator's fault."""


class Planned(NamedTuple):
    """The sample that an effect needs.

    Attributes
    ----------
    information : float
    units : int
        Visits or readers that give the requested power.
    typical : int
        Units that give a power of at least one half.
    days : float
        Until `units`.
    weeks : int
        The same in whole weeks, since readers differ between days.
    """

    information: float
    units: int
    typical: int
    days: float
    weeks: int


def plan(
    effect: float, spread: float, a_day: float, *, traffic: float = 1.0,
    shares: tuple[float, ...] = (0.5, 0.5), alpha: float = 0.05, power: float = 0.8,
) -> Planned:  # fmt: skip
    """Plan an experiment.

    Parameters
    ----------
    effect : float
        Minimum detectable effect, as a relative change.
    spread : float
        See `spread_of`.
    a_day : float
        Units of the scope per day.
    traffic : float
        Share of them in the experiment.
    shares : tuple of float
        Shares of the arms, the control first; the smallest determines the size.
    alpha : float
        Divided among all arms but the control.
    power : float

    Raises
    ------
    PlanningError
        With the name, the rule and the value.

    Examples
    --------
    >>> planned = plan(0.05, spread=10.0, a_day=40_000.0)
    >>> planned.units, planned.typical, round(planned.days, 1), planned.weeks
    (262988, 165064, 6.6, 1)
    """
    _check(effect=(effect, -0.99, 100), a_day=(a_day, 0, 1e12), traffic=(traffic, 0, 1))
    _check(alpha=(alpha, 0, 0.5), power=(power, 0, 1), spread=(spread, 0, 1e12))
    if len(shares) < 2 or not math.isclose(sum(shares), 1.0) or min(shares) <= 0 or not effect:
        message = f"shares must be above 0 and together 1, effect not 0, got {shares}, {effect}"
        raise PlanningError(message)
    size, each = abs(math.log1p(effect)), alpha / (len(shares) - 1)
    information = needed_information(size, each, power)
    a_unit = 1.0 / (spread * (1.0 / shares[0] + 1.0 / min(shares[1:])))
    units = math.ceil(information / a_unit)
    typical = math.ceil(_even_odds(size, information, each) / a_unit)
    days = units / (a_day * traffic)
    return Planned(information, units, typical, days, max(1, math.ceil(days / WEEK)))


def _even_odds(size: float, information: float, alpha: float) -> float:
    rho = mixture(information, alpha)
    found = brentq(
        lambda at: float(half_width(np.exp(at), rho, alpha, PLANNED_FREEDOM)) - size,
        math.log(information) - 20.0, math.log(information),
    )  # fmt: skip
    return math.exp(found)


def _check(**asked: tuple[float, float, float]) -> None:
    for name, (value, least, most) in asked.items():
        if not least < value <= most:
            message = f"{name} must be above {least:g} and at most {most:g}, got {value:g}"
            raise PlanningError(message)
