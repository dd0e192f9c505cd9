"""Related and For this visit against the chain, word for word over the whole catalogue."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.integrate import trapezoid

from ranking.engine.settings import EngineSettings
from ranking.profiles.profile import DEFAULT, Profile
from ranking.profiles.scopes import Profiles
from tests.support.live import EDITIONS, Live, Scores, assert_ranked, portal, positive
from tests.support.logs import RU

LEVELS = EngineSettings().coread_half_lives


def left(half_life: float, seconds: float) -> float:
    """What is left of a mass, on average over some seconds."""
    moments = np.linspace(0.0, seconds, 100_001)
    return float(trapezoid(2.0 ** (-moments / half_life), moments) / seconds) if seconds else 1.0


def chain(live: Live, edition: str, pages: Sequence[str], profile: Profile) -> Scores:
    """Score of every article of the edition that was not read: the chain, word for word."""
    truth, used = live.truth, list(pages)[: profile.visit_depth]
    weights = (profile.related_landing_weight, profile.onward_weight, profile.ours_weight)
    shares = live.shares(edition, profile.related_half_life, weights, profile.related_evidence)
    p = profile
    constants = (p.instant_evidence, p.fast_evidence, p.middle_evidence, p.slow_evidence)
    evidence = [k / left(h, p.refresh) for k, h in zip(constants, LEVELS, strict=True)]
    voices = [profile.visit_decay**j for j in range(len(used))]
    scores = dict.fromkeys(shares, 0.0)
    for page, voice in zip(used, voices, strict=True):
        neighbours = truth.neighbours((edition, page))
        rows = [
            {other[1]: truth.coread((edition, page), other, level) for other in neighbours}
            for level in range(4)
        ]
        for article, share in shares.items():
            score = share
            for level in (3, 2, 1, 0):
                row, k = rows[level], evidence[level]
                score = (row.get(article, 0.0) + k * score) / (sum(row.values()) + k)
            scores[article] += voice / sum(voices) * score
    if len(used) > 1 and p.visit_wear > 0.0:
        longest = live.half_lives(p.related_half_life, p.related_evidence)[-1]
        lasting = live.shares(edition, longest, weights, 0.0)
        scores = {a: s / (1.0 + p.visit_wear * lasting[a]) for a, s in scores.items()}
    return {article: score for article, score in scores.items() if article not in pages}


@pytest.mark.parametrize("seed", range(2))
def test_related_is_the_chain_over_the_whole_catalogue(seed: int) -> None:
    """For every article of every edition and for one that nobody knows."""
    live = Live(seed)
    live.feed(portal(20 + seed, 500, articles=60))
    for edition in EDITIONS:
        for article in [*live.articles(edition), "unknown"]:
            scores = positive(chain(live, edition, [article], DEFAULT))
            assert_ranked(live.ranker.lists.related(edition, article, 8), scores, 8, rel=1e-5)


@pytest.mark.parametrize(
    "profile",
    [
        Profile(related_half_life=3600.0, related_landing_weight=1.0, onward_weight=0.5),
        Profile(instant_evidence=40.0, fast_evidence=0.1, middle_evidence=5.0, slow_evidence=900.0),
        Profile(related_half_life=900.0, related_evidence=0.0),
        Profile(refresh=3600.0),
    ],
)
def test_related_follows_its_profile_to_the_last_place(profile: Profile) -> None:
    live = Live()
    live.ranker.lists.govern(Profiles(profile))
    live.feed(portal(22, 400, articles=60))
    for edition in EDITIONS:
        for article in live.articles(edition)[:12]:
            scores = positive(chain(live, edition, [article], profile))
            assert_ranked(live.ranker.lists.related(edition, article, 100), scores, 100, rel=1e-5)


@pytest.mark.parametrize(
    "profile",
    [DEFAULT, Profile(visit_decay=0.8, visit_depth=2, visit_wear=60.0), Profile(visit_wear=0.0)],
)
def test_for_this_visit_is_the_weighted_chain(profile: Profile) -> None:
    """Visits of one to eight pages, unknown ones among them."""
    live, rng = Live(), random.Random(3)
    live.ranker.lists.govern(Profiles(profile))
    live.feed(portal(23, 500, articles=60))
    for edition in EDITIONS:
        articles = [*live.articles(edition), "unknown"]
        for length in (1, 2, 3, 5, 6, 8):
            for _ in range(4):
                pages = rng.sample(articles, length)
                scores = positive(chain(live, edition, pages, profile))
                board = live.ranker.lists.for_you(edition, pages, 8)
                assert_ranked(board, scores, 8, rel=1e-5)
                assert board.surface == "foryou"


def test_a_page_that_was_read_twice_speaks_once() -> None:
    """A visit's pages are distinct: the last reading of each stands."""
    live = Live()
    live.feed(portal(23, 300, articles=60))
    a, b, c = live.articles(RU)[:3]
    assert live.ranker.lists.for_you(RU, [a, b, a, c, b], 8) == live.ranker.lists.for_you(
        RU, [a, b, c], 8
    )


def test_for_this_visit_of_no_page_is_popular() -> None:
    live = Live()
    live.feed(portal(1, 200))
    popular = live.popular(RU, DEFAULT, 8)
    assert live.ranker.lists.for_you(RU, [], 8).ids == popular.ids
