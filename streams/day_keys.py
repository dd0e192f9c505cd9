"""Secrets that packers hash with: the day's for readers, one for ids of events, the same for all.

Keys of days stand in a topic of one partition that forgets after three days; the key of ids, which
never changes, stands in a compacted one. Whoever needs a key first writes one, and reads back: the
first one written is the key. A record of the compacted topic has its secret for a key, so that
compaction keeps the first one.
"""

import secrets
import threading

import msgspec

from streams.librdkafka import RdKafkaError, RdKafkaProducer, read_topic
from streams.topic_names import TopicNames

NO_DAY = -1
"""The day of the key that never changes."""


class DayKey(msgspec.Struct, array_like=True, frozen=True):
    """One day's secret.

    Attributes
    ----------
    day : int
        From the epoch.
    secret : bytes
    """

    day: int
    secret: bytes


class DayKeys:
    """Keys by day, and the key of event ids.

    Parameters
    ----------
    kafka : str
    topics : TopicNames
    """

    def __init__(self, kafka: str, topics: TopicNames) -> None:
        self._kafka, self._topics = kafka, topics
        self._known: dict[int, bytes] = {}

    def key(self, day: int) -> bytes:
        """Secret of a day.

        Raises
        ------
        FastLogError
            If the broker does not answer.
        """
        if day not in self._known:
            self._known = self._read(self._topics.day_keys)
        if day not in self._known:
            self._write(self._topics.day_keys, DayKey(day, secrets.token_bytes(32)))
            self._known = self._read(self._topics.day_keys)
        return self._known[day]

    def id_key(self) -> bytes:
        """Secret of event ids.

        Raises
        ------
        FastLogError
            If the broker does not answer.
        """
        topic = self._topics.id_keys
        if not (found := self._read(topic)):
            self._write(topic, DayKey(NO_DAY, secrets.token_bytes(32)))
            found = self._read(topic)
        return found[NO_DAY]

    def _read(self, topic: str) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for value in read_topic(self._kafka, topic):
            key = msgspec.msgpack.decode(value, type=DayKey)
            found.setdefault(key.day, key.secret)
        return found

    def _write(self, topic: str, key: DayKey) -> None:
        producer, written, faults = (
            RdKafkaProducer(self._kafka, 10.0),
            threading.Event(),
            list[str](),
        )

        def done(fault: str, offset: int) -> None:
            faults.append(fault)
            written.set()

        name = key.secret if key.day == NO_DAY else None
        producer.send(topic, 0, name, msgspec.msgpack.encode(key), done)
        producer.flush(15.0)
        if not written.is_set() or faults[0]:
            message = f"a key cannot be written to {topic}: {(faults or ['no answer'])[0]}"
            raise RdKafkaError(message)
