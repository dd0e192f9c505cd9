"""The settings log of a cluster: one topic of one partition that every process follows.

The writer of a record waits until it has read the record back. All readers see the same order, so
they agree which of two records with the same parent is in force.
"""

import asyncio
import logging

from ranking.profiles.profile import DEFAULT, Profile
from ranking.service.ports import Refused
from ranking.settings_log.book import Book, ConflictError
from ranking.settings_log.decisions import Decision, RecordError, packed, record_of
from streams.topic_reader import PartitionReader, RecordsError, TopicRecord, TopicWriter

PATIENCE = 10.0
RETRY = 0.5
REMEMBERED = 1000

log = logging.getLogger("tolqyn")


class KafkaSettings:
    """The settings log as one process has read it.

    Parameters
    ----------
    kafka : str
        Broker, as host:port.
    topic : str
    base : Profile
        Base of all lists, before any record.
    """

    def __init__(self, kafka: str, topic: str, base: Profile = DEFAULT) -> None:
        self.book = Book(base)
        self._kafka, self._topic = kafka, topic
        self._writer = TopicWriter(kafka)
        self._next = 0
        self._following: asyncio.Task[None] | None = None
        self._outcomes: dict[int, bool] = {}  # by offset: whether it held
        self._moved = asyncio.Condition()
        self._fault = "the settings were not read yet"

    def fault(self) -> str:
        """Return why this process does not know the decisions; empty if it does."""
        return self._fault or "; ".join(self.book.faults)

    def begin(self) -> "asyncio.Task[None]":
        """Follow the log from now on, in a task of the running loop; once."""
        if self._following is None:
            self._following = asyncio.create_task(self.follow())
        return self._following

    async def known(self) -> None:
        """Wait until the log is read to its present end."""
        async with self._moved:
            await self._moved.wait_for(lambda: not self._fault)

    async def follow(self) -> None:
        """Follow the log without end; logs each fault of the broker once."""
        logged = ""
        while True:
            try:
                async with PartitionReader(self._kafka) as reader:
                    _, end = await reader.bounds(self._topic, 0)
                    async for records in reader.follow(self._topic, 0, self._next):
                        if logged:
                            log.warning("the settings are read again")
                        logged = ""
                        await self._take(records, end)
            except RecordsError as error:
                if str(error) != logged:
                    log.warning("the settings cannot be read: %s; trying again", error)
                logged = str(error)
                if self._fault:  # known settings stay in force
                    self._fault = f"the settings cannot be read: {error}"
                await asyncio.sleep(RETRY)

    async def write(self, record: Decision) -> None:
        """Return when the record holds, for this process too.

        Raises
        ------
        ConflictError
            If another decision was first.
        Refused
            If the broker does not take it.
        """
        key = f"{record.kind} {record.name}".encode()
        try:
            offset = await self._writer.write(self._topic, 0, [(key, packed(record))]) - 1
            async with asyncio.timeout(PATIENCE), self._moved:
                await self._moved.wait_for(lambda: self._next > offset)
        except (RecordsError, TimeoutError) as error:
            reason = f"the settings cannot be written: {error or 'no answer'}"
            raise Refused(reason, 5) from error
        if not self._outcomes.get(offset, False):
            raise ConflictError(self.book.conflict(record.kind, record.name, record.parent))

    async def _take(self, records: list[TopicRecord], end: int) -> None:
        for record in records:
            self._outcomes[record.offset] = self._holds(record)
            self._next = record.offset + 1
            self._outcomes.pop(record.offset - REMEMBERED, None)
        if records or (self._fault and self._next >= end):
            async with self._moved:
                self._fault = "" if self._next >= end else self._fault
                self._moved.notify_all()

    def _holds(self, record: TopicRecord) -> bool:
        try:
            holds = self.book.take(record_of(record.value))
            for warning in self.book.new_warnings():
                log.warning("%s", warning)
            return holds
        except RecordError as error:
            log.warning("settings at %d: %s", record.offset, error)
            return False
