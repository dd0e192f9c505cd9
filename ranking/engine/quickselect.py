"""Quickselect: the k-th smallest of some numbers, without a sort.

Hoare's FIND (1961, https://doi.org/10.1145/366622.366647) with the middle as pivot. Numba's own
sort does more than is needed here and takes seconds to compile.
"""

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled


@compiled
def kth_smallest(values: NDArray[np.float64], k: int) -> float:
    """Find the value that `k` others precede; reorders `values`.

    Examples
    --------
    >>> kth_smallest(np.array([3.0, 1.0, 2.0]), 1)
    2.0
    """
    low, high = 0, values.size - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return float(values[k])
