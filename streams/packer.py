"""The packer: single JSON events of the topic `raw-views`, packed into batches of `page-views`.

A raw partition is a source, and its offsets number the events. So the ranker ignores events that
are written twice, after a crash or by two packers. An offset is committed when all records before
it are written, so no event is lost. A record that is no event becomes a dead letter with the
reason. An event without a stamp gets that of its record.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import Batch, encode, full_columns
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event import Rejection, Unreadable, site_of
from ranking.engine.event_columns import Rows, joined
from ranking.service.batches import NOTHING, DayHashes
from ranking.service.collector import Admitted, admit
from streams.day_keys import DayKeys
from streams.librdkafka import RdKafkaConsumer, RdKafkaError, RdKafkaProducer
from streams.partitions import partition_of
from streams.topic_names import TopicNames

MOST = 5000
WAIT = 0.05
COMMIT_EVERY = 1.0
UNDER_WAY = 64

log = logging.getLogger("tolqyn")


@dataclass(slots=True)
class _Carried:
    """Events of one partition on their way to the log."""

    partition: int
    following: int
    left: int = 0
    faults: list[str] = field(default_factory=list)


class Packer:
    """Packs until it is stopped.

    Parameters
    ----------
    kafka : str
    topics : TopicNames
    count : int
        Partitions of views.
    member : str
        Name of this packer, unique.
    zone : tzinfo or None
        Applied to times without a zone.
    """

    def __init__(
        self, kafka: str, topics: TopicNames, count: int, member: str, zone: tzinfo | None = None
    ) -> None:
        self._zone = zone
        self._topics, self._count = topics, count
        self._producer = RdKafkaProducer(kafka, 0)
        keys = DayKeys(kafka, topics)
        self._day = DayHashes(keys.key, keys.id_key)
        self._under_way: list[_Carried] = []
        self._carried: dict[int, int] = {}
        self._consumer = RdKafkaConsumer(kafka, topics.packers, member, topics.raw, self._assigned)
        self.is_stopping = False

    def run(self) -> None:
        """Carry events until `is_stopping`.

        Raises
        ------
        RdKafkaError
            If the broker refuses for good; the process then starts again.
        """
        committed = time.monotonic()
        while not self.is_stopping:
            messages = self._consumer.read(MOST, WAIT)
            if messages:
                self._carry(messages)
            self._settle(UNDER_WAY if messages else 0)
            if time.monotonic() - committed >= COMMIT_EVERY:
                committed = time.monotonic()
                self._commit()
        self._settle(0)
        self._commit()
        self._consumer.close()

    def _assigned(self, partitions: list[int]) -> None:
        log.warning("packing partitions %s of %s", partitions, self._topics.raw)
        self._carried = {p: o for p, o in self._carried.items() if p in partitions}

    def _carry(self, messages: Sequence[Any]) -> None:
        self._day.keep_day()
        by_partition: dict[int, list[Any]] = defaultdict(list)
        for message in messages:
            by_partition[message.partition()].append(message)
        for partition, found in by_partition.items():
            source = f"{self._topics.raw} {partition}"
            batches, buried = packed_events(
                source, [m.value() or b"" for m in found], [m.offset() for m in found],
                [m.timestamp()[1] for m in found], self._day.hashes, self._zone,
            )  # fmt: skip
            carried = _Carried(partition, found[-1].offset() + 1, len(batches) + len(buried))
            self._under_way.append(carried)
            for batch in batches:
                home = partition_of(batch.site, self._count)
                self._send(self._topics.views, home, None, encode(batch), carried)
            for key, value in buried:
                self._send(self._topics.dead_letters, 0, key, value, carried)

    def _send(
        self, topic: str, partition: int, key: bytes | None, value: bytes, carried: _Carried
    ) -> None:
        def done(fault: str, offset: int) -> None:
            carried.left -= 1
            if fault:
                carried.faults.append(fault)

        self._producer.send(topic, partition, key, value, done)

    def _settle(self, most: int) -> None:
        """Note the written records, until at most `most` groups are unwritten."""
        self._producer.poll(0)
        while True:
            while self._under_way and self._under_way[0].left == 0:
                carried = self._under_way.pop(0)
                if carried.faults:
                    message = f"views cannot be written: {carried.faults[0]}"
                    raise RdKafkaError(message)
                self._carried[carried.partition] = carried.following
            if len(self._under_way) <= most:
                return
            self._producer.poll(0.05)

    def _commit(self) -> None:
        carried, self._carried = self._carried, {}
        if carried:
            self._consumer.commit(carried)


def packed_events(
    source: str,
    values: Sequence[bytes],
    numbers: Sequence[int],
    stamps_ms: Sequence[int],
    hashes: Hasher,
    zone: tzinfo | None = None,
) -> tuple[list[Batch], list[tuple[bytes, bytes]]]:
    """Pack single JSON events into one batch per site.

    Parameters
    ----------
    source : str
    values : sequence of bytes
        One event each.
    numbers : sequence of int
        Their numbers in the source, ascending.
    stamps_ms : sequence of int
        Time of each record, ms: the stamp of an event without one. An event may be 5 minutes
        ahead of it.
    hashes : Hasher
    zone : tzinfo or None
        Applied to times without a zone.

    Returns
    -------
    tuple
        Batches; and reason and value of each record that is no event.
    """
    indices, admitted = list(range(len(values))), _together(values, stamps_ms, zone)
    buried: list[tuple[bytes, bytes]] = []
    if admitted is None or admitted.rejected:
        indices, admitted, faults = _one_by_one(values, stamps_ms, zone)
        for index, fault in faults.items():
            reason = f"{source} {numbers[index]}: {fault}"
            buried.append((reason.encode()[:1000], values[index]))
    placed = np.array([numbers[index] for index in indices], np.int64)
    return list(_batches(source, admitted.rows, placed, stamps_ms[-1], hashes)), buried


def _together(
    values: Sequence[bytes], stamps_ms: Sequence[int], zone: tzinfo | None
) -> Admitted | None:
    """Read all events at once, which is fast; None if one of them breaks a rule."""
    body = b"[" + b",".join(values) + b"]"
    try:
        admitted = admit(body, max(stamps_ms), zone=zone)
    except Unreadable:
        return None
    whole = len(admitted.rows) == len(values) and b'"at"' in body
    return admitted if whole and body.count(b'"at"') == len(values) else None


def _one_by_one(
    values: Sequence[bytes], stamps_ms: Sequence[int], zone: tzinfo | None
) -> tuple[list[int], Admitted, dict[int, str]]:
    indices: list[int] = []
    rows: list[Rows] = []
    faults: dict[int, str] = {}
    for index, (value, stamp_ms) in enumerate(zip(values, stamps_ms, strict=True)):
        try:
            admitted = admit(value, stamp_ms, zone=zone)
        except Unreadable as error:
            faults[index] = str(error)
            continue
        if len(admitted.rows) == 1:
            indices.append(index)
            rows.append(admitted.rows)
        else:
            reasons: list[Rejection] = admitted.rejected
            faults[index] = reasons[0].reason if reasons else "a record must hold one event"
    return indices, Admitted(joined([NOTHING, *rows]), []), faults


def _batches(
    source: str, rows: Rows, numbers: NDArray[np.int64], stamp_ms: int,
    hashes: Hasher,
) -> list[Batch]:  # fmt: skip
    """Pack events of one source, one batch per site, with the gaps between their numbers."""
    if not len(rows):
        return []
    batches, of_site = [], rows.by_site()
    sites = [] if len(of_site) == 1 else list(map(site_of, rows.column("edition")))
    for site, events in of_site.items():
        own = numbers[[s == site for s in sites]] if sites else numbers
        batch = pack(site, source, int(own[0]), stamp_ms, events, hashes)
        gaps = np.diff(own, prepend=own[0] - 1) - 1
        if gaps.any():
            columns = full_columns(batch.columns | {"gap": gaps.astype(np.uint32)})
            batch = replace(batch, columns=columns)
        batches.append(batch)
    return batches
