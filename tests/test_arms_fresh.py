"""Lists by arm are as fresh as live ones, in both ways to run; of many who ask, one works."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from ranking.benchmarks.processes import await_until
from ranking.embedded.live import Live
from ranking.embedded.log import SqliteLog
from ranking.embedded.ports import EmbeddedLists, EmbeddedSettings
from ranking.lists.boards import Board
from ranking.profiles.profile import Profile
from ranking.service.experiment_lists import ArmLists
from ranking.settings_log.book import Book
from tests.support.processes import Cluster

pytestmark = pytest.mark.server

EDITION = "fresh/en"
LINE = f"/v1/popular?edition={EDITION}&n=1"
SLOW = [{"name": "now", "version": 0}, {"name": "slow", "set": {"half_life": 3600}}]


def plan(**changes: Any) -> dict[str, Any]:
    """An experiment on Popular."""
    return {
        "edition": EDITION, "surface": "popular", "arms": SLOW,
        "phases": [{"at": time.time(), "traffic": 500, "shares": [500, 500]}], **changes,
    }  # fmt: skip


def begin(client: httpx.Client, name: str, **changes: Any) -> None:
    """Start an experiment."""
    client.put(f"/v1/experiments/{name}", json=plan(**changes)).raise_for_status()
    client.post(f"/v1/experiments/{name}/start", json={}).raise_for_status()


def begin_two(client: httpx.Client) -> list[str]:
    """Start a split and an interleaved one, without steadiness; the arms to ask for."""
    client.put("/v1/profiles", json={"set": {"steadiness": 0}, "parent": 0}).raise_for_status()
    begin(client, "calm")
    begin(client, "mix", offset=500, mode="interleave", metric="click_through")
    return ["calm:now", "calm:slow", "mix:0", "mix:15"]


def lags(client: httpx.Client, collector: str, arms: list[str], most: int) -> list[float]:
    """How much later than the live list each arm's has a new leader, seconds: medians.

    Each leader has more views than the one before, the last one `most`.
    """
    found: dict[str, list[float]] = {arm: [] for arm in arms}
    for count in range(most - 9, most + 1, 2):
        article = f"leader-{count}"
        events = [
            {"visitor": f"{article}-{reader}", "article": article, "edition": EDITION}
            for reader in range(count)
        ]
        httpx.post(f"{collector}/v1/events", json=events).raise_for_status()
        seen: dict[str, float] = {}
        until = time.monotonic() + 30
        while len(seen) <= len(arms) and time.monotonic() < until:
            for arm in ("", *arms):
                items = client.get(f"{LINE}&arm={arm}" if arm else LINE).json()["items"]
                if items and items[0]["id"] == article:
                    seen.setdefault(arm, time.monotonic())
        for arm in arms:
            found[arm].append(seen[arm] - seen[""])
    return [statistics.median(its) for its in found.values()]


def test_embedded_arms_are_as_fresh_as_the_live_list(client: httpx.Client) -> None:
    told = lags(client, str(client.base_url), begin_two(client), 10)
    assert max(told) < 0.2


def test_in_the_cluster_likewise_from_any_api(cluster: Cluster) -> None:
    cluster.worker()
    cluster.packer()
    cluster.collector()
    cluster.api()
    cluster.api("api-2")
    clients = [httpx.Client(base_url=cluster.url(name), timeout=10) for name in ("api", "api-2")]
    arms = begin_two(clients[0])
    await_until(lambda: clients[1].get(f"{LINE}&arm=mix:0").is_success, "the other knows", 20)
    lags(clients[1], cluster.url("collect"), arms, 10)
    for most, client in zip((20, 30), clients, strict=True):
        assert max(lags(client, cluster.url("collect"), arms, most)) < 0.35
        shown = client.get(f"{LINE}&arm=calm:slow").json()
        assert (shown["profile"], shown["experiment"], shown["arm"]) == (
            "calm:slow", "calm", "slow",
        )  # fmt: skip
    clients[0].post("/v1/experiments/calm/stop", json={}).raise_for_status()

    def names() -> list[bool]:
        answers = [client.get(f"{LINE}&arm=calm:slow").json() for client in clients]
        return ["experiment" in answer for answer in answers]

    await_until(lambda: names() == [False, False], "it stopped", 20)
    for client in clients:
        client.close()


class Counted(EmbeddedLists):
    """Lists that tell how often one was made."""

    def __init__(self, live: Live) -> None:
        super().__init__(live)
        self.made = 0

    async def next(
        self, edition: str, surface: str, pages: list[str], n: int, profile: Profile
    ) -> Board:
        """Related, or For this visit."""
        self.made += 1
        return await super().next(edition, surface, pages, n, profile)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """An engine without a server."""
    with SqliteLog(tmp_path) as log:
        running = Live(log, Profile())
        running.start()
        running.started.wait()
        yield running
        running.stop()


def test_many_who_ask_for_one_list_wait_for_one_maker(live: Live) -> None:
    async def ask() -> tuple[int, set[bytes]]:
        lists, settings = Counted(live), EmbeddedSettings(live)
        body = plan(surface="related", status="running", salt="calm")
        await settings.write(Book().following("experiment", "calm", body, "", ""))
        arms = ArmLists(lists, settings)
        where = (EDITION, "related", "")
        asked = [arms.answer("line", "calm:slow", where, 4, ["a"]) for _ in range(50)]
        answers = await asyncio.gather(*asked)
        return lists.made, {answer.body for answer in answers}

    made, bodies = asyncio.run(ask())
    assert made == 1
    (body,) = bodies
    assert orjson.loads(body)["profile"] == "calm:slow"
