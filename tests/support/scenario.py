"""The portal whose days the fixtures hold: its cards, events and decisions, always the same ones.

Two sites, three editions, an experiment; readers who repeat themselves, sessions, robots, reads,
impressions and clicks. What is late is late by seconds, so that no rule about lateness tells.
Everything goes by HTTP, so that it serves a server of any version.
"""

import random
import time
from collections.abc import Iterator
from typing import Any

import httpx
import orjson

from ranking.experiments.assignment import arms_of

HOUR = 3600.0
BEGIN = 1_741_590_000.0
"""2025-03-10 07:00 UTC."""
EDITIONS = {"inform/ru": 60, "inform/kk": 40, "paper/en": 40}
READ_BY = ("inform/ru", "inform/ru", "inform/kk", "paper/en")
"""Edition of every fourth reader."""
READERS = 80
SECTIONS = ("politics", "sport", "world", "economy")
TAGS = ("Astana", "oil", "elections", "football", "weather", "Almaty", "rail")
ARMS = ("now", "calm")
ROBOT = "Googlebot/2.1 (+http://www.google.com/bot.html)"
PATIENCE = 60.0
BLOCKED, PINNED, REMOVED = "ru7", "ru3", "ru9"
Event = dict[str, Any]


def pages() -> list[tuple[str, str]]:
    """Edition and id of every article."""
    return [(edition, name) for edition in EDITIONS for name in names(edition)]


def names(edition: str) -> list[str]:
    """Ids of an edition's articles."""
    return [f"{edition.rpartition('/')[2]}{number}" for number in range(EDITIONS[edition])]


def cards() -> list[dict[str, Any]]:
    """Cards of nine tenths of the articles, published before the first event."""
    drawn, found = random.Random("cards"), []
    for edition in EDITIONS:
        for number, name in enumerate(names(edition)):
            if drawn.random() < 0.1:
                continue
            site, _, lang = edition.partition("/")
            found.append(
                {
                    "id": name,
                    "edition": edition,
                    "title": f"{' '.join(drawn.sample(TAGS, 2))} {lang} report {number}",
                    "section": drawn.choice(SECTIONS),
                    "tags": drawn.sample(TAGS, drawn.randrange(4)),
                    "published_at": BEGIN - 4 * HOUR - number * 900.0,
                    "url": f"https://{site}.example/{lang}/{name}",
                    "author": drawn.choice(("", "Aigerim", "Berik")),
                    "image": f"https://{site}.example/{name}.jpg",
                    "story": f"s{number}" if site == "inform" and number < 30 else "",
                }
            )
    return found


def events(seed: str, begin: float, end: float, count: int) -> list[Event]:
    """Events of readers between two moments, in their order."""
    drawn, found = random.Random(seed), list[Event]()
    for number in range(count):
        at = round(begin + (end - begin) * number / count, 3)
        found.append(_event(drawn, at, f"{seed}-{number}"))
        if drawn.random() < 0.05:
            found.append({**found[-1], "at": round(at + 1.0, 3), "id": f"{seed}-{number}-again"})
    return found


def strangers(seed: str, begin: float, known: list[tuple[str, str]], count: int) -> list[Event]:
    """Views of readers whom nobody has seen, each of one of the articles: all of them count."""
    drawn = random.Random(seed)
    return [
        {
            "at": round(begin + number * 0.01, 3),
            "visitor": f"{seed} {number}",
            "article": article,
            "edition": edition,
        }
        for number in range(count)
        for edition, article in [drawn.choice(known)]
    ]


def flood(begin: float, end: float, first: int, count: int) -> list[Event]:
    """Views of articles that nobody has read before, among those of the others."""
    drawn, span = random.Random(f"flood {first}"), end - begin
    new = [
        {
            "at": round(begin + span * number / count, 3),
            "visitor": f"v{drawn.randrange(READERS)}",
            "article": f"archive{first + number}",
            "edition": drawn.choice(("inform/ru", "inform/kk")),
        }
        for number in range(count)
    ]
    others = events(f"among {first}", begin, end, count // 3)
    return sorted([*new, *others], key=lambda event: float(event["at"]))


def post_events(client: httpx.Client, given: list[Event]) -> None:
    """Post events; all must be taken."""
    for start in range(0, len(given), 100):
        part = given[start : start + 100]
        told = client.post("/v1/events", content=orjson.dumps(part)).raise_for_status().json()
        assert told["accepted"] == len(part), told


def post_cards(client: httpx.Client) -> None:
    """Put all cards, and take one article down."""
    given = cards()
    told = client.post("/v1/articles", json=given).raise_for_status().json()
    assert told["accepted"] == len(given), told
    client.delete(f"/v1/articles/inform/ru/{REMOVED}").raise_for_status()


def first_key(client: httpx.Client) -> str:
    """Make the key that makes others; the client has it from now on."""
    asked = {"role": "administer", "label": "chief", "author": "chief"}
    key = str(client.post("/v1/keys", json=asked).raise_for_status().json()["key"])
    client.headers["authorization"] = f"Bearer {key}"
    return key


def decide(client: httpx.Client, now: float) -> None:
    """Let operators and editors decide a little of everything, at a moment of the wall clock."""
    for role in ("write", "read", "operate"):
        _post(client, "/v1/keys", {"role": role, "label": f"{role} it", "author": "chief"})
    for wanted in _publications():
        client.put("/v1/profiles", json={"author": "op", **wanted}).raise_for_status()
    back = {"surface": "popular", "version": 1, "parent": 2, "reason": "better before"}
    _post(client, "/v1/profiles/rollback", back)
    for act in _acts(now):
        _post(client, "/v1/overrides", {"author": "desk", "reason": "as asked", **act})
    ended = {"action": "block", "edition": "paper/en", "articles": ["en1"], "reason": "a mistake"}
    name = _post(client, "/v1/overrides", ended)["id"]
    client.delete(f"/v1/overrides/{name}").raise_for_status()
    hook = {"url": "http://127.0.0.1:9/hook", "of": ["robots"], "robots_a_minute": 1_000_000}
    _post(client, "/v1/hooks", hook)
    plan = {
        "arms": [{"name": "now", "set": {}}, {"name": "calm", "set": {"half_life": 7200}}],
        "phases": [{"at": now, "traffic": 1000, "shares": [500, 500]}],
        "edition": "inform/ru",
        "surface": "popular",
    }
    client.put("/v1/experiments/calm", json=plan).raise_for_status()
    _post(client, "/v1/experiments/calm/start", {})


def _post(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    until = time.monotonic() + PATIENCE
    while answer.status_code == 503 and time.monotonic() < until:  # a worker begins
        time.sleep(1.0)
        answer = client.post(path, json=body)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


def _publications() -> Iterator[dict[str, Any]]:
    calm = {"half_life": 1800, "landing_weight": 0.5}
    yield {"surface": "popular", "set": calm, "parent": 0, "reason": "calmer"}
    yield {"surface": "popular", "set": {"half_life": 3600}, "parent": 1, "reason": "calmer yet"}
    yield {"surface": "trending", "set": {"trending_floor": 5}, "parent": 0, "reason": "small"}
    yield {"edition": "paper/en", "set": {"section_cap": 3}, "parent": 0, "reason": "mixed"}


def _acts(now: float) -> Iterator[dict[str, Any]]:
    """Overrides: without an end, until a moment, and over when the data are opened."""
    ru, kk, en = EDITIONS
    yield {"action": "block", "edition": ru, "articles": [BLOCKED]}
    yield {
        "action": "pin", "edition": ru, "surface": "popular", "articles": [PINNED], "slot": 2,
        "end": now + 120 * HOUR,
    }  # fmt: skip
    yield {"action": "bury", "edition": kk, "sections": ["sport"]}
    yield {"action": "boost", "edition": en, "tags": ["oil"], "factor": 3, "end": now + 48 * HOUR}
    listed = {"edition": en, "surface": "trending", "articles": ["en9", "en8"]}
    yield {"action": "list", **listed, "end": now + HOUR}


def _event(drawn: random.Random, at: float, name: str) -> Event:
    reader = drawn.randrange(READERS)
    edition = READ_BY[reader % len(READ_BY)]
    known = names(edition)
    event: Event = {
        "at": at,
        "visitor": f"v{reader}",
        "article": known[min(int(drawn.paretovariate(0.7)), len(known)) - 1],
        "edition": edition,
    }
    if drawn.random() < 0.5:
        event["id"] = name
    if drawn.random() < 0.3:
        event["session"] = f"s{reader} {int(at // 1800)}"
    if drawn.random() < 0.04:
        event["agent"] = ROBOT
    kind = drawn.choices(("view", "read", "impression", "click"), (80, 7, 8, 5))[0]
    if kind != "view":
        event["kind"] = kind
    if kind in ("impression", "click"):
        slot, shown = drawn.randrange(1, 6), f"list {int(at // 60)}"
        event |= {"surface": "popular", "slot": slot, "list_id": shown}
    elif drawn.random() < 0.15:
        event |= {"surface": "related", "list_id": f"list {int(at // 60)}"}
    if edition == "inform/ru":
        bucket = reader * 37 % 1000
        arm = int(arms_of("lists", "calm", [500, 500])[bucket])
        event |= {"experiment": "calm", "arm": ARMS[arm], "bucket": bucket}
    return event
