"""Loop: the engine's loop over views, alone, on tables that fit into the caches and on others.

Each run applies the same generated log to two rankers whose tables are filled: a small one and a
large one. Its peer is Python's `Counter`, which counts the same articles in the same run: the ratio
to it says more about another machine than a time does.
"""

from collections import Counter

from ranking.benchmarks.benchmark import Run, Runs, Task
from ranking.benchmarks.generated_log import GeneratedLog
from ranking.benchmarks.stopwatch import Stopwatch
from ranking.engine.batch import Batch
from ranking.ranker import Ranker

SIZES = {"small": GeneratedLog(2_000, 150_000), "large": GeneratedLog(200_000, 150_000)}


def loop(task: Task) -> Runs:
    """Apply the log, run after run.

    Yields
    ------
    Run
        `views_per_cpu_s` of both tables together. Of each table views a CPU second and CPU
        microseconds a view. Wall microseconds a view, and views of one run. The ratio of the
        small table's speed to that of `Counter`.
    """
    logs = {name: (log.first_views(), log.batches()) for name, log in SIZES.items()}
    task.limit.restart()
    while True:
        peer = _counted(logs["small"][1])
        taken = {name: _applied(*batches) for name, batches in logs.items()}
        views = sum(log.views for log in SIZES.values())
        figures = {"views_per_cpu_s": views / sum(watch.cpu for watch in taken.values())}
        for name, watch in taken.items():
            figures[f"{name}_views_per_cpu_s"] = SIZES[name].views / watch.cpu
            figures[f"{name}_cpu_us"] = 1e6 * watch.cpu / SIZES[name].views
        figures["wall_us"] = 1e6 * sum(watch.wall for watch in taken.values()) / views
        figures["views"] = float(views)
        figures["small_to_counter"] = peer.cpu / taken["small"].cpu
        yield Run(figures)


def _applied(first_views: list[Batch], batches: list[Batch]) -> Stopwatch:
    """Time of a log on tables that the first views have filled."""
    ranker, watch = Ranker(), Stopwatch()
    for batch in first_views:
        ranker.apply(batch, ranker.position)
    with watch:
        for batch in batches:
            ranker.apply(batch, ranker.position)
    return watch


def _counted(batches: list[Batch]) -> Stopwatch:
    names = [batch.articles[n][1] for batch in batches for n in batch.columns["article"].tolist()]
    counts, watch = Counter[str](), Stopwatch()
    with watch:
        counts.update(names)
    return watch
