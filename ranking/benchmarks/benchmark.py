"""Benchmark: what is measured, in which unit, and the runs that its function makes.

A benchmark names its headline: the quantity whose median, least and greatest value are given. Its
function yields one `Run` after another, for as long as it is asked. What it sets up before the
first run serves all of them.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Literal

from ranking.benchmarks.time_limit import TimeLimit

Better = Literal["more", "less"]


class BenchmarkError(ValueError):
    """A benchmark cannot run here: the operator must change something."""


@dataclass(frozen=True, slots=True)
class Task:
    """Input of a benchmark.

    Attributes
    ----------
    views : Path or None
        A log.
    columns : str
        Other names of its columns, as `at=ts_ms,visitor=user`.
    limit : TimeLimit
        For all runs together. A function restarts it when its set-up is done.
    """

    views: Path | None
    columns: str
    limit: TimeLimit


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes
    ----------
    figures : dict of str to float
        All figures of the run, by name. What was not reached in time is left out.
    values : tuple of float
        The headline quantity, as often as the run measured it. Empty: the headline's figure alone.
    """

    figures: dict[str, float]
    values: tuple[float, ...] = ()


Runs = Generator[Run, None, None]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark of the registry.

    Attributes
    ----------
    name, text : str
        Of the command line, and its line of help.
    function : str
        `module:function`, imported when it runs. It takes a `Task` and returns `Runs`.
    headline : str
        Name of the figure that stands for the benchmark.
    unit : str
        Of the headline.
    better : str
        `more` or `less`.
    runs, warmups : int
        Counted runs unless another number is asked for, and uncounted runs before them.
    ratios : tuple of str
        Figures that compare with a peer of the same run.
    is_portable : bool
        Whether the function needs the engine and the lists alone. Such a benchmark also measures
        an older tree that does not have it.
    """

    name: str
    text: str
    function: str
    headline: str
    unit: str
    better: Better
    runs: int = 1
    warmups: int = 0
    ratios: tuple[str, ...] = ()
    is_portable: bool = False

    def start(self, task: Task) -> Runs:
        """Import the function and call it; nothing is measured before the first run is taken."""
        module, _, name = self.function.partition(":")
        runs: Runs = getattr(import_module(module), name)(task)
        return runs


def repeated(once: Callable[[Task], Run]) -> Callable[[Task], Runs]:
    """Turn a function that makes one run, set-up included, into one that makes runs."""

    @wraps(once)
    def runs(task: Task) -> Runs:
        while True:
            yield once(task)

    return runs
