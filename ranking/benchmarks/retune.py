"""How soon a draft's board is there, with a million live articles in one edition."""

import statistics
import time
from collections.abc import Iterator
from random import Random

from ranking.engine.packing import Hasher, pack
from ranking.engine.rows import Rows
from ranking.lists.profile import Profile, profile_from
from ranking.ranker import Ranker

ARTICLES, BATCH, DRAFTS = 1_000_000, 20_000, 40
EDITION = "bench/zz"
BEGIN_MS = 1_700_000_000_000


def retune() -> dict[str, float]:
    """Make drafts of half-lives, power laws and windows, none asked for before.

    Returns
    -------
    dict
        Engine time of a board in milliseconds: median and longest of half-lives on and between
        rungs, of power laws, of hard windows; and articles.
    """
    ranker = crowded(ARTICLES)
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
    measures = {"articles": float(ARTICLES)}
    for name, changes in drafts.items():
        taken = [1000 * _timed(ranker, profile_from(change)) for change in changes]
        measures |= {f"{name}_median_ms": statistics.median(taken), f"{name}_max_ms": max(taken)}
    return measures


def crowded(articles: int) -> Ranker:
    """A ranker whose edition has so many articles, each with views in the last days."""
    ranker, hashes, first = Ranker(), Hasher(b"bench"), 0
    for position, rows in enumerate(_views(articles)):
        batch = pack("bench", "bench", first, rows.at_ms[-1], rows, hashes)
        ranker.apply(batch, position)
        first += len(rows)
    ranker.tick()
    return ranker


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
    board = ranker.board(EDITION, "popular", profile, 20, "")
    took = time.perf_counter() - began
    assert len(board.items) == 20
    return took
