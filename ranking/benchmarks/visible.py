"""How soon a posted view is seen in Popular, while 1,000 views a second flow.

Portals of three sizes: a small one, one of a hundred editions, and one of a million articles.
Hysteresis keeps the articles of a full board. Hence each probe is an article of an edition with
room in its list, so that its first view must put it there. Probes come at random moments, as
readers do; one sent right after a tick would always wait for a whole tick.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np

from ranking.benchmarks.background_views import FLOWING, UNANSWERED, BackgroundViews
from ranking.benchmarks.benchmark import Run, Task, repeated
from ranking.benchmarks.processes import Server, spawned
from ranking.benchmarks.time_limit import TimeLimit

PROBES = 100
EDITIONS, ARTICLES, LOADED = 100, 1_000_000, 5_000
LANGUAGES = ("ar", "de", "es", "fr", "kk", "ky", "ru", "tr", "uz", "zh")
PLACES = 20
"""Of the list that is asked for; an edition has half as many probes."""
PATIENCE = 2.0
"""Seconds after which a view passes for one that is not seen."""
BETWEEN, SELDOM = 0.4, 2.0
"""Seconds between two probes, at most; of a large portal, whose checkpoints take long."""
LOADING = 0.75
"""Share of the time in which the articles must be there."""


@repeated
def visible(task: Task) -> Run:
    """Post views of new articles to a small portal and ask until they are listed."""
    return _seen(task.limit)


@repeated
def visible_editions(task: Task) -> Run:
    """The same on a portal of a hundred editions."""
    return _seen(task.limit, 100 * EDITIONS, EDITIONS)


@repeated
def visible_articles(task: Task) -> Run:
    """The same on a portal of a million articles in seven editions."""
    return _seen(task.limit, ARTICLES, 7, SELDOM)


def _seen(
    limit: TimeLimit, articles: int = FLOWING, editions: int = 1, between: float = BETWEEN
) -> Run:
    """Load a portal and probe it.

    Parameters
    ----------
    limit : TimeLimit
    articles, editions : int
        Of the portal, besides those that are probed.
    between : float
        Seconds between two probes, at most.

    Returns
    -------
    Run
        Median, 95th percentile and longest time of the probes that were seen, ms. The number of
        probes and of those not seen, and the background views a second. The longest wait of a post
        of views, during which no view is logged and no list made. The server's memory in MB, at
        most and at the end.
    """
    with tempfile.TemporaryDirectory() as folder, spawned(Server(Path(folder))) as server:
        limit.restart()
        names = _load(server.url, limit, articles, editions)
        with BackgroundViews(server.url, names) as flow:
            time.sleep(min(1.0, limit.seconds / 4))
            probes = limit.of(_moments(limit, between), f"of {PROBES} probes were made")
            delays = [_probe(server.url, number) for number in probes]
        peak, resident = server.peak_megabytes(), server.resident_megabytes()
    seen = [delay for delay in delays if delay is not None]
    if len(seen) < len(delays):
        missing = len(delays) - len(seen)
        limit.missing.append(f"{missing} views were not seen within {PATIENCE:g} s")
    figures = {
        "views_per_s": flow.rate,
        "probes": float(len(delays)),
        "unseen": float(len(delays) - len(seen)),
        "articles": float(len(names)),
        "pause_ms": 1000 * flow.longest,
        "peak_mb": peak,
        "resident_mb": resident,
    }
    if not seen:
        return Run(figures)
    figures = {
        "median_ms": 1000 * statistics.median(seen),
        "p95_ms": 1000 * float(np.percentile(seen, 95)),
        "max_ms": 1000 * max(seen),
        **figures,
    }
    return Run(figures, tuple(1000 * delay for delay in seen))


def _moments(limit: TimeLimit, between: float) -> Iterator[int]:
    """Numbers of the probes, each when its time has come."""
    drawn = random.Random(2)
    for number in range(PROBES):
        limit.say(f"{number} of {PROBES} probes were made")
        time.sleep(drawn.uniform(0.0, min(between, limit.seconds / PROBES)))
        yield number


def _probe(url: str, number: int) -> float | None:
    """Seconds until a view's article is listed; None if it is not seen in time."""
    article, edition = f"probe-{number}", f"bench/{LANGUAGES[number % len(LANGUAGES)]}"
    event = {"visitor": f"prober-{number}", "article": article, "edition": edition}
    with httpx.Client(base_url=url) as client, suppress(httpx.TimeoutException):
        client.get("/healthz")
        began = time.monotonic()
        client.post("/v1/events", json=event).raise_for_status()
        while time.monotonic() - began < PATIENCE:
            answer = client.get(f"/v1/popular?edition={edition}&n={PLACES}")
            if any(item["id"] == article for item in answer.json()["items"]):
                return time.monotonic() - began
            time.sleep(0.002)
    return None


def _load(url: str, limit: TimeLimit, articles: int, editions: int) -> list[tuple[str, str]]:
    """Give each article a view and a card; returns edition and id of each."""
    if editions == 1:
        return [("bench/en", str(number)) for number in range(articles)]
    langs = [a + b for a in "bcdfghjklm" for b in "abcdfghijmn"][:editions]
    names = [(f"bench/{langs[n % editions]}", f"a{n}") for n in range(articles)]
    with httpx.Client(base_url=url, timeout=UNANSWERED) as client:
        for start in range(0, articles, LOADED):
            limit.say(f"loading {start:,} of {articles:,} articles")
            if start and not limit.left(LOADING):
                limit.miss(f"only {start:,} of {articles:,} articles were loaded")
                return names[:start]
            part = names[start : start + LOADED]
            client.post("/v1/events", json=_first_views(part, start)).raise_for_status()
            client.post("/v1/articles", json=_cards(part)).raise_for_status()
    return names


def _first_views(names: list[tuple[str, str]], first: int) -> dict[str, dict[str, list[str]]]:
    columns = {
        "visitor": [f"loader {first + k}" for k in range(len(names))],
        "article": [article for _, article in names],
        "edition": [edition for edition, _ in names],
    }
    return {"columns": columns}


def _cards(names: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {"id": article, "edition": edition, "title": f"Title of {article}",
         "section": f"s{k % 12}", "story": f"{article}"}
        for k, (edition, article) in enumerate(names)
    ]  # fmt: skip
