"""How thorough a run is: `deploy/check --long` takes more kills, moments, views and examples.

The tests' `conftest.py` chooses before it collects, so a test file may ask while it is imported.
"""

from typing import TypeVar

T = TypeVar("T")
LONGER = 10
"""How many times as many examples a long run draws."""
_chosen = {"long": False}


def choose(*, long: bool) -> None:
    """Say what this run is."""
    _chosen["long"] = long


def scaled(usual: T, long: T) -> T:
    """One of two amounts, by what this run is."""
    return long if _chosen["long"] else usual


def examples(usual: int) -> int:
    """How many examples a property is tried on."""
    return scaled(usual, usual * LONGER)
