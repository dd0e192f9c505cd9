"""What comes in by HTTP as browsers, proxies, robots and programs send it."""

import gzip
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from ranking.benchmarks.processes import Server, await_until, spawned

pytestmark = pytest.mark.server

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/130.0.0.0 Safari/537.36"
)
EVENT = {"visitor": "v", "article": "a"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of a portal in Almaty behind a proxy."""
    options = ("--timezone", "Asia/Almaty", "--proxies", "127.0.0.1, 10.1.0.0/16")
    with spawned(Server(tmp_path_factory.mktemp("data"), *options)) as running:
        yield running


def pixel(client: httpx.Client, method: str = "GET", line: str = "", **headers: str) -> int:
    """Ask for the pixel; returns the status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    headers = {"user-agent": CHROME, **named}
    return client.request(method, f"/v1/pixel.gif?{line}", headers=headers).status_code


def counts(client: httpx.Client, edition: str, article: str = "a") -> tuple[int, int]:
    """Views of an article that came, and that counted."""
    answer = client.get(f"/v1/articles/{edition}/{article}")
    if answer.status_code == 404:
        return 0, 0
    shown = answer.json()
    return shown["accepted"], shown["views"]


def await_counts(client: httpx.Client, edition: str, wanted: tuple[int, int]) -> None:
    """Wait until so many views came and counted."""
    await_until(lambda: counts(client, edition) == wanted, f"{edition} has {wanted}", 5)


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


def test_pages_may_ask_before_they_send(client: httpx.Client) -> None:
    """And nothing else than what pages need is open to other origins."""
    asked = {"origin": "https://news.example", "access-control-request-method": "POST"}
    for path in ("/v1/events", "/v1/pixel.gif", "/v1/popular", "/v1/related/a", "/v1/foryou"):
        answer = client.options(path, headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "content-type" in answer.headers["access-control-allow-headers"]
        assert answer.headers["access-control-allow-methods"] == answer.headers["allow"]
    for path in ("/v1/articles/paper/en/a", "/v1/overrides", "/v1/keys"):
        answer = client.options(path, headers=asked)
        assert answer.status_code == 204
        assert "access-control-allow-methods" not in answer.headers
    assert client.options("/v1/nothing").status_code == 404
    refused = client.get("/v1/popular?edition=bad")
    assert refused.headers["access-control-allow-origin"] == "*"


def test_a_wrong_method_is_told_the_right_ones(client: httpx.Client) -> None:
    for method, path, allowed in (
        ("GET", "/v1/events", "OPTIONS, POST"),
        ("POST", "/v1/articles/paper/en/a", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("DELETE", "/v1/popular", "GET, HEAD, OPTIONS"),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_head_is_get_without_a_body(client: httpx.Client) -> None:
    for path in ("/v1/popular?edition=head/en", "/healthz", "/openapi.json", "/v1/boards"):
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
    assert client.head("/v1/stream?edition=head/en").status_code == 200


def test_conditional_requests(client: httpx.Client) -> None:
    """Lists of tags, weak ones, and any; by the answer that is ready and by one that is made."""
    line = "/v1/popular?edition=conditional/en&n=3"
    for _ in range(2):
        etag = client.get(line).headers["etag"]
        for given in (etag, f"W/{etag}", f'"x", W/{etag}', "*", f'"a,b" , {etag}'):
            answer = client.get(line, headers={"if-none-match": given})
            assert (answer.status_code, answer.content) == (304, b"")
            assert answer.headers["etag"] == etag
        for given in ('"x"', 'W/"x", "y"', ""):
            assert client.get(line, headers={"if-none-match": given}).status_code == 200


@pytest.mark.parametrize(
    "line",
    [
        "/v1/popular?edition=paper/en&section=%FF",
        "/v1/pixel.gif?article=%C3%28&edition=paper/en",
        "/v1/related/%E2%82?edition=paper/en",
        "/v1/popular?edition=paper/en&n=" + "9" * 5000,
        "/v1/popular?edition=paper/en&window=" + "9" * 5000,
        "/v1/popular?edition=paper/en&as_of=" + "9" * 5000,
        "/v1/pixel.gif?article=a&at=" + "9" * 5000,
        "/v1/pixel.gif?article=a&slot=" + "9" * 5000,
    ],
    ids=lambda line: line[:50],
)
def test_an_address_that_cannot_be_read_is_refused(client: httpx.Client, line: str) -> None:
    answer = client.get(line)
    assert answer.status_code == 400
    assert len(answer.json()["detail"]) < 400


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


def test_utf8_may_stand_raw_in_an_address(server: Server) -> None:
    """As some clients send it, and percent-encoded: the same section."""
    card = {"title": "x", "section": "Мәдениет"}
    with httpx.Client(base_url=server.url, timeout=30.0) as client:
        client.put("/v1/articles/raw/kk/a", json=card)
        line = "/v1/popular?edition=raw/kk&section="

        def encoded() -> list[dict[str, Any]]:
            items: list[dict[str, Any]] = client.get(f"{line}Мәдениет").json()["items"]
            return items

        await_until(lambda: bool(encoded()), "the section is shown", 5)
        host = server.url.removeprefix("http://")
        name, _, port = host.rpartition(":")
        with socket.create_connection((name, int(port))) as raw:
            request = f"GET {line}Мәдениет HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
            raw.sendall(request.encode())
            answer = b"".join(iter(lambda: raw.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert orjson.loads(answer.partition(b"\r\n\r\n")[2])["items"] == encoded()


def test_an_empty_parameter_is_absent(client: httpx.Client) -> None:
    line = "article=a&edition=empty/en&visitor=q&session=&at=&slot=&bucket="
    assert pixel(client, line=line) == 200
    await_counts(client, "empty/en", (1, 1))
    shown = client.get("/v1/popular?edition=empty/en&n=&window=&as_of=&profile=&section=&arm=")
    assert [item["id"] for item in shown.json()["items"]] == ["a"]


def test_an_edition_has_one_spelling(client: httpx.Client) -> None:
    """In events, cards, paths, queries, overrides and scopes of profiles."""
    events = [
        EVENT | {"edition": f"spelt/{lang}", "visitor": lang} for lang in ("kk-latn", "KK-Latn")
    ]
    client.post("/v1/events", json=events)
    columns = {"visitor": ["x"], "article": ["a"], "edition": ["spelt/kk-LATN"]}
    client.post("/v1/events", json={"columns": columns | {"at": [int(time.time() * 1000)]}})
    client.post("/v1/articles", json={"id": "a", "edition": "spelt/kk-laTN", "title": "T"})
    await_counts(client, "spelt/kk-Latn", (3, 3))
    line = "/v1/popular?edition=spelt/KK-latn"
    await_until(lambda: client.get(line).json()["items"][0]["title"] == "T", "the card is shown", 5)
    assert client.get(line).json()["edition"] == "spelt/kk-Latn"
    question = {"edition": "spelt/kk-latn", "recent": []}
    assert client.post("/v1/foryou", json=question).json()["edition"] == "spelt/kk-Latn"
    end = time.time() + 60
    act = {"action": "block", "articles": ["a"], "edition": "spelt/kk-latn", "end": end}
    assert client.post("/v1/overrides", json=act).json()["edition"] == "spelt/kk-Latn"
    asked = {"edition": "spelt/kk-latn", "set": {"half_life": 900}, "ttl": 60}
    assert client.post("/v1/profiles/drafts", json=asked).json()["edition"] == "spelt/kk-Latn"


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


def test_a_card_is_changed_where_its_path_says(client: httpx.Client) -> None:
    """A body may name the edition, the language and the id of the path, in any spelling."""
    line = "/v1/articles/where/kk-Latn/a"
    same = {"title": "t", "edition": "where/kk-latn", "lang": "KK-LATN", "id": "a"}
    for method in ("PUT", "PATCH"):
        assert client.request(method, line, json=same).status_code == 202
        for name, other in (("lang", "ru"), ("edition", "where/ru"), ("id", "b")):
            answer = client.request(method, line, json={"title": "new", name: other})
            assert answer.status_code == 400
            assert f"{name} must be that of the path, got '{other}'" in answer.json()["detail"]
    assert client.get(line).json()["title"] == "t"


def test_texts_lose_their_control_characters(client: httpx.Client) -> None:
    card = {"title": "a\x00\r\nb\x9f", "section": "c\x07d", "tags": ["e\x1bf"], "author": "\x85g"}
    line = "/v1/articles/controls/en/a"
    assert client.put(line, json=card).status_code == 202
    shown = client.get(line).json()
    assert (shown["title"], shown["section"], shown["tags"]) == ("a b", "c d", ["e f"])


PLAIN: dict[str, tuple[str, bytes, str]] = {
    "uneven columns": (
        "/v1/events",
        b'{"columns": {"visitor": ["a", "b"], "article": ["c"]}}',
        "columns must have the same length, got 2 and 1",
    ),
    "no columns": (
        "/v1/events",
        b'{"columns": {"visitor": 7}}',
        "columns must be lists, each of a field",
    ),
    "deep event": ("/v1/events", b"[" * 9999, "body must be JSON: it is nested too deep"),
    "deep article": ("/v1/articles", b"[" * 9999, "body must be JSON: it is nested too deep"),
    "deep question": (
        "/v1/foryou",
        b'{"edition": "a/en", "x":' + b"[" * 9999,
        "it is nested too deep",
    ),
    "deep draft": ("/v1/profiles/drafts", b'{"set":' + b"[" * 9999, "it is nested too deep"),
    "latin event": ("/v1/events", b'{"visitor": "v\xe9", "article": "a"}', "byte 14 is not UTF-8"),
    "latin article": ("/v1/articles", b'{"id": "a", "title": "v\xe9"}', "byte 23 is not UTF-8"),
    "latin override": ("/v1/overrides", b'{"action": "v\xe9"}', "byte 13 is not UTF-8"),
    "gzip": ("/v1/events", b"\x1f\x8bjunk of another kind", "body is not valid gzip"),
    "cut": ("/v1/events", b'{"visitor": "v"', "body must be JSON: it breaks off"),
    "kind": (
        "/v1/events",
        b'{"visitor": "v", "article": "a", "kind": "buy"}',
        "must be one of view, read, impression, click, got 'buy'",
    ),
    "type": (
        "/v1/articles",
        b'{"id": "a", "type": "song"}',
        "must be one of article, live, video, gallery, sponsored, got 'song'",
    ),
    "action": (
        "/v1/overrides",
        b'{"action": "pim", "articles": ["a"]}',
        "action: must be one of pin, boost, bury, block, list, got 'pim'",
    ),
    "role": ("/v1/keys", b'{"role": "king"}', "must be one of write, read, operate, administer"),
    "hook": ("/v1/hooks", b'{"url": "http://a.kz", "of": ["left"]}', "must be one of entered, "),
}


@pytest.mark.parametrize("name", PLAIN)
def test_faults_are_told_in_plain_words(client: httpx.Client, name: str) -> None:
    """Without words of the language or of a library."""
    line, body, fault = PLAIN[name]
    text = client.post(line, content=body).text
    assert fault in text
    for word in ("zip()", "argument", "recursion", "codec", "Error -", "enum", "msgspec", "Trunc"):
        assert word not in text


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


def test_spans_may_be_text(client: httpx.Client) -> None:
    """As in the shell: ends of overrides and of mourning from now on, and how long a draft is."""
    now = time.time()
    for end, wanted in (("2h", now + 7200), ("90", now + 90), (now + 300, now + 300)):
        act = {"action": "bury", "tags": ["rain"], "edition": "", "end": end}
        made = client.post("/v1/overrides", json=act).json()
        assert abs(made["end"] - wanted) < 30
        mourning = client.post("/v1/overrides/mourning", json={"tags": ["rain"], "end": end}).json()
        assert abs(mourning["end"] - wanted) < 30
    for draft, seconds in (({"ttl": "2h"}, 7200), ({"ttl": 90}, 90)):
        made = client.post("/v1/profiles/drafts", json=draft | {"surface": "related"}).json()
        assert abs(made["expires_at"] - now - seconds) < 30
    for line, body, fault in (
        ("/v1/overrides", {"action": "bury", "tags": ["a"], "end": "soon"}, "end must be"),
        ("/v1/overrides", {"action": "bury", "tags": ["a"], "end": "8d"},
            "bury must end within 7d of its start, got 8d"),
        ("/v1/overrides/mourning", {"tags": ["a"], "end": "8d"}, "within 7d of its start, got 8d"),
        ("/v1/profiles/drafts", {"ttl": "2d"}, "ttl must be from 1 second to 1 day"),
        ("/v1/profiles/drafts", {"ttl": "soon"}, "ttl must be from 1 second to 1 day"),
        ("/v1/profiles/drafts", {"surface": "popluar"}, "surface must be one of popular, "),
    ):  # fmt: skip
        answer = client.post(line, json=body)
        assert (answer.status_code, fault in answer.json()["detail"]) == (400, True), answer.text


def test_text_is_read_by_the_one_reader_of_time_whatever_stands_beside_it(
    client: httpx.Client,
) -> None:
    for at in ("1.79584E+12", "1_795_840_000_123"):
        event = {**EVENT, "edition": "clock/en", "at": at}
        alone = client.post("/v1/events", json=[event]).json()
        beside = client.post("/v1/events", json=[event, {**event, "at": 1_700_000_000}]).json()
        assert (alone["accepted"], beside["accepted"]) == (0, 1)
        assert alone["rejected"] == beside["rejected"]


def test_a_card_that_names_no_publication_lifts_no_embargo(client: httpx.Client) -> None:
    card = {"title": "Secret", "published_at": time.time() + 86_400}
    name = "/v1/articles/embargo/en/em"
    client.put(name, json=card).raise_for_status()
    client.put(name, json={"title": "Still secret"}).raise_for_status()
    many = [{"id": "em", "edition": "embargo/en", "title": "Always"}]
    client.post("/v1/articles", json=many).raise_for_status()
    assert client.get("/v1/popular?edition=embargo/en").json()["items"] == []
    sooner = card | {"published_at": time.time() - 60}
    client.put(name, json=sooner).raise_for_status()
    await_until(lambda: shown_ids(client, "embargo/en") == ["em"], "it is published", 10)


def shown_ids(client: httpx.Client, edition: str) -> list[str]:
    """Ids of Popular."""
    items = client.get(f"/v1/popular?edition={edition}").json()["items"]
    return [item["id"] for item in items]


def test_a_takedown_opens_no_edition(client: httpx.Client) -> None:
    assert client.delete("/v1/articles/nowhere/en/a").status_code == 204
    assert client.delete(f"/v1/articles/nowhere/en/{'x' * 400}").status_code == 400
    refused = client.put("/v1/articles/nowhere/en/a", json={"title": "A"})
    assert refused.status_code == 409
    client.put("/v1/articles/somewhere/en/a", json={"title": "A"}).raise_for_status()
    await_until(lambda: "somewhere/en" in editions_of(client), "an edition that a card opens", 10)
    assert "nowhere/en" not in editions_of(client)


def editions_of(client: httpx.Client) -> set[str]:
    """Editions that have boards."""
    return {board["edition"] for board in client.get("/v1/boards").json()["boards"]}


def test_null_is_as_good_as_nothing_in_a_question(client: httpx.Client) -> None:
    question: dict[str, object] = {"edition": "nobody/en", "recent": [], "n": None, "arm": None}
    assert client.post("/v1/foryou", json=question).json()["items"] == []
