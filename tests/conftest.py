"""Fixtures that several test files share."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ranking.benchmarks.spawned import Spawned, spawned

CHECKOUT = Path(__file__).parents[1]


def main_checkout() -> Path:
    """Folder of this checkout, or of the one that a worktree belongs to."""
    git = CHECKOUT / ".git"  # of a worktree: a file with "gitdir: .../.git/worktrees/name"
    if git.is_file():
        return Path(git.read_text().removeprefix("gitdir: ").strip()).parents[2]
    return CHECKOUT


DATA = main_checkout().parent / "shared" / "data" / "g1"


@pytest.fixture(scope="session")
def g1() -> Path:
    """Folder of the G1 log; skips where it is absent, except in CI."""
    if not DATA.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{DATA.name} must be there in CI")
        pytest.skip("the real logs are not beside the checkout")
    return DATA


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spawned]:
    """One real server for the tests of a file."""
    with spawned(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def client(server: Spawned) -> Iterator[httpx.Client]:
    """A client of the server."""
    with httpx.Client(base_url=server.url, timeout=30.0) as connected:
        yield connected
