"""HyperLogLog: the number of distinct articles, in two thousand bytes for any count.

HyperLogLog (Flajolet, Fusy, Gandouet and Meunier 2007): the same set gives the same registers in
whatever order it came, and those of two sets together are the larger of each. Standard error 2.3 %.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import inlined

REGISTERS = 2048
_INDEX_BITS = 11
_HASH_BITS = 64 - _INDEX_BITS


@inlined
def see(registers: NDArray[np.uint8], key: np.uint64) -> None:
    """Take an article in by its 64-bit hash."""
    place = int(np.int64(key & np.uint64(REGISTERS - 1)))
    rest, rank = key >> np.uint64(_INDEX_BITS), 1
    while rank <= _HASH_BITS and not rest & np.uint64(1):
        rest >>= np.uint64(1)
        rank += 1
    if rank > registers[place]:
        registers[place] = rank


def distinct(registers: NDArray[np.uint8]) -> float:
    """About how many were seen, with no bias for small and for large numbers.

    Parameters
    ----------
    registers : (REGISTERS,) uint8

    Examples
    --------
    >>> distinct(np.zeros(REGISTERS, np.uint8))
    0.0

    References
    ----------
    Ertl 2017, New cardinality estimation algorithms for HyperLogLog sketches, algorithm 6.
    """
    counts = np.bincount(registers, minlength=_HASH_BITS + 2).tolist()
    z = REGISTERS * _tau(1.0 - counts[_HASH_BITS + 1] / REGISTERS)
    for count in counts[_HASH_BITS:0:-1]:
        z = 0.5 * (z + count)
    z += REGISTERS * _sigma(counts[0] / REGISTERS)
    return REGISTERS * REGISTERS / (2.0 * math.log(2.0) * z)


def _sigma(x: float) -> float:
    if x == 1.0:
        return math.inf
    y, z, before = 1.0, x, -1.0
    while z != before:
        x, before = x * x, z
        z += x * y
        y += y
    return z


def _tau(x: float) -> float:
    if x in (0.0, 1.0):
        return 0.0
    y, z, before = 1.0, 1.0 - x, -1.0
    while z != before:
        x, before, y = math.sqrt(x), z, 0.5 * y
        z -= (1.0 - x) ** 2 * y
    return z / 3.0
