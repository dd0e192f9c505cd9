"""Hysteresis: listed articles keep their positions within a margin, judged once a second."""

from itertools import pairwise

import numpy as np
import pytest

from ranking.lists.boards import Board
from ranking.lists.edition_reader import Scored
from ranking.lists.rerank.hysteresis import Incumbents, settled
from ranking.profiles.profile import DEFAULT, Profile, profile_from
from ranking.ranker import Ranker
from tests.support.logs import RU, chopped, random_rows

SHARP = profile_from({"steadiness": 0})


def ids_of(kept: Incumbents, scores: dict[str, float], at: float, profile: Profile) -> str:
    """Show a board's articles under their scores and take them as shown."""
    ranking = [Scored(*pair) for pair in sorted(scores.items(), key=lambda p: (-p[1], p[0]))]
    ids = "".join(item.id for item in kept.steadied(ranking, at, profile))
    kept.stand(ids, at)
    return ids


def test_a_challenger_must_win_by_the_margin() -> None:
    kept = Incumbents()
    assert ids_of(kept, {"a": 100, "b": 99}, 10.0, DEFAULT) == "ab"
    assert ids_of(kept, {"a": 100, "b": 104}, 11.0, DEFAULT) == "ab"
    assert ids_of(kept, {"a": 100, "b": 106}, 12.0, DEFAULT) == "ba"
    assert ids_of(kept, {"a": 104, "b": 100}, 13.0, DEFAULT) == "ba"
    assert ids_of(kept, {"a": 104, "b": 100, "c": 500}, 14.0, DEFAULT) == "cba"


def test_boards_are_judged_once_a_second() -> None:
    kept = Incumbents()
    assert ids_of(kept, {"a": 2, "b": 1}, 10.2, DEFAULT) == "ab"
    assert ids_of(kept, {"a": 2, "b": 9}, 10.9, DEFAULT) == "ab"
    assert ids_of(kept, {"a": 2, "b": 9}, 11.0, DEFAULT) == "ba"


def test_without_a_margin_the_ranking_is_the_order() -> None:
    kept = Incumbents("b")
    assert ids_of(kept, {"a": 2, "b": 1.99}, 10.0, SHARP) == "ab"


def test_what_is_no_longer_ranked_goes_and_what_has_no_score_stays_behind() -> None:
    kept = Incumbents()
    assert ids_of(kept, {"a": 3, "b": 2, "y": 0, "z": 0}, 1.0, DEFAULT) == "abyz"
    assert ids_of(kept, {"b": 2, "c": 0, "y": 0}, 2.0, DEFAULT) == "bcy"


def test_an_old_item_gives_way_after_the_cooldown() -> None:
    profile, kept = profile_from({"cooldown": 100}), Incumbents()
    kept.stand("a", 1000.0)
    assert ids_of(kept, {"a": 100, "c": 60}, 1100.0, profile) == "ac"
    assert ids_of(kept, {"a": 100, "c": 60}, 1250.0, profile) == "ca"


@pytest.mark.parametrize("margin", [0.0, 0.05, 0.5])
def test_nobody_stands_behind_one_that_it_beats_by_the_margin(margin: float) -> None:
    drawn = np.random.default_rng(3)
    for _ in range(200):
        scores = np.sort(drawn.exponential(size=drawn.integers(1, 30)))[::-1].copy()
        held = drawn.permutation(scores.size)[: drawn.integers(0, 20)].astype(np.int32)
        order = settled(held, scores, margin)
        assert sorted(order.tolist()) == list(range(scores.size))
        stand = scores[order]
        assert (stand[1:] <= stand[:-1] * (1 + margin)).all()
        if margin == 0.0:
            assert (np.diff(stand) <= 0).all()


def boards_of(profile: Profile) -> list[Board]:
    """Popular of a log's edition, every so many views."""
    rows = random_rows(5, 5000, articles=12, visitors=3000, step_ms=600, late=0.0)
    ranker, shown = Ranker(profile=profile), []
    for position, batch in enumerate(chopped(rows, range(0, 5000, 20))):
        ranker.apply(batch, position)
        shown += [b for b in ranker.tick().boards if (b.edition, b.surface) == (RU, "popular")]
    return shown


def test_a_board_changes_less_often_and_is_worth_as_much() -> None:
    sharp, steady = boards_of(SHARP), boards_of(DEFAULT)
    assert len(sharp) == len(steady)

    def changes(boards: list[Board]) -> int:
        return sum(a.ids[:5] != b.ids[:5] for a, b in pairwise(boards))

    assert 0 < changes(steady) < 0.5 * changes(sharp)
    for one, other in zip(sharp[50:], steady[50:], strict=True):
        assert one.as_of == other.as_of
        best, fifth = dict(zip(one.ids, one.items, strict=True)), one.items[4].score
        assert all(best[id_].score * 1.05**5 >= fifth for id_ in other.ids[:5])


def test_a_board_goes_on_from_the_one_published_before() -> None:
    rows = random_rows(5, 900, articles=40, step_ms=1500, late=0.0)
    first, second = chopped(rows, [600])
    ranker = Ranker(profile=SHARP)
    ranker.apply(first, 0)
    published = next(b for b in ranker.tick().boards if b.surface == "popular")
    stubborn = profile_from({"steadiness": 1.0})
    anew, knowing = Ranker(profile=stubborn), Ranker(profile=stubborn)
    for each in (anew, knowing):
        each.apply(first, 0)
        each.apply(second, 1)
    knowing.lists.resume([published])
    board = next(b for b in knowing.tick().boards if b.surface == "popular")
    other = next(b for b in anew.tick().boards if b.surface == "popular")
    assert board.ids != other.ids
    assert overlap(board, published) > overlap(other, published)
    assert board.as_of == other.as_of


def overlap(board: Board, published: Board) -> int:
    """How many of the first ten stand where they stood."""
    return sum(a == b for a, b in zip(board.ids[:10], published.ids[:10], strict=True))
