"""The cluster, whole and real: the same answers as the engine in a loop, through every fault."""

import asyncio
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import msgspec
import orjson
import pytest
import redis

from ranking.engine.batch import decode, encode
from ranking.lists.boards import render
from ranking.ranker import Ranker
from ranking.replay.send import target_of
from ranking.server.collector import admit
from streams.broker import Broker, Producer
from streams.cards import read_record
from streams.records import Reader
from streams.topic_names import TopicNames
from tests.cluster import redis_node, running
from tests.processes import Cluster, cluster_of, until
from tests.test_mirror import cards_of

pytestmark = pytest.mark.server

SITES = ("inform", "paper", "kun", "hit")
BEGIN = 1_700_000_000.0


@pytest.fixture
def cluster(tmp_path: Path, kafka: str, redis_url: str, namespace: str) -> Iterator[Cluster]:
    """A namespace of its own on the run's broker and Redis."""
    with cluster_of(tmp_path, kafka, redis_url, namespace) as running:
        yield running


def events_of(seed: int, count: int, first: int = 0) -> list[dict[str, Any]]:
    """Views of four sites, readers that repeat themselves, half a second apart."""
    drawn = random.Random(seed)
    return [
        {
            "at": BEGIN + number * 0.5,
            "visitor": f"v{drawn.randrange(300)}",
            "article": str(int(drawn.paretovariate(0.8)) % 120),
            "edition": f"{drawn.choice(SITES)}/ru",
            "id": f"e{number}",
        }
        for number in range(first, first + count)
    ]


def truth_of(events: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[int, int]]:
    """Accepted and counted views of each article, by the repeat rule."""
    accepted: Counter[tuple[str, str]] = Counter()
    counted: Counter[tuple[str, str]] = Counter()
    seen: dict[tuple[str, str, str], float] = {}
    for event in events:
        page = (event["edition"], event["article"])
        key = (*page, event["visitor"])
        accepted[page] += 1
        counted[page] += key not in seen or event["at"] - seen[key] >= 1800
        seen[key] = event["at"]
    return {page: (accepted[page], counted[page]) for page in accepted}


def counts_of(url: str, pages: list[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
    """Accepted and counted views as the API shows them."""
    counts = {}
    with httpx.Client(base_url=url) as client:
        for edition, article in pages:
            shown = client.get(f"/v1/articles/{edition}/{article}").json()
            counts[edition, article] = (shown.get("accepted", 0), shown.get("views", 0))
    return counts


def send(cluster: Cluster, events: list[dict[str, Any]], size: int = 500) -> None:
    """Send events straight to Kafka, in batches."""
    with target_of(cluster.target) as target:
        for start in range(0, len(events), size):
            assert not target.take(orjson.dumps(events[start : start + size])).rejected


def ranker_of(cluster: Cluster) -> Ranker:
    """A ranker fed in a loop with what the log has."""
    return asyncio.run(_ranker_of(cluster))


async def _ranker_of(cluster: Cluster) -> Ranker:
    topics, ranker, position = TopicNames(cluster.namespace), Ranker(), 0
    for partition in range(4):
        async with Reader(cluster.kafka) as reader:
            end = (await reader.bounds(topics.views, partition))[1]
            async for record in reader.read(topics.views, partition, 0, end):
                ranker.apply(decode(record.value or b""), position)
                position += 1
        async with Reader(cluster.kafka) as reader:
            end = (await reader.bounds(topics.articles, partition))[1]
            async for record in reader.read(topics.articles, partition, 0, end):
                edition, article, card = read_record(record.key, record.value)
                if card:
                    ranker.put([card])
                else:
                    ranker.remove(edition, article)
    ranker.tick()
    return ranker


def lists_differ(cluster: Cluster, ranker: Ranker) -> list[str]:
    """Lines whose answers are not those of a ranker."""
    wrong = []
    with httpx.Client(base_url=cluster.url("api")) as client:
        for site in SITES:
            edition = f"{site}/ru"
            for surface in ("popular", "trending"):
                line = f"/v1/{surface}?edition={edition}&n=20"
                board = ranker.board(edition, surface, ranker.profile, 20, "")
                if client.get(line).content != render(board, 20):
                    wrong.append(line)
            for article in range(0, 130, 9):
                line = f"/v1/related/{article}?edition={edition}&n=7"
                if client.get(line).content != render(ranker.related(edition, str(article), 7), 7):
                    wrong.append(line)
            asked = {"edition": edition, "recent": ["3", "1", "7"], "n": 6}
            answer = client.post("/v1/foryou", json=asked).content
            if answer != render(ranker.for_you(edition, ["3", "1", "7"], 6), 6):
                wrong.append(f"foryou {edition}")
    return wrong


def test_lists_equal_the_engine_in_a_loop(cluster: Cluster) -> None:
    cards = [
        msgspec.structs.replace(card, edition=f"{site}/ru")
        for card in cards_of(3, 100)
        for site in SITES
    ]
    with target_of(cluster.target) as target:
        target.put(cards)
    send(cluster, events_of(1, 6000))
    cluster.worker("1", "--checkpoint-every", "1")
    cluster.api()
    send(cluster, events_of(2, 2000, 6000))
    ranker = ranker_of(cluster)
    until(lambda: not lists_differ(cluster, ranker), "lists are those of the loop", 60)


def test_kills_lose_and_double_nothing(cluster: Cluster) -> None:
    """Two workers and a third one, packer and collector: each killed again and again."""
    drawn = random.Random(5)
    workers = [cluster.worker(name, "--checkpoint-every", "1") for name in ("1", "2")]
    packer, collector = cluster.packer(), cluster.collector()
    cluster.api()
    posted, singly = events_of(6, 12_000), events_of(7, 6_000, 12_000)
    sender = threading.Thread(target=post_all, args=(cluster.url("collect"), posted))
    sender.start()
    raw = f"kafka://{cluster.kafka}/raw-views?namespace={cluster.namespace}"
    for number in range(20):
        with target_of(raw) as target:
            target.take(orjson.dumps(singly[number * 300 : (number + 1) * 300]))
        if number == 6:
            workers.append(cluster.worker("3", "--checkpoint-every", "1"))
        victim = drawn.choice([*workers, packer, collector])
        victim.kill()
        victim.start()
        threading.Event().wait(drawn.uniform(0.2, 1.5))
    sender.join()
    truth = truth_of([*posted, *singly])
    accepted = {page: pair[0] for page, pair in truth.items()}

    def all_there() -> bool:
        shown = counts_of(cluster.url("api"), list(truth))
        return {page: pair[0] for page, pair in shown.items()} == accepted

    until(all_there, "every accepted view is counted once", 120)
    threading.Event().wait(1.0)
    assert all_there()
    ranker = ranker_of(cluster)
    until(lambda: not lists_differ(cluster, ranker), "boards are those of the log", 60)


def post_all(url: str, events: list[dict[str, Any]]) -> None:
    """Post all events in their order, each request again until it is answered."""
    with httpx.Client(base_url=url, timeout=30.0) as client:
        for start in range(0, len(events), 200):
            body = orjson.dumps(events[start : start + 200])
            while True:
                try:
                    if client.post("/v1/events", content=body).status_code == 202:
                        break
                except httpx.TransportError:
                    pass
                time.sleep(0.02)


def test_a_paused_worker_changes_nothing(cluster: Cluster) -> None:
    frozen = cluster.worker("1", "--checkpoint-every", "1")
    cluster.api()
    send(cluster, events_of(1, 3000))
    first = ranker_of(cluster)
    until(lambda: not lists_differ(cluster, first), "lists before", 60)
    frozen.signal(signal.SIGSTOP)
    cluster.worker("2", "--checkpoint-every", "1")
    send(cluster, events_of(2, 3000, 3000))
    second = ranker_of(cluster)
    until(lambda: not lists_differ(cluster, second), "lists after the takeover", 60)
    store = redis.Redis.from_url(cluster.redis)
    before = store.hgetall(f"{cluster.namespace}.tolqyn:editions")
    frozen.signal(signal.SIGCONT)
    for _ in range(20):
        threading.Event().wait(0.2)
        assert lists_differ(cluster, second) == []
    assert store.hgetall(f"{cluster.namespace}.tolqyn:editions").keys() == before.keys()


def test_a_store_that_forgot_is_filled_again(cluster: Cluster) -> None:
    cluster.worker()
    cluster.api()
    send(cluster, events_of(1, 3000))
    ranker = ranker_of(cluster)
    until(lambda: not lists_differ(cluster, ranker), "lists before", 60)
    store = redis.Redis.from_url(cluster.redis)
    keys = store.keys(f"{cluster.namespace}.*")
    store.delete(*keys)
    popular = f"{cluster.url('api')}/v1/popular?edition=inform/ru&n=5"
    assert len(httpx.get(popular).json()["items"]) == 5
    until(lambda: not lists_differ(cluster, ranker), "lists after", 10)
    assert store.exists(f"{cluster.namespace}.tolqyn:edition:inform/ru")


def test_a_store_that_is_away_is_waited_for(tmp_path: Path, kafka: str, namespace: str) -> None:
    """At the start, and again while everything runs: what was held is served meanwhile."""
    node = redis_node(tmp_path)
    store = f"redis://{node.address}/0"
    with cluster_of(tmp_path, kafka, store, namespace) as cluster:
        send(cluster, events_of(1, 3000))
        worker = cluster.worker()
        until(lambda: worker.said("the store is away"), "it says so", 120)
        with running(node):
            cluster.api()
            ranker = ranker_of(cluster)
            until(lambda: not lists_differ(cluster, ranker), "lists at last", 60)
            node.kill()
            popular = f"{cluster.url('api')}/v1/popular?edition=inform/ru&n=5"
            related = f"{cluster.url('api')}/v1/related/3?edition=inform/ru&n=4"
            for line in (popular, related):
                assert len(httpx.get(line, timeout=20).json()["items"]) == int(line[-1])
            node.start()
            until(lambda: not lists_differ(cluster, ranker), "lists again", 60)
            assert worker.said("the store answers again")


def test_what_cannot_be_read_is_dead_lettered(cluster: Cluster) -> None:
    topics = TopicNames(cluster.namespace)
    home = crc32(b"inform") % 4
    good = admit(orjson.dumps(events_of(1, 1)), 2_000_000_000_000, "").rows
    assert len(good) == 1
    cluster.worker()
    cluster.packer()
    cluster.api()
    with_producer(cluster, topics.views, home, b"no batch at all")
    with_producer(cluster, topics.raw, home, b"{not json")
    with_producer(cluster, topics.raw, home, b'{"visitor":"v"}')
    event = {"visitor": "v", "article": "a", "edition": "inform/ru"}
    with_producer(cluster, topics.raw, home, orjson.dumps(event))
    page = ("inform/ru", "a")
    until(lambda: counts_of(cluster.url("api"), [page])[page] == (1, 1), "the good one", 60)

    def buried() -> bool:
        with Broker(cluster.kafka) as broker:
            return broker.end_offsets(topics.dead_letters) == [3]

    until(buried, "three dead letters", 20)


def with_producer(cluster: Cluster, topic: str, partition: int, value: bytes) -> None:
    """Write one record."""
    producer = Producer(cluster.kafka)
    producer.send(topic, partition, None, value)
    producer.flush()
    producer.close()


def test_a_batch_of_another_version_or_place_is_passed_over(cluster: Cluster) -> None:
    topics, home = TopicNames(cluster.namespace), crc32(b"inform") % 4
    send(cluster, events_of(1, 40))
    worker = cluster.worker()
    until(lambda: worker.said("loaded in"), "loaded", 120)
    strange = bytearray(encode(some_batch()))
    strange[9] = 7  # the major version
    with_producer(cluster, topics.views, home, bytes(strange))
    with_producer(cluster, topics.views, (home + 1) % 4, encode(some_batch()))
    until(lambda: worker.said("major version 7"), "the version is named", 30)
    until(lambda: worker.said("belongs to partition"), "the place is named", 30)
    assert worker.process
    assert worker.process.poll() is None


def some_batch() -> Any:
    """A batch of one view of inform."""
    from tests.logs import packed, view

    return packed([view(1_700_000_000_000, "a")])


def test_a_second_worker_of_one_name_is_refused(cluster: Cluster) -> None:
    first = cluster.worker("same")
    until(lambda: first.said("loaded in"), "the first works", 120)
    second = cluster.worker("same")
    assert second.ended() == 2
    assert second.said("id must be unique among workers, got 'same'")
    first.kill()
    third = cluster.worker("same")
    until(lambda: third.log.read_text().count("loaded in") >= 8, "a restart is let in", 120)


def test_no_broker_is_waited_for(tmp_path: Path, redis_url: str) -> None:
    with cluster_of(tmp_path, "127.0.0.1:9", redis_url, "nowhere") as cluster:
        worker = cluster.worker()
        until(lambda: worker.said("trying again"), "it says so", 60)
        assert worker.process
        assert worker.process.poll() is None


def test_missing_topics_are_refused(tmp_path: Path, kafka: str, redis_url: str) -> None:
    with cluster_of(tmp_path, kafka, redis_url, "never-made") as cluster:
        worker = cluster.worker()
        assert worker.ended() == 2
        assert worker.said("never-made.page-views is missing; make it with")


def test_checkpoints_of_a_longer_log_are_refused(cluster: Cluster) -> None:
    topics = TopicNames(cluster.namespace)
    send(cluster, events_of(1, 400), 20)
    worker = cluster.worker("1", "--checkpoint-every", "1")

    def is_written() -> bool:
        with Broker(cluster.kafka) as broker:
            return any(broker.end_offsets(topics.checkpoints))

    until(is_written, "a checkpoint", 120)
    threading.Event().wait(2.0)
    worker.kill()
    with Broker(cluster.kafka) as broker:
        (views,) = [t for t in broker.topics([topics.views]).values()]
        broker.delete([topics.views])
        until(lambda: not broker.topics([topics.views]), "the topic is gone", 30)
        from streams.topics import specification

        (wanted,) = [t for t in specification(cluster.namespace, 4) if t.name == topics.views]
        broker.create([wanted])
        assert views.partitions == 4
    again = cluster.worker("1")
    assert again.ended() == 2
    assert again.said("past the log's end 0; was the topic made anew?")
