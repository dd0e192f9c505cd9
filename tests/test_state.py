"""State: a function of the views alone, through any chopping and any restart."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.engine.batch import Batch, decode, encode
from ranking.engine.settings import EngineSettings
from ranking.lists.boards import Board
from ranking.lists.catalogue import Card
from ranking.lists.profile import Profile
from ranking.ranker import Ranker
from ranking.snapshot import VERSION, CheckpointError
from tests.logs import DAY_MS, KK, MINUTE_MS, RU, START_MS, Row, chopped, packed, random_rows, view

TINY = EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024)
CROWDED = EngineSettings(window=120, visitors=1024, rows=64, neighbours=8)
ALL_SETTINGS = pytest.mark.parametrize(
    "engine", [EngineSettings(), TINY, CROWDED], ids=["default", "tiny", "crowded"]
)


def log_for(engine: EngineSettings, seed: int = 1, n_views: int = 1200) -> list[Row]:
    """A log with a little of everything that makes the given settings overflow."""
    step_ms = {TINY: 5_000, CROWDED: 100}.get(engine, MINUTE_MS)
    return random_rows(
        seed, n_views, articles=200, visitors=90 if engine == CROWDED else 25, editions=(RU, KK),
        step_ms=step_ms, late=0.2, late_ms=20 * step_ms, pause=0.0 if engine == CROWDED else 0.01,
        pause_ms=DAY_MS, others=0.1, robots=0.05, ids=0.8 if engine == CROWDED else 0.2,
        sessions=0.3, ours=0.2,
    )  # fmt: skip


def applied(batches: Sequence[Batch], engine: EngineSettings) -> Ranker:
    """A ranker after some batches."""
    ranker = Ranker(engine)
    for position, batch in enumerate(batches):
        ranker.apply(batch, position)
    return ranker


def restarted(ranker: Ranker, log: Sequence[Batch], engine: EngineSettings) -> Ranker:
    """Another process: from the checkpoint, its memory reread from the log."""
    fresh = Ranker.restore(ranker.checkpoint(), engine)
    start = fresh.reread_from()
    assert fresh.position == ranker.position
    fresh.reread([(k, log[k]) for k in range(start, fresh.position)])
    return fresh


def all_boards(ranker: Ranker) -> list[Board]:
    """Boards of all editions."""
    ranker.tick()
    return [board for name in (RU, KK) for board in ranker.boards(name)]


@ALL_SETTINGS
@settings(deadline=None, max_examples=12, derandomize=True)
@given(st.data())
def test_a_rechopped_log_gives_equal_bytes(engine: EngineSettings, data: st.DataObject) -> None:
    rows = log_for(engine, n_views=600)
    whole = applied([packed(rows)], engine).state()
    cuts = data.draw(st.sets(st.integers(1, len(rows) - 1), max_size=60))
    assert applied(chopped(rows, cuts), engine).state() == whole


@ALL_SETTINGS
def test_views_one_by_one_give_the_bytes_of_all_at_once(engine: EngineSettings) -> None:
    rows = log_for(engine, seed=2)
    one_by_one = applied(chopped(rows, range(len(rows))), engine)
    assert one_by_one.state() == applied([packed(rows)], engine).state()
    site = one_by_one.sites["inform"]
    if engine == TINY:
        assert site.evictions > 5
        assert len(site.ids) == 64
    if engine == CROWDED:
        window = int(site.log["window"]) - 2
        assert int(site.log["forgotten_ms"]) > window * engine.window * 1000


@ALL_SETTINGS
@pytest.mark.parametrize("size", [1, 7, 100])
def test_pieces_of_a_batch_equal_the_whole(engine: EngineSettings, size: int) -> None:
    """Pieces keep the whole batch's dictionary, travel or not."""
    batch = packed(log_for(engine, seed=3, n_views=500))
    pieces = [batch.part(k, min(k + size, 500)) for k in range(0, 500, size)]
    whole = applied([batch], engine).state()
    assert applied(pieces, engine).state() == whole
    assert applied([decode(encode(piece)) for piece in pieces], engine).state() == whole


@ALL_SETTINGS
def test_ticks_cards_and_lists_leave_the_state_alone(engine: EngineSettings) -> None:
    rows = log_for(engine, seed=4, n_views=500)
    quiet, busy = Ranker(engine), Ranker(engine)
    for position, batch in enumerate(chopped(rows, range(0, 500, 20))):
        quiet.apply(batch, position)
        busy.apply(batch, position)
        busy.put([Card(RU, "3", tags=(f"tag {position}",)), Card(KK, "never read")])
        busy.tick()
        busy.related(RU, "3", 4)
        busy.board(KK, "popular", Profile(half_life=7000.0, freshness=1.0), 5, "")
        busy.remove(RU, "4")
    assert quiet.state() == busy.state()


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
            lists = [r.related(name, article, 8) for r in (ranker, fresh)]
            assert lists[0] == lists[1]
        assert all_boards(ranker) == all_boards(fresh)
        for profile in (Profile(window=3600), Profile(half_life=40_000.0, freshness=0.5)):
            for name in (RU, KK):
                boards = [r.board(name, "popular", profile, 20, "") for r in (ranker, fresh)]
                assert boards[0] == boards[1]


@pytest.mark.parametrize("window", [3600, 604_800])
def test_a_restored_ranker_has_boards_of_hard_windows_at_once(window: int) -> None:
    rows = [view(START_MS + k, f"{k % 7}", f"{k}") for k in range(50)]
    ranker = applied([packed(rows)], EngineSettings())
    ranker.tick()
    fresh = Ranker.restore(ranker.checkpoint())
    profile = Profile(window=window)
    board = fresh.board(RU, "popular", profile, 5, "")
    assert board == ranker.board(RU, "popular", profile, 5, "")
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


@ALL_SETTINGS
def test_retried_batches_are_skipped(engine: EngineSettings) -> None:
    """Whole ones, and the part of one that came before; also after a restart."""
    rows = log_for(engine, seed=8, n_views=400)
    truth = applied([packed(rows)], engine).state()
    bounds = [(0, 100), (0, 100), (50, 160), (160, 200), (100, 190), (190, 400), (0, 400)]
    log = [packed(rows[start:stop], start) for start, stop in bounds]
    ranker = Ranker(engine)
    new = [ranker.apply(batch, position) for position, batch in enumerate(log)]
    assert new == [100, 0, 60, 40, 0, 200, 0]
    assert ranker.state() == truth
    for stop in range(1, len(log)):
        again = restarted(applied(log[:stop], engine), log, engine)
        for position in range(stop, len(log)):
            again.apply(log[position], position)
        assert again.state() == truth, f"restart at {stop}"


def test_sequences_are_of_a_source_and_a_site() -> None:
    """The same numbers of another source, or of another site, are other views."""
    rows = [view(START_MS + k, f"{k}", f"{k}") for k in range(10)]
    other = [view(START_MS + k, f"{k}", f"{k}", edition="other/en") for k in range(10)]
    batches = [packed(rows, 0, "one"), packed(rows, 0, "two"), packed(other, 0, "one")]
    ranker = Ranker()
    assert [ranker.apply(batch, k) for k, batch in enumerate(batches)] == [10, 10, 10]


def test_numbers_left_out_keep_retries_apart() -> None:
    """A raw topic's offsets: another site's views, and unreadable ones, lie between."""
    rows = [view(START_MS + k, f"{k}", f"{k}") for k in range(8)]
    numbers = np.array([3, 4, 9, 10, 11, 20, 21, 30])
    gaps = np.diff(numbers, prepend=2) - 1

    def between(start: int, stop: int) -> Batch:
        batch = packed(rows[start:stop], 0)
        first = int(numbers[start])
        gap = np.array([0, *gaps[start + 1 : stop]], np.uint32)
        return replace(batch, first=first, columns=batch.columns | {"gap": gap})

    ranker = Ranker()
    bounds = [(0, 3), (1, 5), (3, 5), (2, 8), (7, 8)]
    applied = [ranker.apply(between(*bound), k) for k, bound in enumerate(bounds)]
    assert applied == [3, 2, 0, 3, 0]
    assert dict(ranker.sites["inform"].sequences) == {"collector": 31}
    whole = Ranker()
    whole.apply(packed(rows), 0)
    assert ranker.state() == whole.state()


def test_a_retry_changes_nothing_whatever_came_between() -> None:
    """Also of a source that was not the last one."""
    rows = [view(START_MS + k, f"{k}", f"{k}") for k in range(30)]
    log = [packed(rows[:10], 0, "one"), packed(rows[10:20], 0, "two")]
    ranker = applied(log, EngineSettings())
    before = ranker.state()
    assert ranker.apply(log[0], 2) == 0
    assert ranker.state() == before


def test_touched_articles_are_listed_once_through_evictions() -> None:
    """However long nobody asks: the list has room for each article once."""
    ranker = Ranker(EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024))
    rows = [view(START_MS + k, f"{k}", f"{k}") for k in range(400)]
    for position, batch in enumerate(chopped(rows, range(0, 400, 10))):
        ranker.apply(batch, position)
    slots = ranker.sites["inform"].take_touched().tolist()
    assert len(slots) == len(set(slots)) <= 64


def test_an_article_is_one_whether_its_id_is_a_number_or_text() -> None:
    rows = [view(START_MS, "7", "anna"), view(START_MS + 1, "7", "berik")]
    number = Row(START_MS + 2, rows[0].event.__class__(visitor="asel", article=7, edition=RU))
    ranker = applied([packed([*rows, number])], EngineSettings())
    site = ranker.sites["inform"]
    assert site.ids == ["7"]
    assert int(site.state.article["counted"][site.slot(RU, "7"), 0]) == 3


@pytest.mark.parametrize(
    "other",
    [
        EngineSettings(window=900),
        EngineSettings(neighbours=64),
        EngineSettings(coread_forward=(0.5, 0.3, 0.5)),
        EngineSettings(articles=64),
    ],
)
def test_other_engine_settings_are_refused(other: EngineSettings) -> None:
    data = applied([packed(log_for(EngineSettings(), n_views=50))], EngineSettings()).checkpoint()
    with pytest.raises(CheckpointError, match="settings"):
        Ranker.restore(data, other)


def test_another_version_is_refused() -> None:
    data = Ranker().checkpoint()
    length = int.from_bytes(data[:8], "little")
    head = data[8 : 8 + length]
    assert head[1] == VERSION
    with pytest.raises(CheckpointError, match="version"):
        Ranker.restore(data[:8] + head[:1] + bytes([VERSION + 1]) + head[2:])


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"\0" * 8, b"garbage" * 9, b"\xff" * 64, (5).to_bytes(8, "little") + b"12345"],
)
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(CheckpointError):
        Ranker.restore(data)


def test_a_cut_checkpoint_is_refused_at_every_length() -> None:
    data = applied([packed(log_for(EngineSettings(), n_views=12))], EngineSettings()).checkpoint()
    lengths = [*range(0, 1200), *range(1200, len(data), 97), len(data) - 1]
    for length in lengths:
        with pytest.raises(CheckpointError):
            Ranker.restore(data[:length])
    Ranker.restore(data)


def test_a_checkpoint_of_nothing() -> None:
    ranker = Ranker.restore(Ranker().checkpoint())
    assert (ranker.position, ranker.reread_from(), ranker.state()) == (0, 0, b"")
    batch = packed([view(START_MS, "a")])
    ranker.apply(batch, 0)
    assert ranker.state() == applied([batch], EngineSettings()).state()


def test_rereading_begins_where_nothing_remembered_is_missing() -> None:
    """Two whole windows before the log's current one, and never much earlier."""
    rows = [view(START_MS + k * 5 * MINUTE_MS, f"{k}", f"{k}") for k in range(200)]
    log, ranker = chopped(rows, range(200)), Ranker()
    for position, batch in enumerate(log):
        ranker.apply(batch, position)
        start = ranker.reread_from()
        horizon = int(ranker.sites["inform"].log["forgotten_ms"])
        assert all(rows[k].at_ms < horizon for k in range(start))
        assert rows[start].at_ms >= horizon - 2 * 1_800_000 or start == 0
    assert len(ranker.sites["inform"].turns) <= 4


def test_batches_of_nothing_new_need_no_memory() -> None:
    """A source's number is kept even if all of its views were known."""
    ranker = applied([packed([view(START_MS, "a"), view(START_MS, "b", "berik")])], TINY)
    assert dict(ranker.sites["inform"].sequences) == {"collector": 2}
    assert ranker.apply(packed([view(START_MS, "b", "berik")], 1), 1) == 0
    assert dict(ranker.sites["inform"].sequences) == {"collector": 2}
    assert np.array_equal(ranker.sites["inform"].take_touched(), [0, 1])
