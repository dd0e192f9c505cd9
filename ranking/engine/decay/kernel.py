"""Kernel: the protocol of a decay, and the registry of those that a profile may choose.

A kernel says what a view of some age weighs, and how that is read from the state. Most are
non-negative mixes of the bank's half-lives (`BankKernel`): every completely monotone decay is one
(Bernstein's theorem), so that a new one needs no state. The latest registered kernel that a profile
chooses holds; the half-life is asked last.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.decay.bank import BankReadout, Clock, read_masses
from ranking.engine.parameters import Parameter, declare, withdraw
from ranking.engine.registry import Registry

if TYPE_CHECKING:
    from ranking.engine.view_loop import State

Lookup = Callable[[str], float]
"""Gives the value of a profile's parameter by its name."""


class Part(NamedTuple):
    """A term of a decay: a share, from 0 to 1, of what a read-out gives."""

    share: float
    readout: BankReadout


class Kernel:
    """A decay.

    Attributes
    ----------
    name : str
    parameters : tuple of Parameter
        Those that it adds to profiles.
    tolerance : float
        Greatest relative error of `read` against the naive sum of weights.
    examples : tuple of mapping
        Parameters that choose it, for its checks.
    """

    name: str = ""
    parameters: tuple[Parameter, ...] = ()
    tolerance: float = 0.02
    examples: tuple[Mapping[str, float], ...] = ()

    def is_chosen(self, value: Lookup) -> bool:
        """Whether a profile with these values chooses the kernel."""
        raise NotImplementedError

    def weight(self, value: Lookup, age: float) -> float:
        """What a view of an age in seconds weighs: 1 at age 0, never rising, never negative."""
        raise NotImplementedError

    def parts(self, value: Lookup) -> tuple[Part, ...]:
        """Terms whose shares sum to 1; none if the bank is not read."""
        raise NotImplementedError

    def is_steady(self, value: Lookup) -> bool:
        """Whether time alone leaves the order of articles under each part unchanged."""
        parts = self.parts(value)
        return bool(parts) and all(part.readout.steady for part in parts)

    def read(
        self, value: Lookup, state: "State", slots: NDArray[np.int32], at_ms: int
    ) -> NDArray[np.float64]:
        """Weighted views of some articles at a moment, all classes of views alike.

        Returns
        -------
        (n_slots,) float64
            In views.
        """
        raise NotImplementedError


class BankKernel(Kernel):
    """A decay that is read from the bank of half-lives."""

    def read(
        self, value: Lookup, state: "State", slots: NDArray[np.int32], at_ms: int
    ) -> NDArray[np.float64]:
        """Weighted views of some articles at a moment, (n_slots,) float64."""
        shift = Clock(at_ms, state.weights["base_ms"][0]).shift
        found = np.zeros(slots.size)
        for share, readout in self.parts(value):
            first, between, mix = readout.first, readout.between, readout.mix
            found += share * read_masses(slots, state.mass, first, between, mix, shift)
        return found


KERNELS: Registry[Kernel] = Registry("kernel", declare, withdraw)


def kernel_of(value: Lookup) -> Kernel:
    """The kernel that a profile chooses: of those registered, the latest that says so."""
    return next(kernel for kernel in reversed(KERNELS) if kernel.is_chosen(value))
