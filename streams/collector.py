"""The collector on Kafka.

Requests wait in an inbox; a thread packs what waits, at most some milliseconds' worth, and hands
it to an idempotent producer. A sender is told 202 when every record of its request is written by
all replicas, 503 when one is not.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ranking.content.cards import Card
from ranking.content.tombstones import Held
from ranking.engine.batch import encode
from ranking.engine.event import site_of
from ranking.engine.event_columns import Rows
from ranking.service.batches import NOTHING, Batcher
from ranking.service.ports import Refused
from streams.card_cache import KeptCards
from streams.cards import card_record, removal_record, restoration_record
from streams.day_keys import DayKeys
from streams.librdkafka import RdKafkaError, RdKafkaProducer
from streams.partitions import partition_of
from streams.topic_names import TopicNames

GATHER = 0.005
"""Seconds that a request waits for others to be packed with."""
PATIENCE = 20.0
AWHILE = 10.0
"""Seconds that a change of an article waits for those before it to be read."""
WAITING = 200_000


@dataclass(slots=True)
class _Request:
    rows: Rows
    articles: list[tuple[str, bytes, bytes]]
    """Site, key and value."""
    done: "asyncio.Future[None]"


@dataclass(slots=True)
class _Sending:
    """Requests whose records are under way."""

    requests: list[_Request]
    left: int = 0
    faults: list[str] = field(default_factory=list)


class KafkaIntake:
    """The log of a cluster.

    Parameters
    ----------
    kafka : str
    topics : TopicNames
    count : int
        Partitions of views, and of articles.
    """

    def __init__(self, kafka: str, topics: TopicNames, count: int) -> None:
        self._topics, self._count = topics, count
        self._producer = RdKafkaProducer(kafka, PATIENCE)
        self._kept = KeptCards(kafka, topics.articles, count)
        keys = DayKeys(kafka, topics)
        self._bundler = Batcher(keys.key, keys.id_key)
        self._inbox: list[_Request] = []
        self._waiting = 0
        self._wake = threading.Condition()
        self._stopping = False
        self._fault = ""
        self._thread = threading.Thread(target=self._run, name="collector", daemon=True)
        self._thread.start()

    def fault(self) -> str:
        """The reason why the log takes nothing; empty if it takes events."""
        return "" if self._thread.is_alive() else "the collector's thread has ended"

    async def take(
        self, rows: Rows, cards: list[Card], removed: list[tuple[str, str]], *,
        outcome: bool = False,
    ) -> dict[str, int]:  # fmt: skip
        """Return when the log has all of it; what becomes of events only their worker knows.

        Raises
        ------
        Refused
            If it has not.
        """
        articles = [(site_of(card.edition), *card_record(card)) for card in cards]
        for edition, article in removed:
            card = self._kept.known(edition, article).card
            articles.append((site_of(edition), *removal_record(edition, article, card)))
        await self._submit(rows, articles)
        return {}

    def lacks_room(self, editions: Iterable[str]) -> dict[str, str]:
        """Nothing: the workers know."""
        return {}

    async def held(self, names: list[tuple[str, str]]) -> list[Held]:
        """Stored records of articles, by edition and id."""
        await asyncio.to_thread(self._kept.is_read, AWHILE)  # of a process that has just begun
        return [self._kept.held(*name) for name in names]

    async def restore(self, edition: str, article: str) -> None:
        """Bring an article back; returns when the log has it."""
        (held,) = await self.held([(edition, article)])
        record = restoration_record(edition, article, held.card)
        await self._submit(NOTHING, [(site_of(edition), *record)])

    async def _submit(self, rows: Rows, articles: list[tuple[str, bytes, bytes]]) -> None:
        if fault := self.fault():
            raise Refused(fault, 5)
        if self._waiting > WAITING:
            reason = "send again in a second"
            raise Refused(reason, 1, is_busy=True)
        request = _Request(rows, articles, asyncio.get_running_loop().create_future())
        with self._wake:
            self._inbox.append(request)
            self._waiting += len(rows)
            self._wake.notify()
        await request.done
        for _, key, value in articles:
            self._kept.note(key, value)

    def stop(self) -> None:
        """Send what waits, and end."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while not (self._stopping and not self._inbox):
            with self._wake:
                if not self._inbox and not self._stopping:
                    self._wake.wait(GATHER)
            self._producer.poll(0)
            self._mend_tombstones()
            if self._inbox:
                time.sleep(GATHER)
                with self._wake:
                    requests, self._inbox = self._inbox, []
                self._send(requests)
        self._kept.stop()
        self._producer.flush(PATIENCE)

    def _mend_tombstones(self) -> None:
        """Write the tombstones again that another collector has written a card over."""
        for key, value in self._kept.overwritten():
            partition = partition_of(site_of(key.decode()), self._count)
            self._producer.send(self._topics.articles, partition, key, value, lambda fault: None)

    def _send(self, requests: list[_Request]) -> None:
        sending = _Sending(requests)
        try:
            records = self._records(requests)
        except RdKafkaError as error:
            sending.faults.append(str(error))
            self._tell(sending)
            return
        sending.left = len(records)
        for topic, site, key, value in records:
            partition = partition_of(site, self._count)
            self._producer.send(topic, partition, key, value, self._delivered(sending))
        if not records:
            self._tell(sending)

    def _records(self, requests: list[_Request]) -> list[tuple[str, str, bytes | None, bytes]]:
        """Topic, site, key and value of what requests bring."""
        self._bundler.keep_day()
        records: list[tuple[str, str, bytes | None, bytes]] = []
        for request in requests:
            records += [(self._topics.articles, *article) for article in request.articles]
        for batch in self._bundler.together([request.rows for request in requests]):
            numbered = self._bundler.numbered(batch)
            records.append((self._topics.views, batch.site, None, encode(numbered)))
        return records

    def _delivered(self, sending: _Sending) -> Callable[[str], None]:
        def done(fault: str) -> None:
            sending.left -= 1
            if fault:
                sending.faults.append(fault)
            if sending.left == 0:
                self._tell(sending)

        return done

    def _tell(self, sending: _Sending) -> None:
        fault = sending.faults[0] if sending.faults else ""
        with self._wake:
            self._waiting -= sum(len(request.rows) for request in sending.requests)
        for request in sending.requests:
            request.done.get_loop().call_soon_threadsafe(_settle, request.done, fault)


def _settle(done: "asyncio.Future[None]", fault: str) -> None:
    if done.cancelled():
        return
    if fault:
        done.set_exception(Refused(f"the log cannot take it: {fault}", 5))
    else:
        done.set_result(None)
