"""Answers: what a server says of its data, asked by HTTP, and held against what one said once.

Lists are asked for under profiles that are written out in full, so that no default tells. What was
recorded must be there; what a later version says besides is not looked at. Numbers that are whole
are equal, scores within a billionth.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from tests.support.scenario import EDITIONS

N = 20
EXACT = 1e-9
Pages = Sequence[tuple[str, str]]
Answers = dict[str, Any]
Asked = dict[str, str | int]
Drafts = Mapping[str, Mapping[str, str]]
Profiles = Mapping[str, Mapping[str, Any]]
ARTICLE = (
    "views", "accepted", "hourly", "daily", "title", "url", "section", "tags", "published_at",
    "image", "author", "story",
)  # fmt: skip


def profiles_of(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """Two profiles in full: the default one without memory of boards, and a very different one."""
    parameters = client.get("/v1/profiles").raise_for_status().json()["parameters"]
    default = {
        its["name"]: int(its["default"]) if its["kind"] == "integer" else its["default"]
        for its in parameters
    }
    plain = default | {"steadiness": 0.0, "cooldown": 0.0}
    other = {
        "half_life": 86_400.0, "popular_evidence": 0.0, "landing_weight": 1.0, "freshness": 0.5,
        "sibling_evidence": 0.0, "section_cap": 3, "trending_fast": 1800.0, "related_evidence": 0.0,
        "related_half_life": 14_400.0, "tag_share": 0.5, "diversity": 0.4, "visit_decay": 0.8,
    }  # fmt: skip
    return {"plain": plain, "other": plain | other}


def articles(client: httpx.Client, pages: Pages) -> Answers:
    """Counts and cards by edition and id; null for an article that is not known."""
    found: Answers = {}
    for edition, article in pages:
        answer = client.get(f"/v1/articles/{edition}/{article}")
        told = answer.raise_for_status().json() if answer.status_code != 404 else None
        its = told and {name: told[name] for name in ARTICLE if name in told}
        found.setdefault(edition, {})[article] = its
    return found


def viewed(counts: Answers) -> list[tuple[str, str]]:
    """Edition and id of the articles that have views."""
    return [
        (edition, article)
        for edition, part in counts.items()
        for article, its in part.items()
        if its and its["accepted"]
    ]


def drafts_of(client: httpx.Client, profiles: Profiles) -> Drafts:
    """Make a draft of each whole profile for each edition; their ids by profile and edition."""
    return {
        name: {edition: _draft(client, edition, profile) for edition in EDITIONS}
        for name, profile in profiles.items()
    }


def lists(client: httpx.Client, drafts: Drafts, pages: Pages) -> Answers:
    """Ids and scores of every kind of list, by profile and edition, and by line."""
    return {
        f"{name} {edition}": dict(_lists_of(client, edition, draft, pages))
        for name, of_editions in drafts.items()
        for edition, draft in of_editions.items()
    }


def past(client: httpx.Client, drafts: Drafts, moments: Sequence[float]) -> Answers:
    """Boards that were shown at some moments, and those that would have been."""
    found: Answers = {}
    for at in moments:
        for edition, draft in drafts["plain"].items():
            asked: Asked = {"edition": edition, "as_of": f"{at:.3f}", "n": N}
            found[f"{edition} {at:.0f} shown"] = _items(client.get("/v1/popular", params=asked))
            asked["profile"] = draft
            found[f"{edition} {at:.0f} replayed"] = _items(client.get("/v1/popular", params=asked))
    return found


def _draft(client: httpx.Client, edition: str, profile: Mapping[str, Any]) -> str:
    asked = {"edition": edition, "set": profile, "ttl": 3600}
    return str(client.post("/v1/profiles/drafts", json=asked).raise_for_status().json()["id"])


def decided(client: httpx.Client) -> Answers:
    """The settings log, what holds of it, and the sums of the experiment."""
    records = client.get("/v1/audit?limit=20").raise_for_status().json()["records"]
    kept = ("kind", "name", "version", "parent", "author", "at", "reason")
    keys = client.get("/v1/keys").raise_for_status().json()["keys"]
    overrides = client.get("/v1/overrides").raise_for_status().json()["overrides"]
    return {
        "audit": [{name: record[name] for name in kept} for record in records],
        "active": {act["id"]: act["active"] for act in overrides},
        "hooks": client.get("/v1/hooks").raise_for_status().json()["hooks"],
        "versions": client.get("/v1/profiles/history?surface=popular").json()["versions"],
        "keys": [{"id": key["id"], "label": key["label"]} for key in keys],
        "sums": client.get("/v1/experiments/calm/sums.csv").raise_for_status().text.splitlines(),
    }


def differences(wanted: Any, got: Any, path: str = "") -> Iterator[str]:
    """Lines that say where an answer differs from the one that was recorded."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name, value in wanted.items():
            yield from differences(value, got.get(name), f"{path}/{name}")
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for place, (value, its) in enumerate(zip(wanted, got, strict=True)):
            yield from differences(value, its, f"{path}/{place}")
    elif isinstance(wanted, float) and isinstance(got, float):
        if not math.isclose(wanted, got, rel_tol=EXACT, abs_tol=0.0):
            yield f"{path}: {wanted} was recorded, got {got}"
    elif wanted != got:
        yield f"{path}: {wanted} was recorded, got {got}"


def _lists_of(
    client: httpx.Client, edition: str, draft: str, pages: Pages
) -> Iterator[tuple[str, Any]]:
    asked: Asked = {"edition": edition, "profile": draft, "n": N}
    for surface in ("popular", "trending"):
        yield surface, _items(client.get(f"/v1/{surface}", params=asked))
    yield "sport", _items(client.get("/v1/popular", params={**asked, "section": "sport"}))
    mine = [article for its, article in pages if its == edition]
    chosen = [mine[0], mine[2], mine[-1], "unknown"]
    for article in chosen:
        yield f"related {article}", _items(client.get(f"/v1/related/{article}", params=asked))
    visit = {"edition": edition, "recent": mine[2:5], "n": N}
    answer = client.post("/v1/foryou", params={"profile": draft}, json=visit)
    yield "foryou", _items(answer)


def _items(answer: httpx.Response) -> list[list[Any]]:
    items = answer.raise_for_status().json()["items"]
    return [[item["id"], float(item["score"])] for item in items]
