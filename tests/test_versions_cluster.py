"""Topics of every recorded version, opened by today's cluster: the same counts, the same lists."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import orjson
import pytest

from ranking.benchmarks.processes import await_until
from streams.broker import Broker, PlainProducer
from streams.checkpoints import Manifest
from streams.partitions import partition_of
from streams.topic_names import CHECKPOINTS, TopicNames
from streams.topics import PARTITIONS, specification
from tests.support.answers import Drafts, articles, drafts_of, viewed
from tests.support.opened import (
    Expected,
    answers,
    client_of,
    expected_of,
    only_counts,
    unexpected,
    with_views,
)
from tests.support.processes import Cluster, cluster_of
from tests.support.scenario import post_events, strangers
from tests.support.shifted import CLOCK
from tests.support.topic_records import TopicRecord, load, read_file
from tests.support.versions import Version, recorded

pytestmark = pytest.mark.server

ALL = pytest.mark.parametrize("version", recorded(), ids=lambda version: version.name)
HOME = partition_of("inform", PARTITIONS)
LATER = 30.0
"""Seconds after the last decision at which the data are opened: acts that hold end later."""


@contextmanager
def filled(
    folder: Path, kafka: str, redis_url: str, expected: Expected, records: list[TopicRecord]
) -> Iterator[Cluster]:
    """A cluster whose topics hold what was recorded, in the namespace where it was recorded.

    The name of a raw topic is part of the name of a source.
    """
    topics = specification(expected["namespace"])
    with Broker(kafka) as broker:
        broker.create(topics)
    try:
        load(kafka, expected["namespace"], records)
        decided = max(record["at"] for record in expected["decided"]["audit"])
        program = (sys.executable, "-P", str(CLOCK), str(decided + LATER))
        with cluster_of(folder, kafka, redis_url, expected["namespace"], program) as cluster:
            yield cluster
    finally:
        with Broker(kafka) as broker:
            broker.delete([topic.name for topic in topics])
            names = [topic.name for topic in topics]
            await_until(lambda: not broker.topics(names), "the topics are gone", 30)


@ALL
def test_topics_of_every_version_open(
    version: Version, tmp_path: Path, kafka: str, redis_url: str
) -> None:
    """Through the end of the worker without warning; raw views that come again add nothing."""
    expected = expected_of(version, "topics")
    records = read_file(version.fixtures / "topics.xz")
    with filled(tmp_path, kafka, redis_url, expected, records) as cluster:
        worker = cluster.worker("1", "--checkpoint-every", "1")
        await_until(lambda: worker.said().count("loaded in") == PARTITIONS, "it is loaded", 60)
        cluster.api()
        with client_of(cluster.url("api"), expected) as client:
            await_counts(client, expected, expected["counts"])
            drafts = drafts_of(client, expected["profiles"])
            await_answers(expected, client, drafts)
            worker.kill()
            worker.start()
            cluster.packer()
            cluster.collector()
            again = 2 * PARTITIONS
            await_until(lambda: worker.said().count("loaded in") == again, "it is loaded again", 60)
            fresh = drafts_of(client, {"plain": expected["profiles"]["plain"]})
            one = {"plain": {"inform/ru": fresh["plain"]["inform/ru"]}}
            await_answers(expected, client, one)
            begin = max(expected["moments"]) + 1200.0
            more = strangers("more", begin, viewed(expected["counts"]), 160)
            with client_of(cluster.url("collect"), expected) as collector:
                post_events(collector, more[:80])
            write_raw(cluster, more[80:])
            await_counts(client, expected, with_views(expected["counts"], more))


@ALL
def test_a_checkpoint_that_cannot_be_read_is_refused(
    version: Version, tmp_path: Path, kafka: str, redis_url: str
) -> None:
    """The log begins after the state's first view: it cannot be replayed instead."""
    expected = expected_of(version, "topics")
    records = [of_later_version(r) for r in read_file(version.fixtures / "topics.xz")]
    with filled(tmp_path, kafka, redis_url, expected, records) as cluster:
        worker = cluster.worker()
        assert worker.ended(60) == 2
        said = worker.said()
        assert "checkpoint has version 99, this program" in said
        assert "cannot be replayed instead. Start the version that wrote the checkpoint" in said


def of_later_version(record: TopicRecord) -> TopicRecord:
    """The same record, a manifest with a header of a later version."""
    if record.topic != CHECKPOINTS or not (record.key or b"").startswith(b"manifest "):
        return record
    manifest = msgspec.msgpack.decode(record.value or b"", type=Manifest)
    header = bytearray(manifest.header)
    header[1] = 99
    later = msgspec.structs.replace(manifest, header=bytes(header))
    return msgspec.structs.replace(record, value=msgspec.msgpack.encode(later))


def write_raw(cluster: Cluster, given: list[dict[str, object]]) -> None:
    """Write single events as a portal would."""
    topic, producer = TopicNames(cluster.namespace).raw, PlainProducer(cluster.kafka)
    for event in given:
        producer.send(topic, 1, None, orjson.dumps(event))
    producer.flush()
    producer.close()


def await_counts(client: httpx.Client, expected: Expected, counts: Expected) -> None:
    """Wait until the articles have just these counts."""

    def are_there() -> bool:
        return only_counts(articles(client, expected["pages"])) == only_counts(counts)

    await_until(are_there, "the counts are those of all views", 60)


def await_answers(expected: Expected, client: httpx.Client, drafts: Drafts) -> None:
    """Wait until nothing differs under some drafts: a worker makes lists within its ticks."""
    found: list[str] = []

    def are_same() -> bool:
        try:
            got = answers(client, expected, drafts)
        except httpx.HTTPStatusError as error:  # of what is not published yet
            found[:] = [str(error)]
        else:
            found[:] = unexpected(expected, got, "topics")
        return not found

    try:
        await_until(are_same, "the answers are those that were recorded", 60)
    except TimeoutError:
        assert found == []
        raise
