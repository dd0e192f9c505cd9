"""Readers of an experiment, whose arms and acts are known: events to send, and their sums."""

import time
from collections import Counter
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np

from ranking.embedded.log import SqliteLog
from ranking.engine.batch import BUCKETS
from ranking.experiments.assignment import OUTSIDE, arms_of
from ranking.experiments.bucket_sums import add, no_tallies
from ranking.experiments.interim_looks import look_at
from ranking.experiments.plans import DAY, Experiment, experiment_of
from ranking.settings_log.book import Book
from ranking.settings_log.decisions import packed, record_of

SLOTS = 5
Truth = Counter[tuple[str, str]]
"""Sums by arm and column."""


def begun(client: httpx.Client, name: str, **changes: Any) -> dict[str, Any]:
    """Write and start an experiment of two arms on an edition's Popular."""
    body = {
        "arms": [{"name": "now", "set": {}}, {"name": "slow", "set": {"half_life": 3600}}],
        "phases": [{"at": 0.0, "traffic": 1000, "shares": [500, 500]}],
        "edition": "paper/en", "surface": "popular", **changes,
    }  # fmt: skip
    client.put(f"/v1/experiments/{name}", json=body).raise_for_status()
    at = {"at": time.time() - 59}  # so that the first look is due within seconds
    made: dict[str, Any] = (
        client.post(f"/v1/experiments/{name}/start", json=at).raise_for_status().json()
    )
    return made


def plan_of(made: dict[str, Any]) -> Experiment:
    """The plan in an answer."""
    return experiment_of({name: made[name] for name in Experiment.__struct_fields__})


def read_two(client: httpx.Client, edition: str) -> None:
    """Nine readers land on the first of two articles; five go on to the second."""
    events = [
        {"visitor": f"v{reader}", "article": article, "edition": edition}
        for reader in range(9)
        for article in (("first", "second") if reader < 5 else ("first",))
    ]
    client.post("/v1/events", json=events).raise_for_status()


def take_away(client: httpx.Client) -> None:
    """Stop all experiments and remove them."""
    for its in client.get("/v1/experiments").json()["experiments"]:
        line = f"/v1/experiments/{its['name']}"
        client.post(f"{line}/stop", json={})
        assert client.delete(line).status_code == 204


def events(
    label: str, its: Experiment, count: int, clicking: tuple[float, ...], seed: int = 1
) -> tuple[list[dict[str, Any]], Truth]:
    """Visits of readers who see five items, and follow one with the chance of their arm.

    Parameters
    ----------
    label : str
    its : Experiment
    count : int
        Readers.
    clicking : tuple of float
        Chance of a click, by arm.
    seed : int
    """
    drawn, found, truth = np.random.default_rng(seed), [], Truth()
    phase = its.phases[-1]
    arm_of = arms_of(its.layer, its.salt, phase.shares, phase.traffic, its.offset)
    edition = its.edition or "paper/en"
    for reader, bucket in enumerate(drawn.integers(0, BUCKETS, count).tolist()):
        arm = arm_of[bucket]
        if arm == OUTSIDE:
            continue
        name = its.names[arm]
        both = {
            "visitor": f"{label} {seed} {reader}", "edition": edition, "experiment": label,
            "arm": name, "bucket": bucket,
        }  # fmt: skip
        found.append(both | {"article": "front"})
        listed = both | {"surface": its.surface or "popular"}
        found += [
            listed | {"kind": "impression", "article": f"a{k}", "slot": k + 1} for k in range(SLOTS)
        ]
        truth[name, "visits"] += 1
        truth[name, "impressions"] += SLOTS
        if drawn.random() < clicking[arm]:
            place = min(int(drawn.geometric(0.4)), SLOTS) - 1
            click = listed | {"kind": "click", "article": f"a{place}", "slot": place + 1}
            found += [click, both | {"article": f"a{place}", "surface": listed["surface"]}]
            truth[name, "clicks"] += 1
    return found, truth


def send(client: httpx.Client, given: list[dict[str, Any]]) -> None:
    """Post events; all must be taken."""
    for start in range(0, len(given), 20_000):
        part = given[start : start + 20_000]
        told = client.post("/v1/events", json=part).raise_for_status().json()
        assert told["accepted"] == len(part), told


def lived(
    folder: Path, name: str, body: dict[str, Any], clicking: tuple[float, ...], *,
    days: float = 6.0, count: int = 6000, looks: int = 40, seed: int = 1,
) -> list[dict[str, Any]]:  # fmt: skip
    """Let a data folder hold an experiment that began days ago, with its looks.

    Parameters
    ----------
    folder : Path
        Of a server that does not run.
    name : str
    body : dict
        Its plan, with one phase.
    clicking : tuple of float
        Chance of a click, by arm.
    days : float
    count : int
        Readers.
    looks : int
    seed : int

    Returns
    -------
    list of dict
        Events of all its readers, to be sent.
    """
    start = time.time() - days * DAY
    begins = {"phases": [{**body["phases"][0], "at": start}], "salt": name}
    its = experiment_of(body | begins | {"status": "running"})
    found, _ = events(name, its, count, clicking, seed)
    records = [("experiment", name, start, msgspec.to_builtins(its))]
    tallies, ends = no_tallies(1, len(its.arms)), np.linspace(0, len(found), looks + 1).astype(int)
    for number, (first, last) in enumerate(pairwise(ends.tolist()), 1):
        for event in found[first:last]:
            where = 0, its.names.index(event["arm"]), event["bucket"]
            if event.get("kind") == "click":
                add(tallies, *where, "all_clicks")
            elif event["article"] == "front":
                add(tallies, *where, "visits")
        at = start + number * days * DAY / looks
        records.append(("look", name, at, msgspec.to_builtins(look_at(its, tallies, at))))
    book = Book()
    with SqliteLog(folder) as log:
        for kept in log.settings():
            book.take(record_of(kept))
        for kind, its_name, at, told in records:
            clock = partial(float, at)
            record = book.following(kind, its_name, told, "", "", clock=clock)
            assert book.take(record)
            log.append_setting(packed(record))
    return found
