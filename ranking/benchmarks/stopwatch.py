"""Stopwatch: processor and wall time of blocks of code.

On a shared machine the wall clock also counts the time of others. Processor time is that of this
process alone, all its threads together.
"""

import time
from types import TracebackType


class Stopwatch:
    """Adds up the blocks that it is the context of.

    Attributes
    ----------
    cpu, wall : float
        Seconds.

    Examples
    --------
    >>> watch = Stopwatch()
    >>> with watch:
    ...     total = sum(range(1000))
    >>> 0.0 < watch.cpu < 1.0
    True
    """

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0

    def __enter__(self) -> "Stopwatch":
        """Go on."""
        self.wall -= time.perf_counter()
        self.cpu -= time.process_time()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop."""
        self.cpu += time.process_time()
        self.wall += time.perf_counter()
