"""Asking: what a profile changes in the live lists, it changes in the backtest."""

import itertools
import random

import pytest
from msgspec.structs import replace

from ranking.backtest.backtest import replay
from ranking.backtest.live_predictions import RENEW_EVERY, is_plain
from ranking.backtest.visits import Span
from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.profiles.profile import DEFAULT, Profile
from tests.support.logs import DAY_MS, KK, RU, START_MS, chopped, random_rows
from tests.support.slow_backtest import ALL, assert_same, log

TAGLESS = Profile(tag_share=0.0, section_share=0.0)


def cards(seed: int) -> Catalogue:
    """Every article with a section, two tags and, mostly, a date."""
    rng, catalogue = random.Random(seed), Catalogue()
    for k in range(45):
        at = rng.choice([0.0, (START_MS + rng.uniform(-2, 0.5) * DAY_MS) / 1000])
        tags = tuple(rng.sample(["oil", "snow", "law", "chess"], 2))
        catalogue.put(Card(RU, f"{k}", section=f"s{k % 4}", tags=tags, published_at=at))
    return catalogue


@pytest.mark.parametrize(
    "profile",
    [
        TAGLESS,
        replace(TAGLESS, half_life=86_400.0, freshness=1.0),
        replace(TAGLESS, half_life=3600.0, exponent=1.2),
        replace(TAGLESS, window=7200),
        replace(TAGLESS, section_cap=1),
        Profile(tag_share=0.8),
    ],
    ids=["cards", "freshness", "power law", "window", "caps", "tags"],
)
def test_every_parameter_of_a_profile_is_measured(profile: Profile) -> None:
    """What a profile changes in the live lists, it changes in the backtest."""
    rows = log(5, 300)
    assert rows[-1].at_ms // DAY_MS > rows[0].at_ms // DAY_MS
    assert_same(rows, cards(5), ALL, profile)


def test_frozen_lists_are_those_of_the_last_refresh() -> None:
    span = Span(0, 2**62, refresh=3600.0)
    assert_same(log(5, 300), cards(5), span, Profile(tag_share=0.8))


def test_two_editions_with_cards() -> None:
    """A page of the other edition has no tags in this one."""
    catalogue = cards(6)
    rows = log(6, editions=(RU, KK))
    assert_same(rows, catalogue, ALL, DEFAULT)


def test_a_small_edition_borrows() -> None:
    """Stories of its siblings, as the live list has it."""
    catalogue = Catalogue()
    for edition, k in itertools.product((RU, KK), range(45)):
        catalogue.put(Card(edition, f"{k}", story=f"s{k * 7 % 45}"))
    assert not is_plain(DEFAULT, catalogue, [KK, RU])
    assert is_plain(DEFAULT, cards(1), [KK])
    rows = log(6, editions=(RU, RU, RU, KK))
    with_prior = assert_same(rows, catalogue, ALL, DEFAULT)
    assert with_prior["popular"] != assert_same(rows, Catalogue(), ALL, DEFAULT)["popular"]


def test_what_follows_from_half_lives_alone() -> None:
    none, some = Catalogue(), cards(1)
    assert is_plain(DEFAULT, none, [RU])
    assert is_plain(Profile(section_cap=1, freshness=2.0), none, [RU])
    assert is_plain(DEFAULT, some, [KK])
    assert not is_plain(TAGLESS, some, [KK, RU])  # it has dates, before which nothing is listed
    timeless = Catalogue()
    timeless.put(Card(RU, "1", section="law"))
    assert is_plain(TAGLESS, timeless, [KK, RU])
    for profile in (DEFAULT, replace(TAGLESS, author_cap=1)):
        assert not is_plain(profile, some, [KK, RU])
    for profile in (Profile(exponent=1.0), Profile(window=3600)):
        assert not is_plain(profile, none, [RU])


def test_progress_is_told_now_and_then() -> None:
    """Though no view is predicted."""
    rows = random_rows(1, RENEW_EVERY + 9, visitors=9000, step_ms=10)
    told: list[int] = []
    nothing, profile = Span(0, 0), Profile(window=3600)
    replay(chopped(rows, [99]), Catalogue(), nothing, profile, progress=told.append)
    assert told == [RENEW_EVERY, RENEW_EVERY + 9]
