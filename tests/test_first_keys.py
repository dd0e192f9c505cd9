"""The first keys: their order, the grace period, and the same from a shell."""

import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from ranking.benchmarks.processes import Server, spawned
from ranking.cli import tolqyn

pytestmark = pytest.mark.server


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
        assert "are accepted until" in done.output
        _, portal, _, own, *_ = (line.strip() for line in done.output.splitlines())
        assert portal.startswith("tolqyn_")
        assert client.post("/v1/events?key=" + portal, json=event).status_code == 202
        again = ["--key", own, "--to", server.url]
        assert CliRunner().invoke(tolqyn, ["keys", "grace", "0", *again]).exit_code == 0
        assert client.post("/v1/events", json=event).status_code == 401
        done = CliRunner().invoke(tolqyn, ["keys", "list", *again])
        assert "Events without a key are refused." in done.output
