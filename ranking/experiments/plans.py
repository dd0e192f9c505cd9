"""Plans: treatments, lists, audience and primary metric of an experiment.

An arm is a complete set of the scope's own parameters: given in place (`set`), or as a published
version of the scope (`version`, 0 = before the first). A hold-out arm shows no list (`holdout`).
The first arm is the control. If all sets are empty, all arms have the live lists: an A/A test,
which may run together with any other experiment. Shares and traffic are in thousandths, as in the
browser. `lifecycle` checks the transitions.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ranking.engine.batch import BUCKETS
from ranking.engine.experiment_labels import label_of
from ranking.engine.quotation import quoted
from ranking.experiments.assignment import arms_of
from ranking.experiments.metrics import METRICS
from ranking.profiles.profile import ProfileError, profile_from
from ranking.profiles.scopes import Changes, Scope
from ranking.settings_log.body_validation import checked

DAY = 86_400.0
Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}\Z")]
Thousandths = Annotated[int, Meta(ge=1, le=BUCKETS)]
Published = Callable[[Scope], Mapping[int, Changes]]
"""Changes of a scope by the version that published them."""


class ExperimentError(ValueError):
    """An experiment breaks a rule: the operator's fault."""


class NotAllowedError(ExperimentError):
    """A valid experiment, but not allowed at present."""


class Mode(Enum):
    """Mode of comparison: each reader sees one list, or both interleaved."""

    SPLIT = "split"
    INTERLEAVE = "interleave"


class Status(Enum):
    """Status of an experiment."""

    DRAFT = "draft"
    RUNNING = "running"
    FROZEN = "frozen"
    STOPPED = "stopped"
    DECIDED = "decided"


ENDED = (Status.STOPPED, Status.DECIDED)
"""No reader sees these experiments, and nothing is counted."""


class Arm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One way to make the lists, by exactly one of `set`, `version` and `holdout`."""

    name: Name
    set: dict[str, Any] | None = None
    version: Annotated[int, Meta(ge=0)] | None = None
    holdout: bool = False


class Phase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares from a moment on. Rising traffic from phase to phase is a ramp.

    Attributes
    ----------
    at : float
        Wall clock, seconds.
    traffic : int
        Thousandths of the readers that take part.
    shares : list of int
        Share of each arm among them, in thousandths; together 1000.
    """

    at: Annotated[float, Meta(ge=0)]
    traffic: Thousandths
    shares: list[Thousandths]


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One experiment, as in the settings log.

    Attributes
    ----------
    arms : list of Arm
        The control first.
    phases : list of Phase
        In order of time; the first is the start.
    salt : str
        Salt of the assignment.
    edition, section, surface : str
        Its scope; empty = all.
    layer : str
        Experiments of one layer never share a reader and a list.
    offset : int
        Its first position in the layer.
    mode : Mode
    metric : str
        Primary metric, of `METRICS`.
    effect : float
        Minimum detectable effect, as a relative change.
    weeks : int
        Duration in whole weeks.
    alpha, power : float
    guardrails : tuple of str
        Metrics that must not get worse.
    status : Status
    winner : str
        The winning arm, if decided.
    """

    arms: Annotated[list[Arm], Meta(min_length=2, max_length=8)]
    phases: Annotated[list[Phase], Meta(min_length=1, max_length=32)]
    salt: Annotated[str, Meta(min_length=1, max_length=64)]
    edition: str = ""
    section: str = ""
    surface: str = ""
    layer: Name = "lists"
    offset: Annotated[int, Meta(ge=0, lt=BUCKETS)] = 0
    mode: Mode = Mode.SPLIT
    metric: str = "clicks_per_visit"
    effect: Annotated[float, Meta(gt=0, le=10)] = 0.05
    weeks: Annotated[int, Meta(ge=1, le=52)] = 2
    alpha: Annotated[float, Meta(gt=0, le=0.2)] = 0.05
    power: Annotated[float, Meta(gt=0, lt=1)] = 0.8
    guardrails: tuple[str, ...] = ("reads_per_view", "time_per_view", "bounce")
    status: Status = Status.DRAFT
    winner: str = ""

    @property
    def scope(self) -> Scope:
        """The lists of the experiment."""
        return Scope(self.edition, self.section, self.surface)

    @property
    def names(self) -> list[str]:
        """Names of the arms."""
        return [arm.name for arm in self.arms]

    @property
    def tries_nothing(self) -> bool:
        """Whether all arms are empty sets: an A/A test."""
        return all(arm.set == {} for arm in self.arms)

    @property
    def start(self) -> float:
        """Wall clock, seconds."""
        return self.phases[0].at

    @property
    def end(self) -> float:
        """End of the planned weeks; wall clock, seconds."""
        return self.start + self.weeks * 7 * DAY

    @property
    def traffic(self) -> int:
        """The largest traffic of its phases, in thousandths."""
        return max(phase.traffic for phase in self.phases)

    def assigned(self, phase: int) -> NDArray[np.int64]:
        """Arm of each bucket in a phase, see `assignment.arms_of`."""
        cut = self.phases[phase]
        return arms_of(self.layer, self.salt, cut.shares, cut.traffic, self.offset)

    def phase_at(self, now: float) -> int:
        """Number of the phase at a moment, -1 before the start."""
        return sum(phase.at <= now for phase in self.phases) - 1

    def label_at(self, name: str, now: float) -> str:
        """Label of the experiment's events at a moment; empty if it is not counted."""
        return label_of(name, self.phase_at(now)) if self.is_counted(now) else ""

    def is_live(self, now: float) -> bool:
        """Whether readers see its arms."""
        return self.status in (Status.RUNNING, Status.FROZEN) and self.start <= now

    def is_counted(self, now: float) -> bool:
        """Whether its events are counted."""
        return self.status is Status.RUNNING and self.start <= now


def experiment_of(body: dict[str, Any]) -> Experiment:
    """Parse an experiment and check its own rules.

    Raises
    ------
    ExperimentError
        With the field, the rule and the value.

    Examples
    --------
    >>> experiment_of({"arms": [{"name": "a", "set": {}}], "phases": [], "salt": "s"})
    Traceback (most recent call last):
        ...
    ranking.experiments.plans.ExperimentError: arms: Expected `array` of length >= 2
    """
    experiment = checked(body, Experiment, ExperimentError)
    for fault in (*_arm_faults(experiment), *_faults(experiment), *_phase_faults(experiment)):
        raise ExperimentError(fault)
    return experiment


def changes_of(experiment: Experiment, arm: Arm, published: Published) -> Changes:
    """The scope's own parameters under an arm.

    Raises
    ------
    ExperimentError
        If its parameters break their rules.
    NotAllowedError
        If its version was never published.
    """
    if arm.version is None:
        try:
            profile_from(dict(arm.set or {}))
        except ProfileError as error:
            message = f"arm {arm.name!r}: {error}"
            raise ExperimentError(message) from error
        return arm.set or {}
    known = {0: {}, **published(experiment.scope)}
    if arm.version not in known:
        message = (
            f"arm {arm.name!r}: version must be one of the profile of {experiment.scope}"
            f" (0 to {max(known)}), got {arm.version}; no such profile exists"
        )
        raise NotAllowedError(message)
    return known[arm.version]


def _arm_faults(experiment: Experiment) -> list[str]:
    faults = []
    for arm in experiment.arms:
        given = (arm.set is not None) + (arm.version is not None) + arm.holdout
        if given != 1:
            faults.append(
                f"arm {arm.name!r} must have one of set, version and holdout, got {given}"
            )
    if len(set(experiment.names)) < len(experiment.names):
        faults.append(f"arms must have names of their own, got {', '.join(experiment.names)}")
    if experiment.mode is Mode.INTERLEAVE and (
        len(experiment.arms) != 2 or any(a.holdout for a in experiment.arms)
    ):
        faults.append("mode interleave must have two arms, both with lists")
    if experiment.mode is Mode.INTERLEAVE and experiment.metric != "click_through":
        faults.append(f"metric of mode interleave must be click_through, got {experiment.metric!r}")
    if experiment.metric == "click_through" and any(arm.holdout for arm in experiment.arms):
        faults.append("metric click_through must have lists in all arms, and none is a hold-out")
    return faults


def _faults(experiment: Experiment) -> list[str]:
    faults = [
        f"{field} must be one of {', '.join(METRICS)}, got {name!r}"
        for field, names in (("metric", [experiment.metric]), ("guardrails", experiment.guardrails))
        for name in names
        if name not in METRICS
    ]
    if (experiment.status is Status.DECIDED) != (experiment.winner in experiment.names):
        faults.append(
            f"winner must be one of {', '.join(experiment.names)} once decided and empty before,"
            f" got {experiment.winner!r}"
        )
    if experiment.offset + experiment.traffic > BUCKETS:
        faults.append(
            f"offset and traffic must be together at most {BUCKETS},"
            f" got {experiment.offset} and {experiment.traffic}"
        )
    return faults


def _phase_faults(experiment: Experiment) -> list[str]:
    moments = [phase.at for phase in experiment.phases]
    if sorted(set(moments)) != moments:
        return [f"phases must be in the order of at, got {quoted(moments)}"]
    for number, phase in enumerate(experiment.phases):
        if len(phase.shares) != len(experiment.arms) or sum(phase.shares) != BUCKETS:
            return [
                f"shares of phase {number} must be one an arm and together {BUCKETS},"
                f" got {phase.shares}"
            ]
    return []
