"""Transitions: an experiment after it was started, ramped, frozen, stopped or decided.

Each makes the next version of a plan; whether it is allowed is for `rules` to say.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from ranking.experiments.plans import Experiment, NotAllowedError, Phase, Status


def started(its: Experiment, at: float) -> Experiment:
    """Start at a moment; a ramp keeps its distances.

    Raises
    ------
    NotAllowedError
        If it was started before.
    """
    _must_be(its, Status.DRAFT, "start")
    later = at - its.start
    phases = [replace(phase, at=phase.at + later) for phase in its.phases]
    return replace(its, status=Status.RUNNING, phases=phases)


def ramped(
    its: Experiment, at: float, traffic: int | None = None, shares: Sequence[int] | None = None
) -> Experiment:
    """Go on with other shares from a moment on: a new phase, where nothing is given as before."""
    last = its.phases[-1]
    phase = Phase(at, traffic or last.traffic, list(shares or last.shares))
    return replace(its, phases=[*its.phases, phase])


def frozen(its: Experiment) -> Experiment:
    """Count no more; readers keep their lists."""
    return replace(its, status=Status.FROZEN)


def resumed(its: Experiment) -> Experiment:
    """Count again.

    Raises
    ------
    NotAllowedError
        If it is not frozen.
    """
    _must_be(its, Status.FROZEN, "resume")
    return replace(its, status=Status.RUNNING)


def stopped(its: Experiment) -> Experiment:
    """Give everybody the live lists again."""
    return replace(its, status=Status.STOPPED)


def decided(its: Experiment, winner: str) -> Experiment:
    """Name the arm that won."""
    return replace(its, status=Status.DECIDED, winner=winner)


def _must_be(its: Experiment, status: Status, step: str) -> None:
    if its.status is not status:
        message = f"status must be {status.value} to {step}, it is {its.status.value} already"
        raise NotAllowedError(message)
