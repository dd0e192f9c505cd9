"""Time limit: how long a benchmark may take, and what it did not reach by then."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ranking.benchmarks.processes import await_until

T = TypeVar("T")
USUAL = 600.0
"""Seconds."""
EVERY = 5.0
"""Seconds between two lines that say how far a benchmark is."""


class TimeLimit:
    """The time that one benchmark has, from now on.

    Parameters
    ----------
    seconds : float
    clock : callable
        Monotonic seconds.
    say : callable
        Takes lines that say how far the benchmark is.

    Attributes
    ----------
    missing : list of str
        What did not happen in time.
    """

    def __init__(
        self,
        seconds: float = USUAL,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.seconds, self._clock, self._say = seconds, clock, say
        self._began, self._said, self._is_restarted = clock(), -math.inf, False
        self.missing: list[str] = []

    def restart(self) -> None:
        """Count from now on, since the set-up is done. Only the first call counts.

        Set-ups of later runs are within the time, which is for all runs together.
        """
        if not self._is_restarted:
            self._began, self._is_restarted = self._clock(), True

    def left(self, share: float = 1.0) -> float:
        """Seconds until so much of the time is over, at least 0."""
        return max(self._began + share * self.seconds - self._clock(), 0.0)

    def say(self, line: str) -> None:
        """Say how far the benchmark is, unless it was said less than `EVERY` seconds ago."""
        if self._clock() - self._said >= EVERY:
            self._said = self._clock()
            self._say(line)

    def miss(self, what: str) -> None:
        """Write down what did not happen."""
        self.missing.append(f"{what}, within {self.seconds:g} s")

    def of(self, things: Iterable[T], what: str, share: float = 1.0) -> Iterator[T]:
        """Give things one after another, at least one, until so much of the time is over."""
        for done, thing in enumerate(things):
            if done and not self.left(share):
                self.miss(f"only {done} {what}")
                return
            yield thing

    def awaits(self, holds: Callable[[], bool], what: str) -> bool:
        """Wait until something holds; says whether it did in time."""
        try:
            await_until(holds, what, self.left())
        except TimeoutError:
            self.miss(f"it did not happen that {what}")
            return False
        return True
