"""Older tree: a revision of this checkout in a temporary git worktree, ready to run.

It runs with the dependencies that are installed. Its own packages come first on the path, and its
own entry points are written next to it. Its files have the time of its commit, and its folder the
name of its commit. So compiled loops of one revision are kept from one comparison to the next.
"""

import os
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ranking.benchmarks.benchmark import BenchmarkError


@dataclass(frozen=True, slots=True)
class Tree:
    """A checkout of one commit.

    Attributes
    ----------
    folder : Path
    commit : str
        Twelve digits.
    """

    folder: Path
    commit: str

    def run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run Python with the packages of this tree.

        Parameters
        ----------
        words : str
            What follows `python` on the command line.
        given : str
            Standard input.
        """
        environment = os.environ | {"PYTHONPATH": str(self.folder)}
        return subprocess.run(
            [sys.executable, *words], input=given,
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip


def resolved(checkout: Path, revision: str) -> str:
    """Full name of the commit that a revision means.

    Raises
    ------
    BenchmarkError
        If this is no git checkout, or git knows no such commit.
    """
    if not (checkout / ".git").exists():
        message = "bench before must run in a git checkout of Tolqyn; this one is installed"
        raise BenchmarkError(message)
    try:
        return git(checkout, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except subprocess.CalledProcessError:
        message = f"revision must name a commit of this checkout, got '{revision}'"
        raise BenchmarkError(message) from None
    except OSError as error:
        message = f"bench before needs git: {error.strerror}"
        raise BenchmarkError(message) from None


@contextmanager
def older_tree(checkout: Path, commit: str) -> Iterator[Tree]:
    """Check a commit out for a while; it is removed at the end, also on Ctrl-C and SIGTERM."""
    folder = Path(tempfile.gettempdir()) / f"tolqyn-{commit[:12]}"
    if folder.exists():  # of a comparison that runs at the same time
        folder = Path(tempfile.mkdtemp(prefix=f"{folder.name}-"))
    handler = signal.signal(signal.SIGTERM, _interrupt)
    try:
        git(checkout, "worktree", "add", "--quiet", "--detach", str(folder), commit)
        _date(folder, int(git(checkout, "show", "-s", "--format=%ct", commit)))
        _make_known(folder)
        yield Tree(folder, commit[:12])
    except subprocess.CalledProcessError as error:
        message = f"git could not check out {commit[:12]}: {error.stderr.strip()}"
        raise BenchmarkError(message) from None
    finally:
        remove = ["git", "-C", str(checkout), "worktree", "remove", "--force", str(folder)]
        subprocess.run(remove, capture_output=True, check=False)
        signal.signal(signal.SIGTERM, handler)


def renamed_modules(checkout: Path, commit: str) -> dict[str, str]:
    """Modules of this checkout that have another name in an older commit, by git's rename rule."""
    listing = git(
        checkout, "diff", "--find-renames=50%", "--diff-filter=R", "--name-status", "-l0", commit,
        "--", "ranking", "streams",
    )  # fmt: skip
    renames = (line.split("\t")[1:] for line in listing.splitlines())
    return {_module(new): _module(old) for old, new in renames if new.endswith(".py")}


def git(folder: Path, *words: str) -> str:
    """Run git and give what it prints."""
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _date(folder: Path, seconds: int) -> None:
    for path in folder.rglob("*.py"):
        os.utime(path, (seconds, seconds))


def _make_known(folder: Path) -> None:
    """Write the metadata that an installation would have, with the entry points of the tree."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    known = folder / f"{project['name']}.egg-info"
    known.mkdir(exist_ok=True)
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (known / "PKG-INFO").write_text(head)
    lines = []
    for group, entries in project.get("entry-points", {}).items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (known / "entry_points.txt").write_text("\n".join(lines) + "\n")
