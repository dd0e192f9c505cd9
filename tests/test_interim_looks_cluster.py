"""Looks in the cluster: two APIs look at once, one look is kept, and both have the same."""

from itertools import pairwise

import httpx
import pytest

from ranking.benchmarks.processes import await_until, is_ready
from ranking.experiments.evidence import Evidence, evidence_of
from ranking.experiments.interim_looks import LEAST
from tests.support import trials
from tests.support.processes import Cluster

pytestmark = pytest.mark.server

APIS = ("api", "api-2")


def test_two_apis_keep_the_same_looks(cluster: Cluster) -> None:
    cluster.worker()
    cluster.collector()
    for name in APIS:
        cluster.api(name)
    clients = [httpx.Client(base_url=cluster.url(name), timeout=30) for name in APIS]
    made = trials.begun(clients[0], "calm")
    events, truth = trials.events("calm", trials.plan_of(made), 600, (0.3, 0.4))
    with httpx.Client(base_url=cluster.url("collect"), timeout=30) as collector:
        trials.send(collector, events)

    def evidence(client: httpx.Client) -> Evidence | None:
        answer = client.get("/v1/experiments/calm/evidence")
        return evidence_of(answer.content) if answer.is_success else None

    def both() -> list[Evidence]:
        return [found for client in clients if (found := evidence(client))]

    def visits() -> list[int]:
        return [int(one.tallies.column("visits").sum()) for one in both()]

    await_until(lambda: visits() == [600, 600], "both count all", 60)
    await_until(lambda: [len(one.looks) > 0 for one in both()] == [True, True], "a look", 60)
    one, other = both()
    count = min(len(one.looks), len(other.looks))
    assert one.looks[:count] == other.looks[:count]
    pauses = [later.at - look.at for look, later in pairwise(one.looks)]
    assert all(pause >= LEAST for pause in pauses), "nobody looks again at once"
    assert one.sums == other.sums
    assert one.offsets == other.offsets
    by_arm = one.tallies.column("all_clicks").sum(axis=(0, 2)).tolist()
    assert by_arm == [truth[arm, "clicks"] for arm in ("now", "slow")]
    assert all(is_ready(cluster.url(name)) for name in APIS), "who was second goes on"
    for client in clients:
        client.close()
