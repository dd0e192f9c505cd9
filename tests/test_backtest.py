"""Backtest: the same lists as the live ones, proved by asking those before every single view."""

import random
from collections import defaultdict

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.backtest.backtest import replay
from ranking.backtest.measures.accuracy import accuracy
from ranking.backtest.visits import Span, span_of, visit_links
from ranking.content.catalogue import Catalogue
from ranking.engine.settings import EngineSettings
from ranking.profiles.profile import DEFAULT, Profile
from tests.support.logs import (
    DAY_MS,
    HOUR_MS,
    KK,
    RU,
    START_MS,
    Row,
    chopped,
    packed,
    view,
)
from tests.support.slow_backtest import ALL, LISTS, W_MS, assert_same, log
from tests.support.thoroughness import examples

PROFILES = {
    "default": DEFAULT,
    "rungs": Profile(half_life=7200.0, landing_weight=1.0, related_half_life=21_600.0),
    "alone": Profile(popular_evidence=0.0, related_evidence=0.0),
    "between": Profile(half_life=1000.0, related_half_life=5000.0, onward_weight=0.4),
    "chain": Profile(
        fast_evidence=2.0,
        middle_evidence=5.0,
        slow_evidence=90.0,
        visit_decay=0.9,
        visit_depth=2,
        visit_wear=50.0,
    ),
}


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("seed", range(2))
def test_places_are_those_of_the_live_lists(name: str, seed: int) -> None:
    measures = assert_same(log(seed), Catalogue(), ALL, PROFILES[name])
    assert 0.0 < measures["popular"]["hr@5"] < 1.0
    assert 0.0 < measures["foryou"]["hr@20"] < 1.0
    assert 0.0 < measures["last_item"]["ndcg@20"] < measures["last_item"]["hr@20"]


@pytest.mark.parametrize("refresh", [0.5, 900.0, 3600.0, 86_400.0])
def test_frozen_lists_are_those_of_the_last_refresh(refresh: float) -> None:
    """What was read is left out at once, though."""
    rows = log(3, 400)
    span = Span(rows[60].at_ms, 2**62, refresh=refresh)
    assert_same(rows, Catalogue(), span, DEFAULT)


def test_visits_in_windows_are_those_that_began_there() -> None:
    """As if every page had been read in the hour in which its visit began."""
    rows, began, newest = log(4, 400), dict[str, int](), dict[str, int]()
    windows = defaultdict[int, tuple[list[Row], list[Row]]](lambda: ([], []))
    for at, event in rows:
        chain = str(event.session or event.visitor)
        if not event.session and at - newest.get(chain, at) >= W_MS:
            del began[chain]
        newest[chain] = at
        hour = began.setdefault(chain, at // HOUR_MS)
        end = hour * HOUR_MS + HOUR_MS - 1
        windows[hour][at > end].append(Row(min(at, end), event))
    moved = [row for hour in sorted(windows) for part in windows[hour] for row in part]
    result = replay([packed(rows)], Catalogue(), Span(0, 2**62, 1, 3600.0, by_visit=True))
    read = [result.site.ids[slot] for slot in result.views["slot"].tolist()]
    assert read == [row.event.article for row in moved] != [row.event.article for row in rows]
    assert result.views["at"].tolist() == [row.at_ms for row in moved]
    assert result.plan.asked.size == replay([packed(rows)], Catalogue(), ALL).plan.asked.size


def test_lists_frozen_for_ever_are_empty() -> None:
    """Nothing was read before the first refresh."""
    measures = accuracy(replay([packed(log(3))], Catalogue(), Span(0, 2**62, refresh=1e12)))
    assert measures["foryou"]["clicks"] > 20
    assert measures["foryou"]["hr@20"] == measures["popular"]["hr@20"] == 0.0


def test_two_editions_in_one_visit() -> None:
    """A page of the other edition says nothing about this one."""
    rows = [
        Row(at, msgspec.structs.replace(event, article=f"{event.edition} {event.article}"))
        for at, event in log(6, editions=(RU, KK))
    ]
    assert_same(rows, Catalogue(), ALL, DEFAULT)


def test_impressions_and_clicks_are_no_pages() -> None:
    """A list item that came into sight was not read."""
    assert_same(log(7, 350, others=0.35), Catalogue(), ALL, DEFAULT)


def test_robots_have_no_visits() -> None:
    """Even where one shares a reader's session."""
    assert_same(log(7, 300, robots=0.2), Catalogue(), ALL, DEFAULT)


@pytest.mark.parametrize("every", [1, 2, 3])
def test_part_of_the_views_and_of_the_visits(every: int) -> None:
    """All views are applied, those within the span are predicted."""
    rows = log(8, 500)
    span = Span(rows[150].at_ms, rows[400].at_ms, every)
    measures = assert_same(rows, Catalogue(), span, DEFAULT)
    whole = accuracy(replay(chopped(rows, [250]), Catalogue(), ALL))
    assert measures["popular"]["clicks"] < whole["popular"]["clicks"]


def test_every_click_belongs_to_one_share_of_the_visits() -> None:
    """Each visit is in every K-th or not, as a whole."""
    rows = log(9, 400)
    batches = chopped(rows, [100, 300])
    clicks = [
        accuracy(replay(batches, Catalogue(), Span(0, 2**62, every)))["foryou"]["clicks"]
        for every in (1, 2, 4, 1000)
    ]
    assert clicks == sorted(clicks, reverse=True)
    assert clicks[0] > clicks[1] > 0


@pytest.mark.parametrize("seed", range(3))
def test_chopping_changes_no_measure(seed: int) -> None:
    rows, rng = log(seed, 400), random.Random(seed)
    whole = accuracy(replay([packed(rows)], Catalogue(), ALL))
    cuts = [rng.randrange(400) for _ in range(30)]
    assert accuracy(replay(chopped(rows, cuts), Catalogue(), ALL)) == whole


def test_a_span_leaves_the_first_day_for_warming_up() -> None:
    rows = [view(START_MS + k * HOUR_MS, f"{k}") for k in range(72)]
    batches = chopped([rows[5], *rows[:5], *rows[6:]], [20, 40])
    last = START_MS + 71 * HOUR_MS
    assert span_of(batches, None, None, 3) == Span(START_MS + DAY_MS, last + 1, 3)
    assert span_of(batches, 5.0, 7.5, 1) == Span(5000, 7500, 1)


def test_nothing_to_predict() -> None:
    """One view a visitor: all measures are there and 0."""
    batches = [packed([view(START_MS + k, "a", f"{k}") for k in range(9)])]
    told: list[int] = []
    measures = accuracy(replay(batches, Catalogue(), ALL, progress=told.append))
    assert set(measures) == {*LISTS, "last_item"}
    assert all(value == 0.0 for values in measures.values() for value in values.values())
    assert told == [9]


def test_one_visit_by_hand() -> None:
    """b follows a for the second reader as for the first: first in Related."""
    at, names = START_MS, ["a", "b", "c", "d"]
    rows = [view(at + k, name, f"crowd {k}") for k, name in enumerate(names * 3)]
    rows += [view(at + 100 + k, name, "first") for k, name in enumerate(["a", "d"])]
    rows += [view(at + 200 + k, name, "second") for k, name in enumerate(["a", "d"])]
    measures = accuracy(replay([packed(rows)], Catalogue(), Span(at + 200, at + 300)))
    assert measures["related"] == {"hr@5": 1.0, "mrr@5": 1.0, "hr@20": 1.0, "clicks": 1.0}
    assert measures["last_item"] == {"ndcg@20": 1.0, "hr@20": 1.0, "clicks": 1.0}


def test_too_many_articles_for_the_engine_are_refused() -> None:
    """A backtest evicts nothing, so the log must fit."""
    rows = [view(START_MS + k, f"{k}") for k in range(70)]
    with pytest.raises(ValueError, match="articles"):
        replay([packed(rows)], Catalogue(), ALL, settings=EngineSettings(articles=64))


@settings(deadline=None, max_examples=examples(100), derandomize=True)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(-20, 90)), min_size=1, max_size=40))
def test_links_of_visits(steps: list[tuple[int, int]]) -> None:
    """The view before in the same chain, unless a pause lies between that ends a visit."""
    chain = np.array([c for c, _ in steps], np.uint64)
    at = np.cumsum([step for _, step in steps])
    pause = np.where(chain > 2, 2**60, 50)
    previous, last = visit_links(chain, at, pause)
    before: dict[int, int] = {}
    for i in range(len(steps)):
        j = before.get(int(chain[i]), -1)
        linked = j >= 0 and (chain[i] > 2 or at[i] - at[j] < 50)
        assert previous[i] == (j if linked else -1)
        before[int(chain[i])] = i
    followed = {int(p) for p in previous if p >= 0}
    assert [bool(x) for x in last] == [i not in followed for i in range(len(steps))]
