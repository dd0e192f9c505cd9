"""Two speeds: half of a view's weight fades with one half-life, half with eight times that one."""

from ranking.engine.decay.half_life import half_life_readout
from ranking.engine.decay.kernel import KERNELS, BankKernel, Lookup, Part
from ranking.engine.decay.portable_math import exp2
from ranking.engine.parameters import Parameter

FAST = Parameter(
    "two_speeds", "number", "s", 0.0, 86_400.0, 0.0, "popular",
    "Decay of Popular at two speeds, this half-life and eight times it; 0 = off.",
)  # fmt: skip
TIMES = 8.0


class TwoSpeeds(BankKernel):
    """(2^(-a/h) + 2^(-a/8h)) / 2."""

    name = "two_speeds"
    parameters = (FAST,)
    examples = ({"two_speeds": 600.0}, {"two_speeds": 7_000.0})

    def is_chosen(self, value: Lookup) -> bool:
        """Whether the profile has the faster half-life."""
        return value("two_speeds") >= 300.0

    def weight(self, value: Lookup, age: float) -> float:
        """What a view of an age in seconds weighs."""
        fast = value("two_speeds")
        return 0.5 * exp2(-age / fast) + 0.5 * exp2(-age / (TIMES * fast))

    def parts(self, value: Lookup) -> tuple[Part, ...]:
        """Both half-lives."""
        fast = value("two_speeds")
        return (
            Part(0.5, half_life_readout(fast)), Part(0.5, half_life_readout(TIMES * fast)),
        )  # fmt: skip


KERNELS.register(TwoSpeeds())
