"""Readouts by HTTP, of what readers did: the sums sent are those read, and a page proves itself."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from click.testing import CliRunner

from ranking.benchmarks.processes import Server, await_until
from ranking.commands.readouts import experiments
from ranking.experiments.evidence import evidence_of
from ranking.experiments.report import verified
from tests.support import trials

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def nothing_left(client: httpx.Client) -> Iterator[None]:
    """Each test takes its experiments away."""
    yield
    trials.take_away(client)


def read(client: httpx.Client, name: str) -> dict[str, Any]:
    """A readout."""
    found: dict[str, Any] = client.get(f"/v1/experiments/{name}/readout").raise_for_status().json()
    return found


def await_visits(client: httpx.Client, name: str, visits: int) -> dict[str, Any]:
    """The readout once it has so many visits."""
    await_until(lambda: sum(read(client, name)["health"]["visits"].values()) == visits, name, 20)
    return read(client, name)


def test_what_was_sent_is_what_is_read(client: httpx.Client) -> None:
    made = trials.begun(client, "calm")
    events, truth = trials.events("calm", trials.plan_of(made), 3000, (0.3, 0.45))
    trials.send(client, events)
    told = await_visits(client, "calm", 3000)
    assert (told["status"], told["label"], told["version"]) == ("running", "calm", 2)
    assert told["health"]["visits"] == {arm: truth[arm, "visits"] for arm in ("now", "slow")}
    rates = told["readout"]["rates"]["clicks_per_visit"]
    assert rates == {a: truth[a, "clicks"] / truth[a, "visits"] for a in ("now", "slow")}
    (one,) = told["readout"]["main"]
    (last,) = told["path"][-1]["arms"]
    assert last == {name: one[name] for name in ("arm", "lift", "low", "high", "p")}
    assert 0 < one["low"] < 0.5 < one["high"]
    assert told["health"]["is_sound"]
    assert told["verdict"] == {"kind": "early", "arm": "", "metric": ""}
    needed = told["planned"]
    assert 0 < needed["progress"] < 1
    assert needed["visits"] == pytest.approx(3000 / needed["progress"], rel=0.5)
    slots = told["readout"]["slots"]["now"]
    assert slots[0] > slots[1] > slots[2] > 0
    assert slots[trials.SLOTS :] == [None] * (20 - trials.SLOTS)


def test_evidence_sums_and_page_say_the_same(client: httpx.Client) -> None:
    arms = [{"name": "now", "set": {}}, {"name": "none", "holdout": True}]
    made = trials.begun(client, "hold", edition="paper/ru", arms=arms, metric="pages_per_visit")
    trials.send(client, trials.events("hold", trials.plan_of(made), 500, (0.3, 0.0))[0])
    await_visits(client, "hold", 500)
    answer = client.get("/v1/experiments/hold/evidence").raise_for_status()
    evidence = evidence_of(answer.content)
    assert evidence.offsets.keys() == {"paper"}
    assert evidence.profiles.keys() == {"now"}
    assert evidence.profiles["now"]["half_life"] == 300.0
    assert evidence.tallies.column("visits").sum() == 500
    sums = client.get("/v1/experiments/hold/sums.csv").raise_for_status()
    assert sums.headers["content-type"].startswith("text/csv")
    assert sums.text == evidence.sums
    page = client.get("/v1/experiments/hold/report").raise_for_status()
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert verified(page.text).visits == read(client, "hold")["health"]["visits"]


def test_a_look_is_kept_without_anybody_looking(client: httpx.Client) -> None:
    made = trials.begun(client, "kept", edition="paper/kk")
    trials.send(client, trials.events("kept", trials.plan_of(made), 400, (0.3, 0.3))[0])
    await_until(lambda: read(client, "kept")["looks"] > 0, "a look is kept", 40)
    told = read(client, "kept")
    assert len(told["path"]) == told["looks"] + 1
    assert told["path"][0]["at"] < told["at"]
    kinds = {record["kind"] for record in client.get("/v1/audit").json()["records"]}
    assert "look" not in kinds
    client.post("/v1/experiments/kept/freeze", json={}).raise_for_status()
    assert (read(client, "kept")["label"], read(client, "kept")["status"]) == ("", "frozen")


def test_phases_are_labels(client: httpx.Client) -> None:
    made = trials.begun(client, "ramp", edition="paper/zh")
    phase = {"traffic": 500, "at": time.time()}
    made = client.post("/v1/experiments/ramp/phase", json=phase).raise_for_status().json()
    await_until(lambda: read(client, "ramp")["label"] == "ramp.1", "the phase began", 10)
    trials.send(client, trials.events("ramp.1", trials.plan_of(made), 800, (0.3, 0.3))[0])
    await_until(lambda: sum(read(client, "ramp")["health"]["visits"].values()) > 300, "counted", 20)
    tallies = evidence_of(client.get("/v1/experiments/ramp/evidence").content).tallies
    by_phase = tallies.column("visits").sum(axis=(1, 2)).tolist()
    assert by_phase[0] == 0
    assert 300 < by_phase[1] < 500


def test_a_plan_is_reckoned_before_it_is_written(client: httpx.Client) -> None:
    body = {
        "arms": [{"name": "now", "set": {}}, {"name": "slow", "set": {"half_life": 3600}}],
        "phases": [{"at": 0.0, "traffic": 1000, "shares": [500, 500]}], "effect": 0.05,
    }  # fmt: skip
    rough = client.post("/v1/experiments/planned", json=body).raise_for_status().json()
    assert (rough["is_rough"], rough["visits"]) == (True, 262_988)
    made = trials.begun(client, "meter", edition="", surface="", layer="meter")
    trials.send(client, trials.events("meter", trials.plan_of(made), 3000, (0.5, 0.5))[0])
    await_visits(client, "meter", 3000)
    told = client.post("/v1/experiments/planned", json=body).raise_for_status().json()
    assert not told["is_rough"]
    assert told["visits"] < rough["visits"], "a click in two visits, not in ten"
    assert told["days"] == pytest.approx(told["visits"] / told["a_day"])
    answer = client.post("/v1/experiments/planned", json=body | {"effect": 0})
    assert (answer.status_code, answer.json()["title"]) == (400, "Experiment refused")


def test_from_a_shell(server: Server, client: httpx.Client, tmp_path: Path) -> None:
    def run(*line: str) -> str:
        done = CliRunner().invoke(experiments, [*line, "--to", server.url], env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        return done.output

    assert "no experiment has started" in run("status")
    made = trials.begun(client, "slow", edition="paper/uz")
    trials.send(client, trials.events("slow", trials.plan_of(made), 1500, (0.2, 0.4))[0])
    await_visits(client, "slow", 1500)
    told, whole = run("status"), run("status", "slow")
    assert "control" in told
    assert "%" in told
    assert "ok" in told
    assert "bounce" in whole
    assert "The planned weeks are not over" in whole
    assert orjson.loads(run("status", "slow", "--format", "json"))["name"] == "slow"
    page, kept, again = (str(tmp_path / name) for name in ("slow.html", "slow.json", "again.html"))
    assert "--verify" in run("report", "slow", "--html", page)
    assert "slow.html is verified by its sums" in run("report", "--verify", page)
    run("report", "slow", "--format", "json", "--out", kept)
    run("report", "--from", kept, "--html", again)
    assert "again.html is verified by its sums" in run("report", "--verify", again)
    assert run("report", "slow", "--format", "csv").startswith("phase,arm,bucket,")
    both = CliRunner().invoke(experiments, ["report", "slow", "--verify", page])
    assert "one of NAME, --from and --verify" in both.output
    unknown = CliRunner().invoke(experiments, ["report", "none", "--to", server.url])
    assert "no experiment 'none' is known" in unknown.output


def test_what_is_not_known_is_told(client: httpx.Client) -> None:
    for what in ("readout", "evidence", "sums.csv", "report"):
        answer = client.get(f"/v1/experiments/nothing/{what}")
        assert answer.status_code == 404
        assert "no experiment 'nothing' is known" in answer.json()["detail"]
    paths = client.get("/openapi.json").json()["paths"]
    assert "get" in paths["/v1/experiments/{name}/readout"]
