"""Retuning: the time to a draft's board with a million live articles in one edition, and from a
publication to the first answer under it while views arrive."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx

from ranking.benchmarks.background_views import FLOWING, BackgroundViews
from ranking.benchmarks.benchmark import Run, Task, repeated
from ranking.benchmarks.processes import Server, await_until, spawned
from ranking.benchmarks.time_limit import TimeLimit
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event_columns import Rows
from ranking.profiles.profile import Profile, profile_from
from ranking.ranker import Ranker

ARTICLES, BATCH, DRAFTS = 1_000_000, 20_000, 40
PUBLISHED = 40
EDITION = "bench/zz"
BEGIN_MS = 1_700_000_000_000


@repeated
def retune(task: Task) -> Run:
    """Make drafts of half-lives, power laws and windows, none asked for before.

    Returns
    -------
    Run
        Engine time of a board, ms, median and longest: of half-lives on and between rungs, of power
        laws, of hard windows, and of parameters that change three half-lives. The time from a
        publication's request to the first answer under it. Articles, and views lost (0).
    """
    limit, values = task.limit, tuple[float, ...]()
    ranker, articles = crowded(ARTICLES, limit)
    drawn = Random(1)
    drafts: dict[str, list[dict[str, float]]] = {
        "half_life": [{"half_life": drawn.uniform(300, 600_000)} for _ in range(DRAFTS)],
        "power_law": [
            {"exponent": drawn.uniform(0.5, 2), "half_life": 3600} for _ in range(DRAFTS // 4)
        ],
        "window": [{"window": 3600 * hours} for hours in range(1, DRAFTS // 4)],
        "evidence": [
            {"popular_evidence": drawn.uniform(1, 1000), "landing_weight": drawn.uniform(0, 1)}
            for _ in range(DRAFTS // 4)
        ],
    }
    measures = {"articles": float(articles)}
    for number, (name, changes) in enumerate(drafts.items(), 1):
        some = limit.of(changes, f"drafts of {name} were made", 0.5 + 0.1 * number)
        taken = [1000 * _timed(ranker, profile_from(change)) for change in some]
        measures |= {f"{name}_median_ms": statistics.median(taken), f"{name}_max_ms": max(taken)}
        values = values or tuple(taken)  # half-lives are the headline
    return Run(measures | _publishing(limit), values)


def crowded(articles: int, limit: TimeLimit) -> tuple[Ranker, int]:
    """A ranker whose edition has so many articles, each with views in the last days.

    They are fewer if half of the time is over; their number is told.
    """
    ranker, hashes, first, made = Ranker(), Hasher(b"bench"), 0, 0
    parts = limit.of(_views(articles), f"times {BATCH} articles were made", 0.5)
    for position, rows in enumerate(parts):
        batch = pack("bench", "bench", first, rows.at_ms[-1], rows, hashes)
        ranker.apply(batch, position)
        first, made = first + len(rows), min(made + BATCH, articles)
    ranker.tick()
    return ranker, made


def _views(articles: int) -> Iterator[Rows]:
    drawn = Random(2)
    for start in range(0, articles, BATCH):
        stop = min(start + BATCH, articles)
        at = [BEGIN_MS + 250 * number for number in range(start, stop)]
        names = [f"a{number}" for number in range(start, stop)]
        popular = [f"a{int(drawn.paretovariate(0.9)) % stop}" for _ in range(len(names) // 4)]
        columns = {
            "article": names + popular,
            "visitor": [f"v{drawn.randrange(1 << 40)}" for _ in range(len(names) + len(popular))],
            "edition": [EDITION] * (len(names) + len(popular)),
        }
        yield Rows(at + [at[-1]] * len(popular), columns)


def _timed(ranker: Ranker, profile: Profile) -> float:
    began = time.perf_counter()
    board = ranker.lists.board(EDITION, "popular", profile, 20, "")
    took = time.perf_counter() - began
    assert len(board.items) == 20
    return took


def _publishing(limit: TimeLimit) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory() as folder,
        spawned(Server(Path(folder))) as server,
        httpx.Client(base_url=server.url, timeout=30.0) as client,
    ):
        client.post("/v1/events", json=_two_articles()).raise_for_status()
        with BackgroundViews(server.url) as flow:
            some = limit.of(range(PUBLISHED), f"of {PUBLISHED} publications were made")
            taken = [_published(client, version) for version in some]
        time.sleep(1.0)
        lost = flow.sent - sum(_accepted(client, number) for number in range(FLOWING))
    return {
        "published_median_ms": 1000 * statistics.median(taken),
        "published_max_ms": 1000 * max(taken),
        "views_lost": float(lost),
    }


def _two_articles() -> list[dict[str, str]]:
    """Visits that begin at `first` and go on to `second`, which fewer reach."""
    return [
        {"visitor": f"v{reader}", "article": article, "edition": EDITION}
        for reader in range(9)
        for article in (("first", "second") if reader < 5 else ("first",))
    ]


def _published(client: httpx.Client, version: int) -> float:
    """Let first pages count alone, or later ones alone, until the list says so; seconds."""
    is_first = version % 2 == 0
    changes = {"landing_weight": float(is_first), "onward_weight": float(not is_first)}
    body = {"edition": EDITION, "surface": "popular", "set": changes, "parent": version}
    began = time.perf_counter()
    client.put("/v1/profiles", json=body).raise_for_status()
    wanted = "first" if is_first else "second"
    await_until(lambda: _leader(client) == wanted, "a publication is answered under", 10.0, 0.002)
    return time.perf_counter() - began


def _leader(client: httpx.Client) -> str:
    answer = client.get("/v1/popular", params={"edition": EDITION, "n": 1})
    return str(answer.json()["items"][0]["id"])


def _accepted(client: httpx.Client, number: int) -> int:
    answer = client.get(f"/v1/articles/bench/en/{number}")
    return int(answer.json()["accepted"]) if answer.is_success else 0
