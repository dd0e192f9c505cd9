"""Plans: what an experiment tries, on which lists, on whom, and what it will be decided by.

An arm is a whole set of changes that the experiment's scope would have of its own: given in place
(`set`), or as a version of the scope that was published once (`version`, 0 = before the first); or
no list at all (`holdout`). The first arm is the control. Where all arms are empty sets all have the
live lists, whatever is published: an A/A, which may run beside any other. Shares and traffic are in
thousandths, so that a browser cuts them alike. What may follow what is for `rules` to say.
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
    """An experiment is well said, but not allowed as things stand."""


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
"""No reader sees them any more, and nothing is counted."""


class Arm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One way to make the lists; exactly one of `set`, `version` and `holdout` is given."""

    name: Name
    set: dict[str, Any] | None = None
    version: Annotated[int, Meta(ge=0)] | None = None
    holdout: bool = False


class Phase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares that hold from a moment on; growing traffic from phase to phase is a ramp.

    Attributes
    ----------
    at : float
        Wall clock, seconds.
    traffic : int
        Thousandths of the readers that take part.
    shares : list of int
        Of each arm among them, in thousandths; together 1000.
    """

    at: Annotated[float, Meta(ge=0)]
    traffic: Thousandths
    shares: list[Thousandths]


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One experiment, as the settings log keeps it.

    Attributes
    ----------
    arms : list of Arm
        The control first.
    phases : list of Phase
        In the order of their moments; the first is the start.
    salt : str
        What the arm of a bucket is drawn with.
    edition, section, surface : str
        Its scope; empty = all.
    layer : str
        Experiments of one layer never share a reader and a list.
    offset : int
        First place in the layer that it takes.
    mode : Mode
    metric : str
        What decides, of `METRICS`.
    effect : float
        Least relative change that must be seen.
    weeks : int
        Whole weeks that it runs.
    alpha, power : float
    guardrails : tuple of str
        Metrics that must not get worse.
    status : Status
    winner : str
        Arm, once it is decided.
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
        """Which lists it is about."""
        return Scope(self.edition, self.section, self.surface)

    @property
    def names(self) -> list[str]:
        """Names of the arms."""
        return [arm.name for arm in self.arms]

    @property
    def tries_nothing(self) -> bool:
        """Say whether all arms are empty sets: an A/A, whose lists are the live ones."""
        return all(arm.set == {} for arm in self.arms)

    @property
    def start(self) -> float:
        """Wall clock, seconds."""
        return self.phases[0].at

    @property
    def end(self) -> float:
        """When its weeks are over; wall clock, seconds."""
        return self.start + self.weeks * 7 * DAY

    @property
    def traffic(self) -> int:
        """The most that it takes of its layer, in thousandths."""
        return max(phase.traffic for phase in self.phases)

    def assigned(self, phase: int) -> NDArray[np.int64]:
        """Number of the arm that a phase gives each bucket, see `assignment.arms_of`."""
        its = self.phases[phase]
        return arms_of(self.layer, self.salt, its.shares, its.traffic, self.offset)

    def phase_at(self, now: float) -> int:
        """Number of the phase that holds at a moment, -1 before the start."""
        return sum(phase.at <= now for phase in self.phases) - 1

    def label_at(self, name: str, now: float) -> str:
        """The label of an experiment's events at a moment; empty while it is not counted."""
        return label_of(name, self.phase_at(now)) if self.is_counted(now) else ""

    def is_live(self, now: float) -> bool:
        """Say whether readers see its arms."""
        return self.status in (Status.RUNNING, Status.FROZEN) and self.start <= now

    def is_counted(self, now: float) -> bool:
        """Say whether what readers do is counted."""
        return self.status is Status.RUNNING and self.start <= now


def experiment_of(body: dict[str, Any]) -> Experiment:
    """Read an experiment and check what it says by itself.

    Raises
    ------
    ExperimentError
        Naming the field, the rule and the value.

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
    """The parameters that a scope sets itself under an arm.

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


def _arm_faults(its: Experiment) -> list[str]:
    faults = []
    for arm in its.arms:
        given = (arm.set is not None) + (arm.version is not None) + arm.holdout
        if given != 1:
            faults.append(
                f"arm {arm.name!r} must have one of set, version and holdout, got {given}"
            )
    if len(set(its.names)) < len(its.names):
        faults.append(f"arms must have names of their own, got {', '.join(its.names)}")
    if its.mode is Mode.INTERLEAVE and (len(its.arms) != 2 or any(a.holdout for a in its.arms)):
        faults.append("mode interleave must have two arms, both with lists")
    if its.mode is Mode.INTERLEAVE and its.metric != "click_through":
        faults.append(f"metric of mode interleave must be click_through, got {its.metric!r}")
    if its.metric == "click_through" and any(arm.holdout for arm in its.arms):
        faults.append("metric click_through must have lists in all arms, and none is a hold-out")
    return faults


def _faults(its: Experiment) -> list[str]:
    faults = [
        f"{field} must be one of {', '.join(METRICS)}, got {name!r}"
        for field, names in (("metric", [its.metric]), ("guardrails", its.guardrails))
        for name in names
        if name not in METRICS
    ]
    if (its.status is Status.DECIDED) != (its.winner in its.names):
        faults.append(
            f"winner must be one of {', '.join(its.names)} once decided and empty before,"
            f" got {its.winner!r}"
        )
    if its.offset + its.traffic > BUCKETS:
        faults.append(
            f"offset and traffic must be together at most {BUCKETS},"
            f" got {its.offset} and {its.traffic}"
        )
    return faults


def _phase_faults(its: Experiment) -> list[str]:
    moments = [phase.at for phase in its.phases]
    if sorted(set(moments)) != moments:
        return [f"phases must be in the order of at, got {quoted(moments)}"]
    for number, phase in enumerate(its.phases):
        if len(phase.shares) != len(its.arms) or sum(phase.shares) != BUCKETS:
            return [
                f"shares of phase {number} must be one an arm and together {BUCKETS},"
                f" got {phase.shares}"
            ]
    return []
