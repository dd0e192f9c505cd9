"""Transitions: an experiment after a start, ramp, freeze, stop or decision.

Each makes the next version of a plan; `lifecycle` checks whether it is allowed.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from ranking.experiments.plans import Experiment, NotAllowedError, Phase, Status


def started(experiment: Experiment, at: float) -> Experiment:
    """Start at a moment; the phases of a ramp keep their distances.

    Raises
    ------
    NotAllowedError
        If it is not a draft.
    """
    _must_be(experiment, Status.DRAFT, "start")
    later = at - experiment.start
    phases = [replace(phase, at=phase.at + later) for phase in experiment.phases]
    return replace(experiment, status=Status.RUNNING, phases=phases)


def ramped(
    experiment: Experiment,
    at: float,
    traffic: int | None = None,
    shares: Sequence[int] | None = None,
) -> Experiment:
    """Add a phase from a moment on; values that are not given stay."""
    last = experiment.phases[-1]
    phase = Phase(at, traffic or last.traffic, list(shares or last.shares))
    return replace(experiment, phases=[*experiment.phases, phase])


def frozen(experiment: Experiment) -> Experiment:
    """Stop counting; readers keep their lists."""
    return replace(experiment, status=Status.FROZEN)


def resumed(experiment: Experiment) -> Experiment:
    """Resume counting.

    Raises
    ------
    NotAllowedError
        If it is not frozen.
    """
    _must_be(experiment, Status.FROZEN, "resume")
    return replace(experiment, status=Status.RUNNING)


def stopped(experiment: Experiment) -> Experiment:
    """Stop: all readers get the live lists."""
    return replace(experiment, status=Status.STOPPED)


def decided(experiment: Experiment, winner: str) -> Experiment:
    """Record the winning arm."""
    return replace(experiment, status=Status.DECIDED, winner=winner)


def _must_be(experiment: Experiment, status: Status, step: str) -> None:
    if experiment.status is not status:
        message = f"status must be {status.value} to {step}, it is {experiment.status.value}"
        raise NotAllowedError(message)
