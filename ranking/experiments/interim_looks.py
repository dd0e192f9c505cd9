"""Interim looks: when an experiment is looked at, and what is stored of each look.

A p-value that holds at every look is the least of all looks so far, so that these are written down:
often at first, when each hour tells something new, and once an hour later. Somebody who looks at a
page in between sees what is true then, and nothing is kept of it.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from ranking.experiments.bucket_sums import Tallies
from ranking.experiments.evidence import Look
from ranking.experiments.plans import Experiment, NotAllowedError, Status
from ranking.experiments.readout import effects_of

SHARE, LEAST, MOST = 0.1, 60.0, 3600.0
"""The pause is a share of the time that it runs, and so many seconds at least and at most."""


def is_due(its: Experiment, looks: Sequence[Look], now: float) -> bool:
    """Say whether the next look is due.

    Parameters
    ----------
    its : Experiment
    looks : sequence of Look
        Kept so far.
    now : float
        Wall clock, seconds.
    """
    last = looks[-1].at if looks else its.start
    pause = min(max(SHARE * (now - its.start), LEAST), MOST)
    return its.is_counted(now) and now - last >= pause


def look_at(its: Experiment, tallies: Tallies, at: float) -> Look:
    """Look at the main metric."""
    effects = effects_of(its, tallies, its.metric)
    return Look(at, [(its.effect, its.information, its.freedom) for its in effects])


def look_of(body: dict[str, Any], its: Experiment | None) -> Look:
    """Read a look of an experiment.

    Raises
    ------
    NotAllowedError
        If there is no such experiment any more, or it has not begun.
    """
    look = msgspec.convert(body, Look)
    if its is None or its.status is Status.DRAFT or len(look.effects) != len(its.arms) - 1:
        message = "a look must be at an experiment that has begun, with an effect of each arm"
        raise NotAllowedError(message)
    return look
