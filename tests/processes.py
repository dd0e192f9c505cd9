"""The cluster's processes for tests: real ones, to start, kill, freeze and start again."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from ranking.benchmarks.spawned import free_port

START = 180.0


class Process:
    """One `tolqyn` command.

    Parameters
    ----------
    log : Path
        What it prints.
    arguments : tuple of str
    """

    def __init__(self, log: Path, *arguments: str) -> None:
        self.log, self.arguments = log, arguments
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start; it ends with the test run."""
        setpriv = shutil.which("setpriv")
        bound = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
        command = [*bound, sys.executable, "-m", "ranking", *self.arguments]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End without warning."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def ended(self, seconds: float = START) -> int:
        """Wait for the end; returns the exit code."""
        assert self.process
        return self.process.wait(seconds)

    def said(self, text: str) -> bool:
        """Say whether it printed something."""
        return self.log.exists() and text in self.log.read_text()


class Cluster:
    """Processes on one broker and one store, in one namespace.

    Parameters
    ----------
    folder : Path
        For logs.
    kafka, redis, namespace : str
    """

    def __init__(self, folder: Path, kafka: str, redis: str, namespace: str) -> None:
        self.folder, self.kafka, self.redis, self.namespace = folder, kafka, redis, namespace
        self.processes: list[Process] = []
        self.ports: dict[str, int] = {}

    @property
    def target(self) -> str:
        """Where `tolqyn send` sends to."""
        return f"kafka://{self.kafka}?namespace={self.namespace}"

    def url(self, what: str) -> str:
        """Address of `api` or `collect`."""
        return f"http://127.0.0.1:{self.ports[what]}"

    def worker(self, name: str = "1", *options: str) -> Process:
        """Start a worker."""
        at = ("--redis", self.redis, "--id", name, *options)
        return self._started("worker", name, *self._kafka(), *at)

    def packer(self) -> Process:
        """Start a packer."""
        return self._started("pack", "pack", *self._kafka())

    def collector(self) -> Process:
        """Start a collector, and wait for it."""
        port = self.ports.setdefault("collect", free_port())
        started = self._started("collect", "collect", *self._kafka(), "--port", str(port))
        self.await_ready("collect")
        return started

    def api(self) -> Process:
        """Start an API process, and wait for it."""
        port = self.ports.setdefault("api", free_port())
        at = ("--redis", self.redis, "--namespace", self.namespace, "--port", str(port))
        started = self._started("api", "api", *at)
        self.await_ready("api")
        return started

    def await_ready(self, what: str) -> None:
        """Wait until a server answers."""

        def is_ready() -> bool:
            try:
                return httpx.get(f"{self.url(what)}/readyz", timeout=2.0).status_code == 200
            except httpx.TransportError:
                return False

        until(is_ready, f"{what} answers")

    def _kafka(self) -> tuple[str, ...]:
        return ("--kafka", self.kafka, "--namespace", self.namespace)

    def _started(self, command: str, name: str, *options: str) -> Process:
        process = Process(self.folder / f"{command}-{name}.log", command, *options)
        self.processes.append(process)
        process.start()
        return process


def until(holds: Callable[[], bool], what: str, seconds: float = START) -> None:
    """Wait until something holds.

    Raises
    ------
    AssertionError
        If it does not in time.
    """
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            message = f"not within {seconds:.0f} s: {what}"
            raise AssertionError(message)
        time.sleep(0.05)


@contextmanager
def cluster_of(folder: Path, kafka: str, redis: str, namespace: str) -> Iterator[Cluster]:
    """Processes that end with the block."""
    cluster = Cluster(folder, kafka, redis, namespace)
    try:
        yield cluster
    finally:
        for process in cluster.processes:
            process.signal(signal.SIGCONT)
            process.kill()
