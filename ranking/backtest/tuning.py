"""Tuning: profile parameters searched on a log by successive halving (Jamieson & Talwalkar 2016,
https://arxiv.org/abs/1502.07943), and held against its later part that the search never saw.

Many candidates are measured on few visits, the better third of them on three times as many, and so
on. Popular and Related hang on different parameters, so each replay measures a candidate of both,
and each is chosen by its own list. The profile to beat is a candidate itself. Trials are written
down as they end; a search that was broken off goes on with them.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import numpy as np

from ranking.profiles.profile import DEFAULT, Profile, profile_from

KEEP = 3
"""Of so many candidates one goes on."""
Settings = dict[str, float]
Scores = Mapping[str, float]


class Range(msgspec.Struct, frozen=True):
    """The range of a parameter's search, linear or logarithmic."""

    low: float
    high: float
    by_ratio: bool = False

    def drawn(self, rng: np.random.Generator) -> float:
        """A value, to three digits."""
        share = float(rng.random())
        value = self.low + share * (self.high - self.low)
        if self.by_ratio:
            value = self.low * (self.high / self.low) ** share
        return float(f"{value:.3g}")


GROUPS: dict[str, dict[str, Range]] = {
    "popular": {
        "half_life": Range(300, 7200, by_ratio=True),
        "popular_evidence": Range(5, 2000, by_ratio=True),
        "landing_weight": Range(0, 1),
    },
    "related": {
        "related_half_life": Range(300, 7200, by_ratio=True),
        "related_evidence": Range(5, 2000, by_ratio=True),
        "related_landing_weight": Range(0, 1),
        "slow_evidence": Range(3, 100, by_ratio=True),
        "middle_evidence": Range(3, 100, by_ratio=True),
        "fast_evidence": Range(3, 100, by_ratio=True),
        "instant_evidence": Range(10, 500, by_ratio=True),
        "visit_decay": Range(0.1, 0.8),
        "visit_wear": Range(0, 20),
    },
}
"""What is searched, by the list whose score decides."""


class Trial(msgspec.Struct, frozen=True):
    """One replay: every so many-th visit under some settings."""

    every: int
    settings: Settings
    scores: dict[str, float]


class Journal:
    """Trials of one search, in a file.

    Parameters
    ----------
    path : Path
        JSON lines, the first of them what the search is of.
    about : str
        The log and how it is cut; a file about something else is begun anew.
    """

    def __init__(self, path: Path, about: str) -> None:
        self._path, self._known = path, dict[tuple[int, str], Trial]()
        lines = path.read_bytes().splitlines() if path.exists() else []
        if lines and lines[0] == msgspec.json.encode(about):
            for line in lines[1:]:
                trial = msgspec.json.decode(line, type=Trial)
                self._known[_key(trial.every, trial.settings)] = trial
        else:
            path.write_bytes(msgspec.json.encode(about) + b"\n")

    def find(self, every: int, settings: Settings) -> Trial | None:
        """The trial of some settings, if it was made."""
        return self._known.get(_key(every, settings))

    def add(self, trial: Trial) -> None:
        """Write a trial down."""
        self._known[_key(trial.every, trial.settings)] = trial
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(trial) + b"\n")


def trials_of(candidates: int, everys: tuple[int, ...]) -> list[int]:
    """Number of trials in each round.

    Examples
    --------
    >>> trials_of(27, (27, 9, 3))
    [27, 9, 3]
    """
    return [math.ceil(candidates / KEEP**round_) for round_ in range(len(everys))]


def search(
    measure: Callable[[Profile, int], Scores],
    journal: Journal,
    candidates: int,
    everys: tuple[int, ...],
    base: Profile = DEFAULT,
    seed: int = 1,
    progress: Callable[[Trial], None] = lambda trial: None,
) -> Settings:
    """Search the settings of a profile.

    Parameters
    ----------
    measure : callable
        Scores by group of a profile on every so many-th visit; greater is better.
    journal : Journal
        Takes the trials, and knows those made before.
    candidates : int
        Of the first round.
    everys : tuple of int
        Which visits each round measures, descending.
    base : Profile
        To beat.
    seed : int
    progress : callable
        Told each trial.

    Returns
    -------
    dict
        The best settings found: the base's own values where nothing beat them.
    """
    rng = np.random.default_rng(seed)
    left = {group: drawn(ranges, candidates, base, rng) for group, ranges in GROUPS.items()}
    for every, count in zip(everys, trials_of(candidates, everys), strict=True):
        scored: dict[str, list[tuple[float, int]]] = {group: [] for group in GROUPS}
        for number in range(count):
            settings = {k: v for group in GROUPS for k, v in left[group][number].items()}
            trial = journal.find(every, settings)
            if trial is None:
                scores = dict(measure(profile_from(dict(settings), base), every))
                trial = Trial(every, settings, scores)
                journal.add(trial)
            for group in GROUPS:
                scored[group].append((-trial.scores[group], number))
            progress(trial)
        for group, ranked in scored.items():
            kept = sorted(ranked)[: max(math.ceil(count / KEEP), 1)]
            left[group] = [left[group][number] for _, number in kept]
    return {k: v for group in GROUPS for k, v in left[group][0].items()}


def drawn(
    ranges: dict[str, Range], count: int, base: Profile, rng: np.random.Generator
) -> list[Settings]:
    """Candidates: the base's own values, then drawn ones."""
    first = {name: float(getattr(base, name)) for name in ranges}
    others = [{n: r.drawn(rng) for n, r in ranges.items()} for _ in range(count - 1)]
    return [first, *others]


def written(name: str, settings: Settings, notes: list[str]) -> str:
    """A profile file of what differs from the default, with what was measured."""
    told = "".join(f"# {line}\n" for line in notes)
    kept = {k: v for k, v in settings.items() if getattr(DEFAULT, k) != v}
    if kept.get("half_life"):
        kept["popular_evidence"] = settings["popular_evidence"]
    return told + f'name = "{name}"\n' + "".join(f"{k} = {v!r}\n" for k, v in kept.items())


def _key(every: int, settings: Settings) -> tuple[int, str]:
    return every, msgspec.json.encode(sorted(settings.items())).decode()
