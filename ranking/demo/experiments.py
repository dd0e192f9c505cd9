"""Experiments of the demo, and the memberships of its readers.

The A/A test `meter` runs for a year over all readers and lists, with equal arms. If there is no
other experiment, a second one compares two half-lives. The readers do not look at the lists, so
neither has an effect.
"""

import time
from typing import Any

import httpx

from ranking.demo.readers import Memberships
from ranking.demo.wording import LANGUAGES, SITE
from ranking.experiments.memberships import fields_of

HALVES = [500, 500]
METER: dict[str, Any] = {
    "arms": [{"name": "a", "set": {}}, {"name": "b", "set": {}}],
    "layer": "meter",
    "metric": "clicks_per_visit",
    "weeks": 52,
}
CALM: dict[str, Any] = {
    "arms": [{"name": "now", "set": {}}, {"name": "calm", "set": {"half_life": 3600}}],
    "edition": f"{SITE}/ru",
    "surface": "popular",
    "metric": "clicks_per_visit",
    "weeks": 2,
}


def start_experiments(client: httpx.Client) -> list[str]:
    """Start the A/A test, and an experiment if there is none; returns the names of those started.

    Raises
    ------
    httpx.HTTPError
        If the server does not answer, or refuses.
    """
    answer = client.get("/v1/experiments").raise_for_status()
    names = {one["name"] for one in answer.json()["experiments"]}
    missing = {} if "meter" in names else {"meter": METER}
    if not names - {"meter"}:
        missing["calm"] = CALM
    for name, plan in missing.items():
        phase = {"at": time.time(), "traffic": 1000, "shares": HALVES}
        signed = {"author": "agency", "reason": "the demo"}
        body = {**plan, **signed, "phases": [phase]}
        client.put(f"/v1/experiments/{name}", json=body).raise_for_status()
        client.post(f"/v1/experiments/{name}/start", json=signed).raise_for_status()
    return list(missing)


def memberships_by_edition(client: httpx.Client) -> Memberships:
    """The fields `experiment` and `arm` of each bucket's events, by edition.

    Raises
    ------
    httpx.HTTPError
    """
    live = client.get("/v1/experiments/live").raise_for_status().json()["experiments"]
    editions = (f"{SITE}/{lang}" for lang in LANGUAGES)
    return {
        edition: fields_of([one for one in live if one["edition"] in ("", edition)])
        for edition in editions
    }
