"""librdkafka: fast producers and consumers; only this file imports it.

The producer is idempotent and gapless: records of a partition arrive in their order, each once.
A record that cannot be written stops those after it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

LARGEST = 8 << 20
LINGER_MS = 2
SESSION_MS = 6000
PATIENCE = 10.0
MOST = 5000
Delivered = Callable[[str, int], None]
"""Takes the reason why a record was not written, empty if it was, and its offset, else -1."""


class RdKafkaError(OSError):
    """The broker does not answer, or refuses."""


class RdKafkaProducer:
    """Writes records without waiting for them.

    Parameters
    ----------
    kafka : str
        Broker, as host:port.
    patience : float
        Seconds until an unwritten record fails; 0 = it never fails.
    """

    def __init__(self, kafka: str, patience: float) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "enable.idempotence": True,
                "enable.gapless.guarantee": patience == 0,
                "message.timeout.ms": int(patience * 1000),
                "linger.ms": LINGER_MS,
                "message.max.bytes": LARGEST,
                "queue.buffering.max.kbytes": 256 << 10,
                "log_level": 2,
                "error_cb": lambda error: None,
            }
        )

    def send(
        self, topic: str, partition: int, key: bytes | None, value: bytes, done: Delivered
    ) -> None:
        """Hand over one record; `done` is called from `poll`."""

        def on_delivery(error: KafkaError | None, message: Message) -> None:
            if error:
                done(error.str(), -1)
            else:
                done("", message.offset() or 0)

        while True:
            try:
                self._producer.produce(
                    topic, value, key, partition=partition, on_delivery=on_delivery
                )
                return
            except BufferError:
                self._producer.poll(0.05)
            except KafkaException as error:
                done(_reason(error), -1)
                return

    def poll(self, seconds: float) -> None:
        """Deliver answers of the broker; waits at most so many seconds for the first."""
        self._producer.poll(seconds)

    def flush(self, seconds: float) -> int:
        """Wait until all is written, at most so many seconds; returns the number of the rest."""
        return int(self._producer.flush(seconds))


class RdKafkaConsumer:
    """Reads raw events as a member of a group; the caller commits offsets.

    Parameters
    ----------
    kafka, group, member, topic : str
    on_assigned : callable
        Receives the partitions assigned to this member.
    """

    def __init__(
        self,
        kafka: str,
        group: str,
        member: str,
        topic: str,
        on_assigned: Callable[[list[int]], None],
    ) -> None:
        self._topic = topic
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": group,
                "group.instance.id": member,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "session.timeout.ms": SESSION_MS,
                "heartbeat.interval.ms": 1000,
                "queued.max.messages.kbytes": 64 << 10,
                "fetch.min.bytes": 1,
                "log_level": 2,
                "error_cb": lambda error: None,
            }
        )

        def assigned(consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
            on_assigned([p.partition for p in partitions])

        self._consumer.subscribe([topic], on_assign=assigned)

    def read(self, most: int, seconds: float) -> list[Any]:
        """Read messages, at most `most`; waits at most so many seconds.

        Raises
        ------
        RdKafkaError
            If the group has removed this member.
        """
        messages = self._consumer.consume(most, seconds)
        for message in messages:
            error = message.error()
            if error and error.fatal():
                raise RdKafkaError(error.str())
        return [message for message in messages if not message.error()]

    def commit(self, offsets: dict[int, int]) -> None:
        """Commit the next offset of each partition.

        Raises
        ------
        RdKafkaError
            If the broker refuses.
        """
        places = [TopicPartition(self._topic, p, offset) for p, offset in offsets.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            raise RdKafkaError(_reason(error)) from error

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()


class RdKafkaFollower:
    """Reads all partitions of a topic from their beginning, without a group.

    Parameters
    ----------
    kafka, topic : str
    count : int
        Partitions.
    """

    def __init__(self, kafka: str, topic: str, count: int) -> None:
        self._consumer = _ungrouped(kafka)
        self._unread = set(range(count))
        places = [TopicPartition(topic, number, OFFSET_BEGINNING) for number in self._unread]
        self._consumer.assign(places)

    @property
    def is_at_end(self) -> bool:
        """Return whether each partition has been read to its end once."""
        return not self._unread

    def read(self, seconds: float) -> list[tuple[bytes | None, bytes | None]]:
        """Read keys and values; waits at most so many seconds. Empty while the broker is away."""
        found = []
        for message in self._consumer.consume(MOST, seconds):
            error = message.error()
            if error is None:
                found.append((message.key(), message.value()))
            elif error.code() == KafkaError._PARTITION_EOF:
                self._unread.discard(message.partition() or 0)
        return found

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()


def read_topic(kafka: str, topic: str, patience: float = PATIENCE) -> list[bytes]:
    """Read the values of a small topic of one partition, in their order.

    Raises
    ------
    RdKafkaError
        If the broker does not answer in time. A topic in creation is waited for.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return _read_topic(kafka, topic, patience)
        except RdKafkaError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


class RdKafkaRecord(NamedTuple):
    """One record of a partition."""

    offset: int
    key: bytes | None
    value: bytes | None
    stamp_ms: int


def bounds_of(
    kafka: str, topic: str, partition: int, patience: float = PATIENCE
) -> tuple[int, int]:
    """Return the first offset of a partition, and the one after the last.

    Raises
    ------
    RdKafkaError
        If the broker does not answer in time.
    """
    with _reader(kafka) as consumer:
        place = TopicPartition(topic, partition)
        first, end = consumer.get_watermark_offsets(place, patience)
        return int(first), int(end)


def count_partitions(kafka: str, topic: str, patience: float = PATIENCE) -> int:
    """Return the number of partitions of a topic.

    Raises
    ------
    RdKafkaError
        If the broker does not answer in time, or has no such topic.
    """
    with _reader(kafka) as consumer:
        found = consumer.list_topics(topic, patience).topics[topic]
        if found.error or not found.partitions:
            reason = f"there is no topic {topic}"
            raise RdKafkaError(reason)
        return len(found.partitions)


def read_partition(
    kafka: str, topic: str, partition: int, start: int, end: int, patience: float = PATIENCE
) -> Iterator[RdKafkaRecord]:
    """Yield records from one offset up to another; compacted ones are missing.

    Raises
    ------
    RdKafkaError
        If the broker does not answer in time.
    """
    if start >= end:
        return
    with _reader(kafka) as consumer:
        consumer.assign([TopicPartition(topic, partition, start)])
        while start < end:
            message = consumer.poll(patience)
            if message is None:
                reason = f"no record of {topic} in {patience:.0f} s"
                raise RdKafkaError(reason)
            if error := message.error():
                if error.code() == KafkaError._PARTITION_EOF:
                    return
                raise RdKafkaError(error.str())
            start = (message.offset() or 0) + 1
            if start <= end:
                stamp_ms = message.timestamp()[1]
                yield RdKafkaRecord(start - 1, message.key(), message.value(), stamp_ms)


def committed(
    kafka: str, group: str, topic: str, count: int, patience: float = PATIENCE
) -> list[int]:
    """Return the offsets that a group has committed, by partition; 0 without one.

    Raises
    ------
    RdKafkaError
        If the broker does not answer.
    """
    settings = {"bootstrap.servers": kafka, "group.id": group, "log_level": 2}
    consumer = Consumer(settings | {"error_cb": lambda error: None})
    try:
        places = [TopicPartition(topic, number) for number in range(count)]
        return [max(place.offset, 0) for place in consumer.committed(places, patience)]
    except KafkaException as error:
        raise RdKafkaError(_reason(error)) from error
    finally:
        consumer.close()


def _read_topic(kafka: str, topic: str, patience: float) -> list[bytes]:
    place = (*bounds_of(kafka, topic, 0, patience), patience)
    return [record.value or b"" for record in read_partition(kafka, topic, 0, *place)]


@contextmanager
def _reader(kafka: str) -> Iterator[Consumer]:
    """A consumer without a group, for offsets that are the caller's."""
    consumer = _ungrouped(kafka)
    try:
        yield consumer
    except KafkaException as error:
        raise RdKafkaError(_reason(error)) from error
    finally:
        consumer.close()


def _ungrouped(kafka: str) -> Consumer:
    settings = {
        "bootstrap.servers": kafka, "group.id": "tolqyn-reader", "enable.auto.commit": False,
        "enable.partition.eof": True, "auto.offset.reset": "error", "log_level": 2,
        "error_cb": lambda error: None,
    }  # fmt: skip
    return Consumer(settings)


def _reason(error: KafkaException) -> str:
    first = error.args[0]
    return first.str() if isinstance(first, KafkaError) else str(first)
