"""Arms: what a list is made under for the readers of one arm.

A list is asked for by `arm=EXPERIMENT:ARM`, of an interleaved experiment by
`arm=EXPERIMENT:DRAWING` (0 to 15): few names, the same for all readers of an arm, so that caches
may keep each list by its address.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from ranking.experiments.interleaving import DRAWINGS
from ranking.experiments.plans import (
    Arm,
    Experiment,
    ExperimentError,
    Mode,
    Published,
    changes_of,
)
from ranking.lists.profile import Profile
from ranking.lists.profiles import Profiles


class Listed(NamedTuple):
    """How a list is made for who is in an arm.

    Attributes
    ----------
    experiment, arm : str
        What the answer carries; of a drawing its number.
    profiles : tuple of Profile
        One; two that are drafted into one list; none where there is no list.
    drawing : int
        Of two.
    """

    experiment: str
    arm: str
    profiles: tuple[Profile, ...]
    drawing: int = 0


def listed(
    asked: str, experiments: Mapping[str, Experiment], live: Profiles, published: Published,
    where: tuple[str, str, str],
) -> Listed:  # fmt: skip
    """Tell how a list is made for who is in an arm.

    Parameters
    ----------
    asked : str
        `EXPERIMENT:ARM`.
    experiments : mapping of str to Experiment
    live : Profiles
    published : callable
        See `plans.changes_of`.
    where : tuple of str
        Edition, surface and section of the list.

    Raises
    ------
    ExperimentError
        If there is no such experiment or arm, or it is not about this list.
    """
    name, mark, arm = asked.partition(":")
    if name not in experiments or not mark:
        message = f"arm must be EXPERIMENT:ARM of an experiment that is known, got {asked[:80]!r}"
        raise ExperimentError(message)
    its = experiments[name]
    edition, surface, section = where
    if not its.scope.covers(edition, section, surface):
        message = f"arm of {name!r} must be asked for on lists of {its.scope}, got {asked[:80]!r}"
        raise ExperimentError(message)
    if its.mode is Mode.INTERLEAVE:
        both = tuple(_profile(name, its, each, live, published, where) for each in its.arms)
        return Listed(name, arm, both, _drawing(name, arm))
    if arm not in its.names:
        message = f"arm of {name!r} must be one of {', '.join(its.names)}, got {arm[:40]!r}"
        raise ExperimentError(message)
    (found,) = (each for each in its.arms if each.name == arm)
    if found.holdout:
        return Listed(name, arm, ())
    return Listed(name, arm, (_profile(name, its, found, live, published, where),))


def _profile(
    name: str, its: Experiment, arm: Arm, live: Profiles, published: Published,
    where: tuple[str, str, str],
) -> Profile:  # fmt: skip
    changes = changes_of(its, arm, published)
    made = live.with_changes(its.scope, changes).of(*where)
    return msgspec.structs.replace(made, name=f"{name}:{arm.name}")


def _drawing(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < DRAWINGS:
        return int(text)
    message = f"arm of {name!r} must be a drawing from 0 to {DRAWINGS - 1}, got {text[:40]!r}"
    raise ExperimentError(message)
