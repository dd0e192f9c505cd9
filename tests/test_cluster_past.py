"""The past of a cluster, out of a real Kafka: states of past hours, boards, and what follows."""

import asyncio
import random

import httpx
import pytest

from ranking.benchmarks.processes import await_until
from ranking.engine.batch import encode
from ranking.history.hours import HOUR
from ranking.history.past_state import Rankers
from ranking.history.shown_boards import shown_of
from ranking.lists.boards import Board, Item
from ranking.ranker import Ranker
from ranking.settings_log.book import Book
from streams.cards import card_record
from streams.history import ClusterPast
from streams.hourly_checkpoints import Hours
from streams.topic_names import TopicNames
from streams.topic_reader import TopicWriter
from tests.support.logs import RU, Row
from tests.support.lookback import (
    OTHER,
    SITE,
    assert_rest_comes_once,
    assert_states_of_then,
    lively,
    mixed,
)
from tests.support.processes import Cluster
from tests.support.traffic import BEGIN, events_of, send
from tests.test_read_model import cards_of

NOW = 1_800_000_000.0
COUNT = 1


async def written(kafka: str, topics: TopicNames, rows: list[Row]) -> int:
    """Write two sites' logs, a state every 25 batches and some boards; returns the states."""
    writer, ranker, wall = TopicWriter(kafka), Ranker(), [NOW]
    hours = Hours(topics, 0, writer, clock=lambda: wall[0])
    kept = 0
    for k, batch in enumerate(mixed(random.Random(3), rows, lively(2, OTHER))):
        end = await writer.write(topics.views, 0, [(None, encode(batch))])
        ranker.apply(batch, end - 1)
        if k % 25 == 24:
            wall[0] += HOUR
            assert await hours.keep(ranker)
            assert not await hours.keep(ranker)
            kept += 1
    for at, ids in ((10.0, "ab"), (30.0, "cb"), (20.0, "ba")):
        items = tuple(Item(id_, None, 2.0, 1) for id_ in ids)
        await hours.publish([shown_of(Board(RU, "popular", "default", at, items), NOW)])
    await writer.write(topics.articles, 0, [card_record(card) for card in cards_of(1, 3)])
    await writer.write(topics.boards, 0, [(b"none of ours", b"\x00"), (None, b"")])
    await writer.stop()
    return kept


@pytest.mark.parametrize("namespace", [COUNT], indirect=True)
def test_the_past_is_in_kafka(kafka: str, namespace: str) -> None:
    topics, rows = TopicNames(namespace), lively(1)
    states = asyncio.run(written(kafka, topics, rows))

    def rankers() -> Rankers:
        return ClusterPast(kafka, topics, Book()).rankers

    past = ClusterPast(kafka, topics, Book())
    assert len(past.rankers._archive.kept(SITE)) == states
    assert past.rankers.horizon(SITE) == rows[0].at_ms / 1000
    assert_states_of_then(rankers, rows)
    assert_rest_comes_once(past.rankers, rows)
    shown = {at: past.shown(RU, "popular", at) for at in (9.0, 10.0, 19.0, 25.0, 99.0)}
    assert {at: board and board.ids for at, board in shown.items()} == {
        9.0: None,
        10.0: ("a", "b"),
        19.0: ("a", "b"),
        25.0: ("b", "a"),
        99.0: ("c", "b"),
    }
    assert past.shown_since(RU, "popular") == 10.0
    assert past.shown_since(RU, "trending") == float("inf")


@pytest.mark.server
def test_an_api_answers_as_of_a_moment(cluster: Cluster) -> None:
    worker = cluster.worker("1", "--checkpoint-every", "1")
    cluster.api()
    send(cluster, events_of(1, 3000))
    popular = "/v1/popular?edition=inform/ru&n=10"
    with httpx.Client(base_url=cluster.url("api"), timeout=300.0) as client:

        def ids(line: str) -> list[str]:
            answer = client.get(line)
            return [item["id"] for item in answer.json().get("items", [])]

        def stands(number: int) -> bool:
            return bool(client.get(popular).json()["as_of"] > BEGIN + number / 2 - 10)

        await_until(lambda: stands(3000), "the first part is ranked")
        before, at = ids(popular), client.get(popular).json()["as_of"]
        await_until(lambda: ids(f"{popular}&as_of={at}") == before, "the board is written down")
        worker.kill()
        worker.start()
        send(cluster, events_of(2, 3000, 3000))
        await_until(lambda: stands(6000), "the second part is ranked")
        assert ids(f"{popular}&as_of={at}") == before
        replayed = client.get(f"{popular}&as_of={at}&profile=default").json()
        assert [item["id"] for item in replayed["items"]] == before
        assert replayed["horizon"] <= at
        line = "/v1/preview/past?edition=inform/ru&hours=1&step=300&profile=default"
        told = client.get(line).json()["moments"]
        assert len(told) >= 8
        assert all(row["live"] == row["draft"] for row in told)
        measured = client.get("/v1/preview/backtest?edition=inform/ru&hours=1").json()
        assert measured["live"] == measured["draft"]
        assert measured["live"]["clicks"] > 0
