"""Sibling prior: a small edition borrows from the same stories elsewhere, and lists its own."""

from collections.abc import Sequence
from typing import Any

import pytest

from ranking.content.cards import Card
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event import Event
from ranking.engine.event_columns import rows_of
from ranking.lists.boards import render
from ranking.profiles.profile import profile_from
from ranking.ranker import Ranker
from tests.support.logs import START_MS

LARGE, SMALL = "inform/ru", "inform/kk-Arab"
ALONE = profile_from({"sibling_evidence": 0})


def ranker_of(views: dict[tuple[str, str], int], loose: Sequence[Card] = ()) -> Ranker:
    """A site whose stories s0 to s9 have an article r0 to r9 in Russian, k0 to k9 in Kazakh."""
    ranker, events = Ranker(), []
    for (edition, article), count in views.items():
        events += [
            Event(visitor=f"{edition} {article} {n}", article=article, edition=edition)
            for n in range(count)
        ]
    stamps = [START_MS + n for n in range(len(events))]
    rows = rows_of(events, stamps)
    ranker.apply(pack("inform", "x", 0, START_MS, rows, Hasher(b"k")), 0)
    ranker.put(
        Card(edition, f"{letter}{n}", f"{letter}{n}", published_at=1000.0 - n, story=f"s{n}")
        for edition, letter in ((LARGE, "r"), (SMALL, "k"))
        for n in range(10)
    )
    ranker.put(loose)
    return ranker


def popular(ranker: Ranker, edition: str, n: int = 5) -> list[str]:
    """Ids of Popular."""
    return list(
        ranker.lists.board(edition, "popular", ranker.lists.profile(edition, "popular"), n, "").ids
    )


def test_an_edition_without_views_shows_what_its_stories_are_worth_elsewhere() -> None:
    ranker = ranker_of({(LARGE, "r7"): 90, (LARGE, "r2"): 50, (LARGE, "r5"): 70})
    assert popular(ranker, SMALL) == ["k7", "k5", "k2", "k0", "k1"]
    boards = {b.edition: b for b in ranker.tick().boards if b.surface == "popular"}
    assert render(boards[SMALL], 20).count(b'"score"') == 10
    assert boards[SMALL].ids[:3] == ("k7", "k5", "k2")


def test_its_own_evidence_outgrows_the_loan() -> None:
    for own, first in ((3, "k7"), (100, "k1")):
        ranker = ranker_of({(LARGE, "r7"): 90, (SMALL, "k1"): own, (LARGE, "r2"): 20})
        assert popular(ranker, SMALL)[0] == first


def test_a_large_edition_borrows_next_to_nothing() -> None:
    views = {(LARGE, f"r{n}"): 300 + n for n in range(10)} | {(SMALL, "k0"): 100}
    assert popular(ranker_of(views), LARGE, 10) == [f"r{n}" for n in range(9, -1, -1)]


def test_no_other_editions_article_is_ever_listed() -> None:
    alone = [Card(LARGE, "r99", "No translation", story="s99")]
    ranker = ranker_of({(LARGE, "r99"): 500, (LARGE, "r3"): 10}, alone)
    listed = popular(ranker, SMALL, 20)
    assert listed[0] == "k3"
    assert all(article.startswith("k") for article in listed)


def test_nothing_is_borrowed_when_it_is_off_or_windows_are_counted() -> None:
    ranker = ranker_of({(LARGE, "r7"): 90, (SMALL, "k9"): 1})
    for profile in (ALONE, profile_from({"window": 3600})):
        board = ranker.lists.board(SMALL, "popular", profile, 3, "")
        assert board.ids == ("k9", "k0", "k1")


@pytest.mark.parametrize("k", [5.0, 50.0])
def test_a_score_is_own_views_and_the_loan(k: float) -> None:
    ranker = ranker_of({(LARGE, "r7"): 60, (LARGE, "r1"): 20, (SMALL, "k7"): 4, (SMALL, "k2"): 1})
    profile = profile_from({"sibling_evidence": k, "popular_evidence": 0, "landing_weight": 1})
    board = ranker.lists.board(SMALL, "popular", profile, 3, "")
    scores = {item.id: item.score for item in board.items}
    assert scores["k7"] == pytest.approx(4 + k * 60 / 80, rel=1e-3)
    assert scores["k1"] == pytest.approx(k * 20 / 80, rel=1e-3)
    assert scores["k2"] == pytest.approx(1, rel=1e-3)


NOW = START_MS / 1000
OUT: dict[str, dict[str, Any]] = {
    "early": {"published_at": NOW + 900},
    "unlisted": {"listable": False},
    "expired": {"expires_at": NOW + 20},
}


@pytest.mark.parametrize("fields", OUT.values(), ids=OUT.keys())
def test_what_may_not_be_listed_lends_nothing(fields: dict[str, Any]) -> None:
    """Neither to its own story nor to the whole of which the others are shares."""
    views = {(LARGE, "other"): 90, (LARGE, "r2"): 30, (LARGE, "r5"): 10}
    ranker = ranker_of(views, [Card(LARGE, "other", "Other", story="s7", **fields)])
    profile = profile_from({"sibling_evidence": 20, "popular_evidence": 0, "landing_weight": 1})
    ranker.tick(wall=NOW + 60)
    board = ranker.lists.board(SMALL, "popular", profile, 10, "")
    scores = {item.id: item.score for item in board.items if item.score}
    assert scores == pytest.approx({"k2": 20 * 30 / 40, "k5": 20 * 10 / 40}, rel=1e-3)


def test_a_loan_ends_and_begins_by_time_alone() -> None:
    """Without a view or a card: the boards of who borrows are made anew."""
    published, expired = NOW + 600, NOW + 900
    other = Card(
        LARGE, "other", "Other", story="s7", published_at=published, expires_at=expired
    )  # fmt: skip
    ranker = ranker_of({(LARGE, "other"): 90, (LARGE, "r2"): 30}, [other])
    ranker.tick(wall=NOW + 60)
    ranker.tick(wall=NOW + 599)
    for wall, lent in ((published, {"k2", "k7"}), (expired, {"k2"})):
        boards = {(b.edition, b.surface): b for b in ranker.tick(wall=wall).boards}
        assert {item.id for item in boards[SMALL, "popular"].items if item.score} == lent
