"""The past: rankers at any moment, out of checkpoints and the log; boards as they were shown."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ranking.embedded.checkpoints import NEWEST, CheckpointFiles
from ranking.embedded.live import Live
from ranking.embedded.log import Log
from ranking.embedded.past import DataFolder, EmbeddedPast
from ranking.engine.batch import Batch, encode
from ranking.lists.boards import Board, Item
from ranking.lists.profile import DEFAULT
from ranking.past.history import History, shown_of
from ranking.past.hours import HOUR
from ranking.past.rankers import Rankers, TooLongAgoError
from ranking.ranker import Ranker
from tests.logs import DAY_MS, MINUTE_MS, RU, Row, chopped, packed, random_rows

SITE = "inform"
NOW = 1_800_000_000.0
FOREVER = 1e9


def lively(seed: int, edition: str = RU) -> list[Row]:
    """A log with late views, robots, repeats by id, and nights."""
    return random_rows(
        seed, 900, articles=60, editions=(edition,), late=0.2, late_ms=40 * MINUTE_MS, pause=0.01,
        pause_ms=DAY_MS, others=0.1, robots=0.1, ids=0.2, sessions=0.3, ours=0.2, step_ms=MINUTE_MS,
    )  # fmt: skip


def before(rows: list[Row], at: float) -> list[Row]:
    """What the log had when its clock was to pass a moment."""
    stop = next((k for k, row in enumerate(rows) if row.at_ms > at * 1000), len(rows))
    return rows[:stop]


def state_after(rows: list[Row]) -> bytes:
    """State of a system that got just these."""
    ranker = Ranker()
    if rows:
        ranker.apply(packed(rows), 0)
    return ranker.state()


@dataclass
class Kept:
    """A data folder with two sites' logs, and checkpoints now and then."""

    log: Log
    rows: list[Row]
    live: Live
    positions: list[int] = field(default_factory=list)

    @property
    def past(self) -> EmbeddedPast:
        """A new reader of it."""
        return EmbeddedPast(self.live)


def mixed(rng: random.Random, rows: list[Row], others: list[Row]) -> Iterator[Batch]:
    """Batches of two sites in turns; now and then one that was sent again."""
    cuts = [sorted(rng.sample(range(1, len(its)), 60)) for its in (rows, others)]
    pairs = [
        chopped(its, cut, f"of {k}")
        for k, (its, cut) in enumerate(zip((rows, others), cuts, strict=True))
    ]
    for mine, its in zip(*pairs, strict=True):
        yield mine
        yield its
        if rng.random() < 0.2:
            yield mine


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A folder with a log of two sites and five hourly checkpoints."""
    rng = random.Random(3)
    rows, others = lively(1), lively(2, "paper/en")
    with Log(tmp_path, durable=False) as log:
        live, ranker = Live(log, DEFAULT), Ranker()
        folder = Kept(log, rows, live)
        for k, batch in enumerate(mixed(rng, rows, others)):
            ranker.apply(batch, log.append([(round(NOW * 1000) + k, encode(batch))]))
            if k % 25 == 24:
                wall = NOW + HOUR * len(folder.positions)
                log.checkpoints.keep(ranker.position, ranker.checkpoint(), wall, FOREVER)
                folder.positions.append(ranker.position)
        yield folder


def moments(rows: list[Row], seed: int) -> list[float]:
    """Moments all over a log, on stamps and between them, in no order."""
    rng, last = random.Random(seed), max(row.at_ms for row in rows)
    on = [row.at_ms / 1000 for row in rng.sample(rows, 20)]
    between = [rng.uniform(rows[0].at_ms, last) / 1000 for _ in range(20)]
    chosen = [at for at in [*on, *between] if at * 1000 >= rows[0].at_ms]
    return rng.sample(chosen, len(chosen))


def test_a_ranker_of_the_past_has_the_state_of_then(kept: Kept) -> None:
    past = kept.past
    for at in moments(kept.rows, 5):
        with past.rankers.at(SITE, at) as ranker:
            assert ranker.state() == state_after(before(kept.rows, at))
            assert list(ranker.sites) == [SITE]


def test_a_slider_that_moves_on_gives_the_same(kept: Kept) -> None:
    past = kept.past
    for at in sorted(moments(kept.rows, 6)):
        with past.rankers.at(SITE, at) as moved:
            kept_state = moved.state()
        with kept.past.rankers.at(SITE, at) as anew:
            assert kept_state == anew.state()


def test_lists_of_the_past_are_those_of_a_system_that_stopped_then(kept: Kept) -> None:
    for at in moments(kept.rows, 7)[:8]:
        then = Ranker()
        then.apply(packed(before(kept.rows, at)), 0)
        with kept.past.rankers.at(SITE, at) as ranker:
            for surface in ("popular", "trending"):
                made = ranker.board(RU, surface, DEFAULT, 10, "")
                assert made == then.board(RU, surface, DEFAULT, 10, "")
            assert ranker.related(RU, "3", 5) == then.related(RU, "3", 5)


def test_what_comes_after_a_moment_comes_once(kept: Kept) -> None:
    at = kept.rows[450].at_ms / 1000
    ranker, rest = kept.past.rankers.begun(SITE, at)
    after = [int(stamp) for batch in rest for stamp in batch.columns["at"]]
    assert ranker.state() == state_after(before(kept.rows, at))
    assert after == [row.at_ms for row in kept.rows[len(before(kept.rows, at)) :]]


def test_too_long_ago_names_the_oldest_moment(kept: Kept) -> None:
    kept.log.trim(kept.log.checkpoints.reread_from(), round(NOW * 2000))
    assert kept.log.begin() == kept.log.checkpoints.reread_from() > 0
    past = kept.past
    horizon = past.rankers.horizon(SITE)
    oldest = kept.log.checkpoints.all()[-1]
    assert horizon == (kept.log.checkpoints.header(oldest).clock_ms(SITE) or 0) / 1000
    with pytest.raises(TooLongAgoError) as refused, past.rankers.at(SITE, horizon - 0.001):
        pass
    assert refused.value.horizon == horizon
    for at in (horizon, horizon + 1000, kept.rows[-1].at_ms / 1000):
        with past.rankers.at(SITE, at) as ranker:
            assert ranker.state() == state_after(before(kept.rows, at))


def test_only_one_sites_pieces_are_loaded(kept: Kept) -> None:
    archive = DataFolder(kept.live)
    (newest, *_) = archive.kept(SITE)
    assert [name for name, _, _ in newest.header.of_site(SITE).sites] == [SITE]
    with pytest.raises(TooLongAgoError), Rankers(archive).at("nobody", NOW):
        pass


def test_the_first_checkpoint_of_each_hour_stays(tmp_path: Path) -> None:
    files, seconds = CheckpointFiles(tmp_path), 5 * HOUR
    ranker = Ranker()
    for k, batch in enumerate(chopped(lively(1), range(10, 900, 10))):
        ranker.apply(batch, k)
        files.keep(k + 1, ranker.checkpoint(), NOW + k * 600, seconds)
    last = NOW + k * 600
    hourly = [file.wall for file in files.all() if file.wall]
    assert hourly == sorted(hourly, reverse=True)
    assert [wall // HOUR for wall in hourly] == [last // HOUR - n for n in range(len(hourly))]
    assert last - seconds <= min(hourly) < last - seconds + HOUR
    assert len([file for file in files.all()[NEWEST:] if not file.wall]) == 0
    assert files.all()[0].position == k + 1


def board_of(ids: str, at: float = 0.0, surface: str = "popular") -> Board:
    """A board of one-letter articles."""
    return Board(RU, surface, "default", at, tuple(Item(id_, None, 1.0, 1) for id_ in ids))


def test_boards_are_written_down_when_their_ids_change() -> None:
    history, start = History(), NOW + 0.1
    history.publish([board_of("ab", 1.0)])
    assert [shown.ids for shown in history.due(start)] == [["a", "b"]]
    history.publish([board_of("ab", 2.0)])
    assert history.due(start + 5) == []
    history.publish([board_of("ba", 3.0)])
    assert [shown.at for shown in history.due(start + 5)] == [3.0]


def test_at_most_one_a_second_the_newest() -> None:
    history, start = History(), NOW + 0.1
    history.publish([board_of("ab", 1.0)])
    history.due(start)
    history.publish([board_of("ba", 1.1)])
    assert history.due(start + 0.5) == []
    history.publish([board_of("bc", 1.2)])
    assert [shown.ids for shown in history.due(start + 1.0)] == [["b", "c"]]
    history.publish([board_of("cb", 1.3)])
    history.publish([board_of("bc", 1.4)])
    assert history.due(start + 9) == []


def test_every_hour_all_of_them() -> None:
    history = History()
    history.publish([board_of("ab", 1.0), board_of("c", 1.0, "trending")])
    history.due(NOW)
    due = history.due(NOW + HOUR)
    assert [(shown.surface, shown.wall) for shown in due] == [
        ("popular", NOW + HOUR),
        ("trending", NOW + HOUR),
    ]


def test_boards_stand_until_the_next(tmp_path: Path) -> None:
    with Log(tmp_path, durable=False) as log:
        shown = [shown_of(board_of(ids, at), NOW + at) for ids, at in (("ab", 10.0), ("ba", 20.5))]
        log.keep_boards(shown)
        assert log.shown(RU, "popular", 9.9) is None
        assert log.shown(RU, "popular", 10.0) == log.shown(RU, "popular", 20.4) == shown[0]
        assert log.shown(RU, "popular", 99.0) == shown[1]
        assert log.shown_since(RU, "popular") == 10.0
        assert log.shown_last() == [shown[1]]
        log.trim(0, round((NOW + 15) * 1000))
        assert log.shown(RU, "popular", 15.0) is None
        assert log.shown_since(RU, "trending") is None
