"""Registry: all benchmarks, ours and those of other packages, each with one line of help.

Other packages add a `Benchmark` by the entry point group `tolqyn.benchmarks`.
"""

from importlib.metadata import entry_points

from ranking.benchmarks.benchmark import Benchmark, BenchmarkError

GROUP = "tolqyn.benchmarks"
OURS = (
    Benchmark(
        "loop", "views a CPU second of the engine's loop, on small and large tables",
        "ranking.benchmarks.loop:loop", "views_per_cpu_s", "views/CPU s", "more",
        runs=5, warmups=1, ratios=("small_to_counter",), is_portable=True,
    ),
    Benchmark(
        "lists", "CPU time of Popular, Related and For this visit among 10,000 articles",
        "ranking.benchmarks.lists:lists", "page_cpu_us", "us", "less",
        runs=10, warmups=2, is_portable=True,
    ),
    Benchmark(
        "visible", "delay from a posted view to its place in Popular, at 1,000 views/s",
        "ranking.benchmarks.visible:visible", "median_ms", "ms", "less",
    ),
    Benchmark(
        "visible-editions", "the same on a portal of a hundred editions",
        "ranking.benchmarks.visible:visible_editions", "median_ms", "ms", "less",
    ),
    Benchmark(
        "visible-articles", "the same on a portal of a million articles",
        "ranking.benchmarks.visible:visible_articles", "median_ms", "ms", "less",
    ),
    Benchmark(
        "growth", "time of a tick as a portal grows in articles and editions",
        "ranking.benchmarks.growth:growth", "small_tick_median_ms", "ms", "less",
        is_portable=True,
    ),
    Benchmark(
        "retune", "time of a draft's Popular among a million articles, and of a publication",
        "ranking.benchmarks.retune:retune", "half_life_median_ms", "ms", "less",
    ),
    Benchmark(
        "experiments", "answers per second by arm, against without (needs wrk)",
        "ranking.benchmarks.experiments:experiments", "with_per_s", "answers/s", "more",
        runs=5, ratios=("ratio",),
    ),
    Benchmark(
        "ingest", "a log by HTTP at full speed (needs --views)",
        "ranking.benchmarks.ingest:ingest", "views_per_s", "views/s", "more",
        runs=3, ratios=("ratio_to_reading",),
    ),
    Benchmark(
        "preview", "agreement of a draft's Popular with exact sums (needs --views)",
        "ranking.benchmarks.preview:preview", "between_same", "share", "more",
    ),
)  # fmt: skip


def benchmarks() -> dict[str, Benchmark]:
    """All benchmarks, by name.

    Raises
    ------
    BenchmarkError
        If an entry point is no `Benchmark`.
    """
    found = {benchmark.name: benchmark for benchmark in OURS}
    for entry in entry_points(group=GROUP):
        loaded = entry.load()
        if not isinstance(loaded, Benchmark):
            message = f"entry point {entry.value} must be a Benchmark, got {type(loaded).__name__}"
            raise BenchmarkError(message)
        found[loaded.name] = loaded
    return found
