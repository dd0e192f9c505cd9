"""Lists by arm through a real caching proxy: nobody ever gets the list of another's arm."""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ranking.benchmarks.processes import await_until
from ranking.engine.batch import BUCKETS
from ranking.experiments.assignment import arms_of
from tests.support import trials
from tests.support.cluster import need
from tests.support.nginx import nginx_before

pytestmark = pytest.mark.server

EDITION = "cached/en"
ONWARD = {"landing_weight": 0, "onward_weight": 1, "steadiness": 0, "sibling_evidence": 0}
LANDING = ONWARD | {"landing_weight": 1, "onward_weight": 0}
BOTH = [{"name": "entry", "set": LANDING}, {"name": "depth", "set": ONWARD}]
ORDER = {"entry": ["first", "second"], "depth": ["second", "first"], "none": []}
ROUNDS, TOGETHER = 2, 32


class Asked(NamedTuple):
    """A question of a reader, and what must come of it."""

    surface: str
    arm: str
    experiment: str
    ids: list[str] | None
    """None where it depends on numbers."""


def begin(client: httpx.Client, name: str, traffic: int, **changes: Any) -> None:
    """Start an experiment."""
    shares = changes.pop("shares", [500, 500])
    body: dict[str, Any] = {
        "edition": EDITION, "surface": "popular", "arms": BOTH,
        "phases": [{"at": time.time(), "traffic": traffic, "shares": shares}], **changes,
    }  # fmt: skip
    client.put(f"/v1/experiments/{name}", json=body).raise_for_status()
    client.post(f"/v1/experiments/{name}/start", json={}).raise_for_status()


def begin_all(client: httpx.Client) -> None:
    """Views of two articles whose order the arms turn, and three experiments on their lists."""
    trials.read_two(client, EDITION)
    line = f"/v1/popular?edition={EDITION}&n=2"
    await_until(lambda: len(client.get(line).json()["items"]) == 2, "both are listed", 20)
    three = [*BOTH, {"name": "none", "holdout": True}]
    begin(client, "turn", 800, arms=three, shares=[400, 400, 200], metric="pages_per_visit")
    caps = [{"name": "a", "set": {}}, {"name": "b", "set": {"section_cap": 9}}]
    begin(client, "wide", 500, layer="wide", arms=caps)
    mixed = {"surface": "trending", "mode": "interleave", "metric": "click_through"}
    begin(client, "mix", 1000, **mixed)


def questions(client: httpx.Client) -> list[list[Asked]]:
    """What the page of each bucket asks for."""
    told = client.get("/v1/experiments/live", params={"edition": EDITION}).json()["experiments"]
    plans = {its["name"]: its for its in told}
    cuts = ("layer", "salt", "shares", "traffic", "offset")
    numbers = {
        name: arms_of(**{cut: its[cut] for cut in cuts}).tolist() for name, its in plans.items()
    }
    asked = []
    for bucket in range(BUCKETS):
        its = {
            name: plans[name]["arms"][numbers[name][bucket]]["name"]
            for name in ("turn", "wide")
            if numbers[name][bucket] >= 0
        }
        arm = ",".join(f"{name}:{mine}" for name, mine in its.items())
        ids = ORDER[its["turn"]] if "turn" in its else None
        popular = Asked("popular", arm, ",".join(its), ids)
        drawn = Asked("trending", f"mix:{bucket % 16}", "mix", None)
        asked.append([popular, drawn, Asked("popular", "", "", None)])
    return asked


async def ask(client: httpx.AsyncClient, its: Asked) -> str:
    """Ask, compare, and tell whether the cache had it."""
    line = f"/v1/{its.surface}?edition={EDITION}&n=2" + (f"&arm={its.arm}" if its.arm else "")
    answer = await client.get(line)
    body = answer.raise_for_status().json()
    if not its.arm:
        assert body["profile"] == "default"
        assert {"experiment", "arm", "list_id"}.isdisjoint(body)
        return f"live {answer.headers['x-cache']}"
    arms = ",".join(part.partition(":")[2] for part in its.arm.split(","))
    assert (body["profile"], body["experiment"], body["arm"]) == (its.arm, its.experiment, arms)
    if its.ids is not None:
        assert [item["id"] for item in body["items"]] == its.ids
    return answer.headers["x-cache"]


async def read(url: str, asked: list[Asked]) -> Counter[str]:
    """All readers, many at once, some rounds of them, across expiries."""
    turns: Counter[str] = Counter()
    waiting = iter(asked * ROUNDS)

    async def some(client: httpx.AsyncClient) -> None:
        for its in waiting:
            turns[await ask(client, its)] += 1

    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await asyncio.gather(*(some(client) for _ in range(TOGETHER)))
    return turns


def test_no_reader_gets_the_list_of_anothers_arm(client: httpx.Client, tmp_path: Path) -> None:
    need("nginx")
    begin_all(client)
    asked = [its for each in questions(client) for its in each]
    random.Random(1).shuffle(asked)
    arms = {its.arm for its in asked}
    with nginx_before(str(client.base_url), tmp_path) as url:
        turns = asyncio.run(read(url, asked))
    assert turns.total() == ROUNDS * len(asked) == ROUNDS * 3 * BUCKETS
    from_cache = ("HIT", "UPDATING", "STALE")  # the last one has the cache ask anew meanwhile
    kept = sum(count for turn, count in turns.items() if turn.split()[-1] in from_cache)
    assert kept > 0.9 * turns.total(), turns
    assert turns["live HIT"] > 0
    again = sum(turns[turn] for turn in ("MISS", "EXPIRED", "STALE"))
    assert again >= 2 * len(arms), turns
