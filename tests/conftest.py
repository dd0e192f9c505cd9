"""Fixtures that several test files share.

A test that uses `server`, `kafka` or `redis_url` gets the marker of that name. `namespace` is new
for each test, its topics made, with 4 partitions; other counts are asked for by
`@pytest.mark.parametrize("namespace", [2], indirect=True)`.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import httpx
import hypothesis
import pytest

from ranking.benchmarks.processes import Server, spawned
from streams.broker import Broker
from streams.topics import PARTITIONS, specification
from tests.support import thoroughness
from tests.support.chromium import Chromium, chromium
from tests.support.cluster import (
    kafka_node,
    need,
    need_kafka,
    new_namespace,
    redis_node,
)
from tests.support.processes import Cluster, cluster_of

pytest.register_assert_rewrite("tests.support.live", "tests.support.restarts")

collect_ignore = ["support/extensions"]  # a module there registers its member when it is imported

CHECKOUT = Path(__file__).parents[1]


def main_checkout() -> Path:
    """Folder of this checkout, or of the one that a worktree belongs to."""
    git = CHECKOUT / ".git"  # of a worktree: a file with "gitdir: .../.git/worktrees/name"
    if git.is_file():
        return Path(git.read_text().removeprefix("gitdir: ").strip()).parents[2]
    return CHECKOUT


SHARED = main_checkout().parent / "shared"
DATA, CASES = SHARED / "data" / "g1", SHARED / "cases"


def beside(folder: Path) -> Path:
    """A folder beside the checkout; skips where it is absent, except in CI."""
    if not folder.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{folder.name} must be there in CI")
        pytest.skip(f"{folder.name} is not beside the checkout")
    return folder


@pytest.fixture(scope="session")
def g1() -> Path:
    """Folder of the G1 log."""
    return beside(DATA)


@pytest.fixture(scope="session")
def cases() -> Path:
    """Folder of small inputs that others have read wrongly."""
    return beside(CASES)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One real server for the tests of a file."""
    with spawned(Server(tmp_path_factory.mktemp("data"))) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client of the server."""
    with httpx.Client(base_url=server.url, timeout=30.0) as connected:
        yield connected


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--long`."""
    text = "run the tests marked long too, and the others with more kills, moments and examples"
    parser.addoption("--long", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Choose before test files are imported, which ask for amounts; no property has a deadline."""
    thoroughness.choose(long=config.getoption("--long"))
    hypothesis.settings.register_profile("unhurried", deadline=None)
    hypothesis.settings.load_profile("unhurried")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that use real servers; leave the long ones out of a usual run."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        for fixture, marker in (("server", "server"), ("kafka", "kafka"), ("redis_url", "redis")):
            if fixture in used:
                item.add_marker(marker)
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test of Kafka or Redis has failed."""
    report = yield
    marked = item.get_closest_marker("kafka") or item.get_closest_marker("redis")
    if report.skipped and marked and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI refuses: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real Kafka node, one for the whole run."""
    need_kafka()
    folder = tmp_path_factory.mktemp("kafka")
    with spawned(kafka_node(folder)) as node:
        yield node.address
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real Redis, one for the whole run."""
    need("redis-server")
    with spawned(redis_node(tmp_path_factory.mktemp("redis"))) as node:
        yield f"redis://{node.address}/0"


@pytest.fixture
def namespace(kafka: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own with its topics, deleted afterwards."""
    name = new_namespace()
    topics = specification(name, getattr(request, "param", PARTITIONS))
    with Broker(kafka) as broker:
        broker.create(topics)
    yield name
    with Broker(kafka) as broker:
        broker.delete([topic.name for topic in topics])


@pytest.fixture
def cluster(tmp_path: Path, kafka: str, redis_url: str, namespace: str) -> Iterator[Cluster]:
    """A namespace of its own on the run's broker and Redis."""
    with cluster_of(tmp_path, kafka, redis_url, namespace) as running:
        yield running


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Chromium]:
    """A browser whose pages must not complain."""
    with chromium(tmp_path / "chromium") as browser:
        browser.look()
        yield browser
        assert browser.complaints == []
