"""History of a cluster, for an API process: read from Kafka on request.

Each request first reads the partition's topics of boards and articles to their ends. In memory are
boards in the order of the site's clock, the offsets of past states, and cards. No offsets are
committed.
"""

import threading
from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from ranking.content.catalogue import Catalogue
from ranking.engine.batch import Batch, BatchError, decode
from ranking.engine.event import site_of
from ranking.engine.settings import EngineSettings
from ranking.engine.snapshot import CheckpointError, read_header
from ranking.history.past_state import ArchiveError, Kept, Rankers
from ranking.history.shown_boards import Key, ShownBoard
from ranking.lists.boards import Board
from ranking.ranker import Ranker
from ranking.settings_log.book import Book
from streams.cards import CardError, CardRecords
from streams.hourly_checkpoints import HourlyCheckpoint, Published, entry_of, pieces_of
from streams.librdkafka import (
    RdKafkaError,
    RdKafkaRecord,
    bounds_of,
    count_partitions,
    read_partition,
)
from streams.partitions import partition_of
from streams.topic_names import TopicNames


@dataclass(slots=True)
class _Known:
    """The part of a partition that was read so far.

    Attributes
    ----------
    boards : dict
        By edition and surface, in the order of the log's clock.
    hours : list of HourlyCheckpoint
        In the order in which they were written.
    next : dict of str to int
        Next offset, by topic.
    """

    boards: dict[Key, list[ShownBoard]] = field(default_factory=dict)
    hours: list[HourlyCheckpoint] = field(default_factory=list)
    catalogue: Catalogue = field(default_factory=Catalogue)
    cards: CardRecords = field(default_factory=CardRecords)
    next: dict[str, int] = field(default_factory=dict)


class ClusterPast:
    """Past lists of a cluster's sites, shown or under another profile.

    Parameters
    ----------
    kafka : str
        Broker, as host:port.
    topics : TopicNames
    book : Book
        Decisions of operators.
    """

    def __init__(self, kafka: str, topics: TopicNames, book: Book) -> None:
        self._topics = Topics(kafka, topics)
        self.rankers = Rankers(KafkaArchive(self._topics, book))

    def shown(self, edition: str, surface: str, at: float) -> Board | None:
        """Return the board published at a moment of the site's clock (s), with today's cards."""
        known = self._topics.known(site_of(edition))
        boards = known.boards.get((edition, surface), [])
        place = bisect_right(boards, at, key=_at)
        return boards[place - 1].board(known.catalogue) if place else None

    def shown_since(self, edition: str, surface: str) -> float:
        """Return the oldest moment (s) of which a board is known; inf if there is none."""
        known = self._topics.known(site_of(edition))
        boards = known.boards.get((edition, surface), [])
        return boards[0].at if boards else float("inf")


class Topics:
    """The part of the topics that was read so far, by partition.

    Parameters
    ----------
    kafka : str
    names : TopicNames
    """

    def __init__(self, kafka: str, names: TopicNames) -> None:
        self.names = names
        self._kafka, self._count = kafka, 0
        self._known: dict[int, _Known] = {}
        self._lock = threading.Lock()

    def known(self, site: str) -> _Known:
        """Read a site's partition to the ends of its topics."""
        number = self._number(site)
        with self._lock:
            known = self._known.setdefault(number, _Known())
            for record in self._news(known, self.names.boards, number):
                _take_entry(known, record)
            for record in self._news(known, self.names.articles, number):
                _take_card(known, record)
            return known

    def bounds(self, topic: str, site: str) -> tuple[int, int]:
        """Return the first offset of a site's partition of a topic, and the one after the last."""
        with _answered():
            return bounds_of(self._kafka, topic, self._number(site))

    def read(self, topic: str, site: str, start: int, end: int) -> Iterator[RdKafkaRecord]:
        """Yield records of a site's partition of a topic."""
        with _answered():
            number = self._number(site)
            yield from read_partition(self._kafka, topic, number, start, end)

    def _number(self, site: str) -> int:
        if not self._count:
            with _answered():
                self._count = count_partitions(self._kafka, self.names.views)
        return partition_of(site, self._count)

    def _news(self, known: _Known, topic: str, number: int) -> Iterator[RdKafkaRecord]:
        with _answered():
            first, end = bounds_of(self._kafka, topic, number)
            start = max(known.next.get(topic, 0), first)
            yield from read_partition(self._kafka, topic, number, start, end)
            known.next[topic] = end


class KafkaArchive:
    """Past states and the log of views, as an archive.

    Parameters
    ----------
    topics : Topics
    book : Book
    """

    def __init__(self, topics: Topics, book: Book) -> None:
        self._topics, self._book = topics, book

    def new_ranker(self, site: str, settings: EngineSettings | None = None) -> Ranker:
        """Make an empty ranker for a site, with the cards of the partition."""
        catalogue = self._topics.known(site).catalogue
        return Ranker(settings or self._settings(site), catalogue=catalogue)

    def _settings(self, site: str) -> EngineSettings:
        """Engine settings of the newest past state; the defaults before there is one."""
        newest = next(iter(self.kept(site)), None)
        return EngineSettings.of(newest.header.settings) if newest else EngineSettings()

    def govern(self, ranker: Ranker, at: float) -> None:
        """Apply the present profiles and the overrides of a moment (s since the epoch)."""
        ranker.lists.govern(self._book.profiles, self._book.active_overrides(at))

    def kept(self, site: str) -> list[Kept]:
        """Return the past states, newest first."""
        found = []
        for hour in reversed(self._topics.known(site).hours):
            try:
                found.append(Kept(read_header(hour.header), partial(self._pieces, hour)))
            except CheckpointError:
                continue
        return found

    def begin(self, site: str) -> int:
        """Return the first offset of the log."""
        return self._topics.bounds(self._topics.names.views, site)[0]

    def read(self, site: str, position: int) -> Iterator[tuple[int, Batch]]:
        """Yield offsets and batches of a site from an offset on; skips unreadable records."""
        topic = self._topics.names.views
        _, end = self._topics.bounds(topic, site)
        for record in self._topics.read(topic, site, position, end):
            try:
                batch = decode(record.value or b"", record.stamp_ms)
            except BatchError:
                continue
            if batch.site == site:
                yield record.offset, batch

    def _pieces(self, hour: HourlyCheckpoint, site: str) -> Mapping[str, bytes]:
        topic = self._topics.names.hours
        if hour.first < self._topics.bounds(topic, site)[0]:
            message = "the state is forgotten"
            raise CheckpointError(message)
        records = self._topics.read(topic, site, hour.first, hour.end)
        return pieces_of(hour, [(record.key, record.value) for record in records])


def _take_entry(known: _Known, record: RdKafkaRecord) -> None:
    entry = entry_of(record.value)
    if isinstance(entry, HourlyCheckpoint):
        known.hours.append(entry)
    elif isinstance(entry, Published):
        shown = entry.shown
        boards = known.boards.setdefault((shown.edition, shown.surface), [])
        insort(boards, shown, key=_at)


def _take_card(known: _Known, record: RdKafkaRecord) -> None:
    try:
        edition, article, held = known.cards.read(record.key, record.value)
    except CardError:
        return
    if held.is_gone:
        known.catalogue.remove(edition, article)
        return
    if held.is_restored:
        known.catalogue.restore(edition, article)
    if held.card:
        known.catalogue.put(held.card)


def _at(shown: ShownBoard) -> float:
    return shown.at


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except RdKafkaError as error:
        message = f"Kafka does not answer: {error}"
        raise ArchiveError(message) from error
