"""The command line: help, and the operator's mistakes."""

import os
import socket
import sqlite3
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from ranking.benchmarks.processes import TOLQYN, Server, free_port, spawned
from ranking.cli import COMMANDS


def tolqyn(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [*TOLQYN, *arguments],
        capture_output=True, text=True, check=False, env=os.environ | environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def small_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of two views."""
    path = tmp_path_factory.mktemp("log") / "views.csv"
    path.write_text("at,visitor,article\n1700000000,v,a\n1700000001,v,b\n")
    return path


ADDED = sorted(entry_points(group="tolqyn.commands").names)


@pytest.mark.parametrize("command", [*sorted(COMMANDS), *ADDED])
def test_every_command_explains_itself(command: str) -> None:
    done = tolqyn(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ")


def test_help_lists_every_command() -> None:
    lines = tolqyn("--help").stdout.splitlines()
    for command in [*COMMANDS, *ADDED]:
        (line,) = [line for line in lines if line.split()[:1] == [command]]
        assert len(line.split()) > 2, "no short help"


def test_help_loads_nothing_heavy() -> None:
    code = """
import sys
from ranking.cli import tolqyn
tolqyn.main(["--help"], standalone_mode=False)
print([name for name in ("numba", "numpy", "kafka", "faust", "redis") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def expect_refusal(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """One line on standard error, exit 2, no traceback."""
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert len([line for line in done.stderr.splitlines() if "tolqyn: " in line]) <= 1


def test_missing_file(tmp_path: Path) -> None:
    missing = str(tmp_path / "no.csv")
    expect_refusal(tolqyn("backtest", "--views", missing), "no.csv does not exist")
    sent = tolqyn("send", "--views", missing, "--to", "http://127.0.0.1:9")
    expect_refusal(sent, "no.csv does not exist")


def test_wrong_column(small_log: Path) -> None:
    done = tolqyn("backtest", "--views", str(small_log), "--columns", "at=when")
    expect_refusal(done, "'when'", "at, visitor, article")
    expect_refusal(tolqyn("backtest", "--views", str(small_log), "--columns", "x=y"), "'x=y'")


def test_bad_value_in_a_row(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("at,visitor,article\n1700000000,v,a\nsoon,v,b\n")
    expect_refusal(tolqyn("backtest", "--views", str(path)), "bad.csv", "row", "at must be")


def test_busy_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        data = tmp_path / "data"
        expect_refusal(tolqyn("serve", "--port", port, "--data", str(data)), f"port {port}")
        assert not data.exists()


def test_host_beyond_loopback(tmp_path: Path) -> None:
    done = tolqyn("serve", "--host", "0.0.0.0", "--data", str(tmp_path))
    expect_refusal(done, "host must be a loopback address")


def test_data_of_a_newer_version(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "log.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
        db.execute("CREATE TABLE future (x)")
    before = (tmp_path / "log.sqlite").read_bytes()
    port = str(free_port())
    expect_refusal(tolqyn("serve", "--port", port, "--data", str(tmp_path)), "version 99")
    assert (tmp_path / "log.sqlite").read_bytes() == before


def test_data_folder_that_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    assert tolqyn("serve", "--data", str(path)).returncode == 2


def test_unknown_setting() -> None:
    expect_refusal(tolqyn("demo", TOLQYN_HALFLIFE="5"), "TOLQYN_HALFLIFE is no setting")


def test_bad_profile(tmp_path: Path, small_log: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("half_life = -5\n")
    done = tolqyn("backtest", "--views", str(small_log), "--profile", str(path))
    expect_refusal(done, "half_life must be between 300 and 2592000, got -5")


@pytest.mark.server
def test_data_folder_of_another_server(tmp_path: Path) -> None:
    with spawned(Server(tmp_path)):
        done = tolqyn("serve", "--port", str(free_port()), "--data", str(tmp_path))
    expect_refusal(done, f"another server has the data folder {tmp_path}")


def test_nothing_answers(tmp_path: Path) -> None:
    """In words of people, for files as for servers."""
    url = f"http://127.0.0.1:{free_port()}"
    done = tolqyn("overrides", "list", "--to", url)
    expect_refusal(done, f"nothing answers at {url}")
    missing = str(tmp_path / "mine.toml")
    for line in (("--profile", missing), ("--views", missing)):
        done = tolqyn("backtest", "--views", "x.csv", *line)
        expect_refusal(done, f"file {missing} does not exist")
        assert "Errno" not in done.stderr
