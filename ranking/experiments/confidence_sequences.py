"""Confidence sequences: intervals and p-values that are valid at every look.

An estimate with inverse variance I ("information") has a score S = I * estimate. S moves as a
Brownian motion in I, at any arrival rate and with any returns of readers (Jennison and Turnbull
1997). A normal mixture over drifts of variance 1/rho gives the e-value
`E = sqrt(rho / (I + rho)) * exp(S^2 / (2 (I + rho)))`. Without an effect it is a martingale, so
P(E ever >= 1/alpha) <= alpha (Robbins 1970). As an interval it is the asymptotic confidence
sequence of Waudby-Smith et al. (arXiv 2103.06476, theorem 2.2) with I for n / sigma^2. It is
narrowest near information rho and very wide far before, so the first readers prove nothing. With
few degrees of freedom of the variance, the equally rare normal deviate replaces the deviate.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw, ndtri

Numbers = NDArray[np.float64] | float
LEAST_FREEDOM = 0.25
PLANNED_FREEDOM = 100.0
"""Degrees of freedom that plans count on."""
WIDEST = float(np.log(10.0))
"""Half-width (logarithm) above which an interval that contains zero is shown as unbounded."""


def mixture(information: float, alpha: float = 0.05) -> float:
    """The rho whose interval is narrowest at one amount of information.

    Parameters
    ----------
    information : float
        Inverse variance of the effect.
    alpha : float

    Examples
    --------
    >>> round(mixture(100.0), 2)
    12.18

    References
    ----------
    Waudby-Smith et al., arXiv 2103.06476, appendix B.2.
    """
    return float(information / (-lambertw(-(alpha**2) / np.e, -1).real - 1.0))


def half_width(
    information: Numbers, rho: float, alpha: float = 0.05, freedom: Numbers = np.inf
) -> NDArray[np.float64]:
    """Half-width of the interval; infinite without information.

    Parameters
    ----------
    information : (...) float64
        Inverse variance of the effect, at least 0.
    rho : float
    alpha : float
        Probability that the interval misses the effect at any look.
    freedom : (...) float64
        Degrees of freedom of the variance; infinite = known variance.

    Examples
    --------
    >>> half_width(np.array([0.0, 100.0, 10_000.0]), 12.38).round(4)
    array([   inf, 0.3035, 0.0356])
    >>> half_width(100.0, 12.38, freedom=20.0).round(4)
    np.float64(0.3474)
    """
    known = np.asarray(information, np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        width = np.sqrt((known + rho) * np.log((known + rho) / (rho * alpha**2)) / known)
        width = _as_student(width, np.asarray(freedom, np.float64)) / np.sqrt(known)
    return np.where(known > 0.0, width, np.inf)[()]


def interval(
    effect: Numbers, information: Numbers, rho: float, alpha: float, freedom: Numbers = np.inf
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The interval of the relative change.

    Returns
    -------
    low, high : (...) float64
        From -1 to infinity if the interval contains zero and spans more than a factor of ten:
        there are too few readers.

    Examples
    --------
    >>> low, high = interval(np.array([0.1, 0.1]), np.array([0.5, 10_000.0]), 12.38, 0.05)
    >>> low.round(3), high.round(3)
    (array([-1.   ,  0.066]), array([  inf, 0.145]))
    """
    width = half_width(information, rho, alpha, freedom)
    tells = (width <= WIDEST) | (np.abs(effect) > width)
    with np.errstate(over="ignore"):
        low, high = np.expm1(effect - width), np.expm1(effect + width)
    return np.where(tells, low, -1.0)[()], np.where(tells, high, np.inf)[()]


def log_evidence(
    effect: Numbers, information: Numbers, rho: float, freedom: Numbers = np.inf
) -> NDArray[np.float64]:
    """Logarithm of the e-value against no effect.

    Parameters
    ----------
    effect, information, freedom : (...) float64
    rho : float

    Examples
    --------
    >>> log_evidence(0.3037, 100.0, 12.38).round(2), np.log(20.0).round(2)
    (np.float64(3.0), np.float64(3.0))
    """
    known = np.asarray(information, np.float64)
    z = _as_normal(np.abs(effect) * np.sqrt(known), np.asarray(freedom, np.float64))
    evidence = z**2 * known / (2.0 * (known + rho)) - 0.5 * np.log1p(known / rho)
    return np.asarray(evidence)[()]


def _as_normal(t: NDArray[np.float64], freedom: NDArray[np.float64]) -> NDArray[np.float64]:
    """The normal deviate that is as rare as a deviate of Student's t (Wallace 1959)."""
    df = np.clip(freedom, LEAST_FREEDOM, 1e12)
    return np.asarray((8 * df + 1) / (8 * df + 3) * np.sqrt(df * np.log1p(t**2 / df)))


def _as_student(z: NDArray[np.float64], freedom: NDArray[np.float64]) -> NDArray[np.float64]:
    df = np.clip(freedom, LEAST_FREEDOM, 1e12)
    return np.asarray(np.sqrt(df * np.expm1(((8 * df + 3) / (8 * df + 1) * z) ** 2 / df)))


def p_value(evidence: Any) -> NDArray[np.float64]:
    """The always valid p-value at each look of a path, from log e-values along the last axis.

    It is the minimum of `1 / E` over the looks so far, at most 1, so it never rises.

    Examples
    --------
    >>> p_value(np.log([0.5, 40.0, 2.0]))
    array([1.   , 0.025, 0.025])
    """
    most = np.maximum.accumulate(np.asarray(evidence, np.float64), axis=-1)
    return np.asarray(np.exp(-np.maximum(most, 0.0)))


def needed_information(effect: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """Information at which an effect is found with the given power.

    Parameters
    ----------
    effect : float
        As a difference of logarithms: log(1.05) for five percent.
    alpha, power : float

    Returns
    -------
    float
        Solves `effect * sqrt(I) = width(I) * sqrt(I) + z`, where rho = `mixture(I)` and z is the
        normal quantile of the power, with `PLANNED_FREEDOM`. Detections at earlier looks add to
        the power.

    Examples
    --------
    >>> round(needed_information(np.log(1.05)))
    6575
    """
    at_one = float(half_width(1.0, mixture(1.0, alpha), alpha, PLANNED_FREEDOM))
    return float(((at_one + ndtri(power)) / effect) ** 2)
