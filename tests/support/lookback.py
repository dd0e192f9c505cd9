"""Looking back: a log of two sites, and rankers of the past held against systems that stopped."""

import random
from collections.abc import Callable, Iterator

from ranking.engine.batch import Batch
from ranking.history.past_state import Rankers
from ranking.ranker import Ranker
from tests.support.logs import DAY_MS, MINUTE_MS, RU, Row, chopped, packed, random_rows

SITE, OTHER = "inform", "paper/en"


def lively(seed: int, edition: str = RU) -> list[Row]:
    """A log with late views, robots, repeats by id, and nights."""
    return random_rows(
        seed, 900, articles=60, editions=(edition,), late=0.2, late_ms=40 * MINUTE_MS, pause=0.01,
        pause_ms=DAY_MS, others=0.1, robots=0.1, ids=0.2, sessions=0.3, ours=0.2, step_ms=MINUTE_MS,
    )  # fmt: skip


def before(rows: list[Row], at: float) -> list[Row]:
    """What the log had when its clock was to pass a moment."""
    stop = next((k for k, row in enumerate(rows) if row.at_ms > at * 1000), len(rows))
    return rows[:stop]


def state_after(rows: list[Row]) -> bytes:
    """State of a system that got just these."""
    ranker = Ranker()
    if rows:
        ranker.apply(packed(rows), 0)
    return ranker.state()


def mixed(rng: random.Random, rows: list[Row], others: list[Row]) -> Iterator[Batch]:
    """Batches of two sites in turns; now and then one that was sent again."""
    cuts = [sorted(rng.sample(range(1, len(its)), 60)) for its in (rows, others)]
    pairs = [
        chopped(its, cut, f"of {k}")
        for k, (its, cut) in enumerate(zip((rows, others), cuts, strict=True))
    ]
    for mine, its in zip(*pairs, strict=True):
        yield mine
        yield its
        if rng.random() < 0.2:
            yield mine


def moments(rows: list[Row], seed: int) -> list[float]:
    """Moments all over a log, on stamps and between them, in no order."""
    rng, last = random.Random(seed), max(row.at_ms for row in rows)
    on = [row.at_ms / 1000 for row in rng.sample(rows, 20)]
    between = [rng.uniform(rows[0].at_ms, last) / 1000 for _ in range(20)]
    chosen = [at for at in [*on, *between] if at * 1000 >= rows[0].at_ms]
    return rng.sample(chosen, len(chosen))


def assert_states_of_then(rankers: Callable[[], Rankers], rows: list[Row]) -> None:
    """Whatever is asked in whatever order, the state is that of a system that stopped then."""
    jumping = rankers()
    for at in moments(rows, 5):
        with jumping.at(SITE, at) as ranker:
            assert ranker.state() == state_after(before(rows, at))
            assert list(ranker.sites) == [SITE]
    moving = rankers()
    for at in sorted(moments(rows, 6)):
        with moving.at(SITE, at) as moved:
            assert moved.state() == state_after(before(rows, at))


def assert_rest_comes_once(rankers: Rankers, rows: list[Row]) -> None:
    """What comes after a moment is the log's rest."""
    at = rows[len(rows) // 2].at_ms / 1000
    ranker, rest = rankers.begun(SITE, at)
    after = [int(stamp) for batch in rest for stamp in batch.columns["at"]]
    assert ranker.state() == state_after(before(rows, at))
    assert after == [row.at_ms for row in rows[len(before(rows, at)) :]]
