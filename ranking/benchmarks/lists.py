"""Lists: time to make Popular, Related and For this visit for an edition of ten thousand articles.

Views go on between two lists of a kind: an answer that is kept would be another quantity.
"""

from collections.abc import Callable
from functools import partial
from itertools import islice
from random import Random

from ranking.benchmarks.benchmark import Run, Runs, Task
from ranking.benchmarks.generated_log import BEGIN_MS, EDITION, GeneratedLog
from ranking.benchmarks.stopwatch import Stopwatch
from ranking.content.cards import Card
from ranking.profiles.profile import DEFAULT
from ranking.ranker import Ranker

LOG, LISTS, BETWEEN = GeneratedLog(10_000, 60_000, seed=2), 60, 50
"""The log; lists of each kind in a run; views between two of them."""
FIRST = 2
"""Batches of the log before the first list; the others last for 16 runs."""
WORDS = (
    "budget", "court", "election", "festival", "flood", "market", "minister", "museum", "railway",
    "school", "storm", "team",
)  # fmt: skip


def lists(task: Task) -> Runs:
    """Make lists of each kind, run after run.

    Yields
    ------
    Run
        CPU microseconds of `popular` (20 articles), `related` (4) and `foryou` (5, of three
        pages), of one of each together (`page_cpu_us`), the wall time of these, and articles.
    """
    batches, drawn = LOG.batches(), Random(3)
    ranker = _filled()
    for batch in batches[:FIRST]:
        ranker.apply(batch, ranker.position)
    ranker.tick()
    views = (b.part(k, k + BETWEEN) for b in batches[FIRST:] for k in range(0, len(b), BETWEEN))
    task.limit.restart()
    while True:
        taken = {name: Stopwatch() for name in ("popular", "related", "foryou")}
        for _ in range(LISTS):
            for newer in islice(views, 1):
                ranker.apply(newer, ranker.position)
                ranker.tick(renew=False)
            for name, make in _makers(ranker, drawn).items():
                with taken[name]:
                    make()
        us = {name: 1e6 * watch.cpu / LISTS for name, watch in taken.items()}
        figures = {f"{name}_cpu_us": value for name, value in us.items()}
        figures["page_cpu_us"] = sum(us.values())
        figures["page_wall_us"] = 1e6 * sum(watch.wall for watch in taken.values()) / LISTS
        yield Run(figures | {"articles": float(LOG.articles)})


def _filled() -> Ranker:
    ranker, drawn = Ranker(), Random(4)
    for batch in LOG.first_views():
        ranker.apply(batch, ranker.position)
    ranker.put(_card(number, drawn) for number in range(LOG.articles))
    return ranker


def _card(number: int, drawn: Random) -> Card:
    title, tags = drawn.choices(WORDS, k=6), tuple(dict.fromkeys(drawn.choices(WORDS, k=4)))
    at = BEGIN_MS / 1000 - drawn.uniform(0.0, 7 * 86_400.0)
    name, section = f"a{number}", f"s{number % 12}"
    return Card(EDITION, name, " ".join(title), section, tags=tags, published_at=at)


def _makers(ranker: Ranker, drawn: Random) -> dict[str, Callable[[], object]]:
    """Calls that make one list of each kind."""
    pages = [f"a{int(LOG.articles * drawn.random() ** 3)}" for _ in range(3)]
    return {
        "popular": partial(ranker.lists.board, EDITION, "popular", DEFAULT, 20, ""),
        "related": partial(ranker.lists.related, EDITION, pages[0], 4),
        "foryou": partial(ranker.lists.for_you, EDITION, pages, 5),
    }
