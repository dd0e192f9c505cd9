"""Before and after: the same benchmarks on two commits in turn, and the ratios of new to old.

The order is A B A B: each pair is a run of the older tree followed by a run of this checkout. A
ratio is the median of the pairs' ratios. A portable benchmark of this checkout measures both trees.
Of any other benchmark each tree runs its own version, whose method may differ.
"""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from ranking.benchmarks.benchmark import Benchmark, BenchmarkError
from ranking.benchmarks.older_tree import Tree

PAIRS = 5
CARRIED = Path(__file__).with_name("carried.py")
BETTER, WORSE, NOISE = "better", "worse", "within noise"


@dataclass(frozen=True, slots=True)
class Options:
    """Options of every run.

    Attributes
    ----------
    views : Path or None
        A log.
    columns : str
        Other names of its columns.
    seconds : float
        Time limit of one benchmark on one tree, once.
    """

    views: Path | None
    columns: str
    seconds: float

    def words(self) -> list[str]:
        """The same on a command line."""
        given = ["--views", str(self.views.resolve())] if self.views else []
        return [*given, "--columns", self.columns, "--seconds", f"{self.seconds:g}s"]


def compared(
    benchmark: Benchmark,
    old: Callable[[], dict[str, Any]],
    new: Callable[[], dict[str, Any]],
    pairs: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Run a benchmark on two trees in turn.

    Parameters
    ----------
    benchmark : Benchmark
    old, new : callable
        Run it once on a tree and give its result.
    pairs : int
    say : callable
        Takes a line before each run.

    Returns
    -------
    dict
        `median`, `min` and `max` of the pairs' ratios of new to old in the headline. `runs`, the
        pairs. `unit`, always `new/old`. `better` and `verdict`. `ratios` of all other figures.
        `old` and `new`, medians of the headline, with its `headline_unit`.

    Raises
    ------
    BenchmarkError
        If a result has no headline.
    """
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for number in range(pairs):
        say(f"pair {number + 1} of {pairs}, older tree")
        before = old()
        say(f"pair {number + 1} of {pairs}, this checkout")
        found.append((before, new()))
    values = [tuple(headline(benchmark, result) for result in pair) for pair in found]
    ratios = [after / before for before, after in values]
    missing = sorted(
        {line for pair in found for result in pair for line in result.get("missing", ())}
    )
    return {
        "headline": benchmark.headline,
        "median": statistics.median(ratios),
        "min": min(ratios),
        "max": max(ratios),
        "runs": pairs,
        "unit": "new/old",
        "better": benchmark.better,
        "verdict": verdict(benchmark, ratios),
        "ratios": _ratios(found),
        "old": statistics.median(before for before, _ in values),
        "new": statistics.median(after for _, after in values),
        "headline_unit": benchmark.unit,
    } | ({"missing": missing} if missing else {})


def headline(benchmark: Benchmark, result: dict[str, Any]) -> float:
    """The headline of a result, also of one from before results had a median.

    Raises
    ------
    BenchmarkError
        If it is neither given as a median nor by its own name, or is 0.
    """
    value = result.get("median", result.get(benchmark.headline))
    if not value:
        missing = "; ".join(result.get("missing", ())) or f"it has {', '.join(result)}"
        message = f"benchmark {benchmark.name} gave no {benchmark.headline}: {missing}"
        raise BenchmarkError(message)
    return float(value)


def verdict(benchmark: Benchmark, ratios: Sequence[float]) -> str:
    """Say whether all pairs agree that the new tree is better, or worse."""
    if all(ratio > 1.0 for ratio in ratios):
        return BETTER if benchmark.better == "more" else WORSE
    if all(ratio < 1.0 for ratio in ratios):
        return WORSE if benchmark.better == "more" else BETTER
    return NOISE


def _ratios(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, float]:
    """Medians of the pairs' ratios of every figure that all results have."""
    own = {"median", "min", "max", "runs"}
    names = [n for n in pairs[0][0] if n not in own and all(_is_figure(p, n) for p in pairs)]
    return {
        name: statistics.median(after[name] / before[name] for before, after in pairs)
        for name in names
    }


def _is_figure(pair: Sequence[dict[str, Any]], name: str) -> bool:
    return all(isinstance(result.get(name), int | float) and result[name] for result in pair)


def run_own(tree: Tree, name: str, options: Options, fault: str = "") -> dict[str, Any]:
    """Run a tree's own benchmark by its command line.

    Parameters
    ----------
    tree : Tree
    name : str
    options : Options
    fault : str
        Why this checkout's benchmark does not run on the tree, if that was tried.

    Raises
    ------
    BenchmarkError
        If the tree has no such benchmark, or it fails.
    """
    done = tree.run("-m", "ranking", "bench", name, *options.words(), "--format", "json")
    if done.returncode == 2 and "no benchmark" in done.stderr:
        also = f", and this checkout's does not run on it: {fault}" if fault else ""
        message = f"revision {tree.commit} has no benchmark '{name}'{also}"
        raise BenchmarkError(message)
    result: dict[str, Any] = _result(tree, name, done)[name]
    return result


def runs_on(
    tree: Tree, benchmark: Benchmark, options: Options, renames: Mapping[str, str]
) -> Callable[[], dict[str, Any]]:
    """Choose how a tree runs a benchmark: by this checkout's file if the tree can import it.

    Parameters
    ----------
    tree : Tree
    benchmark : Benchmark
    options : Options
    renames : mapping of str to str
        Names that modules have now, and those that they have in the tree.
    """
    name, given = benchmark.name, json.dumps(dict(renames))
    words = ("-P", str(CARRIED), name)
    if not benchmark.is_portable:
        return partial(run_own, tree, name, options)
    imported = tree.run(*words, given=given)
    if imported.returncode:
        return partial(run_own, tree, name, options, _last(imported.stderr))

    def run() -> dict[str, Any]:
        done = tree.run(*words, str(options.seconds), given=given)
        return _result(tree, name, done)

    return run


def _result(tree: Tree, name: str, done: CompletedProcess[str]) -> dict[str, Any]:
    if done.returncode:
        message = f"benchmark {name} cannot run on {tree.commit}: {_last(done.stderr)}"
        raise BenchmarkError(message)
    result: dict[str, Any] = json.loads(_last(done.stdout))
    return result


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["it printed nothing"])[-1]
