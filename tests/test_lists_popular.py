"""Popular and Trending against sums over all views, in dictionaries and without shortcuts."""

import math
from collections import Counter

import pytest

from ranking.content.cards import Card
from ranking.engine.decay.bank import HALF_LIVES
from ranking.engine.decay.power_law import power_law_readout
from ranking.profiles.profile import DEFAULT, Profile
from tests.support.live import EDITIONS, Live, assert_ranked, dated, portal, positive, weights_of
from tests.support.logs import DAY_MS, HOUR_MS, KK, RU, START_MS, chopped, view

WEIGHED = (((0.3, 1.0, 1.0), 100.0), ((1.0, 1.0, 1.0), 0.0), ((0.0, 2.0, 0.5), 3.0))
"""Weights of the classes, and evidence."""


@pytest.mark.parametrize("seed", range(2))
def test_popular_on_rungs_is_the_order_of_the_sums(seed: int) -> None:
    """Ids, scores and counts, whatever the weights of the classes."""
    live, rows = Live(seed), portal(seed)
    live.feed(rows)
    for half_life in (300.0, 600.0, 3600.0, 21_600.0, 86_400.0, float(HALF_LIVES[-1])):
        for weights, k in WEIGHED:
            profile = Profile(
                half_life=half_life, landing_weight=weights[0], onward_weight=weights[1],
                ours_weight=weights[2], popular_evidence=k,
            )  # fmt: skip
            for edition in EDITIONS:
                board = live.popular(edition, profile, 100)
                scores = positive(live.scores(edition, profile))
                assert_ranked(board, scores, 100, rel=1e-9)
                for item in board.items:
                    assert item.views == live.truth.counted[(edition, item.id), "view"]
                assert (board.edition, board.surface) == (edition, "popular")
                assert board.as_of == live.truth.newest_ms / 1000


def test_a_mix_is_the_weighted_sum_of_two_half_lives() -> None:
    """Each exact on its rung, at every moment, also after time has changed what they weigh."""
    live, rows = Live(5), portal(5)
    profile = Profile(
        half_life=600.0, mix_share=0.25, mix_half_life=86_400.0, landing_weight=1.0, freshness=0.0
    )
    weights = (profile.landing_weight, profile.onward_weight, profile.ours_weight)
    for start in range(0, len(rows), 100):
        live.feed(rows[start : start + 100])
        for edition in EDITIONS:
            short, long = (live.masses(edition, h, weights) for h in (600.0, 86_400.0))
            scores = {id_: 0.75 * short[id_] + 0.25 * long[id_] for id_ in short}
            board = live.popular(edition, profile, 100)
            assert_ranked(board, positive(scores), 100, rel=1e-9)


def test_popular_at_every_moment_of_a_log() -> None:
    """Ticked as the views come, through moving bases, the list is that of the naive sums."""
    rows = portal(7, 500)
    live = Live()
    for position, batch in enumerate(chopped(rows, range(0, 500, 4))):
        live.ranker.apply(batch, position)
        live.truth.add_all(rows[batch.first : batch.first + len(batch)])
        live.ranker.tick()
        for edition in EDITIONS:
            board = live.popular(edition, DEFAULT, 10)
            assert_ranked(board, positive(live.scores(edition, DEFAULT)), 10, rel=1e-9)


@pytest.mark.parametrize("half_life", [420.0, 700.0, 5000.0, 50_000.0, 500_000.0, 2_592_000.0])
def test_popular_between_rungs_is_nearly_the_order_of_the_sums(half_life: float) -> None:
    live = Live()
    live.feed(portal(3))
    profile = Profile(half_life=half_life)
    for edition in EDITIONS:
        scores = live.scores(edition, profile)
        assert_ranked(live.popular(edition, profile, 10), scores, 10, rel=0.03)


@pytest.mark.parametrize("freshness", [0.5, 2.0, 12.0])
def test_freshness_halves_scores_by_the_day(freshness: float) -> None:
    """Dated, undated and announced articles; cards come before, between and after the views."""
    rows = portal(4)
    live, cards = Live(4), dated(rows, 4)
    live.put(cards[: len(cards) // 2])
    live.feed(rows)
    live.put(cards[len(cards) // 2 :])
    for half_life in (1800.0, 259_200.0):
        profile = Profile(half_life=half_life, freshness=freshness)
        for edition in EDITIONS:
            masses = live.scores(edition, profile)
            scores = {a: m * live.fresh(edition, a, freshness) for a, m in masses.items()}
            board = live.popular(edition, profile, 100)
            assert_ranked(board, scores, 100, rel=1e-9)


def test_an_article_without_a_date_counts_as_new_and_one_with_ages() -> None:
    """Through midnight, with more articles than a scan looks at first."""
    cards = [
        Card(RU, f"{k:03}", published_at=(START_MS - (k % 5) * HOUR_MS) / 1000 if k % 2 else 0.0)
        for k in range(150)
    ]
    live = Live()
    live.put(cards)
    profile = Profile(half_life=259_200.0, freshness=1.0, landing_weight=1.0)
    at = START_MS
    for hour in range(30):
        at += HOUR_MS
        live.feed([view(at + k, f"{(7 * k + hour) % 150:03}", f"{hour} {k}") for k in range(20)])
        masses = live.scores(RU, profile)
        scores = positive({a: m * live.fresh(RU, a, 1.0) for a, m in masses.items()})
        board = live.popular(RU, profile, 100)
        assert_ranked(board, scores, 100, rel=1e-9)


@pytest.mark.parametrize("exponent", [0.7, 1.5])
def test_a_power_law_ages_while_nothing_comes(exponent: float) -> None:
    """The order may change by time alone: here only the other edition is read."""
    live = Live()
    live.feed(portal(5, 400))
    profile = Profile(half_life=3600.0, exponent=exponent)
    mix = power_law_readout(exponent, 3600.0).mix.tolist()
    for _ in range(4):
        for edition in EDITIONS:
            scores = dict.fromkeys(live.articles(edition), 0.0)
            for share, half_life in zip(mix, HALF_LIVES, strict=True):
                rung = live.masses(edition, half_life, weights_of(profile))
                scores = {a: s + share * rung[a] for a, s in scores.items()}
            assert_ranked(live.popular(edition, profile, 100), positive(scores), 100, rel=1e-9)
        later = live.truth.newest_ms + 5 * HOUR_MS
        live.feed([view(later + k, f"kk {k}", edition=KK) for k in range(5)])


@pytest.mark.parametrize(
    ("window", "hours", "days"),
    [(1800, 1, 0), (3600, 1, 0), (7201, 3, 0), (86_400, 24, 0), (90_000, 0, 2), (604_800, 0, 7)],
)
def test_a_hard_window_counts_whole_hours_and_days(window: int, hours: int, days: int) -> None:
    """The current one and those before it."""
    live = Live(2)
    live.feed(portal(2))
    length, periods = (HOUR_MS, hours) if hours else (DAY_MS, days)
    now = live.truth.newest_ms // length
    for edition in EDITIONS:
        counts = Counter(
            {
                article: sum(
                    at // length > now - periods for at, _ in live.truth.views[edition, article]
                )
                for article in live.articles(edition)
            }
        )
        board = live.popular(edition, Profile(window=window), 100)
        assert_ranked(board, {a: float(c) for a, c in counts.items()}, 100, rel=0.0)


def test_trending_is_the_formula() -> None:
    live = Live()
    live.feed(portal(6))
    for fast, slow, floor in ((900.0, 14_400.0, 20.0), (300.0, 3600.0, 0.5)):
        profile = Profile(trending_fast=fast, trending_slow=slow, trending_floor=floor)
        for edition in EDITIONS:
            weights = (1.0, profile.onward_weight, profile.ours_weight)
            quick, usual = (live.masses(edition, h, weights) for h in (fast, slow))
            rates = {
                a: (quick[a] * math.log(2) * 3600 / fast, usual[a] * math.log(2) * 3600 / slow)
                for a in quick
            }
            rises = positive({a: (f - s) / math.sqrt(s + floor) for a, (f, s) in rates.items()})
            board = live.ranker.lists.board(edition, "trending", profile, 100, "")
            assert rises
            assert_ranked(board, rises, 100, rel=1e-6)
