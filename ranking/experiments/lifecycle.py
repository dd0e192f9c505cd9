"""Lifecycle: the allowed transitions of an experiment, and which experiments exclude each other.

A plan is fixed at the start. While an experiment runs, only new phases, a new status and, at the
end, a winner are allowed. Every reader of the settings log applies these rules at the time of the
record. So all readers agree on which of two concurrent starts was first.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ranking.engine.quotation import quoted
from ranking.experiments.plans import (
    Experiment,
    Mode,
    NotAllowedError,
    Published,
    Status,
    changes_of,
)

LATE = 60.0
"""Tolerance in seconds for a start or phase in the past."""
FOLLOWS = {
    Status.DRAFT: (Status.DRAFT, Status.RUNNING),
    Status.RUNNING: (Status.RUNNING, Status.FROZEN, Status.STOPPED),
    Status.FROZEN: (Status.RUNNING, Status.STOPPED),
    Status.STOPPED: (Status.DECIDED,),
    Status.DECIDED: (),
}
FIXED = tuple(
    name for name in Experiment.__struct_fields__ if name not in ("phases", "status", "winner")
)
STARTED = (Status.RUNNING, Status.FROZEN)


def check(
    name: str, new: Experiment, others: Mapping[str, Experiment], published: Published, at: float
) -> None:
    """Check a version of an experiment against the one before it and against all others.

    Parameters
    ----------
    name : str
    new : Experiment
    others : mapping of str to Experiment
        All current experiments, including the previous version.
    published : callable
        Profiles of a scope by version.
    at : float
        Time of the decision; wall clock, seconds.

    Raises
    ------
    ExperimentError
        With the field, the rule and the value; `NotAllowedError` if it may be allowed later.
    """
    old = others.get(name)
    for arm in new.arms:
        if not arm.holdout:
            changes_of(new, arm, published)
    _check_status(name, old, new)
    if old is not None and old.status is not Status.DRAFT:
        _check_fixed(name, old, new)
    if new.status in STARTED:
        _check_moments(old, new, at)
        for other_name, other in others.items():
            if other_name != name and other.status in STARTED:
                _check_exclusion(name, new, other_name, other, published)


def check_removal(name: str, old: Experiment | None) -> None:
    """Check that an experiment may be removed: it is not running.

    Raises
    ------
    NotAllowedError
    """
    if old is not None and old.status in STARTED:
        message = f"status of {name!r} must not be {old.status.value} to remove it; stop it first"
        raise NotAllowedError(message)


def check_name(name: str, others: Mapping[str, Experiment], bodies: Iterable[Any]) -> None:
    """Check that the name was never used by a started experiment: its events may still arrive.

    Parameters
    ----------
    name : str
    others : mapping of str to Experiment
        All current experiments.
    bodies : iterable of dict or None
        All versions of the name in the log.

    Raises
    ------
    NotAllowedError
    """
    if name in others:
        return
    if any(body and body.get("status") != Status.DRAFT.value for body in bodies):
        message = f"name must be new, since {name!r} was started before; choose another"
        raise NotAllowedError(message)


def _check_status(name: str, old: Experiment | None, new: Experiment) -> None:
    was, is_ = old.status if old else Status.DRAFT, new.status
    if is_ in FOLLOWS[was]:
        return
    if is_ is was:
        message = (
            f"{name!r} must be {_before(is_)} to become {is_.value}, it is already {is_.value}"
        )
    else:
        message = f"{name!r} must be {_before(is_)} to become {is_.value}, it is {was.value}"
    raise NotAllowedError(message)


def _before(status: Status) -> str:
    return " or ".join(was.value for was, follow in FOLLOWS.items() if status in follow)


def _check_fixed(name: str, old: Experiment, new: Experiment) -> None:
    for field in FIXED:
        was, is_ = getattr(old, field), getattr(new, field)
        if was != is_:
            message = (
                f"{field} of {name!r} must stay as fixed before the start,"
                f" {quoted(was)}, got {quoted(is_)}; stop it and start another"
            )
            raise NotAllowedError(message)
    if new.phases[: len(old.phases)] != old.phases:
        message = (
            f"phases of {name!r} must stay as they are; to change shares of a running experiment,"
            " add a phase at the end"
        )
        raise NotAllowedError(message)
    if new.status is not Status.RUNNING and len(new.phases) > len(old.phases):
        message = f"phases of {name!r} must be added while it runs, it becomes {new.status.value}"
        raise NotAllowedError(message)


def _check_moments(old: Experiment | None, new: Experiment, at: float) -> None:
    known = len(old.phases) if old and old.status is not Status.DRAFT else 0
    for number, phase in enumerate(new.phases[known:], known):
        if phase.at < at - LATE:
            what = "start" if number == 0 else f"phase {number}"
            message = f"{what} must not be in the past, got {phase.at}, {at - phase.at:.0f} s ago"
            raise NotAllowedError(message)
        if phase.at >= new.end:
            message = f"phase {number} must start within the {new.weeks} weeks, got {phase.at}"
            raise NotAllowedError(message)


def _check_exclusion(
    name: str, new: Experiment, other_name: str, other: Experiment, published: Published
) -> None:
    if not _share_lists(new, other):
        return
    if new.layer == other.layer:
        if _overlap(new, other):
            message = (
                f"{name!r} must not overlap {other_name!r} in layer {new.layer!r}: both are on"
                f" {new.scope} and {other.scope}, with the positions {_span(new)} and"
                f" {_span(other)}; stop one, or choose another offset"
            )
            raise NotAllowedError(message)
        return
    if new.tries_nothing or other.tries_nothing:
        return
    if Mode.INTERLEAVE in (new.mode, other.mode):
        message = (
            f"{name!r} must not be interleaved on the lists of {other_name!r},"
            f" of layer {other.layer!r}"
        )
        raise NotAllowedError(message)
    if both := varied(new, published) & varied(other, published):
        message = (
            f"{name!r} must not vary {', '.join(sorted(both))}, which {other_name!r} of layer"
            f" {other.layer!r} varies on the same lists"
        )
        raise NotAllowedError(message)


def _share_lists(one: Experiment, other: Experiment) -> bool:
    pairs = zip(
        (one.edition, one.section, one.surface),
        (other.edition, other.section, other.surface), strict=True,
    )  # fmt: skip
    return all(not a or not b or a == b for a, b in pairs)


def _overlap(one: Experiment, other: Experiment) -> bool:
    return one.offset < other.offset + other.traffic and other.offset < one.offset + one.traffic


def _span(experiment: Experiment) -> str:
    return f"{experiment.offset} to {experiment.offset + experiment.traffic}"


def varied(experiment: Experiment, published: Published) -> set[str]:
    """Parameters in which the arms of an experiment differ."""
    sets = [
        dict(changes_of(experiment, arm, published)) for arm in experiment.arms if not arm.holdout
    ]
    named = {name for each in sets for name in each}
    return {name for name in named if any(each.get(name) != sets[0].get(name) for each in sets)}
