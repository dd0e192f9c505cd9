"""Real servers for the tests: a Kafka node and a Redis, each on a free loopback port.

They end with the test run, even when that is killed: the kernel tells them.
"""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ranking.benchmarks.spawned import free_port

ROOT = Path(__file__).parents[1]
START = 90.0
NUMBERS = itertools.count(1)


class ServerProcess:
    """A server that a test can start, stop, kill, freeze and start again.

    Parameters
    ----------
    command : list of str
    port : int
        Where it answers once it is ready.
    log : Path
        What it prints.
    """

    def __init__(self, command: list[str], port: int, log: Path) -> None:
        self.command = command
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it accepts connections.

        Raises
        ------
        RuntimeError
            If it ends instead, with what it printed last.
        """
        setpriv = shutil.which("setpriv")
        bound = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                bound + self.command, stdout=output, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + START
        while self.process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        self.kill()
        message = f"{self.command[0]} did not start: {self.log.read_text()[-2000:]}"
        raise RuntimeError(message)

    def stop(self) -> None:
        """Ask to end, and wait; kill what does not."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End without warning."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def freeze(self) -> None:
        """Stop its time (SIGSTOP)."""
        if self.process:
            self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let its time go on (SIGCONT)."""
        if self.process:
            self.process.send_signal(signal.SIGCONT)


def kafka_node(folder: Path) -> ServerProcess:
    """A Kafka node that keeps its data in a folder; not started yet."""
    port, controller = free_port(), free_port()
    command = [str(ROOT / "deploy" / "kafka" / "run"), "--data", str(folder / "kafka")]
    command += ["--port", str(port), "--controller", str(controller)]
    return ServerProcess(command, port, folder / "kafka.log")


def redis_node(folder: Path) -> ServerProcess:
    """A Redis that keeps nothing; not started yet."""
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    return ServerProcess(command, port, folder / "redis.log")


@contextmanager
def running(server: ServerProcess) -> Iterator[ServerProcess]:
    """Start a server, and stop it at the end."""
    try:
        server.start()
        yield server
    finally:
        server.stop()


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
