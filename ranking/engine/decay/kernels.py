"""Kernels: the decays that ship. `kernel_of` asks the last one first."""

from ranking.engine.decay.half_life import HalfLife
from ranking.engine.decay.hard_window import HardWindow
from ranking.engine.decay.kernel import KERNELS, kernel_of
from ranking.engine.decay.mixture import Mixture
from ranking.engine.decay.power_law import PowerLaw

__all__ = ["KERNELS", "kernel_of"]

KERNELS.ship(HalfLife(), Mixture(), PowerLaw(), HardWindow())
