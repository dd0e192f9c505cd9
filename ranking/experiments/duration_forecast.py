"""Duration forecast: the visits that an experiment needs, and when it will have them.

How much visits differ and how many come a day is told by the experiment itself once it has enough
of them; before, by another that counts the same readers (the meter, arms alike); where nothing was
counted, by a guess that says of itself that it is one.
"""

import math
from typing import NamedTuple

from ranking.experiments.bucket_sums import Tallies
from ranking.experiments.plans import DAY, Experiment, Mode
from ranking.experiments.ratio_metrics import spread_of
from ranking.experiments.readout import ratio_of
from ranking.experiments.sample_size import PlanningError, plan

ENOUGH = 1000
"""Visits of the control from which it tells how much they differ."""
SPREAD = 10.0
"""Guess: one visit in ten has a click, and visits know nothing of one another."""
PAGES = 2.0
"""Guess: pages of a visit."""


class Habits(NamedTuple):
    """Observed behaviour of the readers of some lists.

    Attributes
    ----------
    spread : float
        See `ratios.spread_of`.
    a_day : float
        Visits a day, were all to take part.
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
        In all arms together; None = no plan can be made.
    days : float or None
        From its start until then; None = nobody comes.
    is_rough : bool
    """

    visits: int | None
    days: float | None
    is_rough: bool


def guessed(views_a_day: float) -> Habits:
    """Habits where nothing was counted yet."""
    return Habits(SPREAD, views_a_day / PAGES, is_rough=True)


def habits_of(its: Experiment, tallies: Tallies, metric: str, now: float) -> Habits | None:
    """Behaviour of an experiment's readers: the control arm in the newest phase with visits.

    Parameters
    ----------
    its : Experiment
    tallies : Tallies
    metric : str
    now : float
        Wall clock, seconds.

    Returns
    -------
    Habits or None
        None until there are enough visits.
    """
    visits = tallies.column("visits")
    over, under = ratio_of(its, tallies, metric)
    spread = spread_of(*(sums[:, 0].sum(axis=0) for sums in (over, under, visits)))
    begun = [k for k, phase in enumerate(its.phases) if phase.at < now and visits[k].any()]
    if visits[:, 0].sum() < ENOUGH or not math.isfinite(spread) or not begun:
        return None
    phase = its.phases[begun[-1]]
    ends = [later.at for later in its.phases[begun[-1] + 1 :]]
    passed = min([*ends, now]) - phase.at
    a_day = float(visits[begun[-1]].sum()) / (passed / DAY) / (phase.traffic / 1000)
    return Habits(spread, a_day)


def expected(its: Experiment, habits: Habits, visits: int = 0, now: float = 0.0) -> Expected:
    """Tell what an experiment needs.

    Parameters
    ----------
    its : Experiment
    habits : Habits
    visits : int
        That it has.
    now : float
        When it has them; wall clock, seconds.

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
    phase = its.phases[-1]
    spread = habits.spread / 2.0 if its.mode is Mode.INTERLEAVE else habits.spread
    traffic = phase.traffic / 1000
    try:
        planned = plan(
            its.effect, spread, max(habits.a_day, 1e-9), traffic=traffic,
            shares=tuple(share / 1000 for share in phase.shares), alpha=its.alpha, power=its.power,
        )  # fmt: skip
    except PlanningError:
        return Expected(None, None, habits.is_rough)
    if habits.a_day <= 0.0:
        return Expected(planned.units, None, habits.is_rough)
    passed = max(now - its.start, 0.0) / DAY if visits else 0.0
    left = max(planned.units - visits, 0) / (habits.a_day * traffic)
    return Expected(planned.units, passed + left, habits.is_rough)
