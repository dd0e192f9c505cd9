"""The cost of experiments in serving: requests for Popular with three experiments and with none.

One server takes views meanwhile. A run of the benchmark is a pair: load without any experiment,
then load with three. One of them is interleaved and two are split; each bucket is in one of them.
wrk keeps its connections open and draws a bucket for each request. Without experiments each bucket
gets the live list.
"""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from ranking.benchmarks.background_views import BackgroundViews
from ranking.benchmarks.benchmark import BenchmarkError, Run, Runs, Task
from ranking.benchmarks.processes import Server, spawned
from ranking.engine.batch import BUCKETS
from ranking.experiments.assignment import OUTSIDE, arms_of
from ranking.experiments.interleaving import DRAWINGS

PAIRS, SECONDS, LINES = 5, 6, 32
"""Usual pairs, seconds of load in each half unless there is less time, lines kept open."""
EDITION = "bench/en"
LIST = f"/v1/popular?edition={EDITION}&n=5"
SLOW = {"draft": 1200.0, "calm": 3600.0, "wide": 86_400.0}
"""Half-lives that they try, s."""
PLANS: dict[str, dict[str, Any]] = {
    "draft": {"mode": "interleave", "metric": "click_through", "traffic": 300, "offset": 0},
    "calm": {"traffic": 350, "offset": 300},
    "wide": {"traffic": 350, "offset": 650},
}
_ASK = """
local lines = {%s}
math.randomseed(os.time())
request = function() return wrk.format("GET", lines[math.random(#lines)]) end
"""


def experiments(task: Task) -> Runs:
    """Ask for Popular with and without experiments, in pairs.

    Yields
    ------
    Run
        A pair: answers a second without and with experiments, their ratio (`ratio`, and
        `ratio_least`, the least over the pairs), and the slowest hundredth of answers, ms.

    Raises
    ------
    BenchmarkError
        If wrk is not installed, or an answer was an error.
    """
    if not shutil.which("wrk"):
        message = "bench experiments needs wrk: apt-get install wrk"
        raise BenchmarkError(message)
    with (
        tempfile.TemporaryDirectory() as folder,
        spawned(Server(Path(folder))) as server,
        httpx.Client(base_url=server.url, timeout=30.0) as client,
    ):
        limit = task.limit
        limit.restart()
        seconds = max(min(SECONDS, int(limit.seconds / (2 * PAIRS + 1))), 1)
        with BackgroundViews(server.url):
            time.sleep(min(2.0, limit.seconds / 4))
            for number in count():
                yield _pair(client, server.url, Path(folder), number, seconds)


def _pair(client: httpx.Client, url: str, folder: Path, number: int, seconds: int) -> Run:
    before = _asked(url, folder, [LIST] * BUCKETS, seconds)
    names = {kind: f"{kind}-{number}" for kind in PLANS}
    for kind, name in names.items():
        client.put(f"/v1/experiments/{name}", json=_plan(kind)).raise_for_status()
        client.post(f"/v1/experiments/{name}/start", json={}).raise_for_status()
    try:
        after = _asked(url, folder, _lines(names), seconds)
    finally:
        for name in names.values():
            client.post(f"/v1/experiments/{name}/stop", json={}).raise_for_status()
    ratio = after["rate"] / before["rate"]
    figures = {
        "without_per_s": before["rate"],
        "with_per_s": after["rate"],
        "ratio": ratio,
        "ratio_least": ratio,
        "without_p99_ms": before["p99"],
        "with_p99_ms": after["p99"],
    }
    return Run(figures)


def _plan(kind: str) -> dict[str, Any]:
    plan = dict(PLANS[kind])
    phase = {"at": time.time(), "traffic": plan.pop("traffic"), "shares": [500, 500]}
    arms = [{"name": "now", "version": 0}, {"name": "new", "set": {"half_life": SLOW[kind]}}]
    return {"edition": EDITION, "surface": "popular", "arms": arms, "phases": [phase], **plan}


def _lines(names: dict[str, str]) -> list[str]:
    """The line that each bucket asks for; those who are interleaved draw a list each time."""
    lines = []
    for kind, name in names.items():
        plan = PLANS[kind]
        arms = arms_of("lists", name, [500, 500], plan["traffic"], plan["offset"])
        for bucket, arm in enumerate(arms.tolist()):
            if arm == OUTSIDE:
                continue
            group = bucket % DRAWINGS if "mode" in plan else ("now", "new")[arm]
            lines.append(f"{LIST}&arm={name}:{group}")
    return lines


def _asked(url: str, folder: Path, lines: Sequence[str], seconds: int) -> dict[str, float]:
    script = folder / "ask.lua"
    script.write_text(_ASK % ",".join(f'"{line}"' for line in lines))
    for line in set(lines):
        httpx.get(url + line).raise_for_status()
    command = ["wrk", "-t1", f"-c{LINES}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in report:
        message = f"answers must be 200, got {report}"
        raise BenchmarkError(message)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
    slowest = re.search(r"99%\s+([\d.]+)(us|ms|s)", report)
    if not (rate and slowest):
        message = f"wrk must tell a rate and latencies, got {report}"
        raise BenchmarkError(message)
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}[slowest[2]]
    return {"rate": float(rate[1]), "p99": float(slowest[1]) * unit}
