"""Mixture: a view of age `a` weighs (1 - s)·2^(-a/h) + s·2^(-a/g), with two half-lives h and g."""

from ranking.engine.decay.half_life import half_life_readout
from ranking.engine.decay.kernel import BankKernel, Lookup, Part
from ranking.engine.decay.portable_math import exp2


class Mixture(BankKernel):
    """Two half-lives, where a profile gives the second one a share."""

    name = "mixture"
    tolerance = 0.02
    examples = ({"half_life": 600.0, "mix_share": 0.3, "mix_half_life": 86_400.0},)

    def is_chosen(self, value: Lookup) -> bool:
        """Whether the second half-life has a share."""
        return value("mix_share") > 0.0

    def weight(self, value: Lookup, age: float) -> float:
        """What a view of an age in seconds weighs."""
        share = value("mix_share")
        fast, slow = exp2(-age / value("half_life")), exp2(-age / value("mix_half_life"))
        return (1.0 - share) * fast + share * slow

    def parts(self, value: Lookup) -> tuple[Part, ...]:
        """Both half-lives."""
        share, half_lives = value("mix_share"), (value("half_life"), value("mix_half_life"))
        fast, slow = map(half_life_readout, half_lives)
        return Part(1.0 - share, fast), Part(share, slow)
