"""Sample-ratio mismatch: whether the arms have their planned shares of readers, at every look.

A mismatch means that readers of one arm are lost, for example by a failing script or a cache that
mixes arms. The results are then not valid. A Dirichlet mixture around the known shares gives a
martingale, so `1 / E` is a p-value at any look (Lindon and Malek, arXiv 2011.03567). Returning
readers make buckets vary more than chance alone. The counts are therefore divided by the index of
dispersion over buckets.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

CONCENTRATION = 3000.0
"""Concentration of the mixture: it detects differences of about a percent of the readers."""


def mismatch_evidence(
    counts: ArrayLike, shares: ArrayLike, concentration: float = CONCENTRATION
) -> NDArray[np.float64]:
    """Logarithm of the e-value against the planned shares.

    Parameters
    ----------
    counts : (..., n_arms) float64
    shares : (n_arms,) float64
        Sum 1, each above 0.
    concentration : float

    Examples
    --------
    >>> counts = np.array([[0, 0], [5000, 5000], [5000, 5400]])
    >>> np.exp(-mismatch_evidence(counts, np.array([0.5, 0.5]))).round(3).tolist()
    [1.0, 2.082, 0.005]
    """
    seen, due = np.asarray(counts, np.float64), np.asarray(shares, np.float64)
    prior = concentration * due
    together = gammaln(concentration) - gammaln(concentration + seen.sum(axis=-1))
    apart = gammaln(prior + seen) - gammaln(prior) - seen * np.log(due)
    return np.asarray(together + apart.sum(axis=-1))


def dispersion(counts: NDArray[np.int64], arm: NDArray[np.int64]) -> float:
    """Overdispersion of buckets within an arm, at least 1.

    Parameters
    ----------
    counts : (n_buckets,) int64
    arm : (n_buckets,) int64
        Arm of each bucket; negative = none.
    """
    indices, sizes = [], []
    for number in np.unique(arm[arm >= 0]):
        own = counts[arm == number]
        if own.size > 1 and own.sum():
            indices.append(own.var(ddof=1) / own.mean())
            sizes.append(own.size)
    return max(1.0, float(np.average(indices, weights=sizes))) if indices else 1.0
