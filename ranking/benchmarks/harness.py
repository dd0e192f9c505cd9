"""Harness: takes a benchmark's runs and sums them up in the one shape of results.

Warm-up runs are made first and not counted. Where a run measures a peer too, the pairs follow each
other as A B A B. A ratio is the median of the pairs' ratios, because what slows the machine for a
while slows both runs of a pair (as in asv's interleaved rounds).
"""

import statistics
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from ranking.benchmarks.benchmark import Benchmark, Run, Task

GREATEST = ("max_ms", "longest_s", "peak_mb", "unseen", "views_lost")
LEAST = ("_least", "_least_share")
"""Ends of the names of figures that are extremes; all others are medians over the runs."""


def measured(benchmark: Benchmark, task: Task, runs: int | None = None) -> dict[str, Any]:
    """Run a benchmark and sum up its counted runs.

    Parameters
    ----------
    benchmark : Benchmark
    task : Task
        Its limit is for all runs together; one counted run is always made.
    runs : int
        Counted runs; the benchmark's own number if None.

    Returns
    -------
    dict
        See `summary`; also `missing`, lines that say what was not reached in time, if any.
    """
    wanted, limit, kept = runs or benchmark.runs, task.limit, list[Run]()
    with closing(benchmark.start(task)) as made:
        for number in range(benchmark.warmups):
            limit.say(f"warm-up run {number + 1} of {benchmark.warmups}")
            next(made)
        for number in limit.of(range(wanted), f"of {wanted} runs were made"):
            limit.say(f"run {number + 1} of {wanted}")
            kept.append(next(made))
    return summary(benchmark, kept) | ({"missing": limit.missing} if limit.missing else {})


def summary(benchmark: Benchmark, runs: Sequence[Run]) -> dict[str, Any]:
    """Sum up runs.

    Returns
    -------
    dict
        `headline`, `unit` and `better` (`more` or `less`). `median`, `min` and `max` of the
        headline's values, None if no run reached it. `runs`. `ratios`, medians of the runs'
        ratios. Then every figure of the runs by its own name.

    Examples
    --------
    >>> its = Benchmark("x", "", "", "x_per_s", "x/s", "more", ratios=("x_to_y",))
    >>> runs = [Run({"x_per_s": x, "x_to_y": x / 10}) for x in (4.0, 9.0, 5.0)]
    >>> told = summary(its, runs)
    >>> told["median"], told["min"], told["max"], told["runs"], told["ratios"]
    (5.0, 4.0, 9.0, 3, {'x_to_y': 0.5})
    """
    values = [value for run in runs for value in _values(benchmark, run)]
    names = dict.fromkeys(name for run in runs for name in run.figures)
    figures = {
        name: _over_runs(name, [run.figures[name] for run in runs if name in run.figures])
        for name in names
    }
    return {
        "headline": benchmark.headline,
        "median": statistics.median(values) if values else None,
        "min": min(values, default=None),
        "max": max(values, default=None),
        "runs": len(runs),
        "unit": benchmark.unit,
        "better": benchmark.better,
        "ratios": {name: figures[name] for name in benchmark.ratios if name in figures},
        **figures,
    }


def _values(benchmark: Benchmark, run: Run) -> Sequence[float]:
    if run.values or benchmark.headline not in run.figures:
        return run.values
    return (run.figures[benchmark.headline],)


def _over_runs(name: str, values: list[float]) -> float:
    if name.endswith(GREATEST):
        return max(values)
    if name.endswith(LEAST):
        return min(values)
    return statistics.median(values)
