"""Webhooks: notices of entered articles, robots and silence reach an address."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from ranking.benchmarks.processes import Server
from tests.test_server import within

pytestmark = pytest.mark.server

EDITION = "desk/en"


@contextmanager
def listening() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address that refuses its first notice, and what it was told since."""
    told: list[dict[str, Any]] = []
    refused: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if refused:
                told.append(body)
            self.send_response(200 if refused else 500)
            refused.append(1)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/desk", told
        finally:
            server.shutdown()
            thread.join()


def test_what_happens_is_told(server: Server) -> None:
    with listening() as (url, told), httpx.Client(base_url=server.url, timeout=30.0) as client:

        def view(article: str, readers: int, agent: str = "") -> None:
            events = [
                {
                    "visitor": f"{article} {k}",
                    "article": article,
                    "edition": EDITION,
                    "agent": agent,
                }
                for k in range(readers)
            ]
            client.post("/v1/events", json=events).raise_for_status()

        view("a1", 3)
        assert within(20, lambda: client.get(f"/v1/popular?edition={EDITION}&n=1").json()["items"])
        hook = {
            "url": url, "of": ["entered", "robots", "silent"], "edition": EDITION,
            "surface": "popular", "robots_a_minute": 50, "silent_after": 2,
        }  # fmt: skip
        assert client.post("/v1/hooks", json=hook).status_code == 201
        time.sleep(0.2)
        view("a2", 9)
        assert within(20, lambda: any(its["what"] == "entered" for its in told))
        (entered,) = (its for its in told if its["what"] == "entered")
        assert (entered["article"], entered["surface"]) == ("a2", "popular")
        assert entered["place"] in (1, 2)  # who stands keeps the place until the next second
        time.sleep(1.2)
        view("a2", 60, "Mozilla/5.0 (compatible; Googlebot/2.1)")
        assert within(20, lambda: any(its["what"] == "robots" for its in told))
        (robots,) = (its for its in told if its["what"] == "robots")
        assert (robots["site"], robots["refused"]) == ("desk", 60)
        assert within(20, lambda: any(its["what"] == "silent" for its in told))
        time.sleep(0.5)
        assert [its["what"] for its in told].count("silent") == 1


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"url": "desk", "of": ["entered"]}, "url must begin with http"),
        ({"url": "http://desk", "of": ["left"]}, "got 'left'"),
        ({"url": "http://desk", "of": []}, "of: "),
        ({"url": "http://desk", "of": ["silent"], "silent_after": 0}, "silent_after: "),
    ],
)
def test_a_hook_that_cannot_be(client: httpx.Client, body: dict[str, Any], detail: str) -> None:
    answer = client.post("/v1/hooks", json=body)
    assert answer.status_code == 400
    assert detail in answer.json()["detail"]
