"""What goes wrong around a cluster: each with a clear line and a defined end."""

import threading
from pathlib import Path

import httpx
import orjson
import pytest

from ranking.benchmarks.processes import await_until, spawned
from ranking.engine.batch import Batch, encode
from ranking.service.collector import admit
from streams.broker import Broker, PlainProducer
from streams.partitions import partition_of
from streams.topic_names import TopicNames
from streams.topics import PARTITIONS, specification
from tests.support.cluster import redis_node
from tests.support.logs import packed, view
from tests.support.processes import Cluster, cluster_of
from tests.support.traffic import counts_of, events_of, lists_differ, ranker_of, send

pytestmark = pytest.mark.server

HOME = partition_of("inform", PARTITIONS)


def test_what_cannot_be_read_is_dead_lettered(cluster: Cluster) -> None:
    topics = TopicNames(cluster.namespace)
    good = admit(orjson.dumps(events_of(1, 1)), 2_000_000_000_000, "").rows
    assert len(good) == 1
    cluster.worker()
    cluster.packer()
    cluster.api()
    with_producer(cluster, topics.views, HOME, b"no batch at all")
    with_producer(cluster, topics.raw, HOME, b"{not json")
    with_producer(cluster, topics.raw, HOME, b'{"visitor":"v"}')
    event = {"visitor": "v", "article": "a", "edition": "inform/ru"}
    with_producer(cluster, topics.raw, HOME, orjson.dumps(event))
    page = ("inform/ru", "a")
    await_until(lambda: counts_of(cluster.url("api"), [page])[page] == (1, 1), "the good one", 60)

    def buried() -> bool:
        with Broker(cluster.kafka) as broker:
            return broker.end_offsets(topics.dead_letters) == [3]

    await_until(buried, "three dead letters", 20)


def with_producer(cluster: Cluster, topic: str, partition: int, value: bytes) -> None:
    """Write one record."""
    producer = PlainProducer(cluster.kafka)
    producer.send(topic, partition, None, value)
    producer.flush()
    producer.close()


def test_a_batch_of_another_version_or_place_is_passed_over(cluster: Cluster) -> None:
    topics = TopicNames(cluster.namespace)
    send(cluster, events_of(1, 40))
    worker = cluster.worker()
    await_until(lambda: "loaded in" in worker.said(), "loaded", 120)
    strange = bytearray(encode(some_batch()))
    strange[9] = 7  # the major version
    with_producer(cluster, topics.views, HOME, bytes(strange))
    with_producer(cluster, topics.views, (HOME + 1) % PARTITIONS, encode(some_batch()))
    await_until(lambda: "major version 7" in worker.said(), "the version is named", 30)
    await_until(lambda: "belongs to partition" in worker.said(), "the place is named", 30)
    assert worker.is_running


def some_batch() -> Batch:
    """A batch of one view of inform."""
    return packed([view(1_700_000_000_000, "a")])


def test_a_second_worker_of_one_name_is_refused(cluster: Cluster) -> None:
    first = cluster.worker("same")
    await_until(lambda: "loaded in" in first.said(), "the first works", 120)
    second = cluster.worker("same")
    assert second.ended() == 2
    assert "id must be unique among workers, got 'same'" in second.said()
    first.kill()
    third = cluster.worker("same")
    await_until(lambda: third.said().count("loaded in") >= 8, "a restart is let in", 120)


def test_no_broker_is_waited_for(tmp_path: Path, redis_url: str) -> None:
    with cluster_of(tmp_path, "127.0.0.1:9", redis_url, "nowhere") as cluster:
        worker = cluster.worker()
        await_until(lambda: "trying again" in worker.said(), "it says so", 60)
        assert worker.is_running


def test_missing_topics_are_refused(tmp_path: Path, kafka: str, redis_url: str) -> None:
    with cluster_of(tmp_path, kafka, redis_url, "never-made") as cluster:
        worker = cluster.worker()
        assert worker.ended() == 2
        assert "never-made.page-views is missing; make it with" in worker.said()


def test_checkpoints_of_a_longer_log_are_refused(cluster: Cluster) -> None:
    topics = TopicNames(cluster.namespace)
    send(cluster, events_of(1, 400), 20)
    worker = cluster.worker("1", "--checkpoint-every", "1")

    def is_written() -> bool:
        with Broker(cluster.kafka) as broker:
            return any(broker.end_offsets(topics.checkpoints))

    await_until(is_written, "a checkpoint", 120)
    threading.Event().wait(2.0)
    worker.kill()
    with Broker(cluster.kafka) as broker:
        (views,) = [t for t in broker.topics([topics.views]).values()]
        broker.delete([topics.views])
        await_until(lambda: not broker.topics([topics.views]), "the topic is gone", 30)
        (wanted,) = [t for t in specification(cluster.namespace) if t.name == topics.views]
        broker.create([wanted])
        assert views.partitions == 4
    again = cluster.worker("1")
    assert again.ended() == 2
    assert "past the log's end 0; was the topic created again?" in again.said()


def test_a_store_that_is_away_is_waited_for(tmp_path: Path, kafka: str, namespace: str) -> None:
    """At the start, and again while everything runs: what was held is served meanwhile."""
    node = redis_node(tmp_path)
    store = f"redis://{node.address}/0"
    with cluster_of(tmp_path, kafka, store, namespace) as cluster:
        send(cluster, events_of(1, 3000))
        worker = cluster.worker()
        await_until(lambda: "the store is away" in worker.said(), "it says so", 120)
        with spawned(node):
            cluster.api()
            ranker = ranker_of(cluster)
            await_until(lambda: not lists_differ(cluster, ranker), "lists at last", 60)
            node.kill()
            popular = f"{cluster.url('api')}/v1/popular?edition=inform/ru&n=5"
            related = f"{cluster.url('api')}/v1/related/3?edition=inform/ru&n=4"
            for line in (popular, related):
                assert len(httpx.get(line, timeout=20).json()["items"]) == int(line[-1])
            node.start()
            await_until(lambda: not lists_differ(cluster, ranker), "lists again", 60)
            assert "the store answers again" in worker.said()
