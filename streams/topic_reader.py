"""Topic reader: reads a partition to its end, and writes with acknowledgement.

This file alone imports aiokafka. Readers have no group: the caller keeps the offsets. A request
through Faust's consumer would wait for its fetches, up to 1.5 s each.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

logging.getLogger("aiokafka.client").setLevel(logging.CRITICAL)  # it becomes a RecordsError
FETCH = 16 << 20
REQUEST = 9 << 20
READ = 0.1


class RecordsError(OSError):
    """The broker does not answer, or refuses."""


class TopicRecord(NamedTuple):
    """One record of a partition."""

    offset: int
    key: bytes | None
    value: bytes | None


class PartitionReader:
    """Reads one partition from any offset; a client that changes its partition may hang at its end.

    Parameters
    ----------
    kafka : str
        Broker, as host:port.
    """

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._connected: AIOKafkaConsumer | None = None

    @property
    def _consumer(self) -> AIOKafkaConsumer:
        if self._connected is None:
            message = "the reader is not connected"
            raise RecordsError(message)
        return self._connected

    async def start(self) -> None:
        """Connect.

        Raises
        ------
        RecordsError
        """
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH,
            fetch_max_bytes=4 * FETCH,
            fetch_max_wait_ms=100,
            retry_backoff_ms=10,  # the first request for a topic always waits this long
        )
        await _started(consumer, self._kafka)
        self._connected = consumer

    async def __aenter__(self) -> "PartitionReader":
        """Connect."""
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the connection."""
        await self.stop()

    async def stop(self) -> None:
        """Close the connection."""
        if self._connected:
            await self._connected.stop()
            self._connected = None

    async def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """Return the first offset of a partition, and the one after the last.

        Raises
        ------
        RecordsError
        """
        place = TopicPartition(topic, partition)
        try:
            first = await self._consumer.beginning_offsets([place])
            last = await self._consumer.end_offsets([place])
        except KafkaError as error:
            raise RecordsError(str(error)) from error
        return int(first[place]), int(last[place])

    async def read(
        self, topic: str, partition: int, start: int, end: int
    ) -> AsyncIterator[TopicRecord]:
        """Yield records from one offset up to another; compacted ones are missing."""
        if start >= end:
            return
        place = TopicPartition(topic, partition)
        self._consumer.assign([place])
        self._consumer.seek(place, start)
        while start < end:
            async for record in self._fetched():
                if record.offset < end:
                    yield record
            start = await self._consumer.position(place)

    async def follow(
        self, topic: str, partition: int, start: int
    ) -> AsyncIterator[list[TopicRecord]]:
        """Yield new records from an offset on; an empty list every 100 ms without any."""
        place = TopicPartition(topic, partition)
        self._consumer.assign([place])
        self._consumer.seek(place, start)
        while True:
            yield [record async for record in self._fetched()]

    async def _fetched(self) -> AsyncIterator[TopicRecord]:
        try:
            found = await self._consumer.getmany(timeout_ms=int(READ * 1000))
        except KafkaError as error:
            raise RecordsError(str(error)) from error
        for records in found.values():
            for record in records:
                yield TopicRecord(record.offset, record.key, record.value)


class TopicWriter:
    """Writes records and waits until all replicas have them.

    Parameters
    ----------
    kafka : str
        Broker, as host:port.
    """

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect.

        Raises
        ------
        RecordsError
        """
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka,
            acks="all",
            enable_idempotence=True,
            max_request_size=REQUEST,
        )
        await _started(producer, self._kafka)
        self._producer = producer

    async def stop(self) -> None:
        """Close the connection."""
        if self._producer:
            await self._producer.stop()

    async def write(
        self, topic: str, partition: int, records: Sequence[tuple[bytes | None, bytes | None]]
    ) -> int:
        """Write keys and values in their order; returns the offset after the last of them.

        Raises
        ------
        RecordsError
        """
        if self._producer is None:
            await self.start()
        producer = self._producer
        assert producer is not None
        try:
            sent = [await producer.send(topic, v, key=k, partition=partition) for k, v in records]
            done = await asyncio.gather(*sent)
        except KafkaError as error:
            raise RecordsError(str(error)) from error
        return max((record.offset + 1 for record in done), default=0)


async def _started(client: "AIOKafkaConsumer | AIOKafkaProducer", kafka: str) -> None:
    """Connect a client; one that cannot is closed."""
    try:
        await client.start()
    except KafkaError as error:
        await client.stop()
        message = f"no Kafka broker answers at {kafka}"
        raise RecordsError(message) from error
