"""The catalogue: order by publication, tombstones, first publication, and stories."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.lists.sorted_blocks import SortedBlocks
from tests.support.logs import KK, RU
from tests.support.thoroughness import examples


@settings(deadline=None, max_examples=examples(30), derandomize=True)
@given(st.integers(0, 10_000), st.integers(1, 6000))
def test_blocks_are_a_sorted_set(seed: int, count: int) -> None:
    """Keys come and go in any order, in more than one block."""
    drawn, truth = random.Random(seed), set[tuple[float, str]]()
    blocks = SortedBlocks()
    for _ in range(count):
        key = (float(drawn.randrange(3000)), str(drawn.randrange(3)))
        if key in truth or drawn.random() < 0.2:
            blocks.discard(key)
            truth.discard(key)
        else:
            blocks.add(key)
            truth.add(key)
    ordered = sorted(truth)
    assert list(blocks.since((-1.0, ""))) == ordered
    for at in (0.0, 1000.5, 1500.0, 9e9):
        assert list(blocks.since((at, ""))) == [key for key in ordered if key >= (at, "")]
        assert blocks.before((at, "")) == max((k for k in ordered if k < (at, "")), default=None)


@settings(deadline=None, max_examples=examples(50), derandomize=True)
@given(st.integers(0, 10_000))
def test_the_latest_are_those_of_a_sort(seed: int) -> None:
    """Cards put, changed and taken down; of the edition, and of each section at each moment."""
    drawn, catalogue = random.Random(seed), Catalogue()
    for _ in range(300):
        card = Card(
            drawn.choice([RU, KK]), str(drawn.randrange(40)), section=drawn.choice("ab"),
            published_at=float(drawn.randrange(0, 50)), listable=drawn.random() < 0.8,
            expires_at=drawn.choice([0.0, 30.0, 60.0]), story=drawn.choice(["", "s", "t"]),
        )  # fmt: skip
        catalogue.put(card)
        if drawn.random() < 0.1:
            catalogue.remove(RU, str(drawn.randrange(40)))
    for its in (catalogue, catalogue.copy()):
        for edition in (RU, KK):
            known = [its.card(edition, str(k)) for k in range(40)]
            cards = [card for card in known if card]
            for at in (10.0, 35.0, 49.0, 60.0):
                shown = [
                    c
                    for c in cards
                    if c.listable and c.published_at <= at and not 0 < c.expires_at <= at
                ]
                newest = sorted(shown, key=lambda c: (-c.published_at, c.id))
                assert its.latest(edition, 9, at=at) == newest[:9]
                of_a = [card for card in newest if card.section == "a"]
                assert its.latest(edition, 9, "a", at) == of_a[:9]
                turns = [t for c in cards if c.listable for t in (c.published_at, c.expires_at)]
                later = [turn for turn in turns if turn > at]
                assert its.next_listing_change(edition, at) == min(later, default=float("inf"))
            told = [card for card in cards if card.story == "s"]
            assert {c.id for c in its.translations("inform", "s") if c.edition == edition} == {
                c.id for c in told
            }


def test_removing_an_article_leaves_the_story_of_another() -> None:
    catalogue = Catalogue()
    for name in ("first", "second"):
        catalogue.put(Card(RU, name, story="s"))
    catalogue.put(Card(KK, "other", story="s"))
    catalogue.remove(RU, "second")
    told = [(card.edition, card.id) for card in catalogue.translations("inform", "s")]
    assert told == [(KK, "other"), (RU, "first")]
    assert catalogue.has_stories("inform")
    catalogue.remove(RU, "first")
    catalogue.remove(KK, "other")
    assert not catalogue.has_stories("inform")


def test_a_takedown_is_a_tombstone() -> None:
    catalogue = Catalogue()
    catalogue.put(Card(RU, "a", "First"))
    assert catalogue.remove(RU, "a")
    assert not catalogue.put(Card(RU, "a", "Again"))
    assert catalogue.card(RU, "a") is None
    assert catalogue.restore(RU, "a")
    assert not catalogue.restore(RU, "a")
    assert catalogue.put(Card(RU, "a", "Again"))
    assert not catalogue.is_gone(RU, "a")


@pytest.mark.parametrize(("later", "kept"), [(500.0, 100.0), (50.0, 100.0), (0.0, 100.0)])
def test_the_first_publication_does_not_move(later: float, kept: float) -> None:
    catalogue = Catalogue()
    catalogue.put(Card(RU, "a", published_at=100.0))
    catalogue.put(Card(RU, "a", published_at=later, updated_at=900.0), at=200.0)
    card = catalogue.card(RU, "a")
    assert card
    assert (card.published_at, card.updated_at) == (kept, 900.0)


def test_what_is_not_published_yet_may_be_put_off() -> None:
    catalogue = Catalogue()
    catalogue.put(Card(RU, "a", published_at=100.0), at=50.0)
    catalogue.put(Card(RU, "a", published_at=300.0), at=60.0)
    assert catalogue.latest(RU, 1, at=200.0) == []
    assert [card.published_at for card in catalogue.latest(RU, 1, at=300.0)] == [300.0]
