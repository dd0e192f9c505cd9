"""Topic records: all that a namespace's topics hold, as one file, and back into a broker.

A file is an xz-packed MessagePack list of records. Of compacted topics it holds what compaction
leaves: the last record of each key. Written back, records of topics that forget by time keep their
offsets, and the log begins where it began, since checkpoints name offsets; their time is that of
the writing, since the broker would drop records of another year.
"""

import lzma
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from ranking.read_model.store_keys import prefixed
from streams.topics import specification

PATIENCE = 20.0


class TopicRecord(msgspec.Struct, array_like=True, frozen=True):
    """One record.

    Attributes
    ----------
    topic : str
        Without its namespace.
    partition, offset : int
    timestamp : int
        As the broker had it, ms.
    key, value : bytes or None
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def read_file(path: Path) -> list[TopicRecord]:
    """Read records from a file."""
    return msgspec.msgpack.decode(lzma.decompress(path.read_bytes()), type=list[TopicRecord])


def write_file(path: Path, records: list[TopicRecord]) -> None:
    """Write records into a file."""
    path.write_bytes(lzma.compress(msgspec.msgpack.encode(records), preset=9))


def dump(kafka: str, namespace: str) -> list[TopicRecord]:
    """Read all topics of a namespace, in the order of topic, partition and offset."""
    found: list[TopicRecord] = []
    for topic in specification(namespace):
        for partition in range(topic.partitions):
            records = list(_partition(kafka, topic.name, namespace, partition))
            if topic.configs["cleanup.policy"] == "compact":
                last = {record.key: record for record in records}
                records = [r for r in records if last[r.key] is r and r.value is not None]
            found += records
    return found


def load(kafka: str, namespace: str, records: Iterable[TopicRecord]) -> None:
    """Write records into the empty topics of a namespace."""
    compacted = {
        topic.name
        for topic in specification(namespace)
        if topic.configs["cleanup.policy"] == "compact"
    }
    producer = Producer({"bootstrap.servers": kafka, "message.max.bytes": 9 << 20, "linger.ms": 2})
    begins: dict[tuple[str, int], int] = {}
    for (name, partition), group in groupby(records, key=lambda r: (r.topic, r.partition)):
        topic, its = prefixed(namespace, name), list(group)
        if topic not in compacted:
            assert [r.offset for r in its] == list(range(its[0].offset, its[-1].offset + 1))
            for _ in range(its[0].offset):
                producer.produce(topic, b"forgotten", partition=partition)
            begins[topic, partition] = its[0].offset
        for record in its:
            producer.produce(topic, record.value, record.key, partition=partition)
        producer.poll(0)
    assert producer.flush(PATIENCE) == 0
    forget(kafka, begins)


def forget(kafka: str, begins: dict[tuple[str, int], int]) -> None:
    """Drop the records before an offset, by topic and partition."""
    places = [TopicPartition(*place, offset) for place, offset in begins.items() if offset > 0]
    if places:
        admin = AdminClient({"bootstrap.servers": kafka})
        for done in admin.delete_records(places).values():
            done.result(PATIENCE)


def _partition(kafka: str, topic: str, namespace: str, partition: int) -> Iterator[TopicRecord]:
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": "recording", "enable.auto.commit": False}
    )
    try:
        place = TopicPartition(topic, partition)
        begin, end = consumer.get_watermark_offsets(place, PATIENCE)
        consumer.assign([TopicPartition(topic, partition, begin)])
        while begin < end:
            message = consumer.poll(PATIENCE)
            if message is None or message.error():
                detail = f"{topic} {partition} cannot be read from {begin} to {end}"
                raise TimeoutError(detail)
            begin = (message.offset() or 0) + 1
            name = topic.removeprefix(f"{namespace}.")
            stamp = message.timestamp()[1]
            yield TopicRecord(name, partition, begin - 1, stamp, message.key(), message.value())
    finally:
        consumer.close()
