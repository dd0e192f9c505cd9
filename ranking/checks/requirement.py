"""Requirement: the one form in which a check fails."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class CheckError(AssertionError):
    """A member breaks a rule of its protocol."""


def require(holds: bool, name: str, rule: str) -> None:
    """Raise if a rule does not hold.

    Raises
    ------
    CheckError
        Naming the member and the rule.
    """
    if not holds:
        message = f"{name}: {rule}"
        raise CheckError(message)


def require_same(
    one: dict[str, NDArray[Any]], other: dict[str, NDArray[Any]], name: str, rule: str
) -> None:
    """Raise unless two sets of arrays are equal to the byte."""
    require(one.keys() == other.keys(), name, f"{rule}: has other arrays")
    for key, array in one.items():
        same = array.tobytes() == other[key].tobytes()
        require(same, name, f"{rule}: {key} differs")


def require_close(
    one: dict[str, NDArray[np.float64]], other: dict[str, NDArray[np.float64]], name: str, rule: str
) -> None:
    """Raise unless two sets of values are equal to 1e-5, the precision of the co-visitation."""
    for key, array in one.items():
        same = array.shape == other[key].shape and np.allclose(array, other[key], 1e-5, 1e-30)
        require(bool(same), name, f"{rule}: {key} differs")
