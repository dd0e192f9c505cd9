"""`deploy/local`: the whole cluster on one machine, up, seen and down again."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ranking.benchmarks.processes import await_until, free_port
from tests.support.cluster import ROOT, need, need_kafka
from tests.test_cli import ADDED

PARTS = ["kafka", "redis", "worker", "packer", "collector", "api"]


def local(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    command = [str(ROOT / "deploy" / "local"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def states(folder: Path) -> dict[str, str]:
    """What `status` says of each part."""
    lines = local("status", "--data", str(folder)).stdout.splitlines()
    return {line.split()[0]: line.split(maxsplit=3)[3] for line in lines}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose cluster is down at the end."""
    yield tmp_path / "cluster"
    local("down", "--data", str(tmp_path / "cluster"))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "say up, down or status"),
        (["sideways"], "not 'sideways'"),
        (["up", "--colour", "red"], "no option --colour"),
        (["up", "--kafka"], "--kafka needs a value"),
        (["up", "--kafka", "70000"], "--kafka must be a port, got '70000'"),
    ],
)
def test_mistakes(arguments: list[str], reason: str) -> None:
    done = local(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_nothing_is_up(folder: Path) -> None:
    done = local("status", "--data", str(folder))
    assert done.returncode == 1
    assert states(folder) == dict.fromkeys(PARTS, "down")
    assert local("down", "--data", str(folder)).returncode == 0


@pytest.mark.kafka
@pytest.mark.redis
def test_busy_port(folder: Path) -> None:
    need_kafka()
    need("redis-server")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = local("up", "--data", str(folder), "--kafka", port)
    assert done.returncode == 1
    assert f"port {port} is in use; choose another with --kafka PORT" in done.stderr
    assert states(folder) == dict.fromkeys(PARTS, "down")


@pytest.mark.kafka
@pytest.mark.redis
@pytest.mark.server
@pytest.mark.skipif(not {"worker", "pack", "collect", "api"} <= set(ADDED), reason="not here yet")
def test_up_and_down(folder: Path) -> None:
    need_kafka()
    need("redis-server")
    where = ["--data", str(folder)]
    ports = {name: free_port() for name in ("kafka", "redis", "collector", "api")}
    done = local("up", *where, *(f for n, p in ports.items() for f in (f"--{n}", str(p))))
    assert done.returncode == 0, done.stderr
    assert f"api: http://127.0.0.1:{ports['api']}" in done.stdout
    assert states(folder) == dict.fromkeys(PARTS, "up")
    for name in ("collector", "api"):
        assert httpx.get(f"http://127.0.0.1:{ports[name]}/readyz").status_code == 200

    worker = int((folder / "pids" / "worker").read_text().split()[0])
    os.kill(worker, signal.SIGKILL)
    await_until(lambda: states(folder)["worker"] == "down", "the kill is seen", 30)
    assert local("up", *where).returncode == 0
    assert states(folder) == dict.fromkeys(PARTS, "up")

    assert local("down", *where).returncode == 0
    assert states(folder) == dict.fromkeys(PARTS, "down")
    for port in ports.values():
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
