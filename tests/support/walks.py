"""Walks: sections of README and manual that a newcomer follows with copy and paste.

A walk is read as steps, in the page's order:

- a `sh` block is run in a shell; under `<!-- keeps running -->` in a terminal of its own, which
  stays;
- a block of another language is saved under the name in its first line (`# plan.toml`,
  `<!doctype html> <!-- page.html -->`);
- `Open <ADDRESS>` opens a browser;
- a block without a language is what the step before it shows; `...` stands for any text.

All runs in a fresh folder that looks like the checkout. Only ports are replaced by free ones.
"""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ranking.benchmarks.processes import free_port
from tests.support.chromium import Chromium, chromium
from tests.support.documentation import ROOT, pages

RELOAD = 5.0
"""Seconds after which a page that is short is loaded again."""
LINES = "document.body.innerText.trim().split(/\\n+/).length"
PATIENCE = 60.0
PORTS = ("8080", "8000")
LINKED = (".venv", "deploy", "pyproject.toml", "ranking", "streams")
_STEP = re.compile(
    r"(?P<kept>^<!-- keeps running -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$"
    r"|Open <(?P<address>http[^>]+)>",
    re.M | re.S,
)
_NAME = re.compile(r"\A[^\n]*?(?:#|<!--) ([\w.]+\.\w+)")
READ = "curl -s '"
_END = "-- end of a step --"


class WalkError(Exception):
    """A step of a walk did not do what its page says."""


@dataclass(slots=True)
class Step:
    """One step of a walk.

    Attributes
    ----------
    kind : str
        `keep`, `run`, `open`, or the language of a file to save.
    text : str
    shows : str
        What the page says that it shows; empty where it says nothing.
    """

    kind: str
    text: str
    shows: str = ""


def section(page: str, heading: str) -> str:
    """Text of a page's section, up to the next heading of its level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", pages()[page], re.M | re.S)
    if not found:
        message = f"{page} has no section {heading}"
        raise WalkError(message)
    return found[1]


def steps_of(text: str) -> list[Step]:
    """Steps of a text, in its order."""
    steps: list[Step] = []
    for found in _STEP.finditer(text):
        language = found["language"]
        if found["address"]:
            steps.append(Step("open", found["address"]))
        elif language == "sh":
            steps.append(Step("keep" if found["kept"] else "run", found["text"]))
        elif language:
            steps.append(Step(language, found["text"]))
        elif steps:
            steps[-1].shows = found["text"]
    return steps


def matches(shown: str, wanted: str) -> bool:
    """Say whether an output has the page's words in their order, whatever its spaces.

    Examples
    --------
    >>> matches("9 views  accepted in 0.1 s", "9 views accepted in ...")
    True
    >>> matches("8 views accepted in 0.1 s", "9 views accepted in ...")
    False
    """
    words = [".*" if word == "..." else re.escape(word) for word in wanted.split()]
    return re.fullmatch(r"\s*".join(words) + r"\s*", shown.strip(), re.S) is not None


class Terminal:
    """A shell that blocks are pasted into; a line that fails ends it.

    Parameters
    ----------
    folder : Path
    environment : dict of str to str
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._shell = subprocess.Popen(
            ["bash", "--norc", "-e"], cwd=folder, env=os.environ | environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def run(self, text: str) -> str:
        """Run lines to their end; returns what they print."""
        return self.start(f"{text}echo; echo '{_END}'\n", _END).removesuffix(_END + "\n")

    def start(self, text: str, shows: str) -> str:
        """Run lines until one of the lines that they print is as wanted; returns them all."""
        pipe, printed = self._shell.stdin, self._shell.stdout
        assert pipe is not None
        assert printed is not None
        pipe.write(text.encode())
        pipe.flush()
        shown, end = "", time.monotonic() + PATIENCE
        while not any(matches(line, shows) for line in shown.splitlines()):
            left = max(end - time.monotonic(), 0.0)
            ready, _, _ = select.select([printed], [], [], left)
            part = os.read(printed.fileno(), 1 << 16) if ready else b""
            if not part:
                message = f"{text} must show {shows!r}, it showed {shown!r}"
                raise WalkError(message)
            shown += part.decode()
        return shown

    def close(self) -> None:
        """End the shell and all that it runs."""
        os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.wait()
        for pipe in (self._shell.stdin, self._shell.stdout):
            if pipe is not None:
                pipe.close()


class Newcomer:
    """Who follows a walk, in a fresh folder.

    Parameters
    ----------
    folder : Path
        Empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "checkout"
        self._folder.mkdir()
        for name in LINKED:
            (self._folder / name).symlink_to(ROOT / name)
        self._browser_folder = folder / "chromium"
        self._ports = {port: str(free_port()) for port in PORTS}
        server = self._ports["8080"]
        self._environment = {
            "TOLQYN_PORT": server, "TOLQYN_URL": f"http://127.0.0.1:{server}",
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        self._terminals = [Terminal(self._folder, self._environment)]

    def follow(self, steps: list[Step]) -> list[str]:
        """Take the steps; returns what each shows.

        Raises
        ------
        WalkError
            If a step fails, or shows something else than the page says.
        """
        return [self._take(step.kind, self._here(step.text), self._here(step.shows))
            for step in steps
        ]  # fmt: skip

    def close(self) -> None:
        """End all that runs."""
        for terminal in self._terminals:
            terminal.close()

    def _here(self, text: str) -> str:
        text = text.replace("deploy/demo\n", "deploy/demo --port 8080\n")
        for port, free in self._ports.items():
            text = text.replace(port, free)
        return text

    def _take(self, kind: str, text: str, shows: str) -> str:
        if kind == "keep":
            self._terminals.append(Terminal(self._folder, self._environment))
            return self._terminals[-1].start(text, shows)
        if kind == "run":
            return self._run(text, shows)
        if kind == "open":
            return self._open(text, shows)
        named = _NAME.match(text)
        if not named:
            message = f"a block must name its file in its first line: {text}"
            raise WalkError(message)
        (self._folder / named[1]).write_text(text, encoding="utf-8")
        return ""

    def _run(self, text: str, shows: str) -> str:
        """Run a block; a read is repeated, for lists follow a change within a tick."""
        end = time.monotonic() + PATIENCE
        while True:
            shown = self._terminals[0].run(text)
            if not shows or matches(shown, shows):
                return shown
            if not text.startswith(READ) or time.monotonic() > end:
                message = f"{text} must show {shows!r}, it showed {shown!r}"
                raise WalkError(message)

    def _open(self, address: str, shows: str) -> str:
        with chromium(self._browser_folder) as page:
            page.pass_for_a_reader()
            lines = len(shows.splitlines())
            self._load(page, address, f"{LINES} >= {lines}")
            shown = str(page.read("document.body.innerText"))
            faults = [its for its in page.complaints if "favicon" not in its]
        if faults or not matches(shown, shows):
            message = f"{address} must show {shows!r}, it showed {shown!r}; {faults}"
            raise WalkError(message)
        return shown

    def _load(self, page: Chromium, address: str, is_whole: str) -> None:
        """Open a page, and load it again while it is short, as a reader does."""
        end = time.monotonic() + PATIENCE
        while True:
            page.open(address)
            try:
                page.wait(is_whole, RELOAD)
            except TimeoutError:
                if time.monotonic() > end:
                    raise
            else:
                return


@contextmanager
def newcomer(folder: Path) -> Iterator[Newcomer]:
    """Run somebody's walk; all that it started ends with the block."""
    follower = Newcomer(folder)
    try:
        yield follower
    finally:
        follower.close()
