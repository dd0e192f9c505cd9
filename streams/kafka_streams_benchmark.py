"""The cluster against Kafka Streams: one log, one broker, one run (`tolqyn bench kafka`).

The log goes into Kafka twice, packed and as single JSON views. Then a worker ranks the packed one,
a packer and a worker the single one, each into Redis, and Kafka Streams, from the same single
views, counts by article. Times run from when a process is ready to when its work is done.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from uuid import uuid4
from zlib import crc32

import msgspec

from ranking.backtest.files import EVENT_FIELDS, Chunk, FileError, body_of, mapping_of, view_chunks
from ranking.benchmarks.benchmark import Run, Task, repeated
from ranking.benchmarks.processes import TOLQYN, Command, spawned
from ranking.benchmarks.time_limit import TimeLimit
from ranking.engine.event import DEFAULT_EDITION, site_of
from ranking.read_model.store import StoreError, StoreWriter
from ranking.read_model.store_keys import StoreKeys
from streams.broker import Broker
from streams.librdkafka import RdKafkaProducer, committed
from streams.partitions import partition_of
from streams.send import KafkaTarget
from streams.topic_names import TopicNames
from streams.topics import specification

PATIENCE = 300.0
PARTITIONS = 4
HOME = partition_of(site_of(DEFAULT_EDITION), PARTITIONS)
PEER = Path(__file__).parents[1] / "tests" / "benchmarks" / "peers" / "KafkaStreamsCount.java"
JARS = Path(__file__).parents[1] / "deploy" / "kafka" / "jars"


@repeated
def versus(task: Task) -> Run:
    """Rank a log by the cluster and count it by Kafka Streams.

    Parameters
    ----------
    task : Task
        Its log is of one site. Its limit is for what comes after the log is in Kafka.

    Returns
    -------
    Run
        Views; seconds and views a second of each way; their ratios to the peer; the worker's peak
        memory in MB. What was not done in time is left out.

    Raises
    ------
    FileError
        If there is no log.
    BrokerError
        If there is no broker.
    """
    views, limit = task.views, task.limit
    if views is None:
        message = "kafka needs a log: give --views FILE"
        raise FileError(message)
    kafka = os.environ.get("TOLQYN_KAFKA", "127.0.0.1:9092")
    mapping = mapping_of(task.columns, EVENT_FIELDS)
    run = f"bench-{uuid4().hex[:12]}"
    packed, single = _filled(kafka, f"{run}-packed"), _filled(kafka, f"{run}-single")
    try:
        count = _fill_packed(kafka, packed, view_chunks(views, mapping))
        _fill_single(kafka, single, view_chunks(views, mapping))
        limit.restart()
        ranked = _rank(kafka, packed, count, limit, with_packer=False)
        carried = _rank(kafka, single, count, limit, with_packer=True)
        peers = [_peer(kafka, single, count, store, limit) for store in ("memory", "rocksdb")]
    finally:
        _drop(kafka, packed, single)
    figures = {"views": float(count)}
    for name, way in (("packed", ranked), ("single", carried)):
        if way:
            figures |= {f"{name}_s": way[0], f"{name}_views_per_s": count / way[0]}
    for store, seconds in zip(("memory", "rocksdb"), peers, strict=True):
        if seconds:
            figures[f"streams_{store}_s"] = seconds
    if done := [seconds for seconds in peers if seconds]:
        figures["streams_views_per_s"] = count / min(done)
        for name, way in (("packed", ranked), ("single", carried)):
            if way:
                figures[f"{name}_to_streams"] = min(done) / way[0]
    return Run(figures | ({"worker_peak_mb": ranked[1]} if ranked else {}))


def _filled(kafka: str, namespace: str) -> str:
    with Broker(kafka) as broker:
        broker.create(specification(namespace, PARTITIONS))
    return namespace


def _drop(kafka: str, *namespaces: str) -> None:
    with Broker(kafka) as broker:
        for namespace in namespaces:
            broker.delete([topic.name for topic in specification(namespace, PARTITIONS)])


def _fill_packed(kafka: str, namespace: str, chunks: Iterator[Chunk]) -> int:
    count = 0
    with KafkaTarget(f"kafka://{kafka}?namespace={namespace}") as target:
        for chunk in chunks:
            count += target.take(body_of(chunk)).accepted
    return count


def _fill_single(kafka: str, namespace: str, chunks: Iterator[Chunk]) -> None:
    producer, topic, faults = (
        RdKafkaProducer(kafka, PATIENCE),
        TopicNames(namespace).raw,
        list[str](),
    )

    def done(fault: str, offset: int) -> None:
        faults.append(fault)

    for chunk in chunks:
        names = list(chunk.columns)
        for row in zip(*chunk.columns.values(), strict=True):
            event = dict(zip(names, row, strict=True))
            article = str(event["article"]).encode()
            partition = crc32(article) % PARTITIONS
            producer.send(topic, partition, article, msgspec.json.encode(event), done)
        producer.poll(0)
    left = producer.flush(PATIENCE)
    if left or any(faults):
        message = f"{left} views were not written; {next(filter(None, faults), '')}"
        raise FileError(message)


def _rank(
    kafka: str, namespace: str, count: int, limit: TimeLimit, *, with_packer: bool
) -> tuple[float, float] | None:
    """Seconds from a ready worker to the last view's board in the store, and its peak MB."""
    kind = "single views" if with_packer else "packed views"
    store = os.environ.get("TOLQYN_REDIS", "redis://127.0.0.1:6379/0")
    at = ("--kafka", kafka, "--namespace", namespace)
    stand = StoreProgress(StoreWriter(store, StoreKeys(namespace)))

    def is_packed() -> bool:
        stand.look()
        return _is_packed(kafka, namespace, count)

    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "worker.log"
        packer = Command(Path(folder) / "pack.log", *TOLQYN, "pack", *at)
        with spawned(Command(log, *TOLQYN, "worker", *at, "--redis", store)) as worker:
            if not limit.awaits(
                lambda: worker.said().count("loaded in") == PARTITIONS,
                f"a worker is ready for {kind}",
            ):
                return None
            began = time.monotonic()
            with spawned(packer) if with_packer else nullcontext():
                if with_packer and not limit.awaits(is_packed, "all views are packed"):
                    return None
                with Broker(kafka) as broker:
                    end = broker.end_offsets(TopicNames(namespace).views)[HOME]
                if not limit.awaits(lambda: stand.newest() >= end, f"all {kind} are ranked"):
                    return None
            return stand.since(end) - began, worker.peak_megabytes()


class StoreProgress:
    """The time at which the store reached each log position."""

    def __init__(self, writer: StoreWriter) -> None:
        self._writer = writer
        self._seen: list[tuple[int, float]] = []

    def look(self) -> None:
        """Look once."""
        with suppress(StoreError):
            kept = self._writer.position(HOME)
            if kept and (not self._seen or kept[0] > self._seen[-1][0]):
                self._seen.append((kept[0], time.monotonic()))

    def newest(self) -> int:
        """The last position, looking once."""
        self.look()
        return self._seen[-1][0] if self._seen else 0

    def since(self, position: int) -> float:
        """When a position was reached, monotonic seconds; 0 = not yet."""
        return next((at for kept, at in self._seen if kept >= position), 0.0)


def _is_packed(kafka: str, namespace: str, count: int) -> bool:
    topics = TopicNames(namespace)
    return sum(committed(kafka, topics.packers, topics.raw, PARTITIONS)) >= count


def _peer(kafka: str, namespace: str, count: int, store: str, limit: TimeLimit) -> float | None:
    """Seconds of Kafka Streams, from its first view to its last."""
    if not limit.left():
        limit.miss(f"Kafka Streams did not count with its store in {store}")
        return None
    jars = subprocess.run([JARS], capture_output=True, text=True, check=True).stdout.strip()
    command = ["java", "-cp", f"{jars}/*", "-Xmx1g", str(PEER), kafka]
    command += [TopicNames(namespace).raw, str(count), "2", store]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=limit.left()
        )
    except subprocess.TimeoutExpired:
        limit.miss(f"Kafka Streams did not count all with its store in {store}")
        return None
    line = next(line for line in done.stdout.splitlines() if line.startswith("seconds"))
    return float(line.split()[1])
