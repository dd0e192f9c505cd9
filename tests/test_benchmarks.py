"""Benchmarks: one shape of results, runs and pairs counted right, each for about a second."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ranking.benchmarks import loop, registry
from ranking.benchmarks.benchmark import Benchmark, BenchmarkError, Run, Runs, Task
from ranking.benchmarks.generated_log import GeneratedLog
from ranking.benchmarks.harness import measured
from ranking.benchmarks.registry import benchmarks
from ranking.benchmarks.time_limit import TimeLimit
from ranking.cli import tolqyn

NUMBERS = {
    "loop": {"views_per_cpu_s", "small_cpu_us", "large_cpu_us", "wall_us", "small_to_counter"},
    "lists": {"popular_cpu_us", "related_cpu_us", "foryou_cpu_us", "page_wall_us"},
    "visible": {"median_ms", "p95_ms", "views_per_s", "probes", "unseen"},
    "retune": {"articles", "half_life_median_ms", "window_max_ms", "published_median_ms"},
    "ingest": {"views", "seconds", "views_per_s", "peak_mb", "ratio_to_reading"},
    "growth": {"small_tick_median_ms", "small_memory_mb", "small_drafts_mb"},
    "preview": {"rungs_same", "between_same", "power_laws_same"},
}
ELSEWHERE = {"visible-editions", "visible-articles"}
"""Of `test_readme.py`."""
SHAPE = {"headline", "median", "min", "max", "runs", "unit", "better", "ratios"}
MACHINE = {
    "cores", "processor", "memory_gb", "system", "python", "numpy", "numba", "tolqyn", "commit",
    "load",
}  # fmt: skip


def bench(name: str, *more: str) -> dict[str, Any]:
    """Run one for a second; its result has the shape of all."""
    line = ["bench", name, "--seconds", "1s", "--format", "json", *more]
    done = CliRunner().invoke(tolqyn, line)
    assert done.exit_code == 0, done.output + repr(done.exception)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told.keys() == {name, "machine"}
    assert told["machine"].keys() == MACHINE
    found: dict[str, Any] = told[name]
    assert found.keys() >= SHAPE
    its = benchmarks()[name]
    assert (found["headline"], found["unit"], found["better"]) == (
        its.headline,
        its.unit,
        its.better,
    )
    assert found["runs"] >= 1
    if found["median"] is None:
        assert found["missing"]
    else:
        assert found["min"] <= found["median"] <= found["max"]
    assert all(found["ratios"][ratio] == found[ratio] for ratio in found["ratios"])
    return found


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 3,000 views."""
    path = tmp_path_factory.mktemp("log") / "views.csv"
    rows = [f"{1_700_000_000 + n},v{n % 300},a{n * n % 57}" for n in range(3000)]
    path.write_text("\n".join(["at,visitor,article", *rows]))
    return path


@pytest.mark.server
@pytest.mark.parametrize("name", NUMBERS)
def test_a_second_tells_something(name: str, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"small": GeneratedLog(200, 10_000), "large": GeneratedLog(10_000, 5_000)}
    monkeypatch.setattr(loop, "SIZES", small)
    found = bench(name, *(["--views", str(log)] if name in ("ingest", "preview") else []))
    assert found.keys() >= NUMBERS[name]
    assert found["median"] > 0
    assert found["ratios"].keys() == set(benchmarks()[name].ratios)
    if name == "visible":
        assert found["unseen"] == 0, found
        assert found["probes"] >= 1
        assert 0 < found["median_ms"] < 1000
    if name == "retune":
        assert found["views_lost"] == 0
        assert any("articles were made" in line for line in found["missing"])


@pytest.mark.server
def test_of_experiments() -> None:
    if not shutil.which("wrk"):
        done = CliRunner().invoke(tolqyn, ["bench", "experiments", "--seconds", "1s"])
        assert "needs wrk" in str(done.exception)
        return
    found = bench("experiments")
    assert found["ratios"]["ratio"] >= found["ratio_least"] > 0


@pytest.mark.server
@pytest.mark.parametrize("name", ["kafka", "recovery"])
def test_of_the_cluster(
    name: str, kafka: str, redis_url: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLQYN_KAFKA", kafka)
    monkeypatch.setenv("TOLQYN_REDIS", redis_url)
    assert os.environ["TOLQYN_KAFKA"] == kafka
    found = bench(name, "--views", str(log))
    assert found["missing"]
    assert all("within 1 s" in line for line in found["missing"])


def test_every_benchmark_is_run_here_and_listed_in_help() -> None:
    known = benchmarks()
    assert known.keys() == {*NUMBERS, *ELSEWHERE, "experiments", "kafka", "recovery"}
    told = " ".join(CliRunner().invoke(tolqyn, ["bench", "--help"]).output.split())
    assert all(f"{its.name} {its.text}" in told for its in known.values())


PAIRS = [(9.0, 1.0), (2.0, 4.0), (4.0, 4.0), (9.0, 3.0)]
"""Speeds of a fake benchmark and of its peer, in turn; the first is of a warm-up run."""
MADE: list[str] = []


def fake(task: Task) -> Runs:
    """Runs that measure `PAIRS`, and write down what was done."""
    task.limit.restart()
    try:
        for ours, peer in PAIRS:
            MADE.extend("AB")
            yield Run({"per_s": ours, "to_peer": ours / peer, "slow_max_ms": ours})
    finally:
        MADE.append("end")


FAKE = Benchmark(
    "fake", "a fake", f"{__name__}:fake", "per_s", "things/s", "more",
    runs=3, warmups=1, ratios=("to_peer",),
)  # fmt: skip


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake one is in the registry."""
    monkeypatch.setattr(registry, "OURS", (*registry.OURS, FAKE))
    MADE.clear()


def told_of_fake(*more: str) -> dict[str, Any]:
    """Its result."""
    done = CliRunner().invoke(tolqyn, ["bench", "fake", "--format", "json", *more])
    found: dict[str, Any] = json.loads(done.stdout)["fake"]
    return found


@pytest.mark.usefixtures("registered")
def test_runs_are_counted_after_the_warm_up_and_paired_with_the_peer() -> None:
    told = told_of_fake()
    assert [told[key] for key in ("median", "min", "max", "runs")] == [4.0, 2.0, 9.0, 3]
    assert told["ratios"] == {"to_peer": 1.0}
    assert told["slow_max_ms"] == 9.0
    assert "".join(MADE) == "ABABABABend"
    fewer = told_of_fake("--runs", "1")
    assert (fewer["median"], fewer["runs"], fewer["ratios"]) == (2.0, 1, {"to_peer": 0.5})


@pytest.mark.usefixtures("registered")
def test_a_table_fits_and_names_unit_and_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = CliRunner().invoke(tolqyn, ["bench", "fake"]).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    wanted = ["fake", "4.000", "2.000", "9.000", "3", "things/s", "more"]
    assert wanted in [line.split() for line in lines]


def test_a_cut_off_benchmark_says_what_is_missing() -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 3.0
        return now[0]

    limit = TimeLimit(10.0, clock)
    told = measured(FAKE, Task(None, "", limit))
    assert told["missing"] == [f"only {told['runs']} of 3 runs were made, within 10 s"]
    assert 1 <= told["runs"] < 3


def test_an_entry_point_must_be_a_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        value = "theirs:function"

        def load(self) -> object:
            return fake

    monkeypatch.setattr(registry, "entry_points", lambda group: [Entry()])
    with pytest.raises(BenchmarkError, match="theirs:function must be a Benchmark, got function"):
        benchmarks()


def test_a_limit_gives_at_least_one_and_tells_what_is_missing() -> None:
    now = [0.0]
    limit = TimeLimit(10.0, lambda: now[0])
    taken = []
    for thing in limit.of(range(5), "things", 0.5):
        taken.append(thing)
        now[0] += 2.0
    assert taken == [0, 1, 2]
    assert limit.missing == ["only 3 things, within 10 s"]
    now[0] = 99.0
    assert list(limit.of("ab", "letters")) == ["a"]
    assert not limit.awaits(lambda: False, "it rains")
    assert limit.missing[-1] == "it did not happen that it rains, within 10 s"


def test_a_limit_is_restarted_once() -> None:
    now = [0.0]
    limit = TimeLimit(10.0, lambda: now[0])
    now[0] = 5.0
    limit.restart()
    assert limit.left() == 10.0
    now[0] = 9.0
    limit.restart()
    assert limit.left() == 6.0
