"""Bank: the half-lives at which masses are stored, and how a row of masses is read.

A view of age `a` weighs 2^(-a/h). Forward decay (Cormode et al. 2009,
https://doi.org/10.1109/ICDE.2009.65) stores 2^((at - base)/h) instead, which later views leave
unchanged; the base of a rung moves by whole multiples of `REBASE` half-lives of log time, so that
rebasing multiplies by an exact power of two.

Between rungs the logarithm of the mass is a quintic in the logarithm of the half-life over six
rungs. Its error for the top twenty on a real log is at most 1 % at all midpoints (a cubic: 2 %).
The lowest rung exists for this interpolation alone.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled, inlined
from ranking.engine.decay.portable_math import exp2, log2

MINUTE, HOUR, DAY = 60, 3_600, 86_400
HALF_LIVES = (
    150,
    *(m * MINUTE for m in (5, 10, 15, 20, 30, 45, 60, 90)),
    *(h * HOUR for h in (2, 3, 4, 6, 8, 12, 18, 24, 36)),
    *(d * DAY for d in (2, 3, 5, 7, 14, 28)),
)
"""The rungs of the bank: half-lives in seconds, ascending."""

SHORTEST = HALF_LIVES[1]
"""The shortest half-life that may be asked for."""

RUNGS = len(HALF_LIVES)
POINTS = 6
FRACTION, LOWER = POINTS, POINTS + 1
"""Where a kernel's `between` holds what the linear interpolation needs."""
REBASE = 256
"""A rung's base moves every so many half-lives: weights stay below 2^256."""

RUNG_MS: NDArray[np.int64] = np.array(HALF_LIVES, np.int64) * 1000


@dataclass(frozen=True, slots=True)
class BankReadout:
    """How a decay is read out of a row of masses.

    Attributes
    ----------
    first : int
        Lowest of the six rungs to interpolate over, or -1 for a mix.
    between : (8,) float64
        Lagrange coefficients of the six, summing to 1. Then the position of the half-life between
        the two nearest rungs, from 0 to 1 on the logarithmic scale, above 1 beyond the last rung.
        Then which of the six is the lower one.
    mix : (n_rungs,) float64
        Non-negative weights of a mix (one 1 on a rung).
    steady : bool
        Whether time alone leaves the order of articles unchanged.
    half_life : float
        Seconds; 0 for a mix.
    """

    first: int
    between: NDArray[np.float64]
    mix: NDArray[np.float64]
    steady: bool
    half_life: float = 0.0


@dataclass(frozen=True)
class Clock:
    """One moment of log time, as shifts of every rung."""

    at_ms: int
    base_ms: NDArray[np.int64]

    @cached_property
    def shift(self) -> NDArray[np.float64]:
        """Half-lives since each rung's base, (n_rungs,) float64."""
        return np.asarray((self.at_ms - self.base_ms) / RUNG_MS)


@compiled
def read_mass(
    row: NDArray[np.float64],
    first: int,
    between: NDArray[np.float64],
    mix: NDArray[np.float64],
    shift: NDArray[np.float64],
) -> float:
    """Decayed mass of one row of the bank, in views.

    Parameters
    ----------
    row : (n_rungs,) float64
        Forward masses.
    first, between, mix
        Of the read-out.
    shift : (n_rungs,) float64
        Half-lives from each rung's base to the moment of reading.
    """
    if first < 0:
        total = 0.0
        for k in range(mix.size):
            if mix[k] > 0.0 and row[k] > 0.0:
                total += mix[k] * (row[k] * exp2(-shift[k]))
        return total
    low = first + int(between[LOWER])
    if row[low] <= 0.0 or row[low + 1] <= 0.0:
        return 0.0  # underflowed: below 2^-1000 views
    near = log2(row[low]) - shift[low]
    far = log2(row[low + 1]) - shift[low + 1]
    logarithm = near + between[FRACTION] * (far - near)
    curved = 0.0
    for j in range(POINTS):
        mass = row[first + j]
        if mass <= 0.0:
            return exp2(logarithm)
        curved += between[j] * (log2(mass) - shift[first + j])
    return exp2(curved)


@compiled
def read_masses(
    slots: NDArray[np.int32],
    mass: NDArray[np.float64],
    first: int,
    between: NDArray[np.float64],
    mix: NDArray[np.float64],
    shift: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Decayed masses of some articles, all classes together, (n_slots,) float64.

    Parameters
    ----------
    slots : (n_slots,) int32
    mass : (n_articles, n_classes, n_rungs) float64
        Forward masses.
    first, between, mix, shift
        As in `read_mass`.
    """
    found = np.zeros(slots.size)
    for i in range(slots.size):
        for c in range(mass.shape[1]):
            found[i] += read_mass(mass[slots[i], c], first, between, mix, shift)
    return found


@inlined
def moved_base(newest_ms: int, base_ms: int, half_life_ms: int, halvings: int) -> int:
    """Base of a half-life's forward masses at a moment: it moves by so many `halvings`."""
    span = half_life_ms * halvings
    return max(newest_ms // span * span, base_ms)


@inlined
def rebased(base_ms: int, to_ms: int, half_life_ms: int) -> float:
    """Factor of forward masses whose base moves: an exact power of two."""
    return exp2(-float((to_ms - base_ms) // half_life_ms))
