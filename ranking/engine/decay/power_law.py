"""Power law: a view of age `a` weighs (1 + a/s)^-e.

It is a gamma-weighted integral of exponentials (the Laplace transform of the gamma density,
https://dlmf.nist.gov/5.9), taken over the rungs of the bank by the trapezoid rule: a mix without
negative weights. Time changes the order of articles, so that lists are scored at every read.
"""

import math
from functools import lru_cache

import numpy as np

from ranking.engine.decay.bank import HALF_LIVES, POINTS, BankReadout
from ranking.engine.decay.kernel import BankKernel, Lookup, Part
from ranking.engine.decay.portable_math import LN2, exp2, lns, log2


@lru_cache(256)
def power_law_readout(exponent: float, scale: float) -> BankReadout:
    """The read-out of (1 + age/scale)^-exponent.

    Parameters
    ----------
    exponent : float
        Steepness, above 0.
    scale : float
        Age in seconds at which the decay sets in.
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
    return BankReadout(-1, np.zeros(POINTS + 2), mix, False)


class PowerLaw(BankKernel):
    """(1 + age/half_life)^-exponent, where a profile has an exponent."""

    name = "power_law"
    tolerance = 0.05
    examples = ({"exponent": 1.2, "half_life": 3600.0}, {"exponent": 0.5, "half_life": 600.0})

    def is_chosen(self, value: Lookup) -> bool:
        """Whether the profile has an exponent."""
        return value("exponent") > 0.0

    def weight(self, value: Lookup, age: float) -> float:
        """What a view of an age in seconds weighs."""
        return exp2(-value("exponent") * log2(1.0 + age / value("half_life")))

    def parts(self, value: Lookup) -> tuple[Part, ...]:
        """One mix of all rungs."""
        return (Part(1.0, power_law_readout(value("exponent"), value("half_life"))),)
