"""A real server in a process of its own, for benchmarks and tests."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

START = 180.0


class Spawned:
    """One `tolqyn serve` on a free loopback port.

    Parameters
    ----------
    folder : Path
        Data.
    options : tuple of str
        More options of `tolqyn serve`.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.options = options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until lists are served.

        Raises
        ------
        RuntimeError
            If the server ends instead.
        """
        command = [sys.executable, "-m", "ranking", "serve", "--data", str(self.folder)]
        command += ["--port", str(self.port), *self.options]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until = time.monotonic() + START
        while time.monotonic() < until:
            if self.process.poll() is not None:
                message = f"the server ended with {self.process.returncode}"
                raise RuntimeError(message)
            try:
                if httpx.get(f"{self.url}/readyz", timeout=1.0).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
        message = "the server did not start"
        raise RuntimeError(message)

    def kill(self) -> None:
        """End without warning."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """Ask to end, and wait."""
        if self.process:
            self.process.terminate()
            self.process.wait(30)

    def peak_megabytes(self) -> float:
        """Most memory that was resident so far."""
        status = Path(f"/proc/{self.process.pid if self.process else 'self'}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def spawned(folder: Path, *options: str) -> Iterator[Spawned]:
    """Run a server for a while."""
    server = Spawned(folder, *options)
    try:
        server.start()
        yield server
    finally:
        server.kill()
