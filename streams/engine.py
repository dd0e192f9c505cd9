"""The engine of a worker: its partitions, loaded, fed, published and checkpointed.

This file knows Kafka's records and the store, but not Faust: the worker passes assigned partitions
and records of views. No await separates a change of the state from the change of its offset.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass

from ranking.alerts.observer import Observer
from ranking.alerts.webhook_sender import WebhookSender
from ranking.engine.batch import BatchError
from ranking.engine.settings import EngineSettings
from ranking.engine.snapshot import CheckpointError
from ranking.history.shown_boards import EVERY
from ranking.ranker import Ranker, TickChanges
from ranking.read_model.store import StoreError, StoreWriter
from ranking.read_model.store_keys import OnDemandKey, StoreKeys
from streams.cards import CardError
from streams.checkpoints import Checkpoints, Loaded, load
from streams.hourly_checkpoints import Hours
from streams.partition_engine import PartitionEngine
from streams.publisher import PartitionPublisher
from streams.settings_log import KafkaSettings
from streams.topic_names import TopicNames
from streams.topic_reader import PartitionReader, RecordsError, TopicRecord, TopicWriter

TICK = 0.1
BUSY = 4
"""After a long tick, the pause in durations of that tick."""
RETRY = 0.5
PATIENCE = 30.0

log = logging.getLogger("tolqyn")


class LogError(ValueError):
    """The log and the checkpoint do not match: the operator's fault."""


@dataclass(frozen=True, slots=True)
class WorkerEngineOptions:
    """Options of a worker's engine.

    Attributes
    ----------
    kafka : str
        Broker, as host:port.
    topics : TopicNames
    count : int
        Number of partitions.
    checkpoint_every : float
        Seconds between checkpoints.
    settings : EngineSettings
    """

    kafka: str
    topics: TopicNames
    count: int
    checkpoint_every: float
    settings: EngineSettings


@dataclass(slots=True)
class _Held:
    """A partition assigned to this worker."""

    part: PartitionEngine
    checkpoints: Checkpoints
    publishing: PartitionPublisher
    hours: Hours
    following: "asyncio.Task[None]"


class WorkerEngine:
    """Partitions of one worker.

    Parameters
    ----------
    options : WorkerEngineOptions
    store : StoreWriter
    names : StoreKeys
    decided : KafkaSettings
        Profiles and overrides; a separate task follows them.
    """

    def __init__(
        self,
        options: WorkerEngineOptions,
        store: StoreWriter,
        names: StoreKeys,
        decided: KafkaSettings,
    ) -> None:
        self._options, self._store, self._names = options, store, names
        self.decided = decided
        self._sender = WebhookSender()
        self._held: dict[int, _Held] = {}
        self._writer = TopicWriter(options.kafka)
        self._reader = PartitionReader(options.kafka)

    def next_offsets(self) -> dict[int, int]:
        """Return the next offset, by partition."""
        return {number: held.part.next for number, held in self._held.items()}

    async def hold(self, partitions: Iterable[int]) -> None:
        """Hold exactly these partitions: drop the others, load the new ones.

        Raises
        ------
        RecordsError
            If the broker does not answer.
        TimeoutError
            If the settings cannot be read.
        LogError
            If a checkpoint and the log do not match.
        """
        self.decided.begin()
        async with asyncio.timeout(PATIENCE):
            await self.decided.known()
        wanted = set(partitions)
        for number in self._held.keys() - wanted:
            self._held.pop(number).following.cancel()
        new = sorted(wanted - self._held.keys())
        loaded = await asyncio.gather(*(self._load(number) for number in new))
        self._held |= dict(zip(new, loaded, strict=True))

    def take(
        self, partition: int, offset: int, value: bytes, appended_ms: int
    ) -> BatchError | None:
        """Take a record of views; returns its fault if it cannot be read.

        Raises
        ------
        GapError
            If records before it are missing.
        """
        held = self._held.get(partition)
        if held is None:
            return None
        try:
            held.part.take(offset, value, appended_ms)
        except BatchError as error:
            return error
        return None

    async def bury(self, partition: int, offset: int, value: bytes, fault: BatchError) -> None:
        """Write a record that cannot be read to the dead letters.

        Raises
        ------
        RecordsError
            If the broker refuses.
        """
        log.warning("partition %d, offset %d: %s; dead-lettered", partition, offset, fault)
        key = f"{self._options.topics.views} {partition} {offset}: {fault}".encode()[:1000]
        await self._writer.write(self._options.topics.dead_letters, 0, [(key, value)])

    async def tick_forever(self) -> None:
        """Publish changes every `TICK`, less often when that takes long."""
        while True:
            began = time.monotonic()
            wanted = await self._wanted() if self._held else []
            for held in list(self._held.values()):
                self._govern(held.part.ranker)
                await held.publishing.tick(wanted)
            took = time.monotonic() - began
            await asyncio.sleep(max(TICK - took, took * BUSY if took > TICK / 2 else 0.0, 0.001))

    async def checkpoint_forever(self) -> None:
        """Write checkpoints at the interval of the options."""
        await self._reader.start()
        while True:
            await asyncio.sleep(self._options.checkpoint_every)
            await self.checkpoint()

    async def checkpoint(self) -> None:
        """Write a checkpoint of every changed partition; logs a fault of the broker."""
        for held in list(self._held.values()):
            checkpoints, ranker = held.checkpoints, held.part.ranker
            if ranker.position == checkpoints.position:
                continue
            try:
                if not await checkpoints.is_ours(self._reader):
                    log.warning("partition %d: another worker has it now", held.part.number)
                    continue
                await checkpoints.write(ranker.snapshot(checkpoints.marks))
                await held.hours.keep(ranker)
            except RecordsError as error:
                log.warning("partition %d: no checkpoint: %s", held.part.number, error)

    async def write_history_forever(self) -> None:
        """Write the boards shown, once a second; logs a fault of the broker."""
        while True:
            await asyncio.sleep(EVERY)
            for held in list(self._held.values()):
                history = held.publishing.history
                due = history.due(time.time())
                try:
                    await held.hours.publish(due)
                except RecordsError as error:
                    log.warning("partition %d: boards not kept: %s", held.part.number, error)
                    history.again(due)

    async def _wanted(self) -> list[OnDemandKey]:
        """Requested boards; none while the store is away, which `publishing` logs."""
        try:
            return await asyncio.to_thread(self._store.wanted)
        except StoreError:
            return []

    async def _load(self, number: int) -> _Held:
        began, topics = time.monotonic(), self._options.topics
        async with PartitionReader(self._options.kafka) as reader:
            found = await load(reader, topics.checkpoints, number)
        part = PartitionEngine(number, self._options.count, self._ranker())
        fault = found.fault
        if found.loaded:
            fault = await asyncio.to_thread(self._restore, part, found.loaded) or fault
        async with PartitionReader(self._options.kafka) as reader:
            begin, end = await reader.bounds(topics.views, number)
        self._check(part, begin, end, fault)
        part.begin(begin)
        await self._load_cards(part)
        self._govern(part.ranker)
        watch = Observer(part.ranker)

        def look(changes: TickChanges) -> None:
            hooks = self.decided.book.hooks()
            self._sender.tell(watch.look(changes, hooks, time.time()))

        publishing = PartitionPublisher(part, self._store, self._names, look=look)
        await publishing.begin(end)
        log.warning(
            "partition %d: state at offset %d, reading from %d of %d, loaded in %.2f s",
            number, part.ranker.position, part.next, end, time.monotonic() - began,
        )  # fmt: skip
        return _Held(
            part,
            Checkpoints(topics.checkpoints, number, self._writer, found.end, found.keys),
            publishing,
            Hours(topics, number, self._writer, time.time() if found.loaded else 0.0),
            asyncio.ensure_future(self._follow_cards(part)),
        )

    def _govern(self, ranker: Ranker) -> None:
        book = self.decided.book
        ranker.lists.govern(book.profiles, book.active_overrides(time.time()))

    def _ranker(self) -> Ranker:
        return Ranker(self._options.settings, self.decided.book.profiles.base)

    async def _load_cards(self, part: PartitionEngine) -> None:
        topic = self._options.topics.articles
        async with PartitionReader(self._options.kafka) as reader:
            first, last = await reader.bounds(topic, part.number)
            async for record in reader.read(topic, part.number, first, last):
                self._take_card(part, record)
            part.articles = last

    def _restore(self, part: PartitionEngine, loaded: Loaded) -> str:
        """Restore the partition's ranker; returns why that fails, else nothing."""
        try:
            part.ranker.restored(loaded.header, loaded.pieces)
        except CheckpointError as error:
            part.ranker = self._ranker()
            return str(error)
        return ""

    def _check(self, part: PartitionEngine, begin: int, end: int, fault: str) -> None:
        """Refuse a log that does not continue the state.

        Parameters
        ----------
        part : PartitionEngine
        begin, end : int
            Bounds of the log.
        fault : str
            Why the newest checkpoint is not in use, or empty.
        """
        position = part.ranker.position
        if position > end:
            message = (
                f"partition {part.number}: checkpoint is at offset {position}, past the log's"
                f" end {end}; was the topic created again? Create the topic of checkpoints again"
            )
            raise LogError(message)
        if fault and position < begin:
            message = (
                f"partition {part.number}: {fault}; the log begins at offset {begin} and cannot be"
                " replayed instead. Start the version that wrote the checkpoint, or create"
                " the topic of checkpoints again to begin with the rest of the log"
            )
            raise LogError(message)
        if fault:
            log.warning(
                "partition %d: %s; the log is replayed from offset %d", part.number, fault, position
            )
        if 0 < position < begin:
            log.warning(
                "partition %d: offsets %d to %d are gone from the log and not counted",
                part.number, position, begin,
            )  # fmt: skip

    async def _follow_cards(self, part: PartitionEngine) -> None:
        """Follow the topic of articles without end; logs a fault of the broker."""
        while True:
            reader = PartitionReader(self._options.kafka)
            try:
                await reader.start()
                topic = self._options.topics.articles
                async for records in reader.follow(topic, part.number, part.articles):
                    for record in records:
                        self._take_card(part, record)
            except RecordsError as error:
                log.warning("partition %d: articles are not followed: %s", part.number, error)
                await asyncio.sleep(RETRY)
            finally:
                await reader.stop()

    def _take_card(self, part: PartitionEngine, record: TopicRecord) -> None:
        try:
            part.take_card(record.offset, record.key, record.value)
        except CardError as error:
            log.warning("partition %d, article at %d: %s", part.number, record.offset, error)
