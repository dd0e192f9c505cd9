"""Interim looks: when an experiment is evaluated, and what is stored of each look.

The always valid p-value is the minimum over all looks so far, so the looks are stored: often at
first, later once an hour. A readout between two looks is valid too, but is not stored.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from ranking.experiments.bucket_sums import Tallies
from ranking.experiments.evidence import Look
from ranking.experiments.plans import Experiment, NotAllowedError, Status
from ranking.experiments.readout import effects_of

SHARE, LEAST, MOST = 0.1, 60.0, 3600.0
"""The pause between looks: a share of the running time, with a minimum and maximum in seconds."""


def is_due(experiment: Experiment, looks: Sequence[Look], now: float) -> bool:
    """Whether the next look is due.

    Parameters
    ----------
    experiment : Experiment
    looks : sequence of Look
        The stored looks.
    now : float
        Wall clock, seconds.
    """
    last = looks[-1].at if looks else experiment.start
    pause = min(max(SHARE * (now - experiment.start), LEAST), MOST)
    return experiment.is_counted(now) and now - last >= pause


def look_at(experiment: Experiment, tallies: Tallies, at: float) -> Look:
    """Evaluate the main metric."""
    effects = effects_of(experiment, tallies, experiment.metric)
    return Look(at, [(one.effect, one.information, one.freedom) for one in effects])


def look_of(body: dict[str, Any], experiment: Experiment | None) -> Look:
    """Read a look of an experiment.

    Raises
    ------
    NotAllowedError
        If the experiment was removed, or has not started.
    """
    look = msgspec.convert(body, Look)
    if (
        experiment is None
        or experiment.status is Status.DRAFT
        or len(look.effects) != len(experiment.arms) - 1
    ):
        message = "a look must be of a started experiment, with an effect for each arm"
        raise NotAllowedError(message)
    return look
