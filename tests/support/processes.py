"""The cluster's processes for tests: real ones, to start, kill, freeze and start again."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ranking.benchmarks.processes import TOLQYN, Command, await_until, free_port, is_ready

UNSTEADIED = "steadiness = 0"
"""A profile whose boards do not depend on those before them."""


class Cluster:
    """Processes on one broker and one store, in one namespace.

    Parameters
    ----------
    folder : Path
        For logs.
    kafka, redis, namespace : str
    program : tuple of str
        What runs `tolqyn`.
    """

    def __init__(
        self, folder: Path, kafka: str, redis: str, namespace: str,
        program: tuple[str, ...] = TOLQYN,
    ) -> None:  # fmt: skip
        self.program = program
        self.folder, self.kafka, self.redis, self.namespace = folder, kafka, redis, namespace
        self.processes: list[Command] = []
        self.ports: dict[str, int] = {}

    @property
    def target(self) -> str:
        """Where `tolqyn send` sends to."""
        return f"kafka://{self.kafka}?namespace={self.namespace}"

    def url(self, what: str) -> str:
        """Address of `api` or `collect`."""
        return f"http://127.0.0.1:{self.ports[what]}"

    def worker(self, name: str = "1", *options: str) -> Command:
        """Start a worker."""
        profile = self.folder / "default.toml"
        profile.write_text(UNSTEADIED)
        at = ("--redis", self.redis, "--id", name, "--profile", str(profile), *options)
        return self._started("worker", name, *self._kafka(), *at)

    def packer(self) -> Command:
        """Start a packer."""
        return self._started("pack", "pack", *self._kafka())

    def collector(self) -> Command:
        """Start a collector, and wait for it."""
        port = self.ports.setdefault("collect", free_port())
        started = self._started("collect", "collect", *self._kafka(), "--port", str(port))
        self.await_ready("collect")
        return started

    def api(self, name: str = "api") -> Command:
        """Start an API process, and wait for it."""
        port = self.ports.setdefault(name, free_port())
        at = ("--redis", self.redis, "--port", str(port))
        started = self._started("api", name, *self._kafka(), *at)
        self.await_ready(name)
        return started

    def await_ready(self, what: str) -> None:
        """Wait until a server answers."""
        await_until(lambda: is_ready(self.url(what)), f"{what} answers")

    def _kafka(self) -> tuple[str, ...]:
        return ("--kafka", self.kafka, "--namespace", self.namespace)

    def _started(self, command: str, name: str, *options: str) -> Command:
        process = Command(self.folder / f"{command}-{name}.log", *self.program, command, *options)
        self.processes.append(process)
        process.start()
        return process


@contextmanager
def cluster_of(
    folder: Path, kafka: str, redis: str, namespace: str, program: tuple[str, ...] = TOLQYN
) -> Iterator[Cluster]:
    """Processes that end with the block."""
    cluster = Cluster(folder, kafka, redis, namespace, program)
    try:
        yield cluster
    finally:
        for process in cluster.processes:
            process.signal(signal.SIGCONT)
            process.kill()
