"""Tuning: search of profile parameters on a log by successive halving.

Many candidates are measured on few visits, the better third on three times as many, and so on
(Jamieson & Talwalkar 2016, https://arxiv.org/abs/1502.07943). The result is compared on a later
part of the log that the search does not use. Popular and Related depend on different parameters, so
each replay measures a candidate of both, and each is chosen by its own list. The profile to beat is
also a candidate. Trials are stored as they end, so an interrupted search continues.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import numpy as np

from ranking.profiles.profile import DEFAULT, Profile, profile_from

KEEP = 3
"""One candidate of so many enters the next round."""
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
"""The searched parameters, by the list whose score decides."""


class Trial(msgspec.Struct, frozen=True):
    """One replay: settings, and the stride of the visits."""

    every: int
    settings: Settings
    scores: dict[str, float]


class Journal:
    """Stored trials of one search.

    Parameters
    ----------
    path : Path
        JSON lines; the first one identifies the search.
    about : str
        The log and its split; a file of another search is started anew.
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
        """The stored trial of some settings, or None."""
        return self._known.get(_key(every, settings))

    def add(self, trial: Trial) -> None:
        """Store a trial."""
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
        Scores of a profile by group, for a stride of visits; higher is better.
    journal : Journal
        Stores the trials, and has the earlier ones.
    candidates : int
        Candidates of the first round.
    everys : tuple of int
        Strides of visits by round, descending.
    base : Profile
        Profile to beat.
    seed : int
    progress : callable
        Called with each trial.

    Returns
    -------
    dict
        The best settings found; the base's values if none is better.
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
    """A profile file with the differences from the default and the measurements."""
    header = "".join(f"# {line}\n" for line in notes)
    kept = {k: v for k, v in settings.items() if getattr(DEFAULT, k) != v}
    if kept.get("half_life"):
        kept["popular_evidence"] = settings["popular_evidence"]
    return header + f'name = "{name}"\n' + "".join(f"{k} = {v!r}\n" for k, v in kept.items())


def _key(every: int, settings: Settings) -> tuple[int, str]:
    return every, msgspec.json.encode(sorted(settings.items())).decode()
