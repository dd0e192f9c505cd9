"""The port `Log` and the group commit over it: one suite for SQLite and for Kafka."""

import asyncio
import json
import sqlite3
from abc import abstractmethod
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from ranking.benchmarks.processes import await_until
from ranking.content.cards import Card
from ranking.content.tombstones import Held
from ranking.embedded.live import Live
from ranking.embedded.log import SqliteLog
from ranking.embedded.ports import embedded_intake
from ranking.engine.batch import Batch, decode, encode
from ranking.engine.event_columns import Rows
from ranking.profiles.profile import DEFAULT
from ranking.ranker import Ranker
from ranking.service.batches import Batcher, DayHashes
from ranking.service.collector import admit
from ranking.service.group_commit import LARGE, Group, GroupCommit
from ranking.service.log import Acknowledgement, ArticleChanges, Log
from ranking.service.ports import Refused
from streams.librdkafka import bounds_of, read_partition
from streams.log import KafkaLog
from streams.partitions import partition_of
from streams.topic_names import TopicNames
from streams.topics import PARTITIONS

NOW_MS = 1_800_000_000_000
SITES = ("inform", "other")
KEPT, GONE, BACK = (Card("inform/ru", name) for name in ("kept", "gone", "back"))


class Opened(NamedTuple):
    """A log, and what it stores."""

    log: Log
    read: Callable[[str], list[tuple[int, Batch]]]
    """Positions and batches of a site, as another reader finds them."""


class LogContract:
    """What every log keeps to."""

    @abstractmethod
    @pytest.fixture
    def opened(self) -> Iterator[Opened]:
        """An empty log."""

    @abstractmethod
    @pytest.fixture
    def refusing(self) -> Iterator[Log]:
        """A log that cannot write a batch."""

    def test_batches_are_read_back_at_their_positions(self, opened: Opened) -> None:
        """In the order of the appends, each site's by itself."""
        batcher, positions, sent = batcher_of(opened.log), dict[str, list[int]](), list[Batch]()
        for size in (1, 3, 2):
            packed = batcher.packed(views(*SITES, count=size))
            batches = [batcher.numbered(batch) for batch in packed]
            answer = appended(opened.log, batches, ArticleChanges())
            for batch, position in zip(batches, answer.positions, strict=True):
                positions.setdefault(batch.site, []).append(position)
            sent += batches
        for site in SITES:
            found = opened.read(site)
            assert [position for position, _ in found] == positions[site]
            assert all(a < b for a, b in pairwise(positions[site]))
            expected = [encode(batch) for batch in sent if batch.site == site]
            assert [encode(batch) for _, batch in found] == expected

    def test_changes_of_articles_are_stored(self, opened: Opened) -> None:
        """Cards, then takedowns, then restorations; a takedown keeps the last card."""
        names = [("inform/ru", name) for name in ("kept", "gone", "back", "unknown")]
        changes = ArticleChanges([KEPT, GONE, BACK], names[1:3])
        assert appended(opened.log, [], changes) == Acknowledgement()
        held = [(found.card, found.is_gone) for found in opened.log.held(names)]
        assert held == [(KEPT, False), (GONE, True), (BACK, True), (None, False)]
        assert appended(opened.log, [], ArticleChanges(restored=names[2:3])) == Acknowledgement()
        again, unknown = opened.log.held(names[2:])
        assert (again.card, again.is_gone, unknown) == (BACK, False, Held())

    def test_an_append_of_nothing_is_acknowledged(self, opened: Opened) -> None:
        assert appended(opened.log, [], ArticleChanges()) == Acknowledgement()

    def test_keys_stay(self, opened: Opened) -> None:
        """The day's, and the one of event ids."""
        log = opened.log
        assert log.day_key(20_000) == log.day_key(20_000) != log.id_key() == log.id_key()

    def test_requests_that_wait_share_their_batches(self, opened: Opened) -> None:
        """Large ones have their own; each site's events are numbered without a gap."""
        commits = GroupCommit(opened.log)
        sizes = (2, 3, LARGE, 4, 1)

        async def submit_all() -> Group:
            senders = [asyncio.create_task(commits.submit(views("inform", count=n))) for n in sizes]
            senders.append(asyncio.create_task(commits.submit(views("other", count=1))))
            group = await written(commits, opened.log, len(senders))
            await asyncio.gather(*senders)
            return group

        for first in (0, sum(sizes)):
            group = asyncio.run(submit_all())
            batches = [batch for batch in group.batches if batch.site == "inform"]
            assert [len(batch) for batch in batches] == [5, LARGE, 5]
            assert [batch.first for batch in batches] == [first, first + 5, first + 5 + LARGE]
            assert commits.waiting() == 0
        assert sum(len(batch) for _, batch in opened.read("inform")) == 2 * sum(sizes)
        assert sum(len(batch) for _, batch in opened.read("other")) == 2

    def test_beyond_its_capacity_senders_are_told_to_wait(self, opened: Opened) -> None:
        """And are taken again when the log has answered."""
        commits = GroupCommit(opened.log, capacity=3)

        async def fill() -> None:
            for _ in range(2):
                sender = asyncio.create_task(commits.submit(views("inform", count=4)))
                await asyncio.sleep(0)
                with pytest.raises(Refused, match="send again in a second") as refused:
                    await commits.submit(views("inform", count=1))
                assert (refused.value.is_busy, refused.value.wait) == (True, 1)
                await written(commits, opened.log, 1)
                await sender

        asyncio.run(fill())
        assert sum(len(batch) for _, batch in opened.read("inform")) == 8

    def test_a_sender_that_leaves_takes_nobody_along(self, opened: Opened) -> None:
        """What it sent is logged with the rest."""
        commits = GroupCommit(opened.log)

        async def leave() -> None:
            leaving = asyncio.create_task(commits.submit(views("inform", count=1)))
            staying = asyncio.create_task(commits.submit(views("inform", count=2)))
            await asyncio.sleep(0)
            leaving.cancel()
            await written(commits, opened.log, 2)
            await staying

        asyncio.run(leave())
        assert [len(batch) for _, batch in opened.read("inform")] == [3]

    def test_a_fault_of_the_log_refuses_its_senders(self, refusing: Log) -> None:
        """All of the group, each with the reason; later ones are taken."""
        commits = GroupCommit(refusing)

        async def fail() -> list[BaseException | None]:
            sent = [views(*SITES, count=n) for n in (400, 1000)]
            senders = [asyncio.create_task(commits.submit(rows)) for rows in sent]
            await written(commits, refusing, 2)
            return await asyncio.gather(*senders, return_exceptions=True)

        for _ in range(2):
            for refused in asyncio.run(fail()):
                assert isinstance(refused, Refused)
                assert (refused.is_busy, refused.wait) == (False, 5)
                assert str(refused)
            assert (commits.waiting(), commits.fault()) == (0, "")

    def test_an_end_refuses_who_waits_and_who_comes(self, opened: Opened) -> None:
        """Taken already or not."""
        commits = GroupCommit(opened.log)

        async def end() -> None:
            taken = asyncio.create_task(commits.submit(views("inform", count=1)))
            await asyncio.sleep(0)
            assert len(commits.take(0.0)) == 1
            waiting = asyncio.create_task(commits.submit(views("inform", count=1)))
            await asyncio.sleep(0)
            commits.close("the thread has ended")
            later = commits.submit(views("inform", count=1))
            for sender in (taken, waiting, later):
                with pytest.raises(Refused, match="the thread has ended"):
                    await sender

        asyncio.run(end())
        assert commits.waiting() == 0


class TestSqliteLog(LogContract):
    """The log of the embedded server."""

    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[Opened]:
        with SqliteLog(tmp_path) as log:

            def read(site: str) -> list[tuple[int, Batch]]:
                found = [(position, decode(body)) for position, body in log.read(0)]
                return [(position, batch) for position, batch in found if batch.site == site]

            yield Opened(log, read)

    @pytest.fixture
    def refusing(self, tmp_path: Path) -> Iterator[Log]:
        with SqliteLog(tmp_path) as log:
            GroupCommit(log).prepare()  # its keys are stored
            log._db.execute("PRAGMA max_page_count = 1")  # SQLite takes the present count instead
            with pytest.raises(sqlite3.OperationalError, match="full"):
                log._db.execute("CREATE TABLE filling AS SELECT randomblob(100000)")
            yield log

    def test_a_refused_append_leaves_nothing(self, refusing: SqliteLog) -> None:
        """All or nothing: a card that would fit goes with the batch that does not."""
        batcher = batcher_of(refusing)
        batches = list(batcher.packed(views("inform", count=5000)))
        answer = appended(refusing, batches, ArticleChanges([KEPT]))
        assert answer.fault == "log cannot be written: database or disk is full"
        assert (list(refusing.read(0)), refusing.held([("inform/ru", "kept")])) == ([], [Held()])


class TestKafkaLog(LogContract):
    """The log of a cluster."""

    @pytest.fixture
    def opened(self, kafka: str, namespace: str) -> Iterator[Opened]:
        topics = TopicNames(namespace)
        log = KafkaLog(kafka, topics, PARTITIONS)

        def read(site: str) -> list[tuple[int, Batch]]:
            partition = partition_of(site, PARTITIONS)
            bounds = bounds_of(kafka, topics.views, partition)
            records = read_partition(kafka, topics.views, partition, *bounds)
            found = [(record.offset, decode(record.value or b"")) for record in records]
            return [(position, batch) for position, batch in found if batch.site == site]

        yield Opened(log, read)
        log.close()

    @pytest.fixture
    def refusing(self, kafka: str, namespace: str) -> Iterator[Log]:
        log = KafkaLog(kafka, TopicNames(namespace), 1000)  # partitions that nobody has made
        yield log
        log.close()

    def test_another_process_finds_the_articles(self, opened: Opened, kafka: str) -> None:
        """With their cards and tombstones."""
        log = opened.log
        assert isinstance(log, KafkaLog)
        names = [("inform/ru", "kept"), ("inform/ru", "gone")]
        appended(log, [], ArticleChanges([KEPT, GONE], names[1:]))
        other = KafkaLog(kafka, log._topics, PARTITIONS)
        held = [(found.card, found.is_gone) for found in other.held(names)]
        other.close()
        assert held == [(KEPT, False), (GONE, True)]


def test_an_engine_that_stops_refuses_its_senders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose events are logged but not applied, and those of later events and decisions."""

    def fail(ranker: Ranker, batch: Batch, position: int) -> None:
        message = "boom"
        raise MemoryError(message)

    monkeypatch.setattr(Ranker, "apply", fail)
    monkeypatch.setattr("threading.excepthook", lambda args: None)

    async def send(live: Live) -> None:
        await asyncio.to_thread(live.started.wait)
        intake, record = embedded_intake(live), live.book.following("key", "k", None, "", "")
        for sent in (
            intake.take(views("inform", count=1), [], [], outcome=True),
            intake.take(views("inform", count=1), [], []),
            live.decide(record),
        ):
            with pytest.raises(Refused, match="the engine stopped: boom") as refused:
                await asyncio.wait_for(sent, 20.0)
            assert (refused.value.is_busy, refused.value.wait) == (False, 5)
        assert intake.fault() == "the engine stopped: boom"

    with SqliteLog(tmp_path) as log:
        live = Live(log, DEFAULT)
        live.start()
        asyncio.run(send(live))
        live.stop()


def views(*sites: str, count: int) -> Rows:
    """Events, so many of each site."""
    events = [
        {"edition": f"{site}/ru", "article": str(n), "visitor": str(n), "at": NOW_MS + n}
        for site in sites
        for n in range(count)
    ]
    return admit(json.dumps(events).encode(), NOW_MS).rows


def batcher_of(log: Log) -> Batcher:
    """Packs with a log's keys."""
    batcher = Batcher(DayHashes(log.day_key, log.id_key))
    batcher.day.keep_day()
    return batcher


def appended(log: Log, batches: list[Batch], changes: ArticleChanges) -> Acknowledgement:
    """The one answer to an append."""
    answers = list[Acknowledgement]()
    log.append(batches, changes, answers.append)
    await_until(lambda: polled(log, answers), "the log has answered")
    assert len(answers) == 1
    return answers[0]


def polled(log: Log, answers: list[Acknowledgement]) -> bool:
    """Whether there is an answer by now."""
    log.poll()
    return bool(answers)


async def written(commits: GroupCommit, log: Log, count: int) -> Group:
    """The group of so many requests that wait, when the log has answered."""
    await asyncio.sleep(0)
    requests = commits.take(0.0)
    assert len(requests) == count
    group = commits.write(requests)
    answers = list[Acknowledgement]()

    def is_answered() -> bool:
        answers[:] = [group.answer] if group.answer else []
        return polled(log, answers)

    await_until(is_answered, "the log has answered")
    return group
