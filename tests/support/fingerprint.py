"""Fingerprint: digests of the state and of the lists after a log, to compare two commits.

    python -m tests.support.fingerprint VIEWS [--columns at=ts_ms,visitor=user]

It prints the digest of the state's bytes, of Popular and Trending under several profiles, of
Related of a thousand articles, of For you of some visits, and CPU seconds of the loop. For an older
commit, check it out into a worktree and run this file with `PYTHONPATH` set to that folder.
"""

import argparse
import hashlib
import importlib
import time
from pathlib import Path
from typing import Any

EDITION = "site/und"
PROFILES: tuple[dict[str, Any], ...] = (
    {},
    {"half_life": 3600.0},
    {"half_life": 7000.0},
    {"exponent": 1.2, "half_life": 3600.0},
    {"mix_share": 0.3, "mix_half_life": 86_400.0},
    {"window": 86_400},
    {"window": 604_800},
    {"diversity": 0.3},
    {"freshness": 1.0},
)


def first(*names: str) -> Any:
    """The first module of some names that there is: modules have moved since 0.2.0."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    message = f"none of {', '.join(names)} is there"
    raise ModuleNotFoundError(message)


def digest(*parts: bytes) -> str:
    """A short digest."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def main() -> None:
    """Print the digests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("views", type=Path)
    parser.add_argument("--columns", default="at=ts_ms,visitor=user")
    options = parser.parse_args()
    columns = dict(pair.split("=") for pair in options.columns.split(","))
    packed = first("ranking.backtest.packed_log", "ranking.replay.packed").packed_views
    profile_from = first("ranking.profiles.profile", "ranking.lists.profile").profile_from
    render = first("ranking.lists.boards").render
    ranker = first("ranking.ranker").Ranker()
    lists = getattr(ranker, "lists", ranker)
    batches, spent, views = list(packed(options.views, columns, EDITION)), 0.0, 0
    ranker.apply(batches[0], 0)  # compiles
    for position, batch in enumerate(batches[1:], 1):
        begin = time.process_time()
        ranker.apply(batch, position)
        spent, views = spent + time.process_time() - begin, views + len(batch)
    ranker.tick()
    print(f"state     {digest(ranker.state())}")
    for settings in PROFILES:
        profile = profile_from({"name": "x", **settings})
        found = [
            render(lists.board(EDITION, surface, profile, 100, ""), 100)
            for surface in ("popular", "trending")
        ]
        print(f"boards    {digest(*found)}  {settings}")
    ids = ranker.sites["site"].ids[:: max(len(ranker.sites["site"].ids) // 1000, 1)]
    for settings in ({}, {"diversity": 0.3}):
        profile = profile_from({"name": "x", **settings})
        related = [render(lists.next(EDITION, "related", [id_], 20, profile), 20) for id_ in ids]
        print(f"related   {digest(*related)}  {settings}")
        visits = [ids[k : k + 5] for k in range(0, len(ids) - 5, 5)]
        for_you = [
            render(lists.next(EDITION, "foryou", visit, 20, profile), 20) for visit in visits
        ]
        print(f"foryou    {digest(*for_you)}  {settings}")
    print(f"loop      {spent / views * 1e6:.2f} us a view of CPU time, {views} views")


if __name__ == "__main__":
    main()
