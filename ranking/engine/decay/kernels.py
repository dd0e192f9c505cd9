"""Kernels: the decays that ship, registered in the order in which they are asked last to first."""

from ranking.engine.decay.half_life import HalfLife
from ranking.engine.decay.hard_window import HardWindow
from ranking.engine.decay.kernel import KERNELS, kernel_of
from ranking.engine.decay.mixture import Mixture
from ranking.engine.decay.power_law import PowerLaw

__all__ = ["KERNELS", "kernel_of"]

for _kernel in (HalfLife(), Mixture(), PowerLaw(), HardWindow()):
    KERNELS.register(_kernel)
