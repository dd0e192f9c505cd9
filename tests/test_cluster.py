"""The cluster, whole and real: the answers of the engine in a loop, through pauses and loss."""

import signal
import threading

import httpx
import msgspec
import pytest
import redis

from ranking.backtest.send import target_of
from ranking.benchmarks.processes import await_until
from ranking.read_model.store_keys import StoreKeys, prefixed
from tests.support.processes import Cluster
from tests.support.thoroughness import scaled
from tests.support.traffic import (
    SITES,
    events_of,
    lists_differ,
    ranker_of,
    send,
)
from tests.test_read_model import cards_of

pytestmark = pytest.mark.server


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
    await_until(lambda: not lists_differ(cluster, ranker), "lists are those of the loop", 60)


def test_a_paused_worker_changes_nothing(cluster: Cluster) -> None:
    frozen = cluster.worker("1", "--checkpoint-every", "1")
    cluster.api()
    send(cluster, events_of(1, 3000))
    first = ranker_of(cluster)
    await_until(lambda: not lists_differ(cluster, first), "lists before", 60)
    frozen.signal(signal.SIGSTOP)
    cluster.worker("2", "--checkpoint-every", "1")
    send(cluster, events_of(2, 3000, 3000))
    second = ranker_of(cluster)
    await_until(lambda: not lists_differ(cluster, second), "lists after the takeover", 60)
    store, names = redis.Redis.from_url(cluster.redis), StoreKeys(cluster.namespace)
    before = store.hgetall(names.directory)
    frozen.signal(signal.SIGCONT)
    for _ in range(scaled(8, 40)):
        threading.Event().wait(0.2)
        assert lists_differ(cluster, second) == []
    assert store.hgetall(names.directory).keys() == before.keys()


def test_a_store_that_forgot_is_filled_again(cluster: Cluster) -> None:
    cluster.worker()
    cluster.api()
    send(cluster, events_of(1, 3000))
    ranker = ranker_of(cluster)
    await_until(lambda: not lists_differ(cluster, ranker), "lists before", 60)
    store = redis.Redis.from_url(cluster.redis)
    keys = store.keys(prefixed(cluster.namespace, "*"))
    store.delete(*keys)
    popular = f"{cluster.url('api')}/v1/popular?edition=inform/ru&n=5"
    assert len(httpx.get(popular).json()["items"]) == 5
    await_until(lambda: not lists_differ(cluster, ranker), "lists after", 10)
    assert store.exists(StoreKeys(cluster.namespace).edition("inform/ru"))
