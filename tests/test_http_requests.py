"""HTTP: methods, conditional requests, addresses, parameters, and error texts."""

import socket
import time
from typing import Any

import httpx
import orjson
import pytest

from ranking.benchmarks.processes import Server, await_until
from tests.support.collector_requests import EVENT, await_counts, pixel

pytestmark = pytest.mark.server


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
    "cut": ("/v1/events", b'{"visitor": "v"', "body must be JSON: it is incomplete"),
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
