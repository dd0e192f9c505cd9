"""Operators over HTTP: overrides in all languages, arms of every list, and decision warnings."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from ranking.benchmarks.processes import Server, await_until
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
            "id": f"{lang}{k}", "edition": f"daily/{lang}", "title": f"{lang} headline {k} {k * k}",
            "section": name if k % 2 else f"{lang} other", "story": f"s{k}",
        }
        for lang, name in SECTIONS.items()
        for k in range(8)
    ]  # fmt: skip
    client.post("/v1/articles", json=cards).raise_for_status()
    views = [
        {"visitor": f"v{k}-{n}", "article": f"{lang}{k}", "edition": f"daily/{lang}"}
        for lang in SECTIONS
        for k in range(8)
        for n in range(10 + k)
    ]
    client.post("/v1/events", json=views).raise_for_status()
    for lang in SECTIONS:
        line = f"/v1/popular?edition=daily/{lang}&n=8"
        assert within(10, lambda line=line: len(ids(client, line)) == 8)  # type: ignore[misc]


def test_mourning_is_told_before_and_holds_in_every_language(portal: httpx.Client) -> None:
    act = {"action": "bury", "edition": "daily/*", "sections": ["Culture"]}
    told = portal.post("/v1/overrides/preview", json=act).raise_for_status().json()
    assert told["articles"] == 12
    counts = {its["edition"]: its["articles"] for its in told["editions"]}
    assert counts == {"daily/en": 4, "daily/kk": 4, "daily/ru": 4}
    (ru,) = (its for its in told["editions"] if its["edition"] == "daily/ru")
    assert ru["sections"] == ["Культура"]
    body = {"sections": ["Culture"], "site": "daily", "author": "anna"}
    made = portal.post("/v1/overrides/mourning", json=body).raise_for_status().json()
    assert made["reached"] == counts
    assert made["end"] - time.time() == pytest.approx(7200, abs=30)
    for lang in SECTIONS:
        line = f"/v1/popular?edition=daily/{lang}&n=4"
        assert within(
            10,
            lambda line=line: all(int(i[2:]) % 2 == 0 for i in ids(portal, line)),  # type: ignore[misc]
        )
    portal.delete(f"/v1/overrides/{made['id']}").raise_for_status()
    nothing = portal.post("/v1/overrides/preview", json=act | {"sections": ["culture"]}).json()
    assert (nothing["articles"], len(nothing["editions"])) == (0, 3)


def test_what_nobody_knows_and_what_never_ends_is_refused(portal: httpx.Client) -> None:
    pin: dict[str, Any] = {"action": "pin", "edition": "daily/en", "articles": ["en1", "nobody"]}
    answer = portal.post("/v1/overrides", json=pin)
    assert (answer.status_code, answer.json()["title"]) == (404, "Unknown article")
    assert answer.json()["detail"].endswith("in daily/en, got nobody")
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
    made = trials.begun(portal, "calm", edition="daily/en")
    its = trials.plan_of(made)
    events, truth = trials.events("calm", its, 400, (0.3, 0.45))
    wrong = 1 - int(its.assigned(0)[0])
    strays = [
        {"visitor": f"stray{k}", "article": "en1", "edition": "daily/en", "experiment": "calm",
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
    assert "Excluded from all sums" in page
    assert verified(page).left_out == told["health"]["left_out"]
    path = tmp_path / "calm.html"
    path.write_text(page, encoding="utf-8")
    shell = CliRunner().invoke(tolqyn, ["experiments", "report", "--verify", str(path)])
    assert "is verified by its sums" in shell.output
    shell = CliRunner().invoke(tolqyn, ["experiments", "status", "calm", "--to", server.url])
    assert "of the events excluded" in " ".join(shell.output.split())
    trials.take_away(portal)


def test_every_list_is_asked_for_by_arm_alike(portal: httpx.Client) -> None:
    arms = [{"name": "now", "set": {}}, {"name": "late", "set": {"visit_decay": 0.9}}]
    trials.begun(portal, "lists", edition="daily/ru", surface="", arms=arms, layer="lists")
    body = {"edition": "daily/ru", "recent": ["ru1", "ru2"]}
    for answer in (
        portal.post("/v1/foryou?arm=lists:late", json=body),
        portal.post("/v1/foryou", json=body | {"arm": "lists:late"}),
        portal.get("/v1/related/ru1?edition=daily/ru&arm=lists:late"),
        portal.get("/v1/related/ru1?edition=daily/ru&arm=lists:late&candidates=20"),
        portal.get("/v1/popular?edition=daily/ru&arm=lists:late"),
    ):
        told = answer.raise_for_status().json()
        assert (told["experiment"], told["arm"], told["profile"]) == ("lists", "late", "lists:late")
        assert told["list_id"]
        assert told["items"]
    live = portal.get("/v1/related/ru1?edition=daily/ru&candidates=20").json()
    late = portal.get("/v1/related/ru1?edition=daily/ru&arm=lists:late&candidates=20").json()
    assert (live["visit_decay"], late["visit_decay"]) == (0.42, 0.9)
    assert [c["id"] for c in late["candidates"]] == [c["id"] for c in live["candidates"]]
    for answer in (
        portal.post("/v1/foryou?arm=lists:no", json=body),
        portal.post("/v1/foryou", json=body | {"arm": "lists:no"}),
        portal.get("/v1/related/ru1?edition=daily/ru&arm=lists:no&candidates=20"),
        portal.get("/v1/popular?edition=daily/ru&arm=lists:no"),
    ):
        assert (answer.status_code, answer.json()["title"]) == (400, "Arm refused")
    trials.take_away(portal)


def test_a_stopped_experiment_speaks_of_no_weeks_to_come(
    portal: httpx.Client, server: Server
) -> None:
    trials.begun(portal, "short", edition="daily/kk")
    assert portal.get("/v1/experiments/short/readout").json()["verdict"]["kind"] == "early"
    portal.post("/v1/experiments/short/stop", json={}).raise_for_status()
    told = portal.get("/v1/experiments/short/readout").json()
    assert told["verdict"]["kind"] != "early"
    assert "weeks" not in told["readout"]["verdict"]
    shell = CliRunner().invoke(tolqyn, ["experiments", "status", "short", "--to", server.url])
    assert "Ends" not in shell.output
    assert "no estimate yet" in shell.output
    answer = portal.post("/v1/experiments/short/decide", json={"winner": "slow"})
    assert (answer.status_code, answer.json()["title"]) == (409, "Confirmation needed")
    assert [doubt["kind"] for doubt in answer.json()["doubts"]] == ["size"]
    trials.take_away(portal)
