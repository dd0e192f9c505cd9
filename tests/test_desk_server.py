"""The desk by HTTP: acts in every language, first keys, arms of every list, decisions in doubt."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from ranking.benchmarks.processes import Server, await_until, spawned
from ranking.cli import tolqyn
from ranking.experiments.report import verified
from tests.support import trials
from tests.test_server import ids, within

pytestmark = pytest.mark.server

SECTIONS = {"en": "Culture", "ru": "Культура", "kk": "Мәдениет"}


@pytest.fixture(scope="module")
def portal(server: Server) -> Iterator[httpx.Client]:
    """Three editions that share their stories: every second article is of culture."""
    with httpx.Client(base_url=server.url, timeout=30.0) as client:
        fill(client)
        yield client


def fill(client: httpx.Client) -> None:
    """Put the articles and read them, and wait until every edition has its list."""
    cards = [
        {
            "id": f"{lang}{k}", "edition": f"desk/{lang}", "title": f"{lang} headline {k} {k * k}",
            "section": name if k % 2 else f"{lang} other", "story": f"s{k}",
        }
        for lang, name in SECTIONS.items()
        for k in range(8)
    ]  # fmt: skip
    client.post("/v1/articles", json=cards).raise_for_status()
    views = [
        {"visitor": f"v{k}-{n}", "article": f"{lang}{k}", "edition": f"desk/{lang}"}
        for lang in SECTIONS
        for k in range(8)
        for n in range(10 + k)
    ]
    client.post("/v1/events", json=views).raise_for_status()
    for lang in SECTIONS:
        line = f"/v1/popular?edition=desk/{lang}&n=8"
        assert within(10, lambda line=line: len(ids(client, line)) == 8)  # type: ignore[misc]


def test_mourning_is_told_before_and_holds_in_every_language(portal: httpx.Client) -> None:
    act = {"action": "bury", "edition": "desk/*", "sections": ["Culture"]}
    told = portal.post("/v1/overrides/preview", json=act).raise_for_status().json()
    assert told["articles"] == 12
    counts = {its["edition"]: its["articles"] for its in told["editions"]}
    assert counts == {"desk/en": 4, "desk/kk": 4, "desk/ru": 4}
    (ru,) = (its for its in told["editions"] if its["edition"] == "desk/ru")
    assert ru["sections"] == ["Культура"]
    body = {"sections": ["Culture"], "site": "desk", "author": "anna"}
    made = portal.post("/v1/overrides/mourning", json=body).raise_for_status().json()
    assert made["reached"] == counts
    assert made["end"] - time.time() == pytest.approx(7200, abs=30)
    for lang in SECTIONS:
        line = f"/v1/popular?edition=desk/{lang}&n=4"
        assert within(
            10,
            lambda line=line: all(int(i[2:]) % 2 == 0 for i in ids(portal, line)),  # type: ignore[misc]
        )
    portal.delete(f"/v1/overrides/{made['id']}").raise_for_status()
    nothing = portal.post("/v1/overrides/preview", json=act | {"sections": ["culture"]}).json()
    assert (nothing["articles"], len(nothing["editions"])) == (0, 3)


def test_what_nobody_knows_and_what_never_ends_is_refused(portal: httpx.Client) -> None:
    pin: dict[str, Any] = {"action": "pin", "edition": "desk/en", "articles": ["en1", "nobody"]}
    answer = portal.post("/v1/overrides", json=pin)
    assert (answer.status_code, answer.json()["title"]) == (404, "Unknown article")
    assert answer.json()["detail"].endswith("in desk/en, got nobody")
    other = portal.post("/v1/overrides", json=pin | {"articles": ["ru1"]})
    assert other.status_code == 404, "it is of another edition"
    long = {"action": "bury", "tags": ["rain"], "end": time.time() + 8 * 86_400}
    answer = portal.post("/v1/overrides", json=long)
    assert (answer.status_code, "must end within 7d" in answer.json()["detail"]) == (400, True)
    made = portal.post("/v1/overrides", json=long | {"action": "block"})
    assert made.status_code == 201
    portal.delete(f"/v1/overrides/{made.json()['id']}").raise_for_status()


def test_events_with_the_arm_of_another_bucket_are_left_out_and_told(
    portal: httpx.Client, server: Server, tmp_path: Path
) -> None:
    made = trials.begun(portal, "calm", edition="desk/en")
    its = trials.plan_of(made)
    events, truth = trials.events("calm", its, 400, (0.3, 0.45))
    wrong = 1 - int(its.assigned(0)[0])
    strays = [
        {"visitor": f"stray{k}", "article": "en1", "edition": "desk/en", "experiment": "calm",
         "arm": its.names[wrong], "bucket": 0}
        for k in range(100)
    ]  # fmt: skip
    trials.send(portal, [*events, *strays])
    line = "/v1/experiments/calm/readout"
    await_until(
        lambda: sum(portal.get(line).json()["health"]["visits"].values()) == 400, "counted", 20
    )
    await_until(lambda: portal.get(line).json()["health"]["left_out"] > 0, "strays came", 20)
    told = portal.get(line).json()
    assert told["health"]["visits"] == {arm: truth[arm, "visits"] for arm in its.names}
    counted = len([event for event in events if event.get("kind") != "visitor"])
    assert told["health"]["left_out"] == pytest.approx(100 / (counted + 100))
    evidence = portal.get("/v1/experiments/calm/evidence").json()
    assert (evidence["left_out"], evidence["events"]) == (100, counted + 100)
    page = portal.get("/v1/experiments/calm/report").text
    assert "Left out of all sums" in page
    assert verified(page).left_out == told["health"]["left_out"]
    path = tmp_path / "calm.html"
    path.write_text(page, encoding="utf-8")
    shell = CliRunner().invoke(tolqyn, ["experiments", "report", "--verify", str(path)])
    assert "follows from its sums" in shell.output
    shell = CliRunner().invoke(tolqyn, ["experiments", "status", "calm", "--to", server.url])
    assert "of its events left out" in " ".join(shell.output.split())
    trials.take_away(portal)


def test_every_list_is_asked_for_by_arm_alike(portal: httpx.Client) -> None:
    arms = [{"name": "now", "set": {}}, {"name": "late", "set": {"visit_decay": 0.9}}]
    trials.begun(portal, "lists", edition="desk/ru", surface="", arms=arms, layer="lists")
    body = {"edition": "desk/ru", "recent": ["ru1", "ru2"]}
    for answer in (
        portal.post("/v1/foryou?arm=lists:late", json=body),
        portal.post("/v1/foryou", json=body | {"arm": "lists:late"}),
        portal.get("/v1/related/ru1?edition=desk/ru&arm=lists:late"),
        portal.get("/v1/related/ru1?edition=desk/ru&arm=lists:late&candidates=20"),
        portal.get("/v1/popular?edition=desk/ru&arm=lists:late"),
    ):
        told = answer.raise_for_status().json()
        assert (told["experiment"], told["arm"], told["profile"]) == ("lists", "late", "lists:late")
        assert told["list_id"]
        assert told["items"]
    live = portal.get("/v1/related/ru1?edition=desk/ru&candidates=20").json()
    late = portal.get("/v1/related/ru1?edition=desk/ru&arm=lists:late&candidates=20").json()
    assert (live["visit_decay"], late["visit_decay"]) == (0.42, 0.9)
    assert [c["id"] for c in late["candidates"]] == [c["id"] for c in live["candidates"]]
    for answer in (
        portal.post("/v1/foryou?arm=lists:no", json=body),
        portal.post("/v1/foryou", json=body | {"arm": "lists:no"}),
        portal.get("/v1/related/ru1?edition=desk/ru&arm=lists:no&candidates=20"),
        portal.get("/v1/popular?edition=desk/ru&arm=lists:no"),
    ):
        assert (answer.status_code, answer.json()["title"]) == (400, "Arm refused")
    trials.take_away(portal)


def test_a_stopped_experiment_speaks_of_no_weeks_to_come(
    portal: httpx.Client, server: Server
) -> None:
    trials.begun(portal, "short", edition="desk/kk")
    assert portal.get("/v1/experiments/short/readout").json()["verdict"]["kind"] == "early"
    portal.post("/v1/experiments/short/stop", json={}).raise_for_status()
    told = portal.get("/v1/experiments/short/readout").json()
    assert told["verdict"]["kind"] != "early"
    assert "weeks" not in told["readout"]["verdict"]
    shell = CliRunner().invoke(tolqyn, ["experiments", "status", "short", "--to", server.url])
    assert "Ends" not in shell.output
    assert "not known yet" in shell.output
    answer = portal.post("/v1/experiments/short/decide", json={"winner": "slow"})
    assert (answer.status_code, answer.json()["title"]) == (409, "Confirmation needed")
    assert [doubt["kind"] for doubt in answer.json()["doubts"]] == ["size"]
    trials.take_away(portal)


def test_the_first_keys_in_their_order(tmp_path: Path) -> None:
    event = [{"visitor": "v", "article": "a", "edition": "keys/en"}]
    with (
        spawned(Server(tmp_path)) as server,
        httpx.Client(base_url=server.url, timeout=30.0) as client,
    ):
        assert client.post("/v1/events", json=event * 3).status_code == 202
        state = client.get("/v1/keys").json()
        assert (state["guarded"], state["unsigned"]["last_minutes"]) == (False, 3)
        refused = client.post("/v1/keys", json={"role": "operate"})
        assert "first keys must be write, for the portal, or administer" in refused.json()["detail"]
        portal = client.post("/v1/keys", json={"role": "write", "label": "portal"}).json()["key"]
        assert client.post("/v1/events", json=event).status_code == 202, "nothing is locked yet"
        signed = {"authorization": f"Bearer {portal}"}
        assert client.post("/v1/events", json=event, headers=signed).status_code == 202
        assert client.get("/v1/keys").json()["unsigned"]["last_minutes"] == 4

        body = {"role": "administer", "label": "ops", "grace": 3600}
        made = client.post("/v1/keys", json=body).json()
        assert made["guarded"]
        assert made["grace_until"] - time.time() == pytest.approx(3600, abs=30)
        own = {"authorization": f"Bearer {made['key']}"}
        assert client.get("/v1/keys").status_code == 401
        assert client.post("/v1/events", json=event).status_code == 202
        article = "/v1/articles/keys/en/a"
        for act in (client.put, client.patch):
            assert act(article, json={"title": "A"}).status_code == 401, "events alone are taken"
        assert client.delete(article).status_code == 401
        assert client.put(article, json={"title": "A"}, headers=signed).status_code == 202
        assert client.get("/v1/keys", headers=own).json()["unsigned"]["last_minutes"] == 5

        ended = client.put("/v1/keys/grace", json={"grace": 0}, headers=own).json()
        assert ended["grace_until"] is None
        assert client.post("/v1/events", json=event).status_code == 401
        assert client.post("/v1/events", json=event, headers=signed).status_code == 202
        state = client.get("/v1/keys", headers=own).json()
        assert state["unsigned"]["refused_requests"] == 4
        assert "tolqyn_events_unsigned 5.0" in client.get("/metrics").text
        last = client.delete(f"/v1/keys/{made['id']}", headers=own)
        assert last.status_code == 409


def test_the_first_keys_from_a_shell(tmp_path: Path) -> None:
    with (
        spawned(Server(tmp_path)) as server,
        httpx.Client(base_url=server.url, timeout=30.0) as client,
    ):
        event = {"visitor": "v", "article": "a", "edition": "keys/en"}
        client.post("/v1/events", json=event).raise_for_status()
        done = CliRunner().invoke(tolqyn, ["keys", "first", "--grace", "1h", "--to", server.url])
        assert "1 events without a key in the last two minutes." in done.output
        assert "are taken until" in done.output
        _, portal, _, own, *_ = (line.strip() for line in done.output.splitlines())
        assert portal.startswith("tolqyn_")
        assert client.post("/v1/events?key=" + portal, json=event).status_code == 202
        again = ["--key", own, "--to", server.url]
        assert CliRunner().invoke(tolqyn, ["keys", "grace", "0", *again]).exit_code == 0
        assert client.post("/v1/events", json=event).status_code == 401
        done = CliRunner().invoke(tolqyn, ["keys", "list", *again])
        assert "Events without a key are refused." in done.output
