"""Simulations: error rates of the tests where the true effect is known.

Each path is one experiment with many looks; it fails if it fails at any look. For comparison there
are two invalid tests: one that treats impressions as independent, and one for a single look that is
applied at every look.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binomtest

from ranking.experiments.assignment import arms_of
from ranking.experiments.confidence_sequences import half_width, log_evidence, mixture
from ranking.experiments.sample_ratio import mismatch_evidence
from ranking.experiments.sample_size import Planned, plan
from ranking.experiments.simulated_readers import Looks, no_looks, walk

ALPHA, MISMATCH_ALPHA, LIFT = 0.05, 0.01, 0.05
SIZE, EVERY = 20_000, 100
"""Readers of an A/A experiment, and readers between two looks."""
TRIAL_LOOKS = 200
PILOTS, PILOT = 8, 100_000
"""Groups of readers that estimate the spread before the plan."""
Progress = Callable[[int, int], None]


class Rates(NamedTuple):
    """Shares of paths.

    Attributes
    ----------
    aa_false_alarm, srm_false_alarm, naive_false_alarm, fixed_horizon_false_alarm : float
        Alarms at any look without an effect: of the test in use, of the sample-ratio test, of
        the test for independent impressions, and of the test for a single look.
    power, coverage : float
        With the effect `LIFT`: found by the planned size; inside the interval at every look.
    """

    aa_false_alarm: float
    srm_false_alarm: float
    power: float
    coverage: float
    naive_false_alarm: float
    fixed_horizon_false_alarm: float


class Simulated(NamedTuple):
    """Results of simulations.

    Attributes
    ----------
    rates : Rates
    paths : int
    planned : Planned
        Plan of the experiments with an effect, in readers.
    """

    rates: Rates
    paths: int
    planned: Planned

    def bound(self, name: str) -> float:
        """The upper one-sided 99 % binomial bound of a rate."""
        seen = round(getattr(self.rates, name) * self.paths)
        test = binomtest(seen, self.paths, alternative="less")
        return float(test.proportion_ci(0.99).high)


def paths_of(
    paths: int, looks: int, every: int, lift: float, seed: int,
    progress: Progress = lambda done, of: None,
) -> Looks:  # fmt: skip
    """Simulate many paths, each with its own readers and arms.

    Parameters
    ----------
    paths, looks, every : int
        Readers between two looks.
    lift : float
    seed : int
    progress : callable
        Called with the finished paths and their total.
    """
    made = no_looks(paths, looks)
    for path, own in enumerate(np.random.SeedSequence(seed).spawn(paths)):
        arm = arms_of("simulated", f"{seed}/{path}", (500, 500)).astype(np.int8)
        walk(np.random.default_rng(own), arm, lift, every, Looks(*(of[path] for of in made)))
        progress(path + 1, paths)
    return made


def simulate(
    paths: int = 2000, seed: int = 1, progress: Progress = lambda done, of: None
) -> Simulated:
    """Run all simulations.

    Parameters
    ----------
    paths : int
        Experiments without an effect, and as many with one.
    seed : int
        Equal seeds give equal figures.
    progress : callable
        Called with the finished work and its total.
    """
    spread = _spread(seed)
    planned = plan(LIFT, spread, 1.0, alpha=ALPHA)
    every = -(-planned.units // TRIAL_LOOKS)
    work = paths * (SIZE + every * TRIAL_LOOKS)
    same = paths_of(
        paths, SIZE // EVERY, EVERY, 0.0, seed + 1, lambda done, of: progress(done * SIZE, work)
    )
    other = paths_of(
        paths, TRIAL_LOOKS, every, LIFT, seed + 2,
        lambda done, of: progress(paths * SIZE + done * every * TRIAL_LOOKS, work),
    )  # fmt: skip
    rates = Rates(*_alarms(same, SIZE / (4.0 * spread)), *_found(other, planned.information),
                  *_wrong(same, SIZE / (4.0 * spread)))  # fmt: skip
    return Simulated(rates, paths, planned)


def _spread(seed: int) -> float:
    pilots = paths_of(PILOTS, 1, PILOT, 0.0, seed)
    return float(np.mean(PILOT / (4.0 * pilots.information)))


def _alarms(same: Looks, planned: float) -> tuple[float, float]:
    evidence = log_evidence(same.effect, same.information, mixture(planned, ALPHA), same.freedom)
    counts = np.stack([same.control, same.treated], axis=-1)
    mismatch = mismatch_evidence(counts, np.array([0.5, 0.5]))
    return _ever(evidence >= -np.log(ALPHA)), _ever(mismatch >= -np.log(MISMATCH_ALPHA))


def _found(other: Looks, planned: float) -> tuple[float, float]:
    rho = mixture(planned, ALPHA)
    evidence = log_evidence(other.effect, other.information, rho, other.freedom)
    width = half_width(other.information, rho, ALPHA, other.freedom)
    missed = np.abs(other.effect - np.log1p(LIFT)) > width
    return _ever(evidence >= -np.log(ALPHA)), 1.0 - _ever(missed)


def _wrong(same: Looks, planned: float) -> tuple[float, float]:
    naive = log_evidence(same.effect, same.naive, mixture(planned, ALPHA))
    once = np.abs(same.effect) * np.sqrt(same.information) > -ndtri(ALPHA / 2)
    return _ever(naive >= -np.log(ALPHA)), _ever(once)


def _ever(at_look: NDArray[np.bool_]) -> float:
    return float(at_look.any(axis=1).mean())
