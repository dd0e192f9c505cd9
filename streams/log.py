"""The log of a cluster: batches in `page-views`, cards in `articles`, keys in topics of their own.

A record's partition is crc32(site) mod the partitions. An append is acknowledged when all in-sync
replicas have each of its records.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ranking.content.tombstones import Held
from ranking.engine.batch import Batch, encode
from ranking.engine.event import site_of
from ranking.service.log import Acknowledge, Acknowledgement, ArticleChanges, LogUnavailable
from streams.card_cache import KeptCards
from streams.cards import card_record, removal_record, restoration_record
from streams.day_keys import DayKeys
from streams.librdkafka import RdKafkaError, RdKafkaProducer
from streams.partitions import partition_of
from streams.topic_names import TopicNames

PATIENCE = 20.0
"""Seconds until a record that no broker takes counts as refused."""
CARDS_PATIENCE = 10.0
"""Seconds that a change of an article waits until the stored articles are read."""


@dataclass(slots=True)
class _Append:
    """One append whose records are on their way."""

    acknowledge: Acknowledge
    left: int
    positions: list[int]
    articles: list[tuple[bytes, bytes]]
    faults: list[str] = field(default_factory=list)


class KafkaLog:
    """The log of a cluster, as one process writes it.

    Parameters
    ----------
    kafka : str
        Broker, as host:port.
    topics : TopicNames
    count : int
        Partitions of views, and of articles.
    """

    def __init__(self, kafka: str, topics: TopicNames, count: int) -> None:
        self._topics, self._count = topics, count
        self._producer = RdKafkaProducer(kafka, PATIENCE)
        self._kept = KeptCards(kafka, topics.articles, count)
        self._keys = DayKeys(kafka, topics)

    def append(
        self, batches: Sequence[Batch], changes: ArticleChanges, acknowledge: Acknowledge
    ) -> None:
        """Send records; `acknowledge` is called when the broker has answered for each of them."""
        articles = self._article_records(changes)
        sent = [(key, value) for _, key, value in articles]
        records = len(articles) + len(batches)
        append = _Append(acknowledge, records, [0] * len(batches), sent)
        for site, key, value in articles:
            self._send(self._topics.articles, site, key, value, self._delivered(append))
        for place, batch in enumerate(batches):
            done = self._delivered(append, place)
            self._send(self._topics.views, batch.site, None, encode(batch), done)
        if not records:
            acknowledge(Acknowledgement())

    def poll(self) -> None:
        """Deliver acknowledgements, and write tombstones again that a card has replaced."""
        self._producer.poll(0)
        for key, value in self._kept.overwritten():
            site = site_of(key.decode())
            self._send(self._topics.articles, site, key, value, lambda fault, offset: None)

    def held(self, names: list[tuple[str, str]]) -> list[Held]:
        """Return the stored records of articles; waits until a new process has read them.

        Raises
        ------
        Refused
            If that takes longer than 10 s.
        """
        self._kept.is_read(CARDS_PATIENCE)
        return [self._kept.held(*name) for name in names]

    def day_key(self, day: int) -> bytes:
        """Return the secret of a day, counted from the epoch."""
        return _available(lambda: self._keys.key(day))

    def id_key(self) -> bytes:
        """Return the secret of event ids, which never changes."""
        return _available(self._keys.id_key)

    def close(self) -> None:
        """Wait for what is on its way, 20 s at most, and end."""
        self._kept.stop()
        self._producer.flush(PATIENCE)

    def _article_records(self, changes: ArticleChanges) -> list[tuple[str, bytes, bytes]]:
        """Site, key and value of each change."""
        last = {(card.edition, card.id): card for card in changes.cards}
        records = [(site_of(card.edition), *card_record(card)) for card in changes.cards]
        for names, record in (
            (changes.removed, removal_record),
            (changes.restored, restoration_record),
        ):
            for edition, article in names:
                card = last.get((edition, article)) or self._kept.known(edition, article).card
                records.append((site_of(edition), *record(edition, article, card)))
        return records

    def _send(
        self, topic: str, site: str, key: bytes | None, value: bytes,
        done: Callable[[str, int], None],
    ) -> None:  # fmt: skip
        self._producer.send(topic, partition_of(site, self._count), key, value, done)

    def _delivered(self, append: _Append, place: int = -1) -> Callable[[str, int], None]:
        """Make the callback of one record; of the batch at `place`, or of an article."""

        def done(fault: str, offset: int) -> None:
            append.left -= 1
            if fault:
                append.faults.append(fault)
            elif place >= 0:
                append.positions[place] = offset
            if not append.left:
                self._acknowledge(append)

        return done

    def _acknowledge(self, append: _Append) -> None:
        if append.faults:
            fault = f"the log cannot take it: {append.faults[0]}"
            append.acknowledge(Acknowledgement(fault=fault))
            return
        for key, value in append.articles:
            self._kept.note(key, value)
        append.acknowledge(Acknowledgement(append.positions))


def _available(read: Callable[[], bytes]) -> bytes:
    try:
        return read()
    except RdKafkaError as error:
        message = f"the log cannot take it: {error}"
        raise LogUnavailable(message) from error
