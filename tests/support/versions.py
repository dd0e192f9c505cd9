"""Versions on record: where their code and their data are.

`tests/versions.toml` names each version and its commit. An older version's code is built from that
commit, and runs with this checkout's dependencies. A clone without the commit has no such code;
the fixtures do not need it.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FIXTURES = TESTS / "fixtures"
CODE = ("ranking", "streams", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Version:
    """One recorded version.

    Attributes
    ----------
    name : str
    commit : str
    """

    name: str
    commit: str

    @property
    def fixtures(self) -> Path:
        """Folder of the data that it wrote."""
        return FIXTURES / self.name

    def has_code(self) -> bool:
        """Say whether the clone holds its commit."""
        asked = ["git", "-C", str(TESTS), "cat-file", "-e", f"{self.commit}^{{commit}}"]
        return subprocess.run(asked, capture_output=True).returncode == 0

    def build(self, folder: Path) -> None:
        """Write its code into a folder.

        Raises
        ------
        subprocess.CalledProcessError
            If the clone does not hold its commit.
        """
        root = TESTS.parent
        asked = ["git", "-C", str(root), "archive", self.commit, *CODE]
        packed = subprocess.run(asked, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as files:
            files.extractall(folder, filter="data")


def recorded() -> list[Version]:
    """All recorded versions, oldest first."""
    listed = tomllib.loads((TESTS / "versions.toml").read_text(encoding="utf-8"))["versions"]
    return [Version(entry["version"], entry["commit"]) for entry in listed]


def need_code(version: Version) -> None:
    """Skip where the clone lacks a version's commit; fail in CI, where it must not."""
    if version.has_code():
        return
    reason = f"the clone lacks {version.commit}, the code of {version.name}; fetch all of its log"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def environment(code: Path) -> dict[str, str]:
    """Environment variables under which Python imports a version's code and no other."""
    return {**os.environ, "PYTHONPATH": str(code), "PYTHONSAFEPATH": "1"}


def run_with(code: Path, program: str, *arguments: str) -> str:
    """Run a program over a version's code; returns what it printed."""
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment(code), cwd=code, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    return ran.stdout


def copied(data: Path, folder: Path) -> Path:
    """Unpack a data folder of a fixture; returns where it is."""
    with tarfile.open(data) as files:
        files.extractall(folder, filter="data")
    return folder


def packed(folder: Path, data: Path) -> None:
    """Pack a data folder: the same files give the same bytes."""
    with tarfile.open(data, "w:xz", preset=9) as files:
        for path in sorted(folder.iterdir()):
            entry = files.gettarinfo(path, path.name)
            entry.uid = entry.gid = entry.mtime = 0
            entry.uname = entry.gname = ""
            with path.open("rb") as opened:
                files.addfile(entry, opened)


def emptied(folder: Path) -> Path:
    """Make a folder that has nothing in it; returns it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
