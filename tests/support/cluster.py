"""Real servers for the tests: a Kafka node and a Redis, each on a free loopback port."""

import itertools
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from ranking.benchmarks.processes import Command, free_port

ROOT = Path(__file__).parents[2]
NUMBERS = itertools.count(1)


class ServerProcess(Command):
    """A server that a test can start, kill and start again.

    Parameters
    ----------
    log : Path
        What it prints.
    port : int
        Where it answers once it is ready.
    command : tuple of str
    """

    def __init__(self, log: Path, port: int, *command: str) -> None:
        super().__init__(log, *command)
        self.port = port
        self.address = f"127.0.0.1:{port}"

    def start(self) -> None:
        """Start, and wait until it accepts connections."""
        super().start()
        self.await_answer(self._accepts)

    def _accepts(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1.0).close()
        except OSError:
            return False
        return True


def kafka_node(folder: Path) -> ServerProcess:
    """A Kafka node that keeps its data in a folder; not started yet."""
    port, controller = free_port(), free_port()
    command = (str(ROOT / "deploy" / "kafka" / "run"), "--data", str(folder / "kafka"))
    at = ("--port", str(port), "--controller", str(controller))
    return ServerProcess(folder / "kafka.log", port, *command, *at)


def redis_node(folder: Path) -> ServerProcess:
    """A Redis that keeps nothing; not started yet."""
    port = free_port()
    command = ("redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "")
    return ServerProcess(folder / "redis.log", port, *command)


def need(*programs: str) -> None:
    """Skip where a program is missing; fail in CI, where it must not be."""
    absent = [program for program in programs if not shutil.which(program)]
    if absent and os.environ.get("CI"):
        pytest.fail(f"{' and '.join(absent)} must be there in CI")
    if absent:
        pytest.skip(f"{' and '.join(absent)} not installed; deploy/check says how")


def need_kafka() -> None:
    """Skip where no Kafka can be run: Java, and Maven or the jars it once brought."""
    need("java")
    if not shutil.which("mvn"):
        brought = subprocess.run([ROOT / "deploy" / "kafka" / "jars"], capture_output=True)
        if brought.returncode:
            need("mvn")


def new_namespace() -> str:
    """A namespace that no other test of this run has."""
    return f"t{os.getpid()}-{next(NUMBERS)}"
