"""Recorded data, opened: what was said of it then, and what differs now.

A version's `corrected.json` holds the whole lists that this version makes otherwise, each with the
CHANGELOG's words for the corrected rules. Such a list must be the one that is written there: no
answer goes unchecked.
"""

from collections.abc import Iterable
from typing import Any

import httpx
import msgspec
import orjson

from tests.support.answers import Drafts, articles, decided, differences, drafts_of, lists, past
from tests.support.scenario import Event
from tests.support.versions import Version

Expected = dict[str, Any]


class Corrected(msgspec.Struct, frozen=True):
    """A list that is made otherwise since a rule was corrected.

    Attributes
    ----------
    answer : tuple of str
        Where it stands in `expected.json`: fixture, `lists` or `past`, profile and edition or
        edition and moment, and the kind of list, if there is one.
    rules : tuple of str
        Words of the CHANGELOG.
    now : list
        Ids and scores.
    """

    answer: tuple[str, ...]
    rules: tuple[str, ...]
    now: list[tuple[str, float]]


def corrections(version: Version) -> list[Corrected]:
    """Lists of a version's data that are corrected."""
    file = version.fixtures / "corrected.json"
    if not file.exists():
        return []
    return msgspec.json.decode(file.read_bytes(), type=list[Corrected])


def recorded_of(version: Version, name: str) -> Expected:
    """What a version's own code said of one of its fixtures."""
    told: Expected = orjson.loads((version.fixtures / "expected.json").read_bytes())[name]
    return told


def expected_of(version: Version, name: str) -> Expected:
    """What this version must say of a fixture: what was recorded, but for corrected lists."""
    expected = recorded_of(version, name)
    for its in corrections(version):
        fixture, *path, last = its.answer
        if fixture == name:
            within_part(expected, path)[last] = [list(item) for item in its.now]
    return expected


def within_part(answers: Expected, path: Iterable[str]) -> Expected:
    """The part of some answers that stands under a path."""
    for step in path:
        answers = answers[step]
    return answers


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


def changed(expected: Expected, name: str, client: httpx.Client) -> list[str]:
    """What differs from what is expected of a fixture, one line each."""
    got = answers(client, expected, drafts_of(client, expected["profiles"]))
    return unexpected(expected, got, name)


def unexpected(expected: Expected, got: Expected, name: str) -> list[str]:
    """Differences of answers, one line each; not every profile and edition need be asked for."""
    asked = {key: expected[key] for key in got}
    for part in ("lists", "past"):
        asked[part] = {line: expected[part][line] for line in got[part]}
    return list(differences(asked, got, f"/{name}"))


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
