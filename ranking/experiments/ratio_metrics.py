"""Ratio metrics: the difference of two arms and its variance (delta method).

The effect is the difference of the logarithms of two ratios of sums, log(X1/Y1) - log(X0/Y0). It is
about the relative change and independent of the metric's scale. By the delta method a bucket with
sums (x, y) contributes (x - y X/Y) / X to log(X/Y). The variance is the sum of the squared
contributions, with any dependence within a bucket (Deng, Knoblich and Lu, arXiv 1803.06336). For
arms with common buckets (interleaving) and phases with the same readers, a bucket's contributions
are added before they are squared.

The variance is itself an estimate. With a few heavy readers or an arm of ten buckets it stays
imprecise as long as the experiment runs. The spread of the squares gives its degrees of freedom
(Satterthwaite 1946), and the intervals widen accordingly.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TRUSTED = 0.75
"""Share of the degrees of freedom that is used, since the variance's error persists between looks.

With it, arms of 10 to 500 buckets of heavy readers raise at most 3.5 false alarms of 100 at .05;
without degrees of freedom, 2.6 to 25.
"""


class Effect(NamedTuple):
    """Difference of the logarithms of two ratios.

    Attributes
    ----------
    effect : float
    information : float
        Inverse of its variance; 0 = no data.
    freedom : float
        Degrees of freedom of the variance.
    """

    effect: float
    information: float
    freedom: float

    @property
    def lift(self) -> float:
        """The relative change."""
        return float(np.expm1(self.effect))


UNKNOWN = Effect(0.0, 0.0, 0.0)


def moves(over: NDArray[np.int64], under: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
    """Logarithm of a ratio of sums, and the contribution of each bucket.

    Parameters
    ----------
    over, under : (n_buckets,) int64

    Returns
    -------
    float
        NaN if the numerator is 0.
    (n_buckets,) float64
        With Bessel's correction for the non-empty buckets.
    """
    filled, total = np.count_nonzero(under), float(over.sum())
    if total == 0.0 or filled < 2:
        return np.nan, np.zeros(over.size)
    ratio = total / float(under.sum())
    bessel = np.sqrt(filled / (filled - 1))
    return float(np.log(ratio)), (over - ratio * under) / total * bessel


def effect_of(
    over: NDArray[np.int64], under: NDArray[np.int64], treated: int, control: int
) -> Effect:
    """The effect of one arm against another, over all phases.

    Each phase is compared within itself and weighted by its information, so a change of shares is
    not mistaken for an effect.

    Parameters
    ----------
    over, under : (n_phases, n_arms, n_buckets) int64
    treated, control : int
        Numbers of the arms.

    Examples
    --------
    >>> over = np.array([[[1, 2, 1], [0, 0, 0]], [[0, 0, 0], [2, 2, 4]]]).reshape(1, 4, 3)
    >>> effect = effect_of(over, np.full_like(over, 10), 3, 0)
    >>> round(effect.lift, 3), round(effect.information, 2)
    (1.0, 5.33)
    """
    effects, moved = [], []
    for above, below in zip(over, under, strict=True):
        of_treated, by_treated = moves(above[treated], below[treated])
        of_control, by_control = moves(above[control], below[control])
        both = by_treated - by_control
        if np.isfinite(of_treated - of_control) and both.any():
            effects.append(of_treated - of_control)
            moved.append(both)
    if not effects:
        return UNKNOWN
    weights = np.array([1.0 / float(np.square(each).sum()) for each in moved])
    weights /= weights.sum()
    squares = np.square(weights @ np.array(moved))
    information = 1.0 / float(squares.sum())
    filled = under[:, [treated, control]].any(axis=0)
    least = float(filled.sum(axis=1).min()) - 1.0
    freedom = TRUSTED * min(_freedom(squares, int(filled.any(axis=0).sum())), least)
    return Effect(float(weights @ np.array(effects)), information, freedom)


def _freedom(squares: NDArray[np.float64], buckets: int) -> float:
    """Degrees of freedom of a sum of squares over buckets; infinite if all are equal."""
    beyond = float(np.square(squares).sum() / squares.sum() ** 2) - 1.0 / buckets
    return 2.0 / beyond if beyond > 0.0 else np.inf


def spread_of(over: NDArray[np.int64], under: NDArray[np.int64], units: NDArray[np.int64]) -> float:
    """Variance that one unit (a visit, a reader) adds to the logarithm of a ratio.

    Parameters
    ----------
    over, under, units : (n_buckets,) int64
        Sums of readers of the same arm.

    Returns
    -------
    float
        The variance of the logarithm of the ratio, times the number of units; infinite without
        data.
    """
    logarithm, moved = moves(over, under)
    if not np.isfinite(logarithm):
        return np.inf
    return float(np.square(moved).sum() * units.sum())
