"""Boards beside the live ones, and lines that follow them: what is made, when, and when no more."""

from collections.abc import Callable, Sequence

import orjson
import pytest

from ranking.lists.alternative_boards import EVERY, AlternativeBoards, WantedBoard
from ranking.lists.boards import Board, Item, render
from ranking.profiles.profile import Profile, json_of
from ranking.profiles.scopes import Scope
from ranking.read_model.store_keys import OnDemandKey
from ranking.service.cached_response import GRACE, answer_of
from ranking.service.ready_arm_lists import BOARDS, IDLE_SECONDS, LINES, ReadyLine
from ranking.service.response_cache import ResponseCache
from streams.arm_lists import ROUND, ArmBoards
from tests.support.live import Live, portal
from tests.support.logs import KK, RU

SLOW = Profile(name="calm:slow", half_life=3600.0)
WANTED = WantedBoard(RU, "popular", "", SLOW)
SAME = WantedBoard(RU, "popular", "", Profile(name="calm:now"))


def board(*scores: tuple[str, float]) -> Board:
    """A board of some articles."""
    items = tuple(Item(id_, None, score, 1) for id_, score in scores)
    return Board(RU, "popular", "x", 0.0, items)


def following(
    wanted: tuple[WantedBoard, ...] = (WANTED,), holds: Callable[[], bool] = lambda: True
) -> ReadyLine:
    """A line of the first item of its first board."""
    return ReadyLine(wanted, 1, lambda boards: render(boards[0], 1), holds, 0.0)


def shown(responses: ResponseCache, line: str = "one") -> tuple[str, float]:
    """First item that a line answers."""
    (item,) = orjson.loads(responses.answers[line].body)["items"]
    return item["id"], item["score"]


class Ticked(AlternativeBoards):
    """Boards beside the live ones, each time long after the last."""

    at = 0.0

    def made(
        self, wanted: list[WantedBoard], changed: Sequence[Board] = (), *, anew: bool = False
    ) -> dict[WantedBoard, Board]:
        """What comes of a tick."""
        self.at += 1.0
        self.note(changed)
        return self.make(wanted, self.at, anew=anew)


def test_boards_are_made_when_their_edition_changes_and_when_they_are_new() -> None:
    live = Live(seed=3)
    live.feed(portal(3))
    beside = Ticked(live.ranker.lists)
    made = beside.made([WANTED])
    assert made[WANTED].ids == live.popular(RU, SLOW, 20).ids
    assert beside.made([WANTED]) == {}
    assert beside.made([WANTED], live.ranker.lists.boards(KK)) == {}
    assert list(beside.made([WANTED], live.ranker.lists.boards(RU))) == [WANTED]
    assert beside.made([WANTED], anew=True) == made
    assert beside.made([]) == {}
    assert list(beside.made([WANTED])) == [WANTED]


def test_what_changed_too_soon_is_made_later() -> None:
    live = Live(seed=3)
    live.feed(portal(3))
    beside = AlternativeBoards(live.ranker.lists)
    assert list(beside.make([WANTED], 0.0)) == [WANTED]
    beside.note(live.ranker.lists.boards(RU))
    assert beside.make([WANTED], EVERY / 2) == {}
    beside.note(live.ranker.lists.boards(KK))
    assert list(beside.make([WANTED, SAME], EVERY)) == [WANTED, SAME]
    assert beside.make([WANTED, SAME], 2 * EVERY) == {}


def test_one_that_says_what_the_live_profile_says_is_the_live_board() -> None:
    live = Live(seed=4)
    live.feed(portal(4))
    boards = live.ranker.lists.boards(RU)
    popular = next(its for its in boards if its.surface == "popular")
    beside = Ticked(live.ranker.lists)
    assert beside.made([SAME], boards)[SAME] is popular
    assert beside.made([SAME], anew=True)[SAME] == popular
    profiles = live.ranker.lists.profiles.with_changes(Scope(), {"half_life": 900})
    live.ranker.lists.govern(profiles)
    (changed,) = beside.made([SAME], live.ranker.tick().boards).values()
    assert changed.ids == live.popular(RU, Profile(), 20).ids
    assert changed.profile == "calm:now"


def test_a_board_beside_is_steadied_by_what_it_showed_itself() -> None:
    live = Live(seed=5)
    rows = portal(5)
    live.feed(rows[:600])
    steady = WantedBoard(RU, "popular", "", Profile(name="e:a", half_life=3600.0, steadiness=1.0))
    beside = Ticked(live.ranker.lists)
    before = beside.made([steady])[steady].ids
    live.feed(rows[600:])
    after = beside.made([steady], live.ranker.lists.boards(RU))[steady]
    unsteadied = live.popular(RU, steady.profile, 20)
    assert after.ids != unsteadied.ids
    assert {*after.ids} & {*before}


def test_ids_follow_at_once_and_numbers_within_a_second() -> None:
    responses = ResponseCache()
    responses.followed.follow("one", following())
    assert responses.followed.wanted() == [WANTED]
    responses.followed.put({}, 9.0)
    assert "one" not in responses.answers
    responses.followed.put({WANTED: board(("a", 3.0), ("b", 2.0))}, 10.0)
    assert shown(responses) == ("a", 3.0)
    responses.followed.put({WANTED: board(("a", 4.0), ("b", 2.0))}, 10.5)
    assert shown(responses) == ("a", 3.0)
    responses.followed.put({}, 11.1)
    assert shown(responses) == ("a", 4.0)
    responses.followed.put({WANTED: board(("b", 5.0), ("a", 4.0))}, 11.2)
    assert shown(responses) == ("b", 5.0)


def test_a_line_of_two_boards_waits_for_both_and_one_of_none_for_nothing() -> None:
    responses = ResponseCache()
    responses.followed.follow("both", following((WANTED, SAME)))
    never = ReadyLine((), 1, lambda boards: b"{}", lambda: True, 0.0)
    responses.followed.follow("none", never)
    responses.followed.put({WANTED: board(("a", 3.0))}, 1.0)
    assert list(responses.answers) == ["none"]
    responses.followed.put({SAME: board(("a", 3.0))}, 1.1)
    assert shown(responses, "both") == ("a", 3.0)


def test_what_nobody_asks_for_is_let_go() -> None:
    responses = ResponseCache()
    responses.followed.follow("one", following())
    responses.followed.put({WANTED: board(("a", 3.0))}, 0.0)
    assert responses.answers["one"].serves(20.0)
    responses.followed.put({WANTED: board(("b", 3.0))}, 20.0)
    responses.followed.put({}, 20.0 + IDLE_SECONDS)
    assert responses.answers["one"].serves(1e9) is True
    responses.answers["one"].is_asked = False
    responses.followed.put({}, 20.1 + IDLE_SECONDS)
    assert responses.followed.wanted() == []
    assert responses.answers["one"].serves(20.1 + IDLE_SECONDS) is False


def test_what_does_not_hold_any_more_is_made_by_who_asks_next() -> None:
    responses, holds = ResponseCache(), [True]
    responses.followed.follow("one", following(holds=lambda: holds[0]))
    responses.followed.put({WANTED: board(("a", 3.0))}, 10.0)
    holds[0] = False
    responses.followed.put({WANTED: board(("b", 3.0))}, 11.0)
    assert responses.followed.wanted() == []
    answer = responses.answers["one"]
    asked = [answer.serves(11.0), answer.serves(11.1), answer.serves(11.0 + GRACE)]
    assert asked == [False, True, False]


def test_only_so_many_are_followed() -> None:
    responses = ResponseCache()
    for number in range(LINES + 9):
        responses.followed.follow(f"line {number}", following())
    responses.followed.put({WANTED: board(("a", 3.0))}, 1.0)
    assert len(responses.answers) == LINES
    responses = ResponseCache()
    for number in range(BOARDS + 9):
        responses.followed.follow(str(number), following((WANTED._replace(section=str(number)),)))
    assert len(responses.followed.wanted()) == BOARDS


@pytest.mark.parametrize(("at", "wanted"), [(4.9, [True] * 3), (5.0, [False, True, True])])
def test_of_those_who_ask_too_late_one_makes_it_anew(at: float, wanted: list[bool]) -> None:
    answer = answer_of(b"{}", 5.0)
    assert [answer.serves(at) for _ in range(3)] == wanted


def test_what_the_store_did_not_take_is_made_again() -> None:
    live = Live(seed=3)
    live.feed(portal(3))
    clock = [0.0]
    following = ArmBoards(live.ranker.lists, lambda: clock[0])
    question = OnDemandKey(RU, "popular", "", json_of(SLOW), is_followed=True)
    broken = OnDemandKey(RU, "popular", "", '{"half_life": 1}', is_followed=True)

    def made(seconds: float) -> list[OnDemandKey]:
        clock[0] += seconds
        return list(following.made([question, broken]))

    assert made(0.0) == [question]
    assert made(EVERY / 2) == []
    assert made(EVERY) == [question]
    following.written()
    assert [made(1.0), made(1.0)] == [[], []]
    following.note(live.ranker.lists.boards(RU))
    assert made(1.0) == [question]
    following.written()
    assert made(ROUND) == [question]
