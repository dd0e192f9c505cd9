"""Batches that come again change nothing: sequences, and numbers that are left out."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import Batch
from ranking.engine.outcomes import KNOWN
from ranking.engine.settings import EngineSettings
from ranking.ranker import Ranker
from tests.support.logs import START_MS, packed, view
from tests.support.restarts import ALL_SETTINGS, TINY, applied, log_for, restarted


def news(outcome: NDArray[np.uint8]) -> int:
    """Events that the engine did not have."""
    return int(np.count_nonzero(outcome != KNOWN))


@ALL_SETTINGS
def test_retried_batches_are_skipped(engine: EngineSettings) -> None:
    """Whole ones, and the part of one that came before; also after a restart."""
    rows = log_for(engine, seed=8, n_views=400)
    truth = applied([packed(rows)], engine).state()
    bounds = [(0, 100), (0, 100), (50, 160), (160, 200), (100, 190), (190, 400), (0, 400)]
    log = [packed(rows[start:stop], start) for start, stop in bounds]
    ranker = Ranker(engine)
    new = [news(ranker.apply(batch, position)) for position, batch in enumerate(log)]
    assert new == [100, 0, 60, 40, 0, 200, 0]
    assert ranker.state() == truth
    for stop in range(1, len(log)):
        again = restarted(applied(log[:stop], engine), log, engine)
        for position in range(stop, len(log)):
            again.apply(log[position], position)
        assert again.state() == truth, f"restart at {stop}"


def test_sequences_are_of_a_source_and_a_site() -> None:
    """The same numbers of another source, or of another site, are other views."""
    rows = [view(START_MS + k, f"{k}", f"{k}") for k in range(10)]
    other = [view(START_MS + k, f"{k}", f"{k}", edition="other/en") for k in range(10)]
    batches = [packed(rows, 0, "one"), packed(rows, 0, "two"), packed(other, 0, "one")]
    ranker = Ranker()
    assert [news(ranker.apply(batch, k)) for k, batch in enumerate(batches)] == [10, 10, 10]


def test_numbers_left_out_keep_retries_apart() -> None:
    """A raw topic's offsets: another site's views, and unreadable ones, lie between."""
    rows = [view(START_MS + k, f"{k}", f"{k}") for k in range(8)]
    numbers = np.array([3, 4, 9, 10, 11, 20, 21, 30])
    gaps = np.diff(numbers, prepend=2) - 1

    def between(start: int, stop: int) -> Batch:
        batch = packed(rows[start:stop], 0)
        first = int(numbers[start])
        gap = np.array([0, *gaps[start + 1 : stop]], np.uint32)
        return replace(batch, first=first, columns=batch.columns | {"gap": gap})

    ranker = Ranker()
    bounds = [(0, 3), (1, 5), (3, 5), (2, 8), (7, 8)]
    applied = [news(ranker.apply(between(*bound), k)) for k, bound in enumerate(bounds)]
    assert applied == [3, 2, 0, 3, 0]
    assert dict(ranker.sites["inform"].sequences) == {"collector": 31}
    whole = Ranker()
    whole.apply(packed(rows), 0)
    assert ranker.state() == whole.state()


def test_a_retry_changes_nothing_whatever_came_between() -> None:
    """Also of a source that was not the last one."""
    rows = [view(START_MS + k, f"{k}", f"{k}") for k in range(30)]
    log = [packed(rows[:10], 0, "one"), packed(rows[10:20], 0, "two")]
    ranker = applied(log, EngineSettings())
    before = ranker.state()
    assert news(ranker.apply(log[0], 2)) == 0
    assert ranker.state() == before


def test_batches_of_nothing_new_need_no_memory() -> None:
    """A source's number is kept even if all of its views were known."""
    ranker = applied([packed([view(START_MS, "a"), view(START_MS, "b", "berik")])], TINY)
    assert dict(ranker.sites["inform"].sequences) == {"collector": 2}
    assert news(ranker.apply(packed([view(START_MS, "b", "berik")], 1), 1)) == 0
    assert dict(ranker.sites["inform"].sequences) == {"collector": 2}
    assert np.array_equal(ranker.sites["inform"].take_touched(), [0, 1])
