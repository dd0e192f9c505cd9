"""Arms: what a list is made under for the readers of one arm, or of one arm in each of some layers.

A list is asked for by `arm=EXPERIMENT:ARM`, in several layers by `arm=calm:b,wide:a`, of an
interleaved experiment by `arm=EXPERIMENT:DRAWING` (0 to 15): few names, the same for all readers of
an arm, so that caches may keep each list by its address. What an experiment of another layer varies
at the same scope is its own to say; where neither varies a parameter, whoever names it has it.
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
        What the answer carries: labels and arms, joined by commas; of a drawing its number.
    name : str
        Of the profile, as it was asked for.
    profiles : tuple of Profile
        One; two that are drafted into one list; none where there is no list.
    teams : tuple of str
        Arms of the two.
    drawing : int
        Of two.
    """

    experiment: str
    arm: str
    name: str
    profiles: tuple[Profile, ...]
    teams: tuple[str, ...] = ()
    drawing: int = 0


class _Part(NamedTuple):
    """One experiment that a list is asked for by, and what was said of its arm."""

    name: str
    its: Experiment
    arm: str

    @property
    def chosen(self) -> Arm:
        (found,) = (arm for arm in self.its.arms if arm.name == self.arm)
        return found


def listed(
    asked: str, experiments: Mapping[str, Experiment], live: Profiles, published: Published,
    where: Where, now: float,
) -> Listed | None:  # fmt: skip
    """Tell how a list is made for who is in an arm.

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
        None if readers see none of the experiments any more, or not yet: the live list is theirs.

    Raises
    ------
    ExperimentError
        If there is no such experiment or arm, it is not about this list, or they do not go
        together.
    """
    parts = _parts(asked, experiments, where)
    parts = [part for part in parts if part.its.is_live(now)]
    if not parts:
        return None
    told = [part for part in parts if part.its.is_counted(now)]
    labels = ",".join(part.its.label_at(part.name, now) for part in told)
    arms = ",".join(part.arm for part in told)
    name = ",".join(f"{part.name}:{part.arm}" for part in parts)
    first = parts[0]
    if first.its.mode is Mode.INTERLEAVE:
        both = tuple(
            _profile([first._replace(arm=team)], live, published, where) for team in first.its.names
        )
        return Listed(labels, arms, name, both, tuple(first.its.names), int(first.arm))
    if any(part.chosen.holdout for part in parts):
        return Listed(labels, arms, name, ())
    return Listed(labels, arms, name, (_profile(parts, live, published, where),))


def has_own_lists(its: Experiment, live: Profiles, published: Published) -> bool:
    """Say whether any arm has other lists than the live ones; those of an A/A have not."""
    own = live.changes.get(its.scope, {})
    return not its.tries_nothing and any(
        arm.holdout or changes_of(its, arm, published) != own for arm in its.arms
    )


def _parts(asked: str, experiments: Mapping[str, Experiment], where: Where) -> list[_Part]:
    """Read what was asked for, in the order of names."""
    texts = sorted(asked.split(","))
    if len(texts) > MOST:
        message = f"arm must be of at most {MOST} experiments, got {len(texts)}"
        raise ExperimentError(message)
    parts = [_part(text, experiments, where) for text in texts]
    layers: dict[str, str] = {}
    for part in parts:
        if part.its.mode is Mode.INTERLEAVE and len(parts) > 1:
            message = f"{part.name!r} must be asked for alone, since it is interleaved"
            raise ExperimentError(message)
        if part.its.layer in layers:
            message = (
                f"arm must be of one experiment a layer, got {layers[part.its.layer]!r} and"
                f" {part.name!r} of layer {part.its.layer!r}"
            )
            raise ExperimentError(message)
        layers[part.its.layer] = part.name
    return parts


def _part(asked: str, experiments: Mapping[str, Experiment], where: Where) -> _Part:
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
        return _Part(name, its, str(_drawing(name, arm)))
    if arm not in its.names:
        message = f"arm of {name!r} must be one of {', '.join(its.names)}, got {arm[:40]!r}"
        raise ExperimentError(message)
    return _Part(name, its, arm)


def _profile(parts: list[_Part], live: Profiles, published: Published, where: Where) -> Profile:
    by_scope: dict[Scope, list[_Part]] = defaultdict(list)
    for part in parts:
        if not part.its.tries_nothing:
            by_scope[part.its.scope].append(part)
    for scope, some in by_scope.items():
        live = live.with_changes(scope, _merged(some, published))
    name = ",".join(f"{part.name}:{part.arm}" for part in parts)
    return msgspec.structs.replace(live.of(*where), name=name)


def _merged(parts: list[_Part], published: Published) -> dict[str, Any]:
    """The parameters that the experiments' scope sets under their arms."""
    changes = [dict(changes_of(part.its, part.chosen, published)) for part in parts]
    merged = {name: value for each in changes for name, value in each.items()}
    for part, each in zip(parts, changes, strict=True):
        for name in varied(part.its, published):
            merged.pop(name, None)
            if name in each:
                merged[name] = each[name]
    return merged


def _drawing(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < DRAWINGS:
        return int(text)
    message = f"arm of {name!r} must be a drawing from 0 to {DRAWINGS - 1}, got {text[:40]!r}"
    raise ExperimentError(message)
