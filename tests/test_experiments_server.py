"""Experiments by HTTP and from a shell: the life of one, and what is refused with which words."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from click.testing import CliRunner, Result

from ranking.benchmarks.processes import Server
from ranking.commands.readouts import experiments
from ranking.experiments.assignment import OUTSIDE, arms_of
from tests.support import trials

pytestmark = pytest.mark.server


def plan(**changes: Any) -> dict[str, Any]:
    """Half of an edition's readers with a slower Popular."""
    return {
        "arms": [{"name": "now", "version": 0}, {"name": "slow", "set": {"half_life": 3600}}],
        "phases": [{"at": time.time(), "traffic": 1000, "shares": [500, 500]}],
        "edition": "paper/en", "surface": "popular", **changes,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_left(client: httpx.Client) -> Iterator[None]:
    """Each test takes its experiments away."""
    yield
    trials.take_away(client)


def write(client: httpx.Client, name: str, **changes: Any) -> httpx.Response:
    """Write a plan."""
    return client.put(f"/v1/experiments/{name}", json=plan(**changes))


def step(client: httpx.Client, name: str, which: str, **more: Any) -> tuple[int, str]:
    """Take a step; what came of it."""
    answer = client.post(f"/v1/experiments/{name}/{which}", json=more)
    told = answer.json()
    return answer.status_code, told.get("status") if answer.is_success else told["detail"]


def live(client: httpx.Client, edition: str = "paper/en") -> list[dict[str, Any]]:
    """What pages are told."""
    found: list[dict[str, Any]] = client.get(
        "/v1/experiments/live", params={"edition": edition}
    ).json()["experiments"]
    return found


def test_from_a_draft_to_the_winner_published(client: httpx.Client) -> None:
    assert write(client, "calm", phases=[
        {"at": 0.0, "traffic": 100, "shares": [500, 500]},
        {"at": 3600.0, "traffic": 1000, "shares": [500, 500]},
    ]).status_code == 201  # fmt: skip
    assert live(client) == []
    assert step(client, "calm", "start") == (201, "running")
    (told,) = live(client)
    assert live(client, "paper/kk") == []
    assert (told["traffic"], told["salt"], told["layer"]) == (100, "calm", "lists")
    plan_of_pages = {k: told[k] for k in ("layer", "salt", "shares", "traffic", "offset")}
    assert (arms_of(**plan_of_pages) != OUTSIDE).sum() == 100
    assert step(client, "calm", "freeze") == (201, "frozen")
    assert len(live(client)) == 1
    assert step(client, "calm", "resume") == (201, "running")
    assert step(client, "calm", "stop") == (201, "stopped")
    assert live(client) == []
    code, asked = step(client, "calm", "decide", winner="slow", reason="it is calmer")
    assert (code, asked.partition(";")[0]) == (
        409,
        "calm must be confirmed to be decided for slow: it has 0% of the planned information",
    )
    assert step(client, "calm", "decide", winner="slow", reason="it is calmer", confirm=True) == (
        201, "decided",
    )  # fmt: skip
    where = {"edition": "paper/en", "surface": "popular"}
    profile = client.get("/v1/profiles/effective", params=where).json()
    assert profile["set"] == {"half_life": 3600}
    shown = client.get("/v1/experiments/calm").json()
    assert shown["reason"] == (
        "it is calmer (confirmed, although it has 0% of the planned information)"
    )
    steps = ["decided", "stopped", "running", "frozen", "running", "draft"]
    assert [its["status"] for its in shown["versions"]] == steps


def test_what_is_refused(client: httpx.Client) -> None:
    answer = write(client, "cool", arms=[{"name": "a", "set": {}}, {"name": "b", "version": 99}])
    assert answer.status_code == 409
    assert "no such profile exists" in answer.json()["detail"]
    answer = write(client, "cool", metric="sales")
    assert (answer.status_code, answer.json()["detail"][:19]) == (400, "metric must be one ")
    assert write(client, "Cool").status_code == 400
    assert write(client, "live").status_code == 400
    assert step(client, "cool", "start") == (404, "no experiment 'cool' is known")
    assert write(client, "cool").status_code == write(client, "other").status_code == 201
    assert step(client, "cool", "start")[0] == 201
    assert step(client, "cool", "start")[1] == "'cool': status must be draft to start, it is runn" \
        "ing"  # fmt: skip
    code, told = step(client, "other", "start")
    assert (code, "'other' must not overlap 'cool' in layer 'lists'" in told) == (409, True)
    changed = [{"at": time.time() + 60, "traffic": 1000, "shares": [900, 100]}]
    answer = write(client, "cool", status="running", phases=changed)
    assert "to change shares of a running experiment, add a phase" in answer.json()["detail"]
    at = time.time() + 60
    assert step(client, "cool", "phase", shares=[900, 100], at=at) == (201, "running")
    assert client.delete("/v1/experiments/cool").status_code == 409
    assert step(client, "cool", "stop")[0] == 201
    assert "it is already stopped" in step(client, "cool", "stop")[1]
    assert step(client, "cool", "boost")[0] == 404
    answer = client.put("/v1/experiments/cool", json=plan(parent=1))
    assert answer.status_code == 409
    assert client.get("/readyz").json()["status"] == "ready"
    assert client.delete("/v1/experiments/cool").status_code == 204
    answer = write(client, "cool")
    assert answer.status_code == 409
    assert "name must be new, since 'cool' was started before" in answer.json()["detail"]


def test_from_a_shell(server: Server, client: httpx.Client, tmp_path: Path) -> None:
    def run(*line: str) -> Result:
        return CliRunner().invoke(experiments, [*line, "--to", server.url])

    file = tmp_path / "hold.toml"
    file.write_text(
        'edition = "paper/ru"\nmetric = "pages_per_visit"\nweeks = 4\n'
        '[[arms]]\nname = "now"\nversion = 0\n[[arms]]\nname = "none"\nholdout = true\n'
    )
    assert "experiment hold is draft, version 1" in run("write", "hold", str(file)).output
    assert "is running, version 2" in run("start", "hold", "--reason", "go").output
    told = run("phase", "hold", "--traffic", "50", "--shares", "90,10", "--at", "1h").output
    assert "is running, version 3" in told
    assert "running" in run("list").output
    shown = orjson.loads(run("show", "hold").output)
    assert [p["shares"] for p in shown["phases"]] == [[500, 500], [900, 100]]
    assert live(client, "paper/ru")[0]["arms"][1] == {"name": "none", "holdout": True}
    assert "is stopped" in run("stop", "hold").output
    assert "it is already stopped (409)" in " ".join(run("stop", "hold").output.split())
    asked = " ".join(run("decide", "hold", "now").output.split())
    assert "0% of the planned information; add --confirm" in asked
    assert "is decided" in run("decide", "hold", "now", "--confirm").output
    assert "is removed" in run("remove", "hold").output


def test_the_module_of_pages(client: httpx.Client) -> None:
    answer = client.get("/experiment.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "export function armOf" in answer.text
    assert {"/v1/experiments/live", "/v1/experiments/{name}/decide", "/experiment.js"} <= set(
        client.get("/openapi.json").json()["paths"]
    )


def test_an_arm_has_its_own_list_at_its_own_address(client: httpx.Client) -> None:
    """Two profiles that turn the order of two articles; an arm without a list; one that ended."""
    edition = "arms/en"
    trials.read_two(client, edition)
    line = f"/v1/popular?edition={edition}&n=2"
    until = time.monotonic() + 20
    while time.monotonic() < until and len(client.get(line).json()["items"]) < 2:
        time.sleep(0.05)

    def shown(arm: str) -> dict[str, Any]:
        found: dict[str, Any] = client.get(f"{line}&arm={arm}").raise_for_status().json()
        return found

    def ids(arm: str) -> list[str]:
        return [item["id"] for item in shown(arm)["items"]]

    onward = {"landing_weight": 0, "onward_weight": 1, "steadiness": 0, "sibling_evidence": 0}
    landing = onward | {"landing_weight": 1, "onward_weight": 0}
    both = [{"name": "entry", "set": landing}, {"name": "depth", "set": onward}]
    arms = [*both, {"name": "none", "holdout": True}]
    phases = [{"at": 0.0, "traffic": 1000, "shares": [400, 300, 300]}]
    made = write(client, "turn", edition=edition, arms=arms, phases=phases)
    assert made.status_code == 201, made.text
    assert "experiment" not in shown("turn:depth")
    assert step(client, "turn", "start") == (201, "running")
    time.sleep(1.1)
    told = [(ids(f"turn:{arm}"), shown(f"turn:{arm}")["arm"]) for arm in ("entry", "depth", "none")]
    wanted = [(["first", "second"], "entry"), (["second", "first"], "depth"), ([], "none")]
    assert told == wanted
    assert shown("turn:entry")["experiment"] == "turn"
    assert shown("turn:entry")["list_id"] != shown("turn:depth")["list_id"]
    for arm in ("turn:nobody", "other:entry", "turn"):
        answer = client.get(f"{line}&arm={arm}")
        assert (answer.status_code, answer.json()["title"]) == (400, "Arm refused")
    assert client.get(f"/v1/trending?edition={edition}&arm=turn:entry").status_code == 400
    assert step(client, "turn", "stop") == (201, "stopped")
    time.sleep(1.1)
    assert "experiment" not in shown("turn:entry")


def test_an_interleaved_list_says_whose_pick_each_is(client: httpx.Client) -> None:
    edition = "drafts/en"
    trials.read_two(client, edition)
    onward = {"landing_weight": 0, "onward_weight": 1, "steadiness": 0, "sibling_evidence": 0}
    landing = onward | {"landing_weight": 1, "onward_weight": 0}
    both = [{"name": "entry", "set": landing}, {"name": "depth", "set": onward}]
    phases = [{"at": 0.0, "traffic": 1000, "shares": [500, 500]}]
    made = write(
        client, "draft", edition=edition, arms=both, phases=phases, mode="interleave",
        metric="click_through",
    )  # fmt: skip
    assert made.status_code == 201, made.text
    assert step(client, "draft", "start") == (201, "running")
    time.sleep(1.1)
    orders = set()
    for drawing in range(16):
        line = f"/v1/popular?edition={edition}&n=2&arm=draft:{drawing}"
        items = client.get(line).raise_for_status().json()["items"]
        picks = {item["id"]: item["arm"] for item in items}
        assert picks == {"first": "entry", "second": "depth"}
        orders.add(tuple(picks))
    assert orders == {("first", "second"), ("second", "first")}
