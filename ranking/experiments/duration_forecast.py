"""Duration forecast: the visits that an experiment needs, and when it will have them.

The spread of visits and their number per day come from the experiment itself once it has enough
visits. Before that they come from another experiment on the same readers, such as an A/A test with
equal arms. Without any data they are a guess, marked as such.
"""

import math
from typing import NamedTuple

from ranking.experiments.bucket_sums import Tallies
from ranking.experiments.plans import DAY, Experiment, Mode
from ranking.experiments.ratio_metrics import spread_of
from ranking.experiments.readout import ratio_of
from ranking.experiments.sample_size import PlanningError, plan

ENOUGH = 1000
"""Visits of the control from which its spread is used."""
SPREAD = 10.0
"""Guess: one visit in ten has a click, and visits are independent."""
PAGES = 2.0
"""Guess: pages of a visit."""


class Habits(NamedTuple):
    """Observed behaviour of the readers of some lists.

    Attributes
    ----------
    spread : float
        See `ratio_metrics.spread_of`.
    a_day : float
        Visits per day at full traffic.
    is_rough : bool
        Whether it is a guess.
    """

    spread: float
    a_day: float
    is_rough: bool = False


class Expected(NamedTuple):
    """The sample that an experiment needs.

    Attributes
    ----------
    visits : int or None
        In all arms together; None = no plan is possible.
    days : float or None
        From its start; None = no visits come.
    is_rough : bool
    """

    visits: int | None
    days: float | None
    is_rough: bool


def guessed(views_a_day: float) -> Habits:
    """Habits without any data."""
    return Habits(SPREAD, views_a_day / PAGES, is_rough=True)


def habits_of(experiment: Experiment, tallies: Tallies, metric: str, now: float) -> Habits | None:
    """Behaviour of an experiment's readers, from the control arm in the newest phase with visits.

    Parameters
    ----------
    experiment : Experiment
    tallies : Tallies
    metric : str
    now : float
        Wall clock, seconds.

    Returns
    -------
    Habits or None
        None before there are enough visits.
    """
    visits = tallies.column("visits")
    over, under = ratio_of(experiment, tallies, metric)
    spread = spread_of(*(sums[:, 0].sum(axis=0) for sums in (over, under, visits)))
    started = [k for k, phase in enumerate(experiment.phases) if phase.at < now and visits[k].any()]
    if visits[:, 0].sum() < ENOUGH or not math.isfinite(spread) or not started:
        return None
    phase = experiment.phases[started[-1]]
    ends = [later.at for later in experiment.phases[started[-1] + 1 :]]
    passed = min([*ends, now]) - phase.at
    a_day = float(visits[started[-1]].sum()) / (passed / DAY) / (phase.traffic / 1000)
    return Habits(spread, a_day)


def expected(experiment: Experiment, habits: Habits, visits: int = 0, now: float = 0.0) -> Expected:
    """Forecast the visits and days that an experiment needs.

    Parameters
    ----------
    experiment : Experiment
    habits : Habits
    visits : int
        Visits so far.
    now : float
        Time of that count; wall clock, seconds.

    Examples
    --------
    >>> from ranking.experiments.plans import Arm, Phase
    >>> its = Experiment(
    ...     arms=[Arm(name="now", set={}), Arm(name="slow", set={"half_life": 3600})],
    ...     phases=[Phase(0.0, 500, [500, 500])], salt="s",
    ... )
    >>> needed = expected(its, Habits(10.0, 80_000.0))
    >>> needed.visits, round(needed.days, 1)
    (262988, 6.6)
    """
    phase = experiment.phases[-1]
    spread = habits.spread / 2.0 if experiment.mode is Mode.INTERLEAVE else habits.spread
    traffic = phase.traffic / 1000
    try:
        planned = plan(
            experiment.effect, spread, max(habits.a_day, 1e-9), traffic=traffic,
            shares=tuple(share / 1000 for share in phase.shares),
            alpha=experiment.alpha, power=experiment.power,
        )  # fmt: skip
    except PlanningError:
        return Expected(None, None, habits.is_rough)
    if habits.a_day <= 0.0:
        return Expected(planned.units, None, habits.is_rough)
    passed = max(now - experiment.start, 0.0) / DAY if visits else 0.0
    left = max(planned.units - visits, 0) / (habits.a_day * traffic)
    return Expected(planned.units, passed + left, habits.is_rough)
