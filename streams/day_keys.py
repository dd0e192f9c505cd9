"""Day keys: the secrets that visitors are hashed with, the same for all that pack.

They stand in a topic of one partition that forgets after three days. Whoever needs a day first
writes a key for it, and reads back: the first one written for a day is the day's.
"""

import secrets
import threading

import msgspec

from streams.producing import FastLogError, FastProducer, read_topic


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
    """Keys by day.

    Parameters
    ----------
    kafka, topic : str
    """

    def __init__(self, kafka: str, topic: str) -> None:
        self._kafka, self._topic = kafka, topic
        self._known: dict[int, bytes] = {}

    def key(self, day: int) -> bytes:
        """Secret of a day.

        Raises
        ------
        FastLogError
            If the broker does not answer.
        """
        if day not in self._known:
            self._read()
        if day not in self._known:
            self._write(DayKey(day, secrets.token_bytes(32)))
            self._read()
        return self._known[day]

    def _read(self) -> None:
        found: dict[int, bytes] = {}
        for value in read_topic(self._kafka, self._topic):
            key = msgspec.msgpack.decode(value, type=DayKey)
            found.setdefault(key.day, key.secret)
        self._known = found

    def _write(self, key: DayKey) -> None:
        producer, written, faults = FastProducer(self._kafka, 10.0), threading.Event(), list[str]()

        def done(fault: str) -> None:
            faults.append(fault)
            written.set()

        producer.send(self._topic, 0, None, msgspec.msgpack.encode(key), done)
        producer.flush(15.0)
        if not written.is_set() or faults[0]:
            message = f"the day's key cannot be written: {(faults or ['no answer'])[0]}"
            raise FastLogError(message)
