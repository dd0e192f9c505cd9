"""Evidence: one document from which an experiment's readout follows.

It holds plan, profiles and their hashes, the code's version, the counted part of the log, the sums
by bucket as CSV, and all looks. The readout needs no server and no log.
"""

import hashlib
from typing import Any, NamedTuple

import msgspec
import numpy as np

from ranking.experiments.assignment import OUTSIDE
from ranking.experiments.bucket_sums import Tallies, TalliesError, no_tallies, sums_of
from ranking.experiments.metrics import COLUMN
from ranking.experiments.plans import Experiment, Mode, experiment_of

FORMAT = 1
_EVENTS = [COLUMN[name] for name in ("views", "reads", "impressions", "all_clicks")]


class Assigned(NamedTuple):
    """Sums of an assignment.

    Attributes
    ----------
    tallies : Tallies
    left_out : float
        Share of the experiment's events whose arm is not their bucket's.
    """

    tallies: Tallies
    left_out: float


class Look(msgspec.Struct, frozen=True):
    """The main metric at one interim look.

    Attributes
    ----------
    at : float
        Wall clock, seconds.
    effects : list of list of float
        Effect, information and freedom of each arm but the control: see `ratio_metrics.Effect`.
    """

    at: float
    effects: list[tuple[float, float, float]]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One experiment up to a moment.

    Attributes
    ----------
    name : str
    plan : dict
        As in the settings log.
    version : int
        Version of its record there.
    profiles : dict
        Complete profile of each arm; none for a hold-out.
    code : str
        Version of Tolqyn that counted.
    offsets : dict
        First offset counted and the one after the last, by part of the log.
    at : float
        Time of the sums; wall clock, seconds.
    sums : str
        CSV: see `bucket_sums.csv_of`.
    slots : list
        See `Tallies.slots`.
    looks : list of Look
    catalogue : dict of str to int
        Approximate number of articles with an impression, by arm; of all arms under "".
    events, left_out : int
        Events that name the experiment, and those whose arm is not their bucket's: see
        `counting.Counted`.
    """

    name: str
    plan: dict[str, Any]
    version: int
    profiles: dict[str, dict[str, Any]]
    code: str
    offsets: dict[str, tuple[int, int]]
    at: float
    sums: str
    slots: list[list[list[list[int]]]] = []
    looks: list[Look] = []
    catalogue: dict[str, int] = {}
    events: int = 0
    left_out: int = 0
    format: int = FORMAT

    @property
    def experiment(self) -> Experiment:
        """The plan, checked."""
        return experiment_of(self.plan)

    @property
    def tallies(self) -> Tallies:
        """The sums of buckets in the arms that the plan assigns them to.

        Raises
        ------
        TalliesError
            If they do not have the plan's phases and arms.
        """
        return self.assigned().tallies

    def assigned(self) -> Assigned:
        """The same, with the share of excluded events.

        Raises
        ------
        TalliesError
            As above.
        """
        tallies, experiment = self._stored(), self.experiment
        before = int(tallies.sums[..., _EVENTS].sum())
        for number in range(len(experiment.phases)):
            arms = experiment.assigned(number)
            for arm in range(len(experiment.arms)):
                own = arms != OUTSIDE if experiment.mode is Mode.INTERLEAVE else arms == arm
                tallies.sums[number, arm, ~own] = 0
        lost = before - int(tallies.sums[..., _EVENTS].sum())
        return Assigned(tallies, (self.left_out + lost) / max(self.events, before, 1))

    def _stored(self) -> Tallies:
        """The sums as stored."""
        experiment = self.experiment
        tallies = Tallies(
            sums_of(self.sums, len(experiment.phases), experiment.names),
            no_tallies(len(experiment.phases), len(experiment.arms)).slots,
        )
        if self.slots:
            given = np.array(self.slots, np.int64)
            if given.shape != tallies.slots.shape:
                message = f"slots must have the shape {tallies.slots.shape}, got {given.shape}"
                raise TalliesError(message)
            tallies.slots[:] = given
        return tallies


def evidence_of(data: bytes) -> Evidence:
    """Read evidence.

    Raises
    ------
    TalliesError
        If the data are no evidence, or of a newer format.
    """
    try:
        evidence = msgspec.json.decode(data, type=Evidence)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"the file must hold evidence of an experiment: {error}"
        raise TalliesError(message) from error
    if evidence.format != FORMAT:
        message = f"evidence must have the format {FORMAT}, got {evidence.format}; upgrade tolqyn"
        raise TalliesError(message)
    return evidence


def profile_hash(profile: dict[str, Any]) -> str:
    """SHA-256 of a profile, whatever the order of its parameters; 16 hex digits of it.

    Examples
    --------
    >>> profile_hash({"half_life": 600.0, "window": 0})
    'ba29efe439e5fdc2'
    """
    text = msgspec.json.encode(profile, order="sorted")
    return hashlib.sha256(text).hexdigest()[:16]
