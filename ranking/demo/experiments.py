"""Experiments of the demo, and the readers who take part in each.

The A/A `meter` runs for a year over all readers and lists, with arms that differ in nothing; what
it finds is what the meter finds where there is nothing. Beside it one experiment shows how they
look, unless there are others. The readers do not look at the lists themselves, so it finds nothing
either.
"""

import time
from typing import Any

import httpx

from ranking.demo.readers import Told
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


def begun(client: httpx.Client) -> list[str]:
    """Start the meter, and an experiment if there is none; returns those that were started.

    Raises
    ------
    httpx.HTTPError
        If the server does not answer, or refuses.
    """
    answer = client.get("/v1/experiments").raise_for_status()
    names = {its["name"] for its in answer.json()["experiments"]}
    wanted = {} if "meter" in names else {"meter": METER}
    if not names - {"meter"}:
        wanted["calm"] = CALM
    for name, plan in wanted.items():
        phase = {"at": time.time(), "traffic": 1000, "shares": HALVES}
        said = {"author": "agency", "reason": "the demo"}
        body = {**plan, **said, "phases": [phase]}
        client.put(f"/v1/experiments/{name}", json=body).raise_for_status()
        client.post(f"/v1/experiments/{name}/start", json=said).raise_for_status()
    return list(wanted)


def told_by_edition(client: httpx.Client) -> Told:
    """Which experiments the events of each bucket belong to, by edition.

    Raises
    ------
    httpx.HTTPError
    """
    told = client.get("/v1/experiments/live").raise_for_status().json()["experiments"]
    editions = (f"{SITE}/{lang}" for lang in LANGUAGES)
    return {
        edition: fields_of([its for its in told if its["edition"] in ("", edition)])
        for edition in editions
    }
