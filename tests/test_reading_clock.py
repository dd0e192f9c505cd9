"""The reading clock: in a silence windows and Trending go on, and the state stays as it is."""

from dataclasses import replace

import orjson

from ranking.lists.boards import render
from ranking.profiles.profile import DEFAULT, Profile, profile_from
from ranking.profiles.scopes import Profiles
from ranking.ranker import Ranker
from tests.support.logs import DAY_MS, HOUR_MS, RU, START_MS, packed, view

NOW = START_MS / 1000
DAY = Profile(window=86_400)


def ranker_of() -> Ranker:
    """Three articles read within a minute."""
    ranker = Ranker()
    rows = [view(START_MS + n, f"a{n % 3}", f"r{n}") for n in range(60)]
    ranker.apply(packed(rows), 0)
    return ranker


def scored(ranker: Ranker, surface: str, profile: Profile) -> int:
    """Articles with a score."""
    board = ranker.lists.board(RU, surface, profile, 20, "")
    return sum(item.score > 0.0 for item in board.items)


def test_windows_and_trending_end_in_a_silence() -> None:
    ranker = ranker_of()
    before = ranker.state()
    ranker.tick(wall=NOW + 60)
    assert (scored(ranker, "popular", DAY), scored(ranker, "trending", DEFAULT)) == (3, 3)
    ranker.tick(wall=NOW + 60 + 5 * 86_400)
    assert (scored(ranker, "popular", DAY), scored(ranker, "trending", DEFAULT)) == (0, 0)
    assert scored(ranker, "popular", DEFAULT) == 3
    assert ranker.state() == before
    ranker.tick()
    assert (scored(ranker, "popular", DAY), scored(ranker, "trending", DEFAULT)) == (3, 3)


def test_a_log_of_long_ago_replays_as_it_happened() -> None:
    """What is appended now is read at its own time, however old its stamps are."""
    ranker = Ranker()
    rows = [view(START_MS + n, "a", f"r{n}") for n in range(9)]
    years = 8 * 365 * DAY_MS
    ranker.apply(replace(packed(rows), stamp_ms=START_MS + years), 0)
    ranker.tick(wall=(START_MS + years) / 1000 + 30)
    assert scored(ranker, "popular", DAY) == 1
    assert ranker.lists.edition(RU).eligibility.reading_ms == ranker.sites["inform"].newest_ms


def test_each_site_has_a_silence_of_its_own() -> None:
    ranker = ranker_of()
    later = packed([view(START_MS + 2 * DAY_MS, "b", edition="paper/en")], source="p")
    ranker.apply(later, 1)
    ranker.tick(wall=NOW + 2 * 86_400)
    assert scored(ranker, "popular", DAY) == 0
    other = ranker.lists.board("paper/en", "popular", DAY, 5, "")
    assert [item.score for item in other.items] == [1.0]


def test_the_reading_clock_is_the_same_after_a_restart() -> None:
    ranker, rows = ranker_of(), [view(START_MS + n, f"a{n % 3}", f"r{n}") for n in range(60)]
    again = Ranker.restore(ranker.checkpoint())
    again.reread([(0, packed(rows))])
    for its in (ranker, again):
        its.tick(wall=NOW + 1000)
    assert (
        ranker.lists.edition(RU).eligibility.reading_ms
        == again.lists.edition(RU).eligibility.reading_ms
    )
    assert again.lists.edition(RU).eligibility.idle_ms > 900_000


def test_boards_that_follow_the_clock_are_made_in_a_silence() -> None:
    """Trending and a live window; Popular's decay waits for the next view."""
    ranker = ranker_of()
    ranker.tick(wall=NOW)
    assert ranker.tick(wall=NOW + 59).boards == []
    assert [b.surface for b in ranker.tick(wall=NOW + 7200).boards] == ["trending"]
    ranker.lists.govern(Profiles(profile_from({"window": 3600})))
    ranker.tick(wall=NOW + 7201)
    boards = ranker.tick(wall=NOW + 7400).boards
    assert [b.surface for b in boards] == ["popular", "trending"]


def test_an_answer_about_a_window_tells_its_begin_and_end() -> None:
    ranker = ranker_of()
    ranker.tick(wall=NOW + 60 + 5 * 3600)
    for window, periods, length in (
        (3600, 1, HOUR_MS),
        (86_400, 24, HOUR_MS),
        (604_800, 7, DAY_MS),
    ):
        board = ranker.lists.board(RU, "popular", Profile(window=window), 5, "")
        told = orjson.loads(render(board, 5))["window"]
        end = ranker.sites["inform"].newest_ms + 5 * HOUR_MS - 59
        assert told["to"] == end / 1000
        assert told["from"] == (end // length - periods + 1) * length / 1000
    assert "window" not in orjson.loads(
        render(ranker.lists.board(RU, "popular", DEFAULT, 5, ""), 5)
    )
