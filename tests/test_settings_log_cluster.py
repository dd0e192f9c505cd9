"""Decisions in the cluster: written through one API, held by every process within a moment."""

import time
from typing import Any

import httpx
import pytest

from ranking.benchmarks.processes import await_until
from tests.support.processes import Cluster
from tests.support.traffic import counts_of, events_of, send, truth_of
from tests.test_server import card

pytestmark = pytest.mark.server

EDITION = "inform/ru"
LINE = "/v1/popular"


def test_every_api_and_worker_holds_what_one_wrote(cluster: Cluster) -> None:
    events = events_of(4, 3000)
    send(cluster, events)
    for name in ("1", "2"):
        cluster.worker(name, "--checkpoint-every", "1")
    apis = [cluster.api(), cluster.api("api-2")]
    truth = truth_of(events)
    await_until(lambda: counts_of(cluster.url("api"), list(truth)) == truth, "all is counted", 120)
    clients = [httpx.Client(base_url=cluster.url(name), timeout=10) for name in ("api", "api-2")]
    asked: dict[str, Any] = {"edition": EDITION, "n": 8}

    def shown(client: httpx.Client, **more: Any) -> list[str]:
        answer = client.get(LINE, params=asked | more)
        return [item["id"] for item in answer.raise_for_status().json()["items"]]

    live = shown(clients[0])
    changes = {"half_life": 7 * 86_400, "onward_weight": 0, "steadiness": 0}
    body = {"edition": EDITION, "surface": "popular", "set": changes}
    draft = clients[0].post("/v1/profiles/drafts", json=body).raise_for_status().json()["id"]
    wanted = shown(clients[1], profile=draft)  # the other API knows the draft too
    assert wanted != live
    told = clients[1].get("/v1/preview", params=asked | {"profile": draft}).json()
    assert [item["id"] for item in told["draft"]["items"]] == wanted
    why = clients[1].get(LINE, params=asked | {"explain": 1}).json()["items"]
    assert all(sum(i["why"].values()) == pytest.approx(i["score"], rel=1e-6) for i in why)

    assert clients[0].put("/v1/profiles", json=body | {"parent": 0}).status_code == 201
    await_until(lambda: [shown(c) for c in clients] == [wanted, wanted], "both answer so", 20)
    assert clients[1].put("/v1/profiles", json=body | {"parent": 0}).status_code == 409
    await_until(
        lambda: all(c.get("/readyz").json()["settings"] == 1 for c in clients), "one version", 20
    )
    assert counts_of(cluster.url("api-2"), list(truth)) == truth

    pin = {"action": "pin", "edition": EDITION, "articles": [wanted[4]], "end": time.time() + 5}
    assert clients[1].post("/v1/overrides", json=pin).status_code == 201
    await_until(lambda: [shown(c)[0] for c in clients] == [wanted[4]] * 2, "it is first", 20)
    await_until(lambda: [shown(c) for c in clients] == [wanted, wanted], "it left no trace", 30)

    apis[0].kill()
    apis[0].start()
    cluster.await_ready("api")
    assert clients[0].get("/v1/audit").json()["records"][-1]["body"] == changes
    for client in clients:
        client.close()


def test_keys_hold_for_collectors_and_apis(cluster: Cluster) -> None:
    cluster.worker()
    cluster.api()
    cluster.collector()
    admin = httpx.post(f"{cluster.url('api')}/v1/keys", json={"role": "administer"}).json()["key"]
    events = f"{cluster.url('collect')}/v1/events"
    await_until(lambda: httpx.post(events, json=[]).status_code == 401, "it asks for a key", 10)
    headers = {"authorization": f"Bearer {admin}"}
    assert httpx.post(events, json=[], headers=headers).status_code == 202
    articles = f"{cluster.url('collect')}/v1/articles"
    assert httpx.post(articles, json=[card(1, edition=EDITION)]).status_code == 401
    assert httpx.get(f"{cluster.url('api')}/v1/keys").status_code == 401
    assert httpx.get(f"{cluster.url('api')}{LINE}", params={"edition": EDITION}).status_code == 200
