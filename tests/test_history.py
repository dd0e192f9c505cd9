"""The past: rankers at any moment, out of checkpoints and the log; boards as they were shown."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.embedded.checkpoints import NEWEST, CheckpointFiles
from ranking.embedded.history import DataFolder, EmbeddedPast
from ranking.embedded.live import Live
from ranking.embedded.log import SqliteLog
from ranking.history.hours import HOUR
from ranking.history.past_state import Rankers, TooLongAgoError
from ranking.history.shown_boards import History, shown_of
from ranking.lists.boards import Board, Item
from ranking.profiles.profile import DEFAULT
from ranking.ranker import Ranker
from ranking.service.log import Acknowledgement, ArticleChanges
from tests.support.logs import RU, Row, chopped, packed
from tests.support.lookback import (
    OTHER,
    SITE,
    assert_rest_comes_once,
    assert_states_of_then,
    before,
    lively,
    mixed,
    moments,
    state_after,
)

NOW = 1_800_000_000.0
FOREVER = 1e9


@dataclass
class Kept:
    """A data folder with two sites' logs, and checkpoints now and then."""

    log: SqliteLog
    rows: list[Row]
    live: Live
    positions: list[int] = field(default_factory=list)
    answers: list[Acknowledgement] = field(default_factory=list)

    @property
    def past(self) -> EmbeddedPast:
        """A new reader of it."""
        return EmbeddedPast(self.live)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A folder with a log of two sites and five hourly checkpoints."""
    rng = random.Random(3)
    rows, others = lively(1), lively(2, OTHER)
    with SqliteLog(tmp_path, durable=False) as log:
        live, ranker = Live(log, DEFAULT), Ranker()
        folder = Kept(log, rows, live)
        for k, batch in enumerate(mixed(rng, rows, others)):
            ranker.apply(batch, log.end)
            log.append([batch], ArticleChanges(), folder.answers.append)
            if k % 25 == 24:
                wall = NOW + HOUR * len(folder.positions)
                log.checkpoints.keep(ranker.position, ranker.checkpoint(), wall, FOREVER)
                folder.positions.append(ranker.position)
        assert [answer.positions for answer in folder.answers] == [[k] for k in range(log.end)]
        yield folder


def test_a_ranker_of_the_past_has_the_state_of_then(kept: Kept) -> None:
    assert_states_of_then(lambda: kept.past.rankers, kept.rows)


def test_lists_of_the_past_are_those_of_a_system_that_stopped_then(kept: Kept) -> None:
    for at in moments(kept.rows, 7)[:8]:
        then = Ranker()
        then.apply(packed(before(kept.rows, at)), 0)
        with kept.past.rankers.at(SITE, at) as ranker:
            for surface in ("popular", "trending"):
                made = ranker.lists.board(RU, surface, DEFAULT, 10, "")
                assert made == then.lists.board(RU, surface, DEFAULT, 10, "")
            assert ranker.lists.related(RU, "3", 5) == then.lists.related(RU, "3", 5)


def test_what_comes_after_a_moment_comes_once(kept: Kept) -> None:
    assert_rest_comes_once(kept.past.rankers, kept.rows)


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
    with SqliteLog(tmp_path, durable=False) as log:
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


def test_a_copy_of_the_cards_stays_as_it_was() -> None:
    """A backtest of the last hours asks lists while the newsroom publishes."""
    live = Catalogue()
    live.put(Card("paper/en", "a", "Rain", story="s"))
    live.remove("paper/en", "gone")
    kept = live.copy()
    live.put(Card("paper/en", "b", "Snow"))
    live.put(Card("paper/kk", "c", "Жаңбыр", story="s"))
    live.remove("paper/en", "a")
    assert [card.id for card in kept.latest("paper/en", 9)] == ["a"]
    assert [card.edition for card in kept.translations("paper", "s")] == ["paper/en"]
    assert kept.is_gone("paper/en", "gone")
    assert not kept.is_gone("paper/en", "a")
    assert kept.editions() == ["paper/en"]
