"""Recorded data, opened: what was said of it then, and what differs now.

`CORRECTED` holds what later versions answer otherwise: by version, patterns of the answers' paths,
each with the CHANGELOG's line that names the rule as corrected.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import orjson

from tests.support.answers import Drafts, articles, decided, differences, drafts_of, lists, past
from tests.support.scenario import Event
from tests.support.versions import Version

EVICTIONS = "An eviction takes articles that one reader alone saw first"
NO_PART = "An article that may not be listed has no part in what other lists are made of"
CORRECTED: Mapping[str, Mapping[str, str]] = {
    "0.1.0": {
        "^/small/past/.* replayed/": EVICTIONS,
        "^/[a-z]+/lists/plain inform/kk/(popular|sport)/": NO_PART,
        "^/[a-z]+/past/inform/kk .* replayed/": NO_PART,
        "^/[a-z]+/lists/other inform/ru/related ru2/11/": NO_PART,
    }
}
Expected = dict[str, Any]


def expected_of(version: Version, name: str) -> Expected:
    """What a version's own code said of one of its fixtures."""
    expected: Expected = orjson.loads((version.fixtures / "expected.json").read_bytes())[name]
    return expected


def client_of(url: str, expected: Expected) -> httpx.Client:
    """A client with the key of the recorded data."""
    headers = {"authorization": f"Bearer {expected['key']}"}
    return httpx.Client(base_url=url, headers=headers, timeout=30.0)


def answers(client: httpx.Client, expected: Expected, drafts: Drafts) -> Expected:
    """What is said of the data now."""
    return {
        "counts": articles(client, expected["pages"]),
        "lists": lists(client, drafts, expected["pages"]),
        "past": past(client, drafts, expected["moments"]),
        "decided": decided(client),
    }


def changed(version: Version, name: str, client: httpx.Client) -> list[str]:
    """What differs from what was recorded, but for corrected rules, one line each."""
    expected = expected_of(version, name)
    got = answers(client, expected, drafts_of(client, expected["profiles"]))
    return uncorrected(version, name, expected, got)


def uncorrected(version: Version, name: str, wanted: Expected, got: Expected) -> list[str]:
    """Differences that no corrected rule makes, one line each."""
    asked = {key: wanted[key] for key in got}
    for part in ("lists", "past"):  # not every profile and edition is asked for each time
        asked[part] = {line: wanted[part][line] for line in got[part]}
    found = differences(asked, got, f"/{name}")
    patterns = CORRECTED.get(version.name, {})
    return [line for line in found if not any(re.search(its, line) for its in patterns)]


def with_views(counts: Expected, more: Iterable[Event]) -> Expected:
    """Counts after views all of which count."""
    added: Expected = orjson.loads(orjson.dumps(counts))
    for event in more:
        its = added[event["edition"]][event["article"]]
        its["views"] += 1
        its["accepted"] += 1
    return added


def only_counts(counts: Expected) -> dict[tuple[str, str], tuple[int, int]]:
    """Views and accepted views of each article that is known."""
    return {
        (edition, article): (its["views"], its["accepted"])
        for edition, part in counts.items()
        for article, its in part.items()
        if its
    }
