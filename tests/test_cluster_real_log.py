"""A real log through the cluster: state, boards and related lists are those of the loop.

`test_server_real_log` compares the embedded server with the same loop, on the whole week. Here
the log is its first third, with `--long` all of it.
"""

import asyncio
import gzip
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import httpx
import pytest

from ranking.backtest.files import ARTICLE_FIELDS, mapping_of, view_chunks
from ranking.backtest.packed_log import catalogue_of, packed_views
from ranking.backtest.send import send_articles, send_views
from ranking.benchmarks.processes import Command, await_until
from ranking.content.cards import Placed
from ranking.lists.boards import render
from ranking.profiles.profile import DEFAULT
from ranking.ranker import Ranker
from streams.broker import Broker
from streams.checkpoints import load
from streams.partitions import partition_of
from streams.topic_names import TopicNames
from streams.topic_reader import PartitionReader
from streams.topics import specification
from tests.support.cluster import new_namespace
from tests.support.processes import Cluster, cluster_of
from tests.support.thoroughness import scaled

pytestmark = [pytest.mark.server, pytest.mark.data]

COLUMNS = {"at": "ts_ms", "visitor": "user"}
CARDS = "id=article_id,section=category_id,published_at=published_ms"
EDITION, HOME = "site/und", partition_of("site", 4)
VIEWS = scaled(500_000, 1_538_528)


@dataclass(frozen=True)
class Roads:
    """The log in a cluster, and in a loop."""

    cluster: Cluster
    worker: Command
    looped: Ranker


@pytest.fixture(scope="module")
def roads(
    g1: Path, kafka: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Roads]:
    """Send the log down both."""
    folder, articles = tmp_path_factory.mktemp("roads"), g1 / "articles.csv.gz"
    views = folder / "clicks.csv"
    with gzip.open(g1 / "clicks.csv.gz", "rb") as whole, views.open("wb") as part:
        part.writelines(islice(whole, VIEWS + 1))
    mapping = mapping_of(CARDS, ARTICLE_FIELDS)
    catalogue = catalogue_of(articles, mapping, EDITION)
    cards = catalogue.latest(EDITION, catalogue.size(EDITION))
    namespace = new_namespace()
    with Broker(kafka) as broker:
        broker.create(specification(namespace))
    with cluster_of(folder, kafka, redis_url, namespace) as cluster:
        send_articles(map(Placed, count(1), cards), cluster.target, lambda count: None)
        assert send_views(view_chunks(views, COLUMNS), cluster.target).accepted == VIEWS
        worker = cluster.worker("1", "--checkpoint-every", "2")
        cluster.api()
        looped = Ranker(catalogue=catalogue)
        for position, batch in enumerate(packed_views(views, COLUMNS, EDITION)):
            looped.apply(batch, position)
        looped.tick(wall=time.time())  # some articles say that they are published after the week
        yield Roads(cluster, worker, looped)


def test_boards_and_related_equal_the_loop(roads: Roads) -> None:
    ranker, url = roads.looped, roads.cluster.url("api")
    board = render(ranker.lists.board(EDITION, "popular", DEFAULT, 20, ""), 20)
    popular = f"{url}/v1/popular?edition={EDITION}&n=20"
    await_until(lambda: httpx.get(popular).content == board, "Popular is that of the loop", 60)
    ids = ranker.sites["site"].ids
    last = f"{url}/v1/articles/{EDITION}/{ids[-1]}"
    await_until(lambda: httpx.get(last).status_code == 200, "all articles are published", 60)
    time.sleep(1.5)  # tags follow once a second
    with httpx.Client(base_url=url, timeout=30.0) as client:
        for article in ids[:: len(ids) // 1000]:
            answer = client.get(f"/v1/related/{article}?edition={EDITION}&n=4").content
            assert answer == render(ranker.lists.related(EDITION, article, 4), 4)
        for start in range(0, 2000, 50):
            recent = ids[start : start + 4]
            asked = {"edition": EDITION, "recent": recent}
            answer = client.post("/v1/foryou", json=asked).content
            assert answer == render(ranker.lists.for_you(EDITION, recent, 5), 5)


def test_state_equals_the_loop(roads: Roads) -> None:
    topics = TopicNames(roads.cluster.namespace)

    async def state() -> bytes:
        async with PartitionReader(roads.cluster.kafka) as reader:
            found = await load(reader, topics.checkpoints, HOME)
        if found.loaded is None:
            return b""
        return Ranker().restored(found.loaded.header, found.loaded.pieces).state()

    expected = roads.looped.state()
    await_until(lambda: asyncio.run(state()) == expected, "the checkpoint holds that state", 60)


def test_a_worker_needs_less_than_a_gigabyte(roads: Roads) -> None:
    assert roads.worker.peak_megabytes() < 950
