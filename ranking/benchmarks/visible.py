"""How soon a posted view is seen in Popular, while 1,000 views a second flow."""

import statistics
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np

from ranking.benchmarks.spawned import Server, spawned

RATE, POSTS = 1000, 20
PROBES, FLOWING = 100, 500


def visible() -> dict[str, float]:
    """Post views of new articles and ask until they are listed.

    Returns
    -------
    dict
        Median and 95th percentile in milliseconds, views a second beside it, probes.
    """
    with tempfile.TemporaryDirectory() as folder, spawned(Server(Path(folder))) as server:
        stop = threading.Event()
        sent = [0]
        flow = threading.Thread(target=flow_of_views, args=(server.url, stop, sent))
        flow.start()
        began = time.monotonic()
        try:
            time.sleep(1.0)
            delays = [_probe(server.url, number) for number in range(PROBES)]
        finally:
            stop.set()
            flow.join()
        rate = sent[0] / (time.monotonic() - began)
    return {
        "median_ms": 1000 * statistics.median(delays),
        "p95_ms": 1000 * float(np.percentile(delays, 95)),
        "views_per_s": rate,
        "probes": float(PROBES),
    }


def _probe(url: str, number: int) -> float:
    article = f"probe-{number}"
    event = {"visitor": "prober", "article": article, "edition": "bench/zz"}
    with httpx.Client(base_url=url) as client:
        client.get("/healthz")
        began = time.monotonic()
        client.post("/v1/events", json=event)
        while True:
            answer = client.get("/v1/popular?edition=bench/zz&n=5")
            if any(item["id"] == article for item in answer.json()["items"]):
                return time.monotonic() - began
            time.sleep(0.002)


def flow_of_views(url: str, stop: threading.Event, sent: list[int]) -> None:
    """Post `RATE` views a second of `FLOWING` articles until told to stop; counts what it sent."""
    rng = np.random.default_rng(1)
    with httpx.Client(base_url=url) as client:
        due = time.monotonic()
        while not stop.is_set():
            articles = rng.zipf(1.3, RATE // POSTS) % FLOWING
            readers = rng.integers(0, 10_000, RATE // POSTS)
            events = [
                {"visitor": int(reader), "article": int(article), "edition": "bench/en"}
                for reader, article in zip(readers, articles, strict=True)
            ]
            client.post("/v1/events", json=events)
            sent[0] += len(events)
            due += 1.0 / POSTS
            time.sleep(max(due - time.monotonic(), 0.0))
