"""kill -9 at random moments, while views come in: nothing is lost, nothing counts twice."""

import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from ranking.benchmarks.spawned import Server, spawned

pytestmark = pytest.mark.server

VIEWS, POST, KILLS, ARTICLES = 200_000, 500, 20, 300
BEGIN = 1_700_000_000.0


def log_of(seed: int) -> list[dict[str, Any]]:
    """Views with ids, readers that repeat themselves, and stamps that go on by half a second."""
    drawn = random.Random(seed)
    return [
        {
            "at": BEGIN + number * 0.5,
            "visitor": f"v{drawn.randrange(3000)}",
            "article": f"a{int(drawn.paretovariate(0.8)) % ARTICLES}",
            "edition": "crash/en",
            "id": f"e{number}",
        }
        for number in range(VIEWS)
    ]


def truth_of(views: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Accepted and counted views of each article, by the repeat rule."""
    accepted: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    seen: dict[tuple[str, str], float] = {}
    for view in views:
        key = (view["visitor"], view["article"])
        accepted[view["article"]] += 1
        counted[view["article"]] += key not in seen or view["at"] - seen[key] >= 1800
        seen[key] = view["at"]
    return {article: (accepted[article], counted[article]) for article in accepted}


def post_all(url: str, views: list[dict[str, Any]]) -> None:
    """Post all views in their order, each request again until it is answered."""
    with httpx.Client(base_url=url, timeout=30.0) as client:
        for start in range(0, len(views), POST):
            body = orjson.dumps(views[start : start + POST])
            while True:
                try:
                    if client.post("/v1/events", content=body).status_code == 202:
                        break
                except httpx.TransportError:
                    time.sleep(0.01)


def counts(server: Server, articles: list[str]) -> dict[str, tuple[int, int]]:
    """Accepted and counted views as the server shows them."""
    with httpx.Client(base_url=server.url) as client:
        shown = [client.get(f"/v1/articles/crash/en/{article}").json() for article in articles]
    return {one["id"]: (one["accepted"], one["views"]) for one in shown}


def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    views = log_of(1)
    truth = truth_of(views)
    drawn = random.Random(2)
    with spawned(Server(tmp_path, "--checkpoint-every", "1")) as server:
        sender = threading.Thread(target=post_all, args=(server.url, views))
        sender.start()
        kills = 0
        while kills < KILLS and sender.is_alive():
            threading.Event().wait(drawn.uniform(0.01, 0.2))
            server.kill()
            server.start()
            kills += 1
        sender.join()
        assert kills == KILLS, "the log ended before the kills: make it longer"
        server.kill()
        server.start()
        assert counts(server, list(truth)) == truth


def test_restart_shows_the_same_lists(tmp_path: Path) -> None:
    lines = ["/v1/popular?edition=crash/en&n=20", "/v1/related/a1?edition=crash/en&n=10"]
    with spawned(Server(tmp_path)) as server:
        post_all(server.url, log_of(3)[:5000])
        time.sleep(1.2)  # numbers are shown once a second
        before = [httpx.get(server.url + line).content for line in lines]
        server.kill()
        server.start()
        assert [httpx.get(server.url + line).content for line in lines] == before
        server.stop()
        server.start()
        assert [httpx.get(server.url + line).content for line in lines] == before
