"""Decay: how much a view of age `a` still weighs, at every half-life that people pick.

A view weighs 2^(-a/h). Forward decay (Cormode et al. 2009, https://doi.org/10.1109/ICDE.2009.65)
stores 2^((at - base)/h) instead, which never has to be touched again; the base of a rung moves by
whole multiples of `REBASE` half-lives of log time, so that rebasing is an exact power of two.

`exp2` and `log2` are our own: additions and multiplications only, in a fixed order, so that a log
gives the same bits on every processor (libm's differ in the last bit). Between rungs the logarithm
of the mass is a quintic in the logarithm of the half-life over six neighbours: at most 1 % of error
for the top twenty on a real log, at all midpoints (a cubic: 2 %). The lowest rung is there for that
alone. A power law (1 + a/s)^-e is a gamma-weighted integral of exponentials, taken over
the rungs by the trapezoid rule, hence a mix with no negative weight.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled

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


def _fractional_powers() -> NDArray[np.float64]:
    """2^(i/64) for i = 0..63, correctly rounded: (64,) float64."""
    scale = 1 << 120
    powers = []
    for i in range(64):
        square = Fraction(2) ** i  # the 64th root of 2^i, by six integer square roots
        root = square.numerator * scale**2 // square.denominator
        for _ in range(6):
            root = math.isqrt(root) * scale
        powers.append(float(Fraction(root, scale**2)))
    return np.array(powers)


POWERS = _fractional_powers()
LN2 = 0.6931471805599453
TWO_OVER_LN2 = 2.8853900817779268
SQRT_HALF = 0.7071067811865476


@compiled
def exp2(x: float) -> float:
    """2 to the power `x`, to about 1e-15 relative, with the same bits on every machine.

    Examples
    --------
    >>> exp2(0.5), exp2(-3.0), exp2(10.0), exp2(-2000.0)
    (1.4142135623730951, 0.125, 1024.0, 0.0)
    """
    if x < -1074.0:
        return 0.0
    if x > 1023.0:
        return math.inf
    scaled = math.floor(x * 64.0 + 0.5)
    whole = int(scaled)
    y = (x - scaled * 0.015625) * LN2
    series = y * (
        0.5 + y * (0.16666666666666666 + y * (0.041666666666666664 + y * 0.008333333333333333))
    )
    return math.ldexp(POWERS[whole & 63] * (1.0 + y * (1.0 + series)), whole >> 6)


@compiled
def log2(x: float) -> float:
    """Base-2 logarithm of a positive number, with the same bits on every machine.

    Examples
    --------
    >>> log2(8.0), log2(0.25), log2(0.0)
    (3.0, -2.0, -inf)
    """
    if x <= 0.0:
        return -math.inf
    mantissa, exponent = math.frexp(x)
    if mantissa < SQRT_HALF:
        mantissa *= 2.0
        exponent -= 1
    z = (mantissa - 1.0) / (mantissa + 1.0)
    square = z * z
    series = 0.0
    for odd in range(21, 0, -2):
        series = series * square + 1.0 / odd
    return exponent + TWO_OVER_LN2 * z * series


@compiled
def ln(x: float) -> float:
    """Natural logarithm of a positive number, with the same bits on every machine.

    Examples
    --------
    >>> ln(1.0), round(ln(10.0), 12)
    (0.0, 2.302585092994)
    """
    return LN2 * log2(x)


@compiled
def lns(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same of many numbers, (n,) float64."""
    logarithms = np.empty(values.size)
    for i in range(values.size):
        logarithms[i] = LN2 * log2(values[i])
    return logarithms


@dataclass(frozen=True, slots=True)
class Kernel:
    """A decay, ready to be read out of a row of masses.

    Attributes
    ----------
    first : int
        Lowest of the six rungs to interpolate over, or -1 for a mix.
    between : (8,) float64
        Lagrange coefficients of the six, summing to 1; how far the half-life lies between the two
        rungs next to it, from 0 to 1 on the logarithmic scale (above 1 beyond the last rung); and
        which of the six is the lower one.
    mix : (n_rungs,) float64
        Non-negative weights of a mix (one 1 on a rung).
    steady : bool
        Whether time alone leaves the order of articles as it is.
    """

    first: int
    between: NDArray[np.float64]
    mix: NDArray[np.float64]
    steady: bool


def half_life_kernel(half_life: float) -> Kernel:
    """The decay 2^(-age/half_life): exact on a rung, interpolated between rungs.

    Parameters
    ----------
    half_life : float
        Seconds, from `SHORTEST` to the last rung.

    Examples
    --------
    >>> half_life_kernel(600.0).mix[:3]
    array([0., 0., 1.])
    >>> half_life_kernel(700.0).first, round(float(half_life_kernel(700.0).between[:6].sum()), 12)
    (0, 1.0)
    """
    mix = np.zeros(RUNGS)
    if half_life in HALF_LIVES:
        mix[HALF_LIVES.index(int(half_life))] = 1.0
        return Kernel(-1, np.zeros(POINTS + 2), mix, steady=True)
    above = int(np.searchsorted(HALF_LIVES, half_life))
    first = min(max(above - POINTS // 2, 0), RUNGS - POINTS)
    lower = min(max(above - 1 - first, 0), POINTS - 2)
    nodes = [log2(float(h)) for h in HALF_LIVES[first : first + POINTS]]
    x = log2(half_life)
    lagrange = [
        math.prod((x - other) / (node - other) for other in nodes if other != node)
        for node in nodes
    ]
    low, high = nodes[lower], nodes[lower + 1]
    between = np.array([*lagrange, (x - low) / (high - low), lower])
    return Kernel(first, between, mix, steady=True)


def power_law_kernel(exponent: float, scale: float) -> Kernel:
    """The decay (1 + age/scale)^-exponent as a mix of the rungs.

    Parameters
    ----------
    exponent : float
        Steepness, above 0.
    scale : float
        Age in seconds at which the decay sets in.

    References
    ----------
    The Laplace transform of the gamma density: https://dlmf.nist.gov/5.9
    """
    rates = LN2 / np.array(HALF_LIVES, float)
    steps = np.abs(np.gradient(lns(rates))).tolist()
    weights = [
        exp2(exponent * log2(rate * scale) - rate * scale / LN2) * step
        for rate, step in zip(rates.tolist(), steps, strict=True)
    ]
    slowest = rates[-1] * exp2(-0.5 * steps[-1] / LN2)  # what decays slower goes to the last rung
    weights[-1] += exp2(exponent * log2(slowest * scale)) / exponent
    mix = np.array(weights) / math.fsum(weights)
    return Kernel(-1, np.zeros(POINTS + 2), mix, steady=False)


@dataclass(frozen=True)
class Clock:
    """One moment of log time, as shifts of every rung: what a read-out needs beside the masses."""

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
    """Decayed mass of one row of the bank under a kernel, in views.

    Parameters
    ----------
    row : (n_rungs,) float64
        Forward masses.
    first, between, mix
        The kernel's fields.
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
