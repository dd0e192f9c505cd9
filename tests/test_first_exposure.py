"""First exposure: new articles get their share of the fifth position, and are marked."""

from collections import Counter
from collections.abc import Iterator

import orjson
import pytest

from ranking.backtest.backtest import replay
from ranking.backtest.measures.summary import Replays, measured
from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.lists.boards import Board, render
from ranking.lists.edition_reader import Scored
from ranking.lists.lists import LISTS
from ranking.lists.rerank.editorial import Action, Edit, Edits
from ranking.lists.rerank.first_exposure import with_newcomer
from ranking.lists.rerank.rule import RerankContext
from ranking.profiles.profile import DEFAULT, Profile
from ranking.ranker import Ranker
from tests.support.logs import HOUR_MS, MINUTE_MS, RU, START_MS, packed, view
from tests.support.slow_backtest import ALL, log

FRESH, OLD, MINUTES = [f"new {k}" for k in range(6)], "old", 600
EXPOSING = Profile(exposure=0.1, exposure_hours=24.0)


def cards() -> list[Card]:
    """Eight that are read, six just published, one of last week; nobody reads these."""
    at = START_MS / 1000
    return [
        *(Card(RU, f"{k}", f"Much read {k}", "sport", published_at=at - 9e5) for k in range(8)),
        *(Card(RU, id, f"Fresh {id} of today", "world", published_at=at) for id in FRESH),
        Card(RU, OLD, "Nobody reads me", "world", published_at=at - 9e5),
    ]


def boards(profile: Profile) -> Iterator[Board]:
    """Popular after each minute."""
    ranker = Ranker(profile=profile)
    ranker.put(cards())
    for n in range(MINUTES):
        articles = [str(k) for k in range(8) if n % (k + 1) == 0]
        rows = [view(START_MS + n * MINUTE_MS, article, f"{n} {article}") for article in articles]
        ranker.apply(packed(rows, n * 9), n)
        (popular, _) = ranker.tick().boards
        yield popular


def test_it_is_off() -> None:
    assert DEFAULT.exposure == 0.0
    assert not any(item.exposed for board in boards(DEFAULT) for item in board.items)


def test_new_articles_get_their_share_evenly() -> None:
    places, turns = Counter[int](), Counter[str]()
    for board in boards(EXPOSING):
        for place, item in enumerate(board.items):
            if item.exposed:
                places[place] += 1
                turns[item.id] += 1
    assert set(places) == {4}
    assert places[4] / (5 * MINUTES) == pytest.approx(0.1, abs=0.01)
    assert set(turns) == {*FRESH}
    assert max(turns.values()) < 2 * min(turns.values())


def test_all_others_keep_their_places_and_incumbents_are_as_without() -> None:
    for plain, board in zip(boards(DEFAULT), boards(EXPOSING), strict=True):
        assert board.viewed == tuple(id for id in plain.viewed if id in board.ids)
        assert board.ids[:4] == plain.ids[:4]
        assert len(set(board.ids)) == len(plain.ids)
        if not any(item.exposed for item in board.items):
            assert board.ids == plain.ids


def test_the_answer_says_so() -> None:
    """Only of what is exposed; the same in every process."""
    both = zip(boards(EXPOSING), boards(EXPOSING), strict=True)
    board, again = next(pair for pair in both if any(item.exposed for item in pair[0].items))
    assert render(board, 5) == render(again, 5)
    items = orjson.loads(render(board, 5))["items"]
    assert [item.get("exposed") for item in items] == [None, None, None, None, True]


def test_what_is_pinned_there_and_what_is_blocked() -> None:
    ranker, profile = Ranker(), Profile(exposure=0.2)
    ranker.put(cards())
    ranker.apply(packed([view(START_MS + HOUR_MS, f"{k}", f"{k}") for k in range(8)]), 0)
    ranker.tick()
    edition, chosen = ranker.lists.edition(RU), [Scored(f"{k}", 9.0 - k) for k in range(8)]
    context = RerankContext(edition, profile, LISTS["popular"])
    (exposed,) = (i for i in with_newcomer(chosen, context) if i.exposed)
    for slot in (5, 7):
        pin = Edits((Edit(Action.PIN, articles=("4",), slot=slot),))
        assert with_newcomer(chosen, context._replace(edits=pin)) == chosen
    block = Edits((Edit(Action.BLOCK, articles=(exposed.id,)),))
    blocking = context._replace(edits=block)
    (other,) = (i for i in with_newcomer(chosen, blocking) if i.exposed)
    assert other.id in {*FRESH} - {exposed.id}
    assert with_newcomer(chosen, context._replace(section="sport")) == chosen
    assert with_newcomer(chosen[:4], context) == chosen[:4]


def test_a_backtest_counts_it() -> None:
    catalogue, profile = Catalogue(), Profile(exposure=0.2, exposure_hours=72.0, tag_share=0.0)
    for k in range(5):
        catalogue.put(Card(RU, f"unread {k}", f"Fresh {k}", published_at=START_MS / 1000))
    batches = [packed(log(2, 350))]
    result = replay(batches, catalogue, ALL, profile)
    found = measured(Replays(result, result), catalogue).measures
    assert 0.02 < found["popular"]["exposed"] < 0.25  # of five places, and some lists are shorter
    without = measured(Replays(plain := replay(batches, catalogue, ALL), plain), catalogue)
    assert "exposed" not in without.measures["popular"]
