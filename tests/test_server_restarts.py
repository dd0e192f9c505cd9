"""A server shows the same lists after a kill and after a stop."""

import random
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from ranking.benchmarks.processes import Server, spawned
from tests.support.processes import UNSTEADIED
from tests.support.traffic import BEGIN, post_all

pytestmark = pytest.mark.server

VIEWS, ARTICLES = 5000, 300


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


def test_restart_shows_the_same_lists(tmp_path: Path) -> None:
    lines = ["/v1/popular?edition=crash/en&n=20", "/v1/related/a1?edition=crash/en&n=10"]
    profile = tmp_path / "default.toml"
    profile.write_text(UNSTEADIED)
    with spawned(Server(tmp_path, "--profile", str(profile))) as server:
        post_all(server.url, log_of(3))
        time.sleep(1.2)  # numbers are shown once a second
        before = [httpx.get(server.url + line).content for line in lines]
        server.kill()
        server.start()
        assert [httpx.get(server.url + line).content for line in lines] == before
        server.stop()
        server.start()
        assert [httpx.get(server.url + line).content for line in lines] == before
