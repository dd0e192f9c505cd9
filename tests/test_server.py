"""The embedded server over real HTTP: every route, and what it does with bad input."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from ranking.benchmarks.processes import Server

pytestmark = pytest.mark.server

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"}
SHAPE = {"edition", "surface", "profile", "as_of", "items"}
ITEM = {"id", "title", "url", "section", "tags", "published_at", "image", "score", "views"}


def within(seconds: float, check: Callable[[], bool]) -> bool:
    """Ask until something holds, or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if check():
            return True
    return False


def ids(client: httpx.Client, line: str) -> list[str]:
    """Ids of a list."""
    return [item["id"] for item in client.get(line).json()["items"]]


def card(number: int, **fields: Any) -> dict[str, Any]:
    """Make an article of a small newsroom."""
    return {
        "id": f"a{number}",
        "title": f"Headline {number}",
        "section": "Economy" if number % 2 else "Sport",
        "tags": ["tag", f"tag{number % 3}"],
        "published_at": 1_700_000_000 + number,
        "url": f"https://paper.example/a{number}",
    } | fields


@pytest.fixture(scope="module")
def edition(server: Server) -> str:
    """Publish twelve articles with views."""
    name = "paper/en"
    with httpx.Client(base_url=server.url, timeout=30.0) as client:
        cards = [card(number, edition=name) for number in range(12)]
        assert client.post("/v1/articles", json=cards).json() == {"accepted": 12, "rejected": []}
        views = [
            {"visitor": f"v{reader}", "article": f"a{number}", "edition": name}
            for number in range(12)
            for reader in range(number + 1)
        ]
        answer = client.post("/v1/events", json=views)
        assert (answer.status_code, answer.json()) == (202, {"accepted": 78, "rejected": []})
        line = f"/v1/popular?edition={name}&n=1"
        assert within(5, lambda: [i["views"] for i in client.get(line).json()["items"]] == [12])
    return name


def test_popular_is_ranked_and_shaped(client: httpx.Client, edition: str) -> None:
    answer = client.get(f"/v1/popular?edition={edition}&n=5").json()
    assert set(answer) == SHAPE
    assert all(set(item) == ITEM for item in answer["items"])
    assert [item["id"] for item in answer["items"]] == ["a11", "a10", "a9", "a8", "a7"]
    assert answer["items"][0] | {"score": 0} == {
        "id": "a11", "title": "Headline 11", "url": "https://paper.example/a11",
        "section": "Economy", "tags": ["tag", "tag2"], "published_at": 1_700_000_011,
        "image": "", "score": 0, "views": 12,
    }  # fmt: skip


def test_lists_are_full_for_every_article(client: httpx.Client, edition: str) -> None:
    for number in range(12):
        related = ids(client, f"/v1/related/a{number}?edition={edition}&n=4")
        assert len(set(related) - {f"a{number}"}) == 4
    assert len(ids(client, f"/v1/popular?edition={edition}&n=5")) == 5
    assert len(ids(client, f"/v1/related/never-seen?edition={edition}&n=4")) == 4


def test_section_window_and_trending(client: httpx.Client, edition: str) -> None:
    line = f"/v1/popular?edition={edition}&n=3"
    assert ids(client, f"{line}&section=Sport") == ["a10", "a8", "a6"]
    by_window = client.get(f"{line}&window=86400").json()["items"]
    assert [(item["id"], item["score"]) for item in by_window] == [
        ("a11", 12), ("a10", 11), ("a9", 10),
    ]  # fmt: skip
    assert client.get(f"/v1/trending?edition={edition}&n=3").json()["surface"] == "trending"


def test_for_this_visit_leaves_out_what_was_read(client: httpx.Client, edition: str) -> None:
    question = {"edition": edition, "recent": ["a11", "a10"], "n": 5}
    answer = client.post("/v1/foryou", json=question).json()
    listed = [item["id"] for item in answer["items"]]
    assert len(listed) == 5
    assert not {"a11", "a10"} & set(listed)


def test_article_shows_card_and_counts(client: httpx.Client, edition: str) -> None:
    again = {"visitor": "v0", "article": "a3", "edition": edition}
    client.post("/v1/events", json=again)
    line = f"/v1/articles/{edition}/a3"
    assert within(5, lambda: bool(client.get(line).json()["accepted"] == 5))
    shown = client.get(line).json()
    assert (shown["title"], shown["views"], sum(shown["hourly"]), sum(shown["daily"])) == (
        "Headline 3", 4, 4, 4,
    )  # fmt: skip
    assert client.get(f"/v1/articles/{edition}/unknown").status_code == 404


def test_graph_names_the_tags_beside_a_tag(client: httpx.Client, edition: str) -> None:
    answer = client.get(f"/v1/graph?edition={edition}&tag=tag").json()
    assert [n["tag"] for n in answer["neighbours"]] == ["tag2", "tag1", "tag0"]
    assert (len(answer["hourly"]), len(answer["daily"])) == (24, 28)
    beside = [sum(n["daily"]) for n in answer["neighbours"]]
    assert sum(answer["daily"]) == sum(beside) > 0
    assert answer["synonyms"] == []
    assert client.get(f"/v1/graph?edition={edition}").status_code == 400


def test_retagging_and_takedown_act_within_a_tick(client: httpx.Client) -> None:
    name = "desk/en"
    client.post("/v1/articles", json=[card(n, edition=name, tags=["x"]) for n in range(6)])
    changed = client.put(f"/v1/articles/{name}/a0", json=card(0, title="New", tags=["y"]))
    assert changed.status_code == 202
    line = f"/v1/popular?edition={name}&n=6"
    assert within(2, lambda: "New" in {item["title"] for item in client.get(line).json()["items"]})
    assert client.delete(f"/v1/articles/{name}/a5").status_code == 204
    assert within(2, lambda: "a5" not in ids(client, line))
    assert "a5" not in ids(client, f"/v1/related/a1?edition={name}&n=5")


def test_caches_can_ask_again(client: httpx.Client, edition: str) -> None:
    line = f"/v1/popular?edition={edition}&n=2"
    first = client.get(line)
    assert first.headers["cache-control"] == "max-age=1, stale-while-revalidate=10"
    again = client.get(line, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_stream_sends_a_board_when_it_changes(client: httpx.Client, server: Server) -> None:
    name = "live/en"
    with httpx.stream("GET", f"{server.url}/v1/stream?edition={name}", timeout=10) as stream:
        lines = stream.iter_lines()
        client.post("/v1/events", json={"visitor": "v", "article": "first", "edition": name})
        data = next(line for line in lines if line.startswith("data: "))
    assert [item["id"] for item in orjson.loads(data[6:])["items"]] == ["first"]


def test_pixel_counts_a_view(client: httpx.Client) -> None:
    answer = client.get("/v1/pixel.gif?article=p1&edition=pixel/en", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert within(2, lambda: ids(client, "/v1/popular?edition=pixel/en") == ["p1"])
    assert client.get("/v1/pixel.gif?visitor=v").status_code == 400


def test_malformed_events_are_named(client: httpx.Client) -> None:
    future = time.time() + 3600
    events = [
        {"visitor": "v", "article": "ok", "edition": "bad/en"},
        {"visitor": "v", "edition": "bad/en"},
        {"visitor": "v", "article": "a", "edition": "bad"},
        {"visitor": "v", "article": "a", "at": future},
        {"visitor": "v", "article": "a", "at": "yesterday"},
        {"visitor": "v", "article": "a", "bucket": 1000},
        7,
    ]
    answer = client.post("/v1/events", json=events)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    rejected = [(r["index"], r["field"]) for r in answer.json()["rejected"]]
    assert rejected == [
        (1, "article"),
        (2, "edition"),
        (3, "at"),
        (4, "at"),
        (5, "bucket"),
        (6, ""),
    ]
    assert all(r["reason"] for r in answer.json()["rejected"])


def test_events_in_columns(client: httpx.Client) -> None:
    columns: dict[str, list[Any]] = {
        "visitor": ["v1", "v2", "v3"],
        "article": ["c1", "c1", "c2"],
        "at": [1_700_000_000_000, 1_700_000_001_000, 1_700_000_002_000],
        "edition": ["columns/en"] * 3,
    }
    answer = client.post("/v1/events", content=orjson.dumps({"columns": columns}))
    assert answer.json() == {"accepted": 3, "rejected": []}
    columns["article"][1], columns["at"][2] = "", "never"
    answer = client.post("/v1/events", content=orjson.dumps({"columns": columns}))
    rejected = answer.json()["rejected"]
    assert [(r["index"], r["field"]) for r in rejected] == [(1, "article"), (2, "at")]
    columns["article"].pop()
    cut = client.post("/v1/events", content=orjson.dumps({"columns": columns}))
    assert cut.status_code == 400


def test_lines_of_events_are_read(client: httpx.Client) -> None:
    lines = b'{"visitor":"v","article":"n1","edition":"lines/en"}\n{broken\n'
    answer = client.post("/v1/events", content=lines)
    assert (answer.json()["accepted"], answer.json()["rejected"][0]["index"]) == (1, 1)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/events", b"", 400),
        ("POST", "/v1/events", b"{broken", 400),
        ("POST", "/v1/articles", b"{broken", 400),
        ("PUT", "/v1/articles/paper/en/a1", b"[]", 400),
        ("PUT", "/v1/articles/paper/en/a1", b'{"published_at": "never"}', 400),
        ("POST", "/v1/foryou", b'{"edition": "paper/en"}', 400),
        ("GET", "/v1/popular?edition=nowhere", b"", 400),
        ("GET", "/v1/popular?edition=paper/en&n=0", b"", 400),
        ("GET", "/v1/popular?edition=paper/en&n=101", b"", 400),
        ("GET", "/v1/popular?edition=paper/en&window=never", b"", 400),
        ("GET", "/v1/popular?edition=paper/en&profile=unknown", b"", 404),
        ("GET", "/v1/stream?edition=paper/en&surface=unknown", b"", 400),
        ("GET", "/v1/nothing", b"", 404),
        ("DELETE", "/v1/popular", b"", 405),
        ("POST", "/v1/events", bytes(17 << 20), 413),
    ],
)
def test_mistakes_are_problem_documents(
    client: httpx.Client, method: str, path: str, body: bytes, status: int
) -> None:
    answer = client.request(method, path, content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_articles_are_refused_by_field(client: httpx.Client) -> None:
    cards = [card(1, edition="bad"), {"title": "no id"}, card(2, published_at="never")]
    rejected = client.post("/v1/articles", json=cards).json()["rejected"]
    assert [(r["index"], r["field"]) for r in rejected] == [
        (0, "edition"), (1, "id"), (2, "published_at"),
    ]  # fmt: skip


def test_service_routes(client: httpx.Client) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json()["status"] == "ready"
    assert b"tolqyn_events_accepted_total" in client.get("/metrics").content
    described = set(client.get("/openapi.json").json()["paths"])
    assert described >= {"/v1/events", "/v1/popular", "/v1/related/{id}", "/v1/stream"}
    assert {board["surface"] for board in client.get("/v1/boards").json()["boards"]} == {
        "popular", "trending",
    }  # fmt: skip


def test_robots_are_accepted_not_counted(client: httpx.Client) -> None:
    events = [
        {"visitor": "r", "article": "x", "edition": "robots/en", "agent": "Googlebot/2.1"},
        {"visitor": "h", "article": "x", "edition": "robots/en"},
    ]
    client.post("/v1/events", json=events)
    line = "/v1/articles/robots/en/x"
    assert within(2, lambda: client.get(line).status_code == 200)
    shown = client.get(line).json()
    assert (shown["accepted"], shown["views"]) == (2, 1)
