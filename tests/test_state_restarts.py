"""State through any restart: from a checkpoint, its memory reread from the log."""

import random

import pytest

from ranking.engine.settings import EngineSettings
from ranking.lists.boards import Board
from ranking.lists.ranked_list import board_names
from ranking.profiles.profile import Profile
from ranking.ranker import Ranker
from tests.support.logs import KK, MINUTE_MS, RU, START_MS, Row, chopped, packed, view
from tests.support.restarts import ALL_SETTINGS, applied, log_for, restarted


def all_boards(ranker: Ranker) -> list[Board]:
    """Boards of all editions."""
    ranker.tick()
    return [
        ranker.lists.board(name, surface, ranker.lists.profile(name, surface), 20, "")
        for name in (RU, KK)
        for surface in board_names()
    ]


@ALL_SETTINGS
@pytest.mark.parametrize("seed", range(4))
def test_restart_after_any_batch(engine: EngineSettings, seed: int) -> None:
    """After each batch a process dies; the next one goes on as if nothing had been."""
    rows = log_for(engine, seed=10 + seed, n_views=800)
    rng = random.Random(seed)
    log = chopped(rows, [rng.randrange(800) for _ in range(25)])
    ranker = Ranker(engine)
    for position, batch in enumerate(log):
        ranker.apply(batch, position)
        straight = applied(log[: position + 1], engine)
        assert ranker.state() == straight.state(), f"batch {position}"
        ranker = restarted(ranker, log, engine)
        assert ranker.state() == straight.state(), f"restored after batch {position}"


@ALL_SETTINGS
def test_one_restart_anywhere_and_then_the_whole_rest(engine: EngineSettings) -> None:
    rows = log_for(engine, seed=20, n_views=800)
    log = chopped(rows, range(0, 800, 40))
    states = [applied(log[: k + 1], engine).state() for k in range(len(log))]
    for stop in range(1, len(log)):
        ranker = restarted(applied(log[:stop], engine), log, engine)
        for position in range(stop, len(log)):
            ranker.apply(log[position], position)
            assert ranker.state() == states[position], f"restart at {stop}, batch {position}"


@ALL_SETTINGS
def test_a_restored_ranker_has_the_same_lists(engine: EngineSettings) -> None:
    rows = log_for(engine, seed=5, n_views=600)
    log = chopped(rows, range(0, 600, 30))
    for stop in (1, 7, 14, 20):
        ranker = Ranker(engine)
        for position, batch in enumerate(log[:stop]):
            ranker.apply(batch, position)
            ranker.tick()
        fresh = restarted(ranker, log, engine)
        for name, article in ((RU, "3"), (KK, "0"), (RU, "unknown")):
            lists = [r.lists.related(name, article, 8) for r in (ranker, fresh)]
            assert lists[0] == lists[1]
        assert all_boards(ranker) == all_boards(fresh)
        for profile in (Profile(window=3600), Profile(half_life=40_000.0, freshness=0.5)):
            for name in (RU, KK):
                boards = [r.lists.board(name, "popular", profile, 20, "") for r in (ranker, fresh)]
                assert boards[0] == boards[1]


@pytest.mark.parametrize("window", [3600, 604_800])
def test_a_restored_ranker_has_boards_of_hard_windows_at_once(window: int) -> None:
    rows = [view(START_MS + k, f"{k % 7}", f"{k}") for k in range(50)]
    ranker = applied([packed(rows)], EngineSettings())
    ranker.tick()
    fresh = Ranker.restore(ranker.checkpoint())
    profile = Profile(window=window)
    board = fresh.lists.board(RU, "popular", profile, 5, "")
    assert board == ranker.lists.board(RU, "popular", profile, 5, "")
    assert len(board.items) == 5


def test_rereading_is_needed() -> None:
    """Without it a repeat counts: the tests above would see a memory that is lost."""
    log = chopped([view(START_MS, "a"), view(START_MS + 1000, "a")], [1])
    ranker = Ranker.restore(applied(log[:1], EngineSettings()).checkpoint())
    ranker.apply(log[1], 1)
    assert ranker.state() != applied(log, EngineSettings()).state()


@ALL_SETTINGS
def test_two_sites_in_one_log(engine: EngineSettings) -> None:
    """Each site's state is that of its own log; one restart serves both."""
    ours = chopped(log_for(engine, seed=6, n_views=600), range(0, 600, 37))
    theirs_rows = [
        Row(row.at_ms, view(0, str(row.event.article), "reader", edition="other/en").event)
        for row in log_for(engine, seed=7, n_views=300)
    ]
    theirs = chopped(theirs_rows, range(0, 300, 61))
    log = sorted([*ours, *theirs], key=lambda b: (b.first / len(b), b.site))
    whole = applied(log, engine)
    assert whole.state() == applied(ours, engine).state() + applied(theirs, engine).state()
    for stop in range(1, len(log)):
        ranker = restarted(applied(log[:stop], engine), log, engine)
        for position in range(stop, len(log)):
            ranker.apply(log[position], position)
        assert ranker.state() == whole.state(), f"restart at {stop}"


def test_rereading_begins_where_nothing_remembered_is_missing() -> None:
    """Two whole windows before the log's current one, and never much earlier."""
    rows = [view(START_MS + k * 5 * MINUTE_MS, f"{k}", f"{k}") for k in range(200)]
    log, ranker = chopped(rows, range(200)), Ranker()
    for position, batch in enumerate(log):
        ranker.apply(batch, position)
        start = ranker.reread_from()
        horizon = int(ranker.sites["inform"].state.memory["horizon"][0])
        assert all(rows[k].at_ms < horizon for k in range(start))
        assert rows[start].at_ms >= horizon - 2 * 1_800_000 or start == 0
    assert len(ranker.sites["inform"].window_starts) <= 4
