"""The demo, running until every edition has lists: for tests and pictures of pages."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from ranking.benchmarks.processes import TOLQYN, Command, free_port

LANGUAGES = ("ru", "kk", "kk-Latn", "kk-Arab", "zh", "uz", "en")


@contextmanager
def demo_in(folder: Path) -> Iterator[str]:
    """Run the demo for a while; gives its address."""
    port = free_port()
    command = (*TOLQYN, "demo", "--port", str(port), "--data", str(folder))
    process = Command(folder / "demo.log", *command)
    process.start()
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, timeout=10.0) as client:
            process.await_answer(lambda: all(is_full(client, lang) for lang in LANGUAGES), 120)
        yield url
    finally:
        process.stop()


def is_full(client: httpx.Client, lang: str) -> bool:
    """Say whether an edition's Popular is full and counted."""
    try:
        answer = client.get(f"/v1/popular?edition=inform/{lang}&n=5")
    except httpx.TransportError:
        return False
    items = answer.json().get("items", []) if answer.status_code == 200 else []
    return len(items) == 5 and all(item["views"] > 0 for item in items)


def is_by_score(board: dict[str, Any]) -> bool:
    """Say whether nothing stands above what scores more, but for steadiness."""
    scores = [item["score"] for item in board["items"]]
    return all(one * 1.06 >= other for one, other in pairwise(scores))


def far(
    client: httpx.Client, scope: dict[str, str], score: float, changes: dict[str, Any]
) -> float:
    """How far a score is from a list's highest under some parameters, in e-folds."""
    made = client.post("/v1/profiles/drafts", json=scope | {"set": changes, "ttl": 60}).json()
    query = {**scope, "profile": made["id"], "n": 5}
    items = client.get(f"/v1/{scope['surface']}", params=query).json()["items"]
    return abs(math.log(max(item["score"] for item in items) / score))
