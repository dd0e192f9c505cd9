"""Sends a log straight to Kafka: `tolqyn send --to kafka://HOST:PORT[/TOPIC][?namespace=NAME]`.

Events are written to `page-views` as batches, or to `raw-views` as single JSON events.
"""

import os
import time
from urllib.parse import parse_qs, urlsplit

import msgspec

from ranking.backtest.send import SendError, Taken
from ranking.content.cards import Card, first_published
from ranking.content.tombstones import gone_fault
from ranking.engine.batch import encode
from ranking.engine.event import Rejection, site_of
from ranking.engine.event_columns import DEFAULTS, Rows
from ranking.service.batches import Batcher, DayHashes
from ranking.service.collector import Label, admit
from streams.broker import Broker, PlainProducer
from streams.card_cache import KeptCards
from streams.cards import card_record
from streams.day_keys import DayKeys
from streams.partitions import partition_of
from streams.topic_names import RAW, VIEWS, TopicNames


class KafkaTarget:
    """A cluster's topics.

    Parameters
    ----------
    url : str

    Raises
    ------
    SendError
        If the address names another topic.
    BrokerError
        If no broker answers, or a topic is missing.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._kind = parts.path.strip("/") or VIEWS
        if self._kind not in (VIEWS, RAW):
            message = f"topic must be {VIEWS} or {RAW}, got {self._kind!r}"
            raise SendError(message)
        given = parse_qs(parts.query).get("namespace", [os.environ.get("TOLQYN_NAMESPACE", "")])
        self._topics = TopicNames(given[0])
        self._counts = self._count(parts.netloc)
        self._kafka = parts.netloc
        self._kept: KeptCards | None = None
        self._producer = PlainProducer(parts.netloc)
        keys = DayKeys(parts.netloc, self._topics)
        self._batcher = Batcher(DayHashes(keys.key, keys.id_key))

    def __enter__(self) -> "KafkaTarget":
        """Begin."""
        return self

    def __exit__(self, *error: object) -> None:
        """Wait until everything is written."""
        try:
            self._producer.flush()
        finally:
            self._producer.close()
            if self._kept:
                self._kept.stop()

    def take(self, body: bytes, label: Label | None = None, *, outcome: bool = False) -> Taken:
        """Send events; the outcome of each is known to the workers only.

        Single events without an id get one from their import label and row.
        """
        admitted = admit(body, int(time.time() * 1000), label=label)
        if self._kind == RAW:
            self._send_singly(admitted.rows)
        else:
            self._send_packed(admitted.rows)
        return Taken(len(admitted.rows), admitted.rejected)

    def put(self, cards: list[Card]) -> Taken:
        """Send cards; those of articles taken down are rejected."""
        topic = self._topics.articles
        taken, rejected = [], []
        kept = self._known_cards()
        for index, card in enumerate(cards):
            held = kept.held(card.edition, card.id)
            if held.is_gone:
                rejected.append(Rejection(index, "id", gone_fault(card.id)))
            else:
                taken.append(first_published(card, held.card, time.time()))
        for card in taken:
            partition = partition_of(site_of(card.edition), self._counts[topic])
            self._producer.send(topic, partition, *card_record(card))
            kept.note(*card_record(card))
        return Taken(len(taken), rejected)

    def _known_cards(self) -> KeptCards:
        """Stored cards and tombstones, read at the first call."""
        if self._kept is None:
            topic = self._topics.articles
            self._kept = KeptCards(self._kafka, topic, self._counts[topic])
            self._kept.wait()
        return self._kept

    def _send_packed(self, rows: Rows) -> None:
        self._batcher.day.keep_day()
        topic = self._topics.views
        for batch in self._batcher.packed(rows):
            data = encode(self._batcher.numbered(batch))
            partition = partition_of(batch.site, self._counts[topic])
            self._producer.send(topic, partition, None, data)

    def _send_singly(self, rows: Rows) -> None:
        rows = _with_ids(rows)
        topic, names = self._topics.raw, list(rows.columns)
        for site, events in rows.by_site().items():
            partition = partition_of(site, self._counts[topic])
            columns = [events.columns[name] for name in names]
            for at_ms, *values in zip(events.at_ms, *columns, strict=True):
                event = {"at": at_ms} | {
                    name: value
                    for name, value in zip(names, values, strict=True)
                    if name not in DEFAULTS or value != DEFAULTS[name]
                }
                self._producer.send(topic, partition, None, msgspec.json.encode(event))

    def _count(self, kafka: str) -> dict[str, int]:
        wanted = [self._topics.views, self._topics.raw, self._topics.articles]
        with Broker(kafka) as broker:
            found = broker.topics(wanted)
        for name in wanted:
            if name not in found:
                message = f"topic {name} is missing; make it with `tolqyn topics create`"
                raise SendError(message)
        return {name: topic.partitions for name, topic in found.items()}


def _with_ids(rows: Rows) -> Rows:
    """Events of an import with an id each, and without its label, which single events lack."""
    columns = {
        name: column for name, column in rows.columns.items() if name not in ("import", "row")
    }
    if "import" in rows.columns:
        given = zip(rows.column("id"), rows.column("import"), rows.column("row"), strict=True)
        columns["id"] = [f"{label}-{row}" if id is None else id for id, label, row in given]
    return Rows(rows.at_ms, columns)
