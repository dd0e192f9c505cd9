"""Card cache: the stored cards, so that a collector can change a part of one (PATCH).

A thread follows the compacted topic `articles` from its beginning; records that this process wrote
count at once. Each record holds a whole card, so compaction loses nothing. Changes of one article
by two collectors within some milliseconds have the order of their writes. Memory: the records, some
hundred bytes per article.
"""

import logging
import threading

from ranking.content.tombstones import GONE, Held, read_kept
from ranking.service.ports import Refused
from streams.cards import CardError, CardRecords, removal_record
from streams.librdkafka import RdKafkaError, RdKafkaFollower

READ = 0.2
PATIENCE = 60.0

log = logging.getLogger("tolqyn")


class KeptCards:
    """Cards and tombstones of all articles.

    Parameters
    ----------
    kafka : str
    topic : str
    count : int
        Partitions.
    """

    def __init__(self, kafka: str, topic: str, count: int) -> None:
        self._values: dict[bytes, bytes] = {}
        self._overwritten: list[tuple[bytes, bytes]] = []
        self._follower = RdKafkaFollower(kafka, topic, count)
        self._records = CardRecords()
        self._read, self._stopping = threading.Event(), False
        self._thread = threading.Thread(target=self._follow, name="cards", daemon=True)
        self._thread.start()

    def is_read(self, seconds: float) -> bool:
        """Wait until the topic is read to its end, at most so many seconds; returns success."""
        return self._read.wait(seconds)

    def wait(self) -> None:
        """Wait until the topic is read to its end.

        Raises
        ------
        RdKafkaError
            If that takes longer than a minute.
        """
        if not self.is_read(PATIENCE):
            message = f"articles were not read within {PATIENCE:.0f} s"
            raise RdKafkaError(message)

    def held(self, edition: str, article: str) -> Held:
        """Return the stored record of an article.

        Raises
        ------
        Refused
            If the topic is not read yet.
        """
        if not self._read.is_set():
            reason = "articles are still being read; send again in a second"
            raise Refused(reason, 1)
        return self.known(edition, article)

    def known(self, edition: str, article: str) -> Held:
        """Return the record of an article, as read so far."""
        value = self._values.get(removal_record(edition, article)[0])
        return Held() if value is None else read_kept(value)

    def note(self, key: bytes, value: bytes) -> None:
        """Store a record that this process has written."""
        self._values[key] = value

    def overwritten(self) -> list[tuple[bytes, bytes]]:
        """Return the tombstones that a card has replaced, to be written again."""
        found, self._overwritten = self._overwritten, []
        return found

    def stop(self) -> None:
        """End the thread."""
        self._stopping = True
        self._thread.join()

    def _follow(self) -> None:
        while not self._stopping:
            for key, value in self._follower.read(READ):
                try:
                    self._take(key or b"", value or b"")
                except CardError as error:
                    log.warning("article record: %s", error)
            if self._follower.is_at_end:
                self._read.set()
        self._follower.close()

    def _take(self, key: bytes, value: bytes) -> None:
        _, _, held = self._records.read(key, value)
        before = self._values.get(key, b"")
        if before.startswith(GONE) and not (held.is_gone or held.is_restored):
            self._overwritten.append((key, before))
        else:
            self._values[key] = value
