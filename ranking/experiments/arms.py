"""Arms: the profile of a list for the readers of an arm.

A request names `arm=EXPERIMENT:ARM`; several layers, `arm=calm:b,wide:a`; an interleaved
experiment, `arm=EXPERIMENT:DRAWING` (0 to 15). All readers of an arm send the same text, so caches
can store each list by its address. If two experiments set a parameter at one scope, the one whose
arms differ in it decides. If neither differs in it, any experiment that sets it decides.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from ranking.engine.experiment_labels import MOST
from ranking.experiments.interleaving import DRAWINGS
from ranking.experiments.lifecycle import varied
from ranking.experiments.plans import (
    Arm,
    Experiment,
    ExperimentError,
    Mode,
    Published,
    changes_of,
)
from ranking.profiles.profile import Profile
from ranking.profiles.scopes import Profiles, Scope

Where = tuple[str, str, str]
"""Edition, surface and section."""


class Listed(NamedTuple):
    """The profile of a list for the readers of an arm.

    Attributes
    ----------
    experiment, arm : str
        Labels and arms of the answer, joined by commas; for a drawing, its number.
    name : str
        Name of the profile, as requested.
    profiles : tuple of Profile
        One; two for an interleaved list; none for a hold-out.
    teams : tuple of str
        Arms of the two.
    drawing : int
        Number of the drawing, for two profiles.
    """

    experiment: str
    arm: str
    name: str
    profiles: tuple[Profile, ...]
    teams: tuple[str, ...] = ()
    drawing: int = 0


class _Part(NamedTuple):
    """One requested experiment with its arm."""

    name: str
    experiment: Experiment
    arm: str

    @property
    def chosen(self) -> Arm:
        (found,) = (arm for arm in self.experiment.arms if arm.name == self.arm)
        return found


def listed(
    asked: str, experiments: Mapping[str, Experiment], live: Profiles, published: Published,
    where: Where, now: float,
) -> Listed | None:  # fmt: skip
    """Find the profile of a list for the readers of an arm.

    Parameters
    ----------
    asked : str
        `EXPERIMENT:ARM`, or several of different layers with commas between.
    experiments : mapping of str to Experiment
    live : Profiles
    published : callable
        See `plans.changes_of`.
    where : tuple of str
        Edition, surface and section of the list.
    now : float
        Wall clock, seconds.

    Returns
    -------
    Listed or None
        None if no experiment is live at `now`; readers then get the live list.

    Raises
    ------
    ExperimentError
        If an experiment or arm is unknown, does not cover this list, or excludes another
        one of the request.
    """
    parts = _parts(asked, experiments, where)
    parts = [part for part in parts if part.experiment.is_live(now)]
    if not parts:
        return None
    counted = [part for part in parts if part.experiment.is_counted(now)]
    labels = ",".join(part.experiment.label_at(part.name, now) for part in counted)
    arms = ",".join(part.arm for part in counted)
    name = ",".join(f"{part.name}:{part.arm}" for part in parts)
    first = parts[0]
    if first.experiment.mode is Mode.INTERLEAVE:
        both = tuple(
            _profile([first._replace(arm=team)], live, published, where)
            for team in first.experiment.names
        )
        return Listed(labels, arms, name, both, tuple(first.experiment.names), int(first.arm))
    if any(part.chosen.holdout for part in parts):
        return Listed(labels, arms, name, ())
    return Listed(labels, arms, name, (_profile(parts, live, published, where),))


def has_own_lists(experiment: Experiment, live: Profiles, published: Published) -> bool:
    """Whether any arm has other lists than the live ones; never so for an A/A test."""
    own = live.changes.get(experiment.scope, {})
    return not experiment.tries_nothing and any(
        arm.holdout or changes_of(experiment, arm, published) != own for arm in experiment.arms
    )


def _parts(asked: str, experiments: Mapping[str, Experiment], where: Where) -> list[_Part]:
    """Parse the requested arms, ordered by name."""
    texts = sorted(asked.split(","))
    if len(texts) > MOST:
        message = f"arm must name at most {MOST} experiments, got {len(texts)}"
        raise ExperimentError(message)
    parts = [_part(text, experiments, where) for text in texts]
    layers: dict[str, str] = {}
    for part in parts:
        if part.experiment.mode is Mode.INTERLEAVE and len(parts) > 1:
            message = f"{part.name!r} must be requested alone, since it is interleaved"
            raise ExperimentError(message)
        if part.experiment.layer in layers:
            message = (
                "arm must be of one experiment per layer,"
                f" got {layers[part.experiment.layer]!r} and {part.name!r}"
                f" of layer {part.experiment.layer!r}"
            )
            raise ExperimentError(message)
        layers[part.experiment.layer] = part.name
    return parts


def _part(asked: str, experiments: Mapping[str, Experiment], where: Where) -> _Part:
    name, mark, arm = asked.partition(":")
    if name not in experiments or not mark:
        message = f"arm must be EXPERIMENT:ARM of a known experiment, got {asked[:80]!r}"
        raise ExperimentError(message)
    experiment = experiments[name]
    edition, surface, section = where
    if not experiment.scope.covers(edition, section, surface):
        message = (
            f"arm of {name!r} must be requested on lists of {experiment.scope}, got {asked[:80]!r}"
        )
        raise ExperimentError(message)
    if experiment.mode is Mode.INTERLEAVE:
        return _Part(name, experiment, str(_drawing(name, arm)))
    if arm not in experiment.names:
        message = f"arm of {name!r} must be one of {', '.join(experiment.names)}, got {arm[:40]!r}"
        raise ExperimentError(message)
    return _Part(name, experiment, arm)


def _profile(parts: list[_Part], live: Profiles, published: Published, where: Where) -> Profile:
    by_scope: dict[Scope, list[_Part]] = defaultdict(list)
    for part in parts:
        if not part.experiment.tries_nothing:
            by_scope[part.experiment.scope].append(part)
    for scope, some in by_scope.items():
        live = live.with_changes(scope, _merged(some, published))
    name = ",".join(f"{part.name}:{part.arm}" for part in parts)
    return msgspec.structs.replace(live.of(*where), name=name)


def _merged(parts: list[_Part], published: Published) -> dict[str, Any]:
    """The parameters that the experiments' scope sets under their arms."""
    changes = [dict(changes_of(part.experiment, part.chosen, published)) for part in parts]
    merged = {name: value for each in changes for name, value in each.items()}
    for part, each in zip(parts, changes, strict=True):
        for name in varied(part.experiment, published):
            merged.pop(name, None)
            if name in each:
                merged[name] = each[name]
    return merged


def _drawing(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < DRAWINGS:
        return int(text)
    message = f"arm of {name!r} must be a drawing from 0 to {DRAWINGS - 1}, got {text[:40]!r}"
    raise ExperimentError(message)
