"""Processes that benchmarks and tests start, kill and start again.

They end with the process that started them, even when that is killed: the kernel tells them.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx

TOLQYN = (sys.executable, "-m", "ranking")
"""How a command line of `tolqyn` begins."""
PORTS = 12_000, 32_000
START = 180.0


class Command:
    """One command, which may run or not.

    Parameters
    ----------
    log : Path
        What it prints is appended here.
    command : tuple of str
        Program and arguments.
    """

    def __init__(self, log: Path, *command: str) -> None:
        self._log, self._command = log, command
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start."""
        setpriv = shutil.which("setpriv")
        bound = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [*bound, *self._command], stdout=output, stderr=subprocess.STDOUT
            )

    def await_answer(self, answers: Callable[[], bool], seconds: float = START) -> None:
        """Wait until it answers.

        Raises
        ------
        RuntimeError
            If it ends instead, with what it printed last.
        TimeoutError
        """
        name = " ".join(self._command)
        await_until(lambda: not self.is_running or answers(), f"{name} answers", seconds)
        if not self.is_running:
            message = f"{name} ended: {self.said()[-2000:]}"
            raise RuntimeError(message)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self._process and self.is_running:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End without warning."""
        self.signal(signal.SIGKILL)
        self.ended()

    def kill_children(self) -> None:
        """End the processes that it started, without warning (Linux alone)."""
        pid = self._process.pid if self._process else 0
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)

    def stop(self) -> None:
        """Ask to end, and wait."""
        self.signal(signal.SIGTERM)
        self.ended(30)

    def ended(self, seconds: float = START) -> int:
        """Wait for the end; returns the exit code, 0 if it was never started."""
        return self._process.wait(seconds) if self._process else 0

    def said(self) -> str:
        """Its output so far."""
        return self._log.read_text() if self._log.exists() else ""

    def peak_megabytes(self) -> float:
        """Most memory that was resident so far, of this process if it was never started."""
        return self._megabytes("VmHWM")

    def resident_megabytes(self) -> float:
        """Memory that is resident now, of this process if it was never started."""
        return self._megabytes("VmRSS")

    def _megabytes(self, field: str) -> float:
        status = Path(f"/proc/{self._process.pid if self._process else 'self'}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(field))
        return int(line.split()[1]) / 1024


class Server(Command):
    """One `tolqyn serve` on a free loopback port.

    Parameters
    ----------
    folder : Path
        Data.
    options : tuple of str
        More options of `tolqyn serve`.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        port = free_port()
        at = ("--data", str(folder), "--port", str(port))
        super().__init__(folder / "server.log", *TOLQYN, "serve", *at, *options)
        self.url = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        """Start, and wait until lists are served."""
        super().start()
        self.await_answer(lambda: is_ready(self.url))


Started = TypeVar("Started", bound=Command)


@contextmanager
def spawned(command: Started) -> Iterator[Started]:
    """Run a command for a while."""
    try:
        command.start()
        yield command
    finally:
        command.kill()


def await_until(
    holds: Callable[[], bool], what: str, seconds: float = START, pause: float = 0.02
) -> None:
    """Wait until something holds, looking again after each pause.

    Raises
    ------
    TimeoutError
        If it does not in time.
    """
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            message = f"not within {seconds:.0f} s: {what}"
            raise TimeoutError(message)
        time.sleep(pause)


def is_ready(url: str) -> bool:
    """Say whether a server serves lists, or takes events."""
    try:
        return httpx.get(f"{url}/readyz", timeout=2.0).status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A loopback port that nobody listens on, below those that the system gives to clients."""
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
