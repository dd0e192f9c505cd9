"""What operators do by HTTP: try, publish, override, and who may."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ranking.benchmarks.processes import Server, spawned
from ranking.embedded.first_keys import create_key
from tests.test_server import card, ids, within

pytestmark = pytest.mark.server

EDITION = "paper/en"
LINE = f"/v1/popular?edition={EDITION}&n=5"


@pytest.fixture(scope="module")
def newsroom(server: Server) -> Iterator[httpx.Client]:
    """Old favourites: a0 to a5 were read in the morning, a6 to a11 a little just now."""
    with httpx.Client(base_url=server.url, timeout=30.0) as client:
        cards = [card(number, edition=EDITION, published_at=None) for number in range(12)]
        client.post("/v1/articles", json=cards).raise_for_status()
        now = int(time.time() * 1000)
        views = [
            {"visitor": f"v{number}-{reader}", "article": f"a{number}", "edition": EDITION,
             "at": now - (6 * 3_600_000 if number < 6 else 60_000)}
            for number in range(12)
            for reader in range(60 - number if number < 6 else 20 - number)
        ]  # fmt: skip
        client.post("/v1/events", json=sorted(views, key=lambda v: v["at"])).raise_for_status()
        assert within(10, lambda: ids(client, LINE)[0] == "a6")
        yield client


def items(client: httpx.Client) -> list[dict[str, Any]]:
    """Items of the edition's Popular."""
    shown: list[dict[str, Any]] = client.get(LINE).json()["items"]
    return shown


def published(client: httpx.Client, changes: dict[str, Any], **more: Any) -> httpx.Response:
    """Publish for the edition's Popular after whatever holds."""
    where = {"edition": EDITION, "surface": "popular"}
    parent = client.get("/v1/profiles/effective", params=where).json()["version"]
    body = {**where, "set": changes, "parent": parent, "reason": "test", "author": "anna", **more}
    return client.put("/v1/profiles", json=body)


def counts(client: httpx.Client) -> list[tuple[int, int]]:
    """Accepted and counted views of all articles."""
    shown = [client.get(f"/v1/articles/{EDITION}/a{k}").json() for k in range(12)]
    return [(its["accepted"], its["views"]) for its in shown]


def test_a_draft_is_computed_beside_the_live_list(newsroom: httpx.Client) -> None:
    live = ids(newsroom, LINE)
    body = {"edition": EDITION, "surface": "popular", "set": {"half_life": 86_400}, "ttl": 60}
    draft = newsroom.post("/v1/profiles/drafts", json=body)
    assert draft.status_code == 201
    assert draft.json()["profile"]["half_life"] == 86_400
    name = draft.json()["id"]
    other = newsroom.get(LINE, params={"profile": name}).json()
    assert other["profile"] == name
    assert [item["id"] for item in other["items"]] == ["a0", "a1", "a2", "a3", "a4"]
    told = newsroom.get("/v1/preview", params={"edition": EDITION, "profile": name}).json()
    assert [its["id"] for its in told["enters"]] == ["a0", "a1", "a2", "a3", "a4"]
    assert [its["id"] for its in told["leaves"]] == live
    assert all("of the score that place 5 has" in its["why"] for its in told["enters"])
    assert ids(newsroom, LINE) == live


def test_a_draft_expires(newsroom: httpx.Client) -> None:
    draft = newsroom.post("/v1/profiles/drafts", json={"set": {"freshness": 1}, "ttl": 1}).json()
    line = f"{LINE}&profile={draft['id']}"
    assert newsroom.get(line).status_code == 200
    assert within(10, lambda: newsroom.get(line).status_code == 404)
    assert "must be 'default' or a draft" in newsroom.get(line).json()["detail"]


def test_publishing_changes_the_answer_at_once_and_no_count(newsroom: httpx.Client) -> None:
    before, live = counts(newsroom), ids(newsroom, LINE)
    made = published(newsroom, {"half_life": 86_400, "steadiness": 0})
    assert made.status_code == 201
    assert within(10, lambda: ids(newsroom, LINE)[0] == "a0")
    assert counts(newsroom) == before
    assert newsroom.get("/readyz").json()["settings"] >= 1
    version = made.json()["version"]
    body = {"edition": EDITION, "surface": "popular", "version": 0, "parent": version}
    assert newsroom.post("/v1/profiles/rollback", json=body).status_code == 201
    assert within(10, lambda: set(ids(newsroom, LINE)) == set(live))
    history = newsroom.get(
        "/v1/profiles/history", params={"edition": EDITION, "surface": "popular"}
    ).json()["versions"]
    assert [its["set"] for its in history[:2]] == [{}, {"half_life": 86_400, "steadiness": 0}]


def test_the_second_of_two_operators_is_told(newsroom: httpx.Client) -> None:
    body = {"surface": "trending", "set": {"trending_floor": 9}, "parent": 0, "author": "anna"}
    assert newsroom.put("/v1/profiles", json=body).status_code == 201
    answer = newsroom.put("/v1/profiles", json=body | {"author": "berik"})
    assert answer.status_code == 409
    assert "parent must be 1, which anna made" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"half_life": 1}, "half_life must be between 300 and 2592000, got 1"),
        ({"half_life": "x"}, "half_life must be between 300 and 2592000, got 'x'"),
        ({"halflife": 600}, "halflife is no profile parameter; did you mean half_life?"),
    ],
)
def test_an_invalid_profile_is_refused(
    newsroom: httpx.Client, changes: dict[str, Any], detail: str
) -> None:
    answers = [
        published(newsroom, changes),
        newsroom.post("/v1/profiles/drafts", json={"set": changes}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["detail"]) == (400, detail)


def test_a_pin_acts_within_a_tick_and_ends(newsroom: httpx.Client) -> None:
    live = ids(newsroom, LINE)
    pin = {"action": "pin", "edition": EDITION, "articles": ["a5"], "slot": 2, "reason": "big"}
    made = newsroom.post("/v1/overrides", json=pin | {"end": time.time() + 3})
    assert made.status_code == 201
    assert within(10, lambda: ids(newsroom, LINE) == [live[0], "a5", *live[1:4]])
    assert within(10, lambda: ids(newsroom, LINE) == live)
    made = newsroom.post("/v1/overrides", json=pin)
    assert within(10, lambda: ids(newsroom, LINE)[1] == "a5")
    assert newsroom.delete(f"/v1/overrides/{made.json()['id']}").status_code == 204
    assert within(10, lambda: ids(newsroom, LINE) == live)


def test_mourning_is_one_act(newsroom: httpx.Client) -> None:
    body = {"sections": ["Sport"], "end": time.time() + 60, "reason": "mourning", "author": "anna"}
    made = newsroom.post("/v1/overrides/mourning", json=body).json()
    assert within(10, lambda: all(int(id_[1:]) % 2 for id_ in ids(newsroom, LINE)))
    related = ids(newsroom, f"/v1/related/a0?edition={EDITION}&n=4")
    assert all(int(id_[1:]) % 2 for id_ in related)
    newsroom.delete(f"/v1/overrides/{made['id']}")
    late = newsroom.post("/v1/overrides/mourning", json=body | {"end": 5.0})
    assert late.status_code == 400
    assert "end must be in the future" in late.json()["detail"]


def test_freezing_keeps_what_stands(newsroom: httpx.Client) -> None:
    assert within(10, lambda: ids(newsroom, LINE)[0] == "a6"), "acts of other tests have ended"
    live = ids(newsroom, LINE)
    body = {"action": "list", "edition": EDITION, "surface": "popular"}
    made = newsroom.post("/v1/overrides", json=body).json()
    assert made["articles"][:5] == live
    views = [{"visitor": f"new{k}", "article": "a11", "edition": EDITION} for k in range(200)]
    newsroom.post("/v1/events", json=views)
    assert within(10, lambda: newsroom.get(f"/v1/articles/{EDITION}/a11").json()["views"] >= 200)
    assert ids(newsroom, LINE) == live
    newsroom.delete(f"/v1/overrides/{made['id']}")
    assert within(10, lambda: ids(newsroom, LINE)[0] == "a11")


def test_why_an_article_stands_where_it_does(newsroom: httpx.Client) -> None:
    assert within(10, lambda: min(its["score"] for its in items(newsroom)) > 0.0), "acts ended"
    board = newsroom.get(f"{LINE}&explain=1").json()
    for item in board["items"]:
        assert sum(item["why"].values()) == pytest.approx(item["score"], rel=1e-9)
    line = f"/v1/explain?edition={EDITION}&article={board['items'][1]['id']}"
    told = newsroom.get(line).json()
    assert told["rank"] == 2
    assert "is 2nd of popular" in told["sentence"]
    shown = newsroom.get(f"/v1/articles/{EDITION}/{told['article']}").json()
    assert told["hourly"] == shown["hourly"] != []
    assert told["earlier"] is None, "nothing was shown an hour ago"
    assert sum(its["share"] for its in told["components"]) == pytest.approx(1.0)
    out = newsroom.get(f"/v1/explain?edition={EDITION}&article=a0&n=3").json()
    assert out["kept_out"] in ("others score more", "it has no score under this profile")
    related = newsroom.get(f"/v1/related/a0?edition={EDITION}&explain=1").json()["items"]
    assert all(
        sum(item["why"].values()) == pytest.approx(item["score"], abs=1e-12) for item in related
    )


def test_everything_is_in_the_audit_log(newsroom: httpx.Client) -> None:
    made = published(newsroom, {"freshness": 0.5}, author="zarina", reason="fresher")
    assert made.status_code == 201
    (record, *_) = newsroom.get("/v1/audit").json()["records"]
    told = {name: record[name] for name in ("kind", "author", "reason", "body")}
    assert told == {
        "kind": "profile", "author": "zarina", "reason": "fresher", "body": {"freshness": 0.5},
    }  # fmt: skip
    assert abs(record["at"] - time.time()) < 60
    published(newsroom, {})


def test_traffic_is_told(newsroom: httpx.Client) -> None:
    told = newsroom.get("/v1/traffic").json()
    (edition,) = told["editions"]
    assert edition["edition"] == EDITION
    assert sum(edition["hourly"]) == sum(views for _, views in counts(newsroom))
    assert told["accepted"] >= edition["views"]


def test_keys_guard_every_act(tmp_path: Path) -> None:
    data = tmp_path / "data"
    admin = create_key(data, "administer", "ops")
    with spawned(Server(data)) as server, httpx.Client(base_url=server.url, timeout=30.0) as client:
        asked: dict[str, Callable[..., httpx.Response]] = {
            "events": lambda **h: client.post("/v1/events", json=[], **h),
            "profiles": lambda **h: client.get("/v1/profiles", **h),
            "drafts": lambda **h: client.post("/v1/profiles/drafts", json={"set": {}}, **h),
            "keys": lambda **h: client.get("/v1/keys", **h),
            "popular": lambda **h: client.get(LINE, **h),
        }

        def codes(key: str) -> dict[str, int]:
            headers = {"authorization": f"Bearer {key}"} if key else {}
            return {name: ask(headers=headers).status_code for name, ask in asked.items()}

        def made(role: str) -> dict[str, str]:
            headers = {"authorization": f"Bearer {admin}"}
            answer = client.post("/v1/keys", json={"role": role, "label": role}, headers=headers)
            assert answer.status_code == 201
            found: dict[str, str] = answer.json()
            return found

        nobody = {"events": 401, "profiles": 401, "drafts": 401, "keys": 401, "popular": 200}
        assert codes("") == codes("tolqyn_wrong") == nobody
        assert codes(admin) == dict.fromkeys(asked, 200) | {"events": 202, "drafts": 201}
        one, two = made("write"), made("write")
        assert codes(one["key"]) == codes(two["key"]) == nobody | {
            "events": 202, "profiles": 403, "drafts": 403, "keys": 403,
        }  # fmt: skip
        reading = {"events": 403, "profiles": 200, "drafts": 403, "keys": 403, "popular": 200}
        assert codes(made("read")["key"]) == reading
        assert codes(made("operate")["key"]) == reading | {"drafts": 201}
        headers = {"authorization": f"Bearer {admin}"}
        assert client.delete(f"/v1/keys/{one['id']}", headers=headers).status_code == 204
        assert codes(one["key"])["events"] == 401
        assert codes(two["key"])["events"] == 202
        audit = client.get("/v1/audit", headers=headers).text
        assert "hash" not in audit
        assert two["key"] not in audit
    folder = b"".join(path.read_bytes() for path in data.iterdir())
    assert admin.encode() not in folder
    assert two["key"].encode() not in folder
