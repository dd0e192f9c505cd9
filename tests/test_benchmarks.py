"""Benchmarks: each for about a second, with what it has by then, or with what did not happen."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ranking.benchmarks.time_limit import TimeLimit
from ranking.cli import tolqyn

NUMBERS = {
    "visible": {"median_ms", "p95_ms", "views_per_s", "probes", "unseen"},
    "retune": {"articles", "half_life_median_ms", "window_max_ms", "published_median_ms"},
    "ingest": {"views", "seconds", "views_per_s", "peak_mb"},
    "growth": {"small_tick_median_ms", "small_memory_mb", "small_drafts_mb"},
    "preview": {"rungs_same", "between_same", "power_laws_same"},
}


def bench(name: str, *more: str) -> dict[str, Any]:
    """Run one for a second."""
    line = ["bench", name, "--seconds", "1s", "--format", "json", *more]
    done = CliRunner().invoke(tolqyn, line)
    assert done.exit_code == 0, done.output + repr(done.exception)
    found: dict[str, Any] = json.loads(done.stdout)[name]
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
def test_a_second_tells_something(name: str, log: Path) -> None:
    found = bench(name, *(["--views", str(log)] if name in ("ingest", "preview") else []))
    assert found.keys() >= NUMBERS[name]
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
    assert bench("experiments")["ratio"] > 0


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
