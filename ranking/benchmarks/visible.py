"""How soon a posted view is seen in Popular, while 1,000 views a second flow.

Boards are steady: where one is full, what stands keeps its place. Hence each probe is an article of
an edition with room in its list, which its first view must enter.
"""

import statistics
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np

from ranking.benchmarks.limits import Limit
from ranking.benchmarks.spawned import Server, spawned

RATE, POSTS = 1000, 20
PROBES, FLOWING = 100, 500
LANGUAGES = ("ar", "de", "es", "fr", "kk", "ky", "ru", "tr", "uz", "zh")
PLACES = 20
"""Of the list that is asked for; an edition has half as many probes."""
PATIENCE = 2.0
"""Seconds after which a view passes for one that is not seen."""


def visible(limit: Limit) -> dict[str, float]:
    """Post views of new articles and ask until they are listed.

    Returns
    -------
    dict
        Median and 95th percentile in milliseconds of the probes that were seen, views a second
        beside them, probes, and those that were not seen.
    """
    with tempfile.TemporaryDirectory() as folder, spawned(Server(Path(folder))) as server:
        limit.restart()
        stop = threading.Event()
        sent = [0]
        flow = threading.Thread(target=flow_of_views, args=(server.url, stop, sent))
        flow.start()
        began = time.monotonic()
        try:
            time.sleep(min(1.0, limit.seconds / 4))
            probes = limit.of(range(PROBES), f"of {PROBES} probes were made")
            delays = [_probe(server.url, number) for number in probes]
        finally:
            stop.set()
            flow.join()
        rate = sent[0] / (time.monotonic() - began)
    seen = [delay for delay in delays if delay is not None]
    if len(seen) < len(delays):
        missing = len(delays) - len(seen)
        limit.missing.append(f"{missing} views were not seen within {PATIENCE:g} s")
    told = {
        "views_per_s": rate,
        "probes": float(len(delays)),
        "unseen": float(len(delays) - len(seen)),
    }
    if not seen:
        return told
    return {
        "median_ms": 1000 * statistics.median(seen),
        "p95_ms": 1000 * float(np.percentile(seen, 95)),
        **told,
    }


def _probe(url: str, number: int) -> float | None:
    """Seconds until a view's article is listed; None if it is not seen in time."""
    article, edition = f"probe-{number}", f"bench/{LANGUAGES[number % len(LANGUAGES)]}"
    event = {"visitor": f"prober-{number}", "article": article, "edition": edition}
    with httpx.Client(base_url=url) as client:
        client.get("/healthz")
        began = time.monotonic()
        client.post("/v1/events", json=event)
        while time.monotonic() - began < PATIENCE:
            answer = client.get(f"/v1/popular?edition={edition}&n={PLACES}")
            if any(item["id"] == article for item in answer.json()["items"]):
                return time.monotonic() - began
            time.sleep(0.002)
    return None


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
