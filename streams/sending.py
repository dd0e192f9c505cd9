"""Sending a log straight to Kafka: `tolqyn send --to kafka://HOST:PORT[/TOPIC][?namespace=NAME]`.

To `page-views` go batches, packed as a collector packs; to `raw-views` single JSON events.
"""

import os
import time
from urllib.parse import parse_qs, urlsplit

import msgspec

from ranking.engine.batch import encode
from ranking.engine.event import site_of
from ranking.engine.rows import DEFAULTS, Rows
from ranking.lists.cards import Card
from ranking.replay.send import SendError, Taken
from ranking.server.bundles import Bundler
from ranking.server.collector import admit
from streams.broker import Broker, Producer
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
        If nobody answers, or a topic is missing.
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
        self._producer = Producer(parts.netloc)
        keys = DayKeys(parts.netloc, self._topics)
        self._bundler = Bundler(keys.key, keys.id_key)

    def __enter__(self) -> "KafkaTarget":
        """Begin."""
        return self

    def __exit__(self, *error: object) -> None:
        """Wait until everything is written."""
        try:
            self._producer.flush()
        finally:
            self._producer.close()

    def take(self, body: bytes) -> Taken:
        """Take events."""
        admitted = admit(body, int(time.time() * 1000), "")
        if self._kind == RAW:
            self._send_singly(admitted.rows)
        else:
            self._send_packed(admitted.rows)
        return Taken(len(admitted.rows), admitted.rejected)

    def put(self, cards: list[Card]) -> Taken:
        """Take cards."""
        topic = self._topics.articles
        for card in cards:
            partition = partition_of(site_of(card.edition), self._counts[topic])
            self._producer.send(topic, partition, *card_record(card))
        return Taken(len(cards), [])

    def _send_packed(self, rows: Rows) -> None:
        self._bundler.keep_day()
        topic = self._topics.views
        for batch in self._bundler.packed(rows):
            data = encode(self._bundler.numbered(batch))
            partition = partition_of(batch.site, self._counts[topic])
            self._producer.send(topic, partition, None, data)

    def _send_singly(self, rows: Rows) -> None:
        topic, names = self._topics.raw, list(rows.columns)
        for site, its in rows.by_site().items():
            partition = partition_of(site, self._counts[topic])
            columns = [its.columns[name] for name in names]
            for at_ms, *values in zip(its.at_ms, *columns, strict=True):
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
