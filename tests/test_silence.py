"""Silence: an edition that sleeps while a sibling's views move the clock keeps finite lists."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.engine.decay.bank import HALF_LIVES
from ranking.lists.backoff import weigh
from ranking.lists.boards import Board
from ranking.lists.explanation import Explained
from ranking.profiles.profile import DEFAULT, Profile
from ranking.ranker import Ranker
from tests.support.logs import DAY_MS, MINUTE_MS, START_MS, Row, chopped, packed, view
from tests.support.thoroughness import examples

UZ, RU = "s/uz", "s/ru"
YEARS = 2 * 365 * 86_400
HOURS = 3600.0
KERNELS = [
    DEFAULT,
    *(Profile(half_life=float(rung)) for rung in HALF_LIVES[1:]),
    *(Profile(half_life=h, related_half_life=h, trending_fast=h) for h in (301.0, 310.0, 420.0)),
    Profile(half_life=5000.0, popular_evidence=0.01),
    Profile(half_life=2_592_000.0, freshness=24.0),
    Profile(half_life=300.0, popular_evidence=0.0, related_evidence=0.0),
    Profile(exponent=0.5, half_life=300.0),
    Profile(exponent=4.0, half_life=86_400.0),
    Profile(mix_share=0.25, half_life=600.0),
    Profile(window=3600),
    Profile(window=7 * 86_400),
]


def some_views(seed: int, count: int) -> list[Row]:
    """Visits of a few readers to twelve articles."""
    drawn = random.Random(seed)
    at, rows = START_MS, []
    for _ in range(count):
        at += drawn.randrange(2 * MINUTE_MS)
        article, reader = f"u{drawn.randrange(12)}", f"r{drawn.randrange(6)}"
        rows.append(view(at, article, reader, edition=UZ))
    return rows


def assert_finite(board: Board) -> None:
    """All scores are numbers, best first."""
    scores = [item.score for item in board.items]
    assert all(math.isfinite(score) and score >= 0.0 for score in scores), board
    assert scores == sorted(scores, reverse=True)
    assert all(math.isfinite(item.discount) for item in board.items)


def assert_lists(ranker: Ranker, profile: Profile, articles: set[str]) -> None:
    """Every surface is finite, and Popular and Related hold all that they can."""
    popular = ranker.lists.board(UZ, "popular", profile, 20, "")
    assert_finite(popular)
    assert set(popular.ids) == articles
    assert_finite(ranker.lists.board(UZ, "trending", profile, 20, ""))
    for page in (*sorted(articles)[:3], "unknown"):
        related = ranker.lists.next(UZ, "related", [page], 20, profile)
        assert_finite(related)
        assert set(related.ids) == articles - {page}
    visit = ranker.lists.next(UZ, "foryou", sorted(articles)[:3], 20, profile)
    assert all(math.isfinite(item.score) for item in visit.items)
    assert not ranker.lists.edition(UZ).eligibility.scratch.score.any()
    for surface, pages in (("popular", ()), ("trending", ()), ("related", ("u1",))):
        asked = Explained(tuple(sorted(articles)), pages=pages)
        for told in ranker.lists.explain(UZ, surface, asked, profile):
            assert all(math.isfinite(part.value) for part in told.components)


@settings(deadline=None, max_examples=examples(120), derandomize=True)
@given(
    st.integers(0, 1000),
    st.sampled_from(KERNELS),
    st.one_of(st.floats(1.0, YEARS), st.floats(80 * HOURS, 90 * HOURS)),
)
def test_no_silence_leaves_anything_but_numbers(
    seed: int, profile: Profile, silence: float
) -> None:
    """Under every kernel; a view afterwards wakes the edition as if it had always been read."""
    rows = some_views(seed, 32)
    ranker = Ranker(profile=profile)
    ranker.apply(packed(rows), 0)
    ranker.tick()
    end = rows[-1].at_ms + round(silence * 1000)
    ranker.apply(chopped([view(end, "r", edition=RU)], [], source="later")[0], 1)
    for board in ranker.tick().boards:
        assert_finite(board)
    articles = {str(row.event.article) for row in rows}
    assert_lists(ranker, profile, articles)
    woken = [view(end + k, "new", f"w{k}", edition=UZ) for k in range(5)]
    ranker.apply(chopped(woken, [], source="waking")[0], 2)
    ranker.tick()
    assert_lists(ranker, profile, articles | {"new"})
    is_of_rates = not (profile.window or profile.exponent)
    if silence > DAY_MS / 1000 and profile.half_life < 3600.0 and is_of_rates:
        assert ranker.lists.board(UZ, "popular", profile, 20, "").ids[0] == "new"


@pytest.mark.parametrize("hours", [84, 85, 86, 88, 90, 200, 1000])
def test_a_sleeping_edition_is_ordered_by_its_longest_memory(hours: int) -> None:
    """What was read most before the silence stands first, with scores above 0."""
    rows = [
        view(START_MS + 1000 * n + k, f"u{k}", f"{k} {n}", edition=UZ)
        for k in range(8)
        for n in range(1 + k)
    ]
    ranker = Ranker()
    ranker.apply(packed(sorted(rows, key=lambda row: row.at_ms)), 0)
    end = START_MS + hours * 3_600_000
    ranker.apply(chopped([view(end, "r", edition=RU)], [], source="later")[0], 1)
    board = ranker.lists.board(UZ, "popular", DEFAULT, 8, "")
    assert board.ids == tuple(f"u{k}" for k in range(7, -1, -1))
    assert all(item.score > 0.0 for item in board.items)


@settings(deadline=None, max_examples=examples(300), derandomize=True)
@given(
    st.lists(st.floats(0.0, 1e80), min_size=3, max_size=3),
    st.lists(st.one_of(st.just(0.0), st.floats(5e-324, 1.0)), min_size=3, max_size=3),
    st.floats(0.0, 10_000.0),
    st.sampled_from([0.0, 20.0, 10_000.0]),
)
def test_weights_are_finite_shares(
    mass: list[float], scale: list[float], kappa: float, last: float
) -> None:
    import numpy as np

    weight = np.empty(3)
    evidence = np.array([kappa, kappa / 8.0, last])
    left = weigh(np.array(mass), np.array(scale), evidence, weight)
    assert np.isfinite(weight).all()
    assert (weight >= 0.0).all()
    shares = weight * np.array(mass)  # of an article that has all the views
    assert 0.0 <= left <= 1.0
    assert shares.sum() + left <= 1.0 + 1e-9
