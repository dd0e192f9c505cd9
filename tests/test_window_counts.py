"""Window counts: views by the hour and by the day, against a dictionary of all views."""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.engine.signals.window_counts import DAYS, HOURS, ring_add, ring_read, ring_sum
from ranking.engine.state_arrays import LONG_AGO
from ranking.ranker import Ranker
from tests.support.logs import DAY_MS, HOUR_MS, RU, Row, chopped, view
from tests.support.thoroughness import examples

STEPS = st.lists(st.tuples(st.integers(-40, 40), st.booleans()), min_size=1, max_size=60)


@pytest.mark.parametrize("length", [HOURS, DAYS, 3])
@settings(deadline=None, max_examples=examples(60), derandomize=True)
@given(STEPS)
def test_a_ring_holds_what_a_dictionary_holds(length: int, steps: list[tuple[int, bool]]) -> None:
    """After every view, late ones and long pauses included, at every window."""
    ring, newest = np.zeros(length, np.uint32), LONG_AGO
    period, truth = 470_000, Counter[int]()
    for step, stays in steps:
        period = period if stays else period + step
        kept = newest == LONG_AGO or period > newest - length
        newest = ring_add(ring, newest, period)
        truth[period] += kept
        now = newest + abs(step) % 5
        shown = [truth[p] if p > newest - length else 0 for p in range(now - length + 1, now + 1)]
        assert ring_read(ring, newest, now) == shown
        for periods in (1, 2, length - 1, length, length + 9):
            assert ring_sum(ring, newest, now, periods) == sum(shown[-periods:])


def test_an_empty_ring_is_all_zeros() -> None:
    ring = np.zeros(HOURS, np.uint32)
    assert ring_read(ring, LONG_AGO, 470_000) == [0] * HOURS
    assert ring_sum(ring, LONG_AGO, 470_000, HOURS) == 0


def test_a_view_older_than_the_ring_is_left_out_of_it() -> None:
    ring = np.zeros(HOURS, np.uint32)
    newest = ring_add(ring, LONG_AGO, 1000)
    assert ring_add(ring, newest, 1000 - HOURS) == newest
    assert ring_sum(ring, newest, newest, HOURS) == 1
    assert ring_add(ring, newest, 1000 - HOURS + 1) == newest
    assert ring_sum(ring, newest, newest, HOURS) == 2


def test_articles_count_by_hours_and_days_of_utc() -> None:
    """Both rings of every article, after every batch of a log with late views."""
    rng, clock, rows = random.Random(3), 20_000 * DAY_MS, list[Row]()
    for i in range(600):
        clock += rng.randint(0, DAY_MS // 8)
        late = rng.choice([0, 0, 5 * HOUR_MS, 3 * DAY_MS])
        rows.append(view(clock - late, str(rng.randrange(5)), f"visitor {i}"))
    ranker, hours, days = Ranker(), Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    newest: dict[str, int] = {}
    for position, batch in enumerate(chopped(rows, range(0, 600, 60))):
        ranker.apply(batch, position)
        for at, event in rows[batch.first : batch.first + len(batch)]:
            article = str(event.article)
            newest[article] = max(newest.get(article, 0), at)
            hour, day = at // HOUR_MS, at // DAY_MS
            hours[article, hour] += hour > newest[article] // HOUR_MS - HOURS
            days[article, day] += day > newest[article] // DAY_MS - DAYS
        site = ranker.sites["inform"]
        now = site.newest_ms
        for article in newest:
            record = site.state.article[site.slot(RU, article)]
            hour, day = now // HOUR_MS, now // DAY_MS
            assert ring_read(record["hourly"], int(record["hour"]), hour) == [
                hours[article, p] for p in range(hour - HOURS + 1, hour + 1)
            ]
            assert ring_read(record["daily"], int(record["day"]), day) == [
                days[article, p] for p in range(day - DAYS + 1, day + 1)
            ]
