"""What a tick costs as a portal grows: in articles, in editions, and after evictions."""

import resource
import statistics
import time
from random import Random

from ranking.benchmarks.benchmark import Run, Task, repeated
from ranking.benchmarks.time_limit import TimeLimit
from ranking.content.cards import Card
from ranking.engine.batch import Batch
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event_columns import Rows
from ranking.engine.settings import EngineSettings
from ranking.profiles.profile import Profile
from ranking.ranker import Ranker

CASES = {
    "small": (10_000, 7, 0),
    "editions": (10_000, 100, 0),
    "articles": (1_000_000, 7, 0),
    "evictions": (100_000, 7, 100_000),
}
"""Articles, editions, and how many articles there may be (0 = more than there are)."""
TICKS, BATCH = 100, 20_000
VIEWS = 50
"""Views between two ticks: 1,000 a second, a tick every 50 ms."""
DRAFTS = 5
BEGIN_MS = 1_700_000_000_000
HASHES = Hasher(b"bench")


@repeated
def growth(task: Task) -> Run:
    """Tick portals of several sizes at 1,000 views a second.

    Parameters
    ----------
    task : Task

    Returns
    -------
    Run
        Of each size: milliseconds of a tick (median, 95th percentile, longest), memory of the
        process in MB after the ticks, and what drafts added.
    """
    measures: dict[str, float] = {}
    for name, case in task.limit.of(CASES.items(), "sizes were tried"):
        measures |= {f"{name}_{key}": value for key, value in _case(task.limit, *case)}
    return Run(measures)


def _case(limit: TimeLimit, articles: int, editions: int, most: int) -> list[tuple[str, float]]:
    settings = EngineSettings(articles=most) if most else EngineSettings()
    ranker, drawn = Ranker(settings), Random(1)
    wall, number = BEGIN_MS / 1000, 0
    for start in limit.of(range(0, articles, BATCH), f"times {BATCH} articles were made"):
        names = range(start, min(start + BATCH, articles))
        ranker.apply(_batch(names, editions, BEGIN_MS + start, number, drawn), ranker.position)
        ranker.put(_card(name, editions) for name in names)
        number += len(names)
    ranker.tick(wall=wall)
    made = number
    before, took = _memory(), []
    for tick in limit.of(range(TICKS), "ticks were made"):
        at = BEGIN_MS + articles + 50 * tick
        seen = [int(drawn.paretovariate(0.5)) % made for _ in range(VIEWS - 1)]
        seen.append(articles + tick)  # an article that nobody saw before
        ranker.apply(_batch(seen, editions, at, number, drawn), ranker.position)
        number += VIEWS
        began = time.perf_counter()
        ranker.tick(renew=False, wall=wall + 0.05 * tick)
        took.append(1000 * (time.perf_counter() - began))
    for draft in range(DRAFTS):
        profile = Profile(half_life=400.0 + draft)
        for edition in range(min(editions, 7)):
            ranker.lists.board(f"bench/e{edition}", "popular", profile, 20, "")
    return [
        ("tick_median_ms", statistics.median(took)),
        ("tick_p95_ms", sorted(took)[int(0.95 * len(took))]),
        ("tick_max_ms", max(took)),
        ("memory_mb", before),
        ("drafts_mb", _memory() - before),
    ]


def _batch(names: range | list[int], editions: int, at_ms: int, first: int, drawn: Random) -> Batch:
    columns = {
        "article": [f"a{name}" for name in names],
        "edition": [f"bench/e{name % editions}" for name in names],
        "visitor": [f"v{drawn.randrange(1 << 40)}" for _ in names],
    }
    rows = Rows([at_ms + k // 20 for k in range(len(names))], columns)
    return pack("bench", "bench", first, at_ms, rows, HASHES)


def _card(name: int, editions: int) -> Card:
    edition, story = f"bench/e{name % editions}", f"s{name // editions}"
    at = BEGIN_MS / 1000 - 3600 - name % 86_400
    return Card(edition, f"a{name}", f"Title {name}", f"s{name % 12}", published_at=at, story=story)


def _memory() -> float:
    """Most memory that the process had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
