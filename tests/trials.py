"""Readers of an experiment, whose arms and acts are known: events to send, and their sums."""

import time
from collections import Counter
from typing import Any

import httpx
import numpy as np

from ranking.engine.batch import BUCKETS
from ranking.experiments.assignment import OUTSIDE, arms_of
from ranking.experiments.plans import Experiment

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
