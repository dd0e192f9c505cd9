"""Hash keys of the cluster: one per day for visitors, and one for event ids.

Day keys are in a topic of one partition with a retention of three days. The key of event ids never
changes; its topic is compacted. A process that finds no key writes one and reads the topic again:
the first record is the key. In the compacted topic a record's key is the secret itself, so that
compaction keeps the first record.
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
        Counted from the epoch.
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
        """Return the secret of a day, counted from the epoch.

        Raises
        ------
        RdKafkaError
            If the broker does not answer.
        """
        if day not in self._known:
            self._known = self._read(self._topics.day_keys)
        if day not in self._known:
            self._write(self._topics.day_keys, DayKey(day, secrets.token_bytes(32)))
            self._known = self._read(self._topics.day_keys)
        return self._known[day]

    def id_key(self) -> bytes:
        """Return the secret of event ids.

        Raises
        ------
        RdKafkaError
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
