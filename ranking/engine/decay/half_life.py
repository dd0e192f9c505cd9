"""Half-life: a view of age `a` weighs 2^(-a/h); exact on a rung of the bank, else interpolated."""

import math
from functools import lru_cache

import numpy as np

from ranking.engine.decay.bank import HALF_LIVES, POINTS, RUNGS, BankReadout
from ranking.engine.decay.kernel import BankKernel, Lookup, Part
from ranking.engine.decay.portable_math import exp2, log2


@lru_cache(256)
def half_life_readout(half_life: float) -> BankReadout:
    """The read-out of 2^(-age/half_life).

    Parameters
    ----------
    half_life : float
        Seconds, from `SHORTEST` to the last rung; somewhat beyond it is extrapolated.

    Examples
    --------
    >>> half_life_readout(600.0).mix[:3]
    array([0., 0., 1.])
    >>> half_life_readout(700.0).first, round(float(half_life_readout(700.0).between[:6].sum()), 12)
    (0, 1.0)
    """
    mix = np.zeros(RUNGS)
    if half_life in HALF_LIVES:
        mix[HALF_LIVES.index(int(half_life))] = 1.0
        return BankReadout(-1, np.zeros(POINTS + 2), mix, True, half_life)
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
    return BankReadout(first, between, mix, True, half_life)


class HalfLife(BankKernel):
    """2^(-age/half_life): what a profile that chooses no other decay has."""

    name = "half_life"
    tolerance = 0.02
    examples = ({"half_life": 600.0}, {"half_life": 700.0}, {"half_life": 86_400.0})

    def is_chosen(self, value: Lookup) -> bool:
        """Always: it is asked last."""
        return True

    def weight(self, value: Lookup, age: float) -> float:
        """What a view of an age in seconds weighs."""
        return exp2(-age / value("half_life"))

    def parts(self, value: Lookup) -> tuple[Part, ...]:
        """The half-life alone."""
        return (Part(1.0, half_life_readout(value("half_life"))),)
