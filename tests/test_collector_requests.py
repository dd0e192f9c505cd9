"""Events over HTTP from browsers, proxies, robots and programs."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from ranking.benchmarks.processes import Server, await_until, spawned
from tests.support.collector_requests import CHROME, EVENT, await_counts, pixel

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of a portal in Almaty behind a proxy."""
    options = ("--timezone", "Asia/Almaty", "--proxies", "127.0.0.1, 10.1.0.0/16")
    with spawned(Server(tmp_path_factory.mktemp("data"), *options)) as running:
        yield running


def test_readers_behind_listed_proxies_are_told_apart(client: httpx.Client) -> None:
    """By the address nearest to the last listed proxy, in either header; long agents too."""
    line, long = "article=a&edition=proxied/en", CHROME + " App/1" * 400
    for number in range(5):
        pixel(client, line=line, x_forwarded_for=f"6.6.6.6, 203.0.113.{number}, 10.1.2.3")
    pixel(client, line=line, x_forwarded_for="203.0.113.1, 198.51.100.7:4711")
    pixel(client, line=line, forwarded='for="[2001:db8::1]:99";proto=https, for=10.1.9.9')
    pixel(client, line=line, x_forwarded_for="unknown")
    assert pixel(client, line=line, user_agent=long) == 200
    await_counts(client, "proxied/en", (9, 9))
    pixel(client, line=line, x_forwarded_for="203.0.113.1")
    pixel(client, line=line, user_agent=long)
    pixel(client, line=line, user_agent=long + "2")
    await_counts(client, "proxied/en", (12, 10))


def test_nobody_who_does_not_look_counts(client: httpx.Client) -> None:
    """HEAD, and what browsers fetch ahead of time."""
    line = "article=a&edition=unseen/en"
    assert pixel(client, "HEAD", line) == 200
    for name, value in {
        "sec_purpose": "prefetch;prerender", "purpose": "prefetch", "x_moz": "prefetch",
        "x_purpose": "preview",
    }.items():  # fmt: skip
        assert pixel(client, line=line, **{name: value}) == 200
    ahead = client.post(
        "/v1/events", json=EVENT | {"edition": "unseen/en"}, headers={"sec-purpose": "prefetch"}
    )
    assert ahead.json() == {"accepted": 0, "rejected": []}
    assert pixel(client, line=line) == 200
    await_counts(client, "unseen/en", (1, 1))


def test_robots_are_known_by_every_agent(client: httpx.Client) -> None:
    """At the pixel and in events; a library that posts for readers is none of them."""
    line = "article=a&edition=robotic/en"
    for robot in ("facebookexternalhit/1.1", "Twitterbot/1.0", "curl/8.5.0", "python-requests/2"):
        pixel(client, line=f"{line}&visitor={robot}", user_agent=robot)
    for poster, agent in (
        ("Twitterbot/1.0", None), ("curl/8.5.0", "Googlebot/2.1"), (CHROME, "WhatsApp/2"),
    ):  # fmt: skip
        event = EVENT | {"edition": "robotic/en", "agent": agent}
        client.post("/v1/events", json=event, headers={"user-agent": poster})
    await_counts(client, "robotic/en", (7, 0))
    for number, poster in enumerate(("curl/8.5.0", "Go-http-client/1.1", "python-httpx/1", CHROME)):
        event = {**EVENT, "visitor": f"{number}", "edition": "robotic/en"}
        client.post("/v1/events", json=[event], headers={"user-agent": poster})
    await_counts(client, "robotic/en", (11, 4))


def test_what_became_of_events_is_told_when_asked(client: httpx.Client) -> None:
    events = [
        {**EVENT, "edition": "told/en"},
        {**EVENT, "edition": "told/en", "agent": "Googlebot/2.1"},
        {"visitor": "v"},
    ]
    answer = client.post("/v1/events?outcome=1", json=events).json()
    assert (answer["accepted"], answer["rejected_total"], answer["robots"]) == (2, 1, 1)
    assert [(r["index"], r["field"]) for r in answer["rejected"]] == [(2, "article")]
    assert {name: answer[name] for name in ("counted", "repeats", "known", "no_room")} == {
        "counted": 1, "repeats": 0, "known": 0, "no_room": 0,
    }  # fmt: skip
    label = {"import": "0123456789abcdef 1"}
    told = [client.post("/v1/events?outcome=1", json=events[:1], headers=label) for _ in range(2)]
    assert [answer.json()["known"] for answer in told] == [0, 1]
    assert client.post("/v1/events", json=events).json().keys() == {"accepted", "rejected"}


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "", "identity", "gzip, gzip"])
def test_packed_bodies_are_read(client: httpx.Client, coding: str) -> None:
    """Gzip without being told, too."""
    body = b"\xef\xbb\xbf" + orjson.dumps(EVENT)
    if coding == "deflate":
        packed = zlib.compress(body)
    else:
        packed = gzip.compress(body[:20]) + gzip.compress(body[20:])  # two members are one body
    if "," in coding:
        packed = gzip.compress(packed)
    headers = {"content-encoding": coding} if coding else {}
    answer = client.post("/v1/events", content=packed, headers=headers)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)


def test_packed_bodies_that_cannot_be_read_are_refused(client: httpx.Client) -> None:
    """Unknown, broken off, not packed, and too large once it is unpacked."""
    body = gzip.compress(orjson.dumps(EVENT))
    bomb = gzip.compress(bytes(64 << 20))
    for coding, content, status in (
        ("br", body, 415), ("gzip", body[:-5], 400), ("gzip", b"{}", 400), ("gzip", bomb, 413),
        ("", bomb, 413),
    ):  # fmt: skip
        headers = {"content-encoding": coding} if coding else {}
        answer = client.post("/v1/events", content=content, headers=headers)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
    assert "gzip" in client.post(
        "/v1/events", content=body, headers={"content-encoding": "br"}
    ).headers["accept-encoding"]  # fmt: skip


def test_a_body_without_a_length_is_bounded(client: httpx.Client) -> None:
    parts = (bytes(1 << 20) for _ in range(20))
    with suppress(httpx.WriteError, httpx.RemoteProtocolError):  # it may hang up before the end
        assert client.post("/v1/events", content=parts).status_code == 413
    url = client.base_url.join("/healthz")  # on a connection of its own: that one may be over
    assert httpx.get(url, timeout=30.0).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"visitor": %s, "article": "a"}' % (b"9" * 5000),
        b'{"visitor": "v", "article": "a", "at": %s}' % (b"9" * 5000),
        b'{"visitor": "v", "article": "a", "slot": %s}' % (b"9" * 5000),
    ],
    ids=["visitor", "at", "slot"],
)
def test_a_number_of_thousands_of_digits_is_refused(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/v1/events", content=body).json()
    assert (answer["accepted"], len(answer["rejected"])) == (0, 1)
    line = b'{"edition": "paper/en", "recent": [], "n": %s}' % (b"9" * 5000)
    assert client.post("/v1/foryou", content=line).status_code == 400


def test_a_time_without_a_zone_is_the_portals(client: httpx.Client, tmp_path: Path) -> None:
    card = {"id": "a", "edition": "zoned/ru", "published_at": "2026-11-01 12:00"}
    client.post("/v1/articles", json=card)
    line = "/v1/articles/zoned/ru/a"
    await_until(lambda: client.get(line).status_code == 200, "the card is there", 5)
    assert client.get(line).json()["published_at"] == 1_793_516_400  # 07:00 in UTC
    event = EVENT | {"edition": "zoned/ru"}
    taken = client.post("/v1/events", json=[event | {"at": 20261101120000}, event | {"at": 171001}])
    assert [(r["index"], r["field"]) for r in taken.json()["rejected"]] == [(1, "at")]
    with (
        spawned(Server(tmp_path)) as other,
        httpx.Client(base_url=other.url, timeout=30.0) as plain,
    ):
        rejected = plain.post("/v1/articles", json=card).json()["rejected"]
        assert [r["field"] for r in rejected] == ["published_at"]
        assert "timezone" in rejected[0]["reason"]
        assert plain.get("/v1/popular?edition=zoned/ru&as_of=2026-11-01").status_code == 400


@pytest.mark.parametrize(
    "labels",
    [
        ["x"], ["0123456789abcdef"], ["0123456789abcdef -1"], ["xyz 1"], ["0123456789abcdef 1 2"],
        ["0123456789abcdef 1\xa0"], ["0123456789abcdef \xb2"], ["\xff 1"], [""],
        ["0123456789abcdef 1" + "0" * 20], ["0123456789abcdef 1", "0123456789abcdef 2"],
    ],
    ids=repr,
)  # fmt: skip
def test_a_label_that_cannot_be_read_is_refused(client: httpx.Client, labels: list[str]) -> None:
    headers = [(b"import", label.encode("latin-1")) for label in labels]
    answer = client.post("/v1/events", json=EVENT, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Import must be")


def test_null_is_absent_in_every_form(client: httpx.Client) -> None:
    null: dict[str, Any] = {**EVENT, "referrer": None, "at": None, "session": None, "agent": None}
    for body in (null, [null, EVENT], {"columns": {name: [v] for name, v in null.items()}}):
        answer = client.post("/v1/events", json=body)
        assert answer.json()["rejected"] == []
    columns = {"visitor": ["a"], "article": ["b"], "session": None, "at": None}
    answer = client.post("/v1/events", json={"columns": columns})
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    asked = {"edition": None, "section": None, "surface": "popular", "set": None, "ttl": None}
    assert client.post("/v1/profiles/drafts", json=asked).status_code == 201
    card = {"title": None, "image": None, "tags": None, "listable": None, "type": None}
    assert client.put("/v1/articles/null/en/a", json=card).status_code == 202


def test_texts_lose_their_control_characters(client: httpx.Client) -> None:
    card = {"title": "a\x00\r\nb\x9f", "section": "c\x07d", "tags": ["e\x1bf"], "author": "\x85g"}
    line = "/v1/articles/controls/en/a"
    assert client.put(line, json=card).status_code == 202
    shown = client.get(line).json()
    assert (shown["title"], shown["section"], shown["tags"]) == ("a b", "c d", ["e f"])


@pytest.mark.parametrize(
    "agent",
    [
        "Java/1.8.0_181",
        "FeedFetcher-Google; (+http://www.google.com/feedfetcher.html)",
        "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like"
        " Gecko) Chrome/119.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
        CHROME.replace("Chrome/", "HeadlessChrome/"),
        "Mozilla/5.0 (compatible; FooBarBot/1.0)",
        "PostmanRuntime/7.36.0",
    ],
    ids=["java", "feeds", "lighthouse", "headless", "unknown bot", "postman"],
)
def test_more_robots_are_known(client: httpx.Client, agent: str) -> None:
    """At the pixel and as an event's agent; Java that posts for readers is none."""
    edition = f"more{sum(agent.encode())}/en"
    pixel(client, line=f"article=a&edition={edition}&visitor=x", user_agent=agent)
    client.post("/v1/events", json=EVENT | {"edition": edition, "agent": agent})
    await_counts(client, edition, (2, 0))
    if agent.startswith("Java"):
        client.post("/v1/events", json=EVENT | {"edition": edition}, headers={"user-agent": agent})
        await_counts(client, edition, (3, 1))


def test_text_is_read_by_the_one_reader_of_time_whatever_stands_beside_it(
    client: httpx.Client,
) -> None:
    for at in ("1.79584E+12", "1_795_840_000_123"):
        event = {**EVENT, "edition": "clock/en", "at": at}
        alone = client.post("/v1/events", json=[event]).json()
        beside = client.post("/v1/events", json=[event, {**event, "at": 1_700_000_000}]).json()
        assert (alone["accepted"], beside["accepted"]) == (0, 1)
        assert alone["rejected"] == beside["rejected"]
