"""kill -9 at random moments, while events come in: nothing is lost, nothing counts twice.

Views of articles, sums by arm of experiments, and the lists of the cluster.
"""

import random
import threading
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from ranking.backtest.send import target_of
from ranking.benchmarks.processes import Server, await_until, spawned
from ranking.engine.event import Event
from ranking.experiments.plans import Experiment
from tests.support.arms import ArmsTruth, csv_of
from tests.support.logs import Row
from tests.support.processes import Cluster
from tests.support.thoroughness import scaled
from tests.support.traffic import (
    BEGIN,
    SITES,
    counts_of,
    lists_differ,
    post_all,
    post_through_kills,
    ranker_of,
)
from tests.support.trials import plan_of

pytestmark = pytest.mark.server

KILLS = scaled(8, 40)
VIEWS, POSTED, SINGLY = scaled(60_000, 300_000), 500 * KILLS, 300 * KILLS
ARMS = ("now", "calm")
PLAN = {
    "arms": [{"name": "now", "set": {}}, {"name": "calm", "set": {"half_life": 3600}}],
    "phases": [{"at": 0, "traffic": 500, "shares": [500, 500]}],
}
LABELS = ("calm", "calm.1", "meter,calm", "calm.1,meter", "meter", "calm.9", "")
SURFACES = ("", "popular", "related", "elsewhere")


def event(drawn: random.Random, number: int, edition: str, **more: Any) -> dict[str, Any]:
    """An event of a reader in experiments."""
    return {
        "at": BEGIN + number * 0.5,
        "edition": edition,
        "id": f"e{number}",
        "kind": drawn.choice(("view", "view", "read", "impression", "impression", "click")),
        "experiment": drawn.choice(LABELS),
        "arm": ",".join(drawn.choice((*ARMS, "")) for _ in range(2)),
        "bucket": drawn.randrange(1000),
        "slot": drawn.randrange(7),
        **more,
    }


def truth_of(events: list[dict[str, Any]]) -> ArmsTruth:
    """What must be counted."""
    truth = ArmsTruth()
    for sent in events:
        truth.add(Row(round(sent["at"] * 1000), Event(**sent)))
    return truth


def begin(url: str) -> Experiment:
    """Start the experiment, and give it a second phase; returns its plan."""
    with httpx.Client(base_url=f"{url}/v1/experiments", timeout=30) as client:
        client.put("/calm", json=PLAN).raise_for_status()
        client.post("/calm/start", json={}).raise_for_status()
        made = client.post("/calm/phase", json={"traffic": 800}).raise_for_status().json()
    return plan_of(made)


def sums(url: str) -> list[str]:
    """Sums by bucket as the API shows them."""
    answer = httpx.get(f"{url}/v1/experiments/calm/sums.csv", timeout=30)
    return answer.text.splitlines()[1:] if answer.status_code == 200 else [answer.text]


def test_an_embedded_server_counts_exactly(tmp_path: Path) -> None:
    """In the order that was sent: visits, bounces and repeats too."""
    drawn = random.Random(1)
    events = [
        event(
            drawn, number, "crash/en", visitor=f"v{drawn.randrange(2000)}",
            article=f"a{int(drawn.paretovariate(0.8)) % 300}",
            surface=drawn.choice(("", "popular", "related")),
        )
        for number in range(VIEWS)
    ]  # fmt: skip
    with spawned(Server(tmp_path, "--checkpoint-every", "1")) as server:
        plan = begin(server.url)
        post_through_kills(server, events, 500, drawn, KILLS)
        truth = truth_of(events)
        wanted = csv_of(truth, plan, "calm")
        assert len(wanted) > 1000
        assert sums(server.url) == wanted
        shown = counts_of(server.url, list(truth.accepted))
        assert len(shown) > 250
        assert shown == counts(truth)


def test_a_cluster_counts_exactly(cluster: Cluster) -> None:
    """Three workers, two APIs, packer and collector, each killed; both APIs say the same.

    Two senders have no order between them, so that no event here depends on another.
    """
    drawn = random.Random(2)
    events = [
        event(
            drawn, number, f"{drawn.choice(SITES)}/ru", visitor=f"v{number}",
            article=str(number % 50), surface=drawn.choice(("", "popular", "related")),
        )
        for number in range(POSTED + SINGLY)
    ]  # fmt: skip
    posted, singly = events[:POSTED], events[POSTED:]
    workers = [cluster.worker(name, "--checkpoint-every", "1") for name in ("1", "2")]
    packer, collector = cluster.packer(), cluster.collector()
    apis = [cluster.api(), cluster.api("api-2")]
    plan = begin(cluster.url("api"))
    sender = threading.Thread(target=post_all, args=(cluster.url("collect"), posted))
    sender.start()
    raw = f"kafka://{cluster.kafka}/raw-views?namespace={cluster.namespace}"
    killable = [*workers, packer, collector, *apis]
    victims = drawn.sample(killable, len(killable)) + drawn.choices(killable, k=KILLS)
    for number, victim in enumerate(victims[:KILLS]):
        with target_of(raw) as target:
            part = singly[number * 300 : (number + 1) * 300]
            assert not target.take(orjson.dumps(part)).rejected
        if number == KILLS // 2:
            cluster.worker("3", "--checkpoint-every", "1")
        victim.kill()
        victim.start()
        threading.Event().wait(drawn.uniform(0.2, 1.5))
    sender.join()
    truth = truth_of(events)
    wanted = csv_of(truth, plan, "calm")
    assert len(wanted) > 500
    urls = [cluster.url(name) for name in ("api", "api-2")]
    for name in ("api", "api-2"):
        cluster.await_ready(name)
    await_until(lambda: [sums(url) for url in urls] == [wanted] * 2, "both have it", 120)
    threading.Event().wait(1.5)
    assert [sums(url) for url in urls] == [wanted] * 2
    assert counts_of(urls[1], list(truth.accepted)) == counts(truth)
    ranker = ranker_of(cluster)
    await_until(lambda: not lists_differ(cluster, ranker), "boards are those of the log", 60)


def counts(truth: ArmsTruth) -> dict[tuple[str, str], tuple[int, int]]:
    """Accepted and counted views of each article, as the API must show them."""
    return {page: (sent, truth.counted[page, "view"]) for page, sent in truth.accepted.items()}
