"""Traffic for servers: made views, the truth about them, and lists held against a ranker."""

import asyncio
import random
import threading
import time
from collections import Counter
from typing import Any

import httpx
import orjson

from ranking.backtest.send import target_of
from ranking.benchmarks.processes import Server
from ranking.engine.batch import decode
from ranking.lists.boards import render
from ranking.profiles.profile import DEFAULT
from ranking.ranker import Ranker
from streams.cards import read_record
from streams.topic_names import TopicNames
from streams.topic_reader import PartitionReader
from streams.topics import PARTITIONS
from tests.support.processes import Cluster

SITES = ("inform", "paper", "kun", "hit")
BEGIN = 1_700_000_000.0


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
    with httpx.Client(base_url=url, timeout=30.0) as client:
        for edition, article in pages:
            shown = client.get(f"/v1/articles/{edition}/{article}").json()
            counts[edition, article] = (shown.get("accepted", 0), shown.get("views", 0))
    return counts


def post_all(url: str, events: list[dict[str, Any]], size: int = 200) -> None:
    """Post all events in their order, each request again until it is answered."""
    with httpx.Client(base_url=url, timeout=30.0) as client:
        for start in range(0, len(events), size):
            body = orjson.dumps(events[start : start + size])
            while True:
                try:
                    if client.post("/v1/events", content=body).status_code == 202:
                        break
                except httpx.TransportError:
                    pass
                time.sleep(0.02)


def post_through_kills(
    server: Server, events: list[dict[str, Any]], size: int, drawn: random.Random, kills: int
) -> None:
    """Post all events while the server is killed again and again, and once more at the end."""
    sender = threading.Thread(target=post_all, args=(server.url, events, size))
    sender.start()
    done = 0
    while done < kills and sender.is_alive():
        threading.Event().wait(drawn.uniform(0.01, 0.1))
        server.kill()
        server.start()
        done += 1
    sender.join()
    assert done == kills, "the log ended before the kills: make it longer"
    server.kill()
    server.start()


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
    for partition in range(PARTITIONS):
        async with PartitionReader(cluster.kafka) as reader:
            end = (await reader.bounds(topics.views, partition))[1]
            async for record in reader.read(topics.views, partition, 0, end):
                ranker.apply(decode(record.value or b""), position)
                position += 1
        async with PartitionReader(cluster.kafka) as reader:
            end = (await reader.bounds(topics.articles, partition))[1]
            async for record in reader.read(topics.articles, partition, 0, end):
                edition, article, held = read_record(record.key, record.value)
                if held.card and not held.is_gone:
                    ranker.put([held.card])
                else:
                    ranker.remove(edition, article)
    ranker.tick()
    return ranker


def lists_differ(cluster: Cluster, ranker: Ranker) -> list[str]:
    """Lines whose answers are not those of a ranker."""
    wrong = []
    with httpx.Client(base_url=cluster.url("api"), timeout=30.0) as client:
        for site in SITES:
            edition = f"{site}/ru"
            for surface in ("popular", "trending"):
                line = f"/v1/{surface}?edition={edition}&n=20"
                board = ranker.lists.board(edition, surface, DEFAULT, 20, "")
                if client.get(line).content != render(board, 20):
                    wrong.append(line)
            for article in range(0, 130, 9):
                line = f"/v1/related/{article}?edition={edition}&n=7"
                if client.get(line).content != render(
                    ranker.lists.related(edition, str(article), 7), 7
                ):
                    wrong.append(line)
            asked = {"edition": edition, "recent": ["3", "1", "7"], "n": 6}
            answer = client.post("/v1/foryou", json=asked).content
            if answer != render(ranker.lists.for_you(edition, ["3", "1", "7"], 6), 6):
                wrong.append(f"foryou {edition}")
    return wrong
