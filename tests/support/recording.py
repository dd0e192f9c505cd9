"""Writes a version's fixtures with its own code: `python -m tests.support.recording VERSION`.

The version's commit must be in the clone, and the version in `tests/versions.toml`. Its servers are
driven by HTTP through some hours of a portal (`scenario`), at a fixed time (`clock`), killed, and
what they leave is packed: data folders, the cluster's topics, and `expected.json`, what they said
of it. Needs Java and redis-server for the topics; takes some minutes, since the loops are compiled.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson

from ranking.benchmarks.processes import TOLQYN, await_until, spawned
from ranking.engine.batch import decode
from streams.broker import PlainProducer
from streams.checkpoints import load
from streams.librdkafka import bounds_of, read_partition
from streams.partitions import partition_of
from streams.topic_names import TopicNames
from streams.topic_reader import PartitionReader
from streams.topics import PARTITIONS
from tests.support.answers import (
    articles,
    decided,
    differences,
    drafts_of,
    lists,
    past,
    profiles_of,
    viewed,
)
from tests.support.cluster import kafka_node, redis_node
from tests.support.processes import Cluster, cluster_of
from tests.support.scenario import (
    BEGIN,
    HOUR,
    PINNED,
    Event,
    decide,
    events,
    first_key,
    flood,
    pages,
    post_cards,
    post_events,
    strangers,
)
from tests.support.shifted import ShiftedServer
from tests.support.topic_records import dump, forget, write_file
from tests.support.versions import Version, emptied, environment, packed, recorded

SESSIONS = 5
HOME = partition_of("inform", PARTITIONS)
"""Partition of both sites."""
NEW_ARTICLES = (2400, 1800, 60, 60, 30)
"""Of each session of the small folder: with room for 64, a sixteenth goes for four new ones."""
KEEP = ("--keep-hours", "2.5", "--checkpoint-every", "1")


def record_folder(folder: Path, articles_kept: int | None) -> dict[str, Any]:
    """Let a server live for some hours in a folder; returns what it said at last.

    Each session ends in order but the last one, whose views no checkpoint has. They are of articles
    that have some, so that they evict nothing.
    """
    headers: dict[str, str] = {}
    for number in range(SESSIONS):
        now = BEGIN + number * HOUR
        server = ShiftedServer(folder, now, *KEEP, articles=articles_kept)
        with (
            spawned(server),
            httpx.Client(base_url=server.url, headers=headers, timeout=30.0) as client,
        ):
            if number == 0:
                key = first_key(client)
                headers["authorization"] = f"Bearer {key}"
                post_cards(client)
            given = _session(number, now, articles_kept)
            if number == SESSIONS - 1:  # the newest checkpoint is then not the first of its hour
                post_events(client, given[: len(given) // 2])
                await_until(partial(is_hour_kept, folder, now), "a first one of this hour", 30)
                given = given[len(given) // 2 :]
            post_events(client, given)
            if number == 0:  # acts are of articles that are known
                await_until(partial(is_known, client), "the pinned article is known", 30)
                decide(client, now)
            server.stop()
    now = BEGIN + (SESSIONS - 1) * HOUR + 60.0
    server = ShiftedServer(folder, now, articles=articles_kept)
    with (
        spawned(server),
        httpx.Client(base_url=server.url, headers=headers, timeout=30.0) as client,
    ):
        known = viewed(articles(client, pages()))
        post_events(client, strangers("tail", now - 30.0, known, 60))
        expected = said(client, articles_kept, (now - 1.5 * HOUR, now - 0.3 * HOUR))
    (folder / "server.log").unlink()
    return expected | {"at": now + 30.0, "key": key, "articles": articles_kept}


def is_known(client: httpx.Client) -> bool:
    """Say whether the article that is pinned has a card or a view."""
    return client.get(f"/v1/articles/inform/ru/{PINNED}").is_success


def record_topics(folder: Path, namespace: str, target: Path) -> dict[str, Any]:
    """Let a cluster live, and write down what its topics hold; returns what it said at last.

    The log begins where retention would let it begin: before the checkpoints' memory. Its last
    views no checkpoint has.
    """
    with spawned(kafka_node(folder)) as kafka, spawned(redis_node(folder)) as redis:
        made = ("topics", "create", "--kafka", kafka.address, "--namespace", namespace)
        subprocess.run([*TOLQYN, *made], check=True)
        url = f"redis://{redis.address}/0"
        with cluster_of(folder, kafka.address, url, namespace) as cluster:
            expected = _lived(cluster)
        write_file(target / "topics.xz", dump(kafka.address, namespace))
    return expected | {"namespace": namespace}


def _lived(cluster: Cluster) -> dict[str, Any]:
    cluster.api()
    cluster.collector()
    cluster.packer()
    with (
        httpx.Client(base_url=cluster.url("api"), timeout=30.0) as client,
        httpx.Client(base_url=cluster.url("collect"), timeout=30.0) as collector,
    ):
        key = first_key(client)
        collector.headers["authorization"] = client.headers["authorization"]
        post_cards(collector)
        sessions = [_session(number, BEGIN + number * HOUR, None) for number in range(SESSIONS)]
        raw = sessions[2][:60]
        early = [*sessions[0], *sessions[1], *sessions[2][60:]]
        _write_raw(cluster, raw)
        post_events(collector, early)
        _await_log(cluster, len(early) + len(raw))
        worker = cluster.worker("1", "--checkpoint-every", "1")
        begin = _await_checkpoint(cluster)
        decide(client, time.time())
        late = [*sessions[3], *sessions[4]]
        post_events(collector, late)
        _await_views(client, [*early, *raw, *late])
        _await_checkpoint(cluster)
        worker.kill()
        forget(cluster.kafka, {(TopicNames(cluster.namespace).views, HOME): begin})
        cluster.worker("1", "--checkpoint-every", "3600")
        now = BEGIN + (SESSIONS - 1) * HOUR
        tail = strangers("tail", now, viewed(articles(client, pages())), 60)
        post_events(collector, tail)
        _await_views(client, [*early, *raw, *late, *tail])
        sums = "/v1/experiments/calm/sums.csv"
        await_until(lambda: client.get(sums).is_success, "the sums are published", 60)
        time.sleep(2.0)  # what follows the boards comes once a second
        moments = (now - 1.3 * HOUR, now - 0.3 * HOUR)
        expected = said(client, None, moments)
        assert list(differences(expected, said(client, None, moments))) == []
    return expected | {"key": key}


def _write_raw(cluster: Cluster, given: list[Event]) -> None:
    topic, producer = TopicNames(cluster.namespace).raw, PlainProducer(cluster.kafka)
    for event in given:
        producer.send(topic, 1, None, orjson.dumps(event))
    producer.flush()
    producer.close()


def _await_log(cluster: Cluster, count: int) -> None:
    """Wait until the log holds so many events."""
    topic = TopicNames(cluster.namespace).views

    def is_there() -> bool:
        records = read_partition(cluster.kafka, topic, HOME, *bounds_of(cluster.kafka, topic, HOME))
        return sum(len(decode(record.value or b"")) for record in records) == count

    await_until(is_there, f"{count} events in the log", 60)


def _await_checkpoint(cluster: Cluster) -> int:
    """Wait until a checkpoint stands at the log's end; returns where its memory begins."""
    topics = TopicNames(cluster.namespace)

    async def reread_from() -> int:
        async with PartitionReader(cluster.kafka) as reader:
            found = await load(reader, topics.checkpoints, HOME)
            _, end = await reader.bounds(topics.views, HOME)
        is_last = found.loaded and found.loaded.header.position == end
        return found.loaded.header.reread_from if found.loaded and is_last else -1

    await_until(lambda: asyncio.run(reread_from()) >= 0, "a checkpoint at the log's end", 120)
    return asyncio.run(reread_from())


def _await_views(client: httpx.Client, given: list[Event]) -> None:
    """Wait until all views are accepted."""
    views = sum(event.get("kind", "view") == "view" for event in given)

    def accepted() -> int:
        counts = articles(client, pages())
        return sum(its["accepted"] for part in counts.values() for its in part.values() if its)

    await_until(lambda: accepted() == views, f"{views} views are accepted", 120)


def is_hour_kept(folder: Path, since: float) -> bool:
    """Say whether a checkpoint since a moment is the first of its hour."""
    walls = [float(file.stem.partition("-")[2]) for file in folder.glob("*-*.checkpoint")]
    return max(walls, default=0.0) >= since


def said(
    client: httpx.Client, articles_kept: int | None, moments: tuple[float, ...]
) -> dict[str, Any]:
    """All that a server is asked."""
    profiles, asked = profiles_of(client), pages()
    drafts = drafts_of(client, profiles)
    if articles_kept:
        total = sum(NEW_ARTICLES)
        asked += [("inform/ru", f"archive{number}") for number in range(total - 40, total)]
        asked += [("inform/kk", f"archive{number}") for number in range(total - 40, total)]
    return {
        "pages": asked,
        "profiles": profiles,
        "moments": moments,
        "counts": articles(client, asked),
        "lists": lists(client, drafts, asked),
        "past": past(client, drafts, moments),
        "decided": decided(client),
    }


def record(version: Version) -> None:
    """Write all fixtures of a version, once."""
    if version.fixtures.exists():
        sys.exit(f"{version.fixtures.name} is recorded; what it wrote then is what counts")
    target, expected = emptied(version.fixtures), {}
    with tempfile.TemporaryDirectory() as scratch:
        code = Path(scratch) / "code"
        code.mkdir()
        version.build(code)
        os.environ.update(environment(code))
        for name, articles_kept in (("ordinary", None), ("small", 64)):
            folder = Path(scratch) / name
            folder.mkdir()
            expected[name] = record_folder(folder, articles_kept)
            packed(folder, target / f"{name}.tar.xz")
        expected["topics"] = record_topics(Path(scratch), f"recorded-{version.name}", target)
    options = orjson.OPT_INDENT_2 if "--pretty" in sys.argv else None
    (target / "expected.json").write_bytes(orjson.dumps(expected, option=options) + b"\n")
    for path in sorted(target.iterdir()):
        print(f"{path.name}: {path.stat().st_size} bytes")


def _session(number: int, now: float, articles_kept: int | None) -> list[Event]:
    begin, end = now - 0.8 * HOUR, now - 1.0
    if articles_kept:
        first = sum(NEW_ARTICLES[:number])
        return flood(begin, end, first, NEW_ARTICLES[number])
    return events(f"session {number}", begin, end, 400)


if __name__ == "__main__":
    (wanted,) = [version for version in recorded() if version.name == sys.argv[1]]
    record(wanted)
