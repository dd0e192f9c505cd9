"""How soon a posted view is seen in Popular, while 1,000 views a second flow.

Portals of three sizes: a small one, one of a hundred editions, and one of a million articles.
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
EDITIONS, ARTICLES, LOADED = 100, 1_000_000, 5_000
LANGUAGES = ("ar", "de", "es", "fr", "kk", "ky", "ru", "tr", "uz", "zh")
PLACES = 20
"""Of the list that is asked for; an edition has half as many probes."""
PATIENCE = 2.0
"""Seconds after which a view passes for one that is not seen."""


def visible(limit: Limit, articles: int = FLOWING, editions: int = 1) -> dict[str, float]:
    """Post views of new articles and ask until they are listed.

    Parameters
    ----------
    limit : Limit
    articles, editions : int
        Of the portal, besides those that are probed.

    Returns
    -------
    dict
        Median, 95th percentile and longest, in milliseconds, of the probes that were seen, views a
        second beside them, probes, those that were not seen, and the server's memory in MB.
    """
    with tempfile.TemporaryDirectory() as folder, spawned(Server(Path(folder))) as server:
        limit.restart()
        names = _load(server.url, limit, articles, editions)
        limit.restart()
        stop = threading.Event()
        sent = [0]
        flow = threading.Thread(target=flow_of_views, args=(server.url, stop, sent, names))
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
        memory = server.peak_megabytes()
    seen = [delay for delay in delays if delay is not None]
    if len(seen) < len(delays):
        missing = len(delays) - len(seen)
        limit.missing.append(f"{missing} views were not seen within {PATIENCE:g} s")
    told = {
        "views_per_s": rate,
        "probes": float(len(delays)),
        "unseen": float(len(delays) - len(seen)),
        "articles": float(len(names)),
        "peak_mb": memory,
    }
    if not seen:
        return told
    return {
        "median_ms": 1000 * statistics.median(seen),
        "p95_ms": 1000 * float(np.percentile(seen, 95)),
        "max_ms": 1000 * max(seen),
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


def visible_editions(limit: Limit) -> dict[str, float]:
    """The same on a portal of a hundred editions."""
    return visible(limit, 100 * EDITIONS, EDITIONS)


def visible_articles(limit: Limit) -> dict[str, float]:
    """The same on a portal of a million articles in seven editions."""
    return visible(limit, ARTICLES, 7)


def _load(url: str, limit: Limit, articles: int, editions: int) -> list[tuple[str, str]]:
    """Give each article a view and a card; returns edition and id of each."""
    if editions == 1:
        return [("bench/en", str(number)) for number in range(articles)]
    langs = [a + b for a in "bcdfghjklm" for b in "abcdfghijmn"][:editions]
    names = [(f"bench/{langs[n % editions]}", f"a{n}") for n in range(articles)]
    loaded = 0
    with httpx.Client(base_url=url, timeout=60.0) as client:
        for start in limit.of(range(0, articles, LOADED), f"times {LOADED} articles were loaded"):
            part = names[start : start + LOADED]
            columns = {
                "visitor": [f"loader {start + k}" for k in range(len(part))],
                "article": [article for _, article in part],
                "edition": [edition for edition, _ in part],
            }
            client.post("/v1/events", json={"columns": columns}).raise_for_status()
            cards = [
                {"id": article, "edition": edition, "title": f"Title of {article}",
                 "section": f"s{k % 12}", "story": f"{article}"}
                for k, (edition, article) in enumerate(part)
            ]  # fmt: skip
            client.post("/v1/articles", json=cards).raise_for_status()
            loaded += len(part)
    return names[:loaded]


USUAL = [("bench/en", str(number)) for number in range(FLOWING)]


def flow_of_views(
    url: str, stop: threading.Event, sent: list[int], names: list[tuple[str, str]] = USUAL
) -> None:
    """Post `RATE` views a second of some articles until told to stop; counts what it sent."""
    rng = np.random.default_rng(1)
    with httpx.Client(base_url=url) as client:
        due = time.monotonic()
        while not stop.is_set():
            chosen = [names[n] for n in (rng.zipf(1.3, RATE // POSTS) % len(names)).tolist()]
            readers = rng.integers(0, 10_000, RATE // POSTS).tolist()
            events = [
                {"visitor": reader, "article": article, "edition": edition}
                for reader, (edition, article) in zip(readers, chosen, strict=True)
            ]
            client.post("/v1/events", json=events)
            sent[0] += len(events)
            due += 1.0 / POSTS
            time.sleep(max(due - time.monotonic(), 0.0))
