"""Standby: a worker's process is forked again when it dies, and not when it asked for the end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.server
BEGIN = "import os, sys, time\nfrom streams.standby import stand_by\nstarts = stand_by()\n"


def started(program: str) -> "subprocess.Popen[str]":
    """Run what the worker does instead of working."""
    command = [sys.executable, "-c", BEGIN + program]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_one_that_dies_is_started_again_until_it_ends_well() -> None:
    process = started(
        "print(starts, flush=True)\n"
        "if starts == 0: os.kill(os.getpid(), 9)\n"
        "if starts == 1: os._exit(70)\n"
    )
    said, told = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.split() == ["0", "1", "2"]
    assert "ended with -9" in told
    assert "ended with 70" in told


def test_one_that_is_refused_is_not() -> None:
    process = started("print(starts, flush=True)\nsys.exit(2)\n")
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said) == (2, "0\n")


def test_the_wish_to_end_is_handed_on() -> None:
    program = (
        "import signal\n"
        "signal.signal(signal.SIGTERM, lambda *a: sys.exit(0))\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.01)\n"
    )
    with started(program) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's work")
def test_its_child_ends_with_it() -> None:
    with started("print(os.getpid(), flush=True)\nwhile True: time.sleep(0.01)\n") as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.kill()
    until = time.monotonic() + 60
    while is_alive(child):
        assert time.monotonic() < until
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process runs, a zombie not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
