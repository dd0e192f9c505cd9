"""Data of every recorded version, opened by this one: the same counts, the same lists.

What cannot be read is refused with a line that says so, and never begun empty.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ranking.benchmarks.processes import Command, free_port, spawned
from ranking.embedded.log import DataError, SqliteLog
from ranking.embedded.serve import serve
from tests.support.answers import articles, differences, viewed
from tests.support.opened import (
    Corrected,
    Expected,
    changed,
    client_of,
    corrections,
    expected_of,
    only_counts,
    recorded_of,
    with_views,
    within_part,
)
from tests.support.scenario import post_events, strangers
from tests.support.shifted import ShiftedServer
from tests.support.versions import FIXTURES, Version, copied, need_code, recorded, run_with

ALL = pytest.mark.parametrize("version", recorded(), ids=lambda version: version.name)
HEADER = """
import sys
from pathlib import Path
try:
    from ranking.engine.snapshot import read_header
except ImportError:  # 0.2.0 and earlier
    from ranking.snapshot import read_header

data = Path(sys.argv[1]).read_bytes()
print(read_header(data[8 : 8 + int.from_bytes(data[:8], "little")]).position)
"""


def opened(expected: Expected, folder: Path) -> ShiftedServer:
    """A server of this version over a folder, soon after the last view."""
    return ShiftedServer(folder, expected["at"], articles=expected["articles"])


@pytest.mark.server
@pytest.mark.parametrize("name", ["ordinary", "small"])
@ALL
def test_a_folder_of_every_version_opens(version: Version, name: str, tmp_path: Path) -> None:
    """Through the end of the server without warning and in order, and goes on counting."""
    expected = expected_of(version, name)
    server = opened(expected, copied(version.fixtures / f"{name}.tar.xz", tmp_path))
    with spawned(server), client_of(server.url, expected) as client:
        assert changed(expected, name, client) == []
        server.kill()
        server.start()
        assert changed(expected, name, client) == []
        counts = expected["counts"]
        for end, seed in ((server.kill, "first"), (server.stop, "second")):
            more = strangers(seed, expected["at"] - 20.0, viewed(counts), 150)
            post_events(client, more)
            counts = with_views(counts, more)
            end()
            server.start()
            got = articles(client, expected["pages"])
            assert only_counts(got) == only_counts(counts)


@pytest.mark.server
@ALL
def test_a_damaged_checkpoint_is_passed_over(version: Version, tmp_path: Path) -> None:
    """The one before it is as good, since the log goes on from there."""
    expected = expected_of(version, "ordinary")
    folder = copied(version.fixtures / "ordinary.tar.xz", tmp_path)
    damage(sorted(folder.glob("*.checkpoint"))[-1], 12)
    server = opened(expected, folder)
    with spawned(server), client_of(server.url, expected) as client:
        assert changed(expected, "ordinary", client) == []


def damage(file: Path, place: int) -> None:
    """Turn all bits of one byte of a file."""
    data = bytearray(file.read_bytes())
    data[place] ^= 0xFF
    file.write_bytes(data)


def all_checkpoints_damaged(folder: Path) -> None:
    for file in folder.glob("*.checkpoint"):
        damage(file, 12)


def checkpoints_of_a_later_version(folder: Path) -> None:
    for file in folder.glob("*.checkpoint"):
        data = bytearray(file.read_bytes())
        data[9] = 99  # the first number of the header
        file.write_bytes(data)


def checkpoints_gone(folder: Path) -> None:
    for file in folder.glob("*.checkpoint"):
        file.unlink()


def with_database(folder: Path, statement: str) -> None:
    """Change the log as no server would."""
    with sqlite3.connect(folder / "log.sqlite") as database:
        database.execute(statement)
    database.close()


def a_setting_unreadable(folder: Path) -> None:
    with_database(folder, "UPDATE settings SET body = x'00' WHERE position = 3")


def a_batch_unreadable(folder: Path) -> None:
    last = "(SELECT max(position) FROM batches)"
    with_database(folder, f"UPDATE batches SET body = x'00' WHERE position = {last}")


REFUSED: dict[Callable[[Path], None], str] = {
    all_checkpoints_damaged: "no usable checkpoint and no whole log",
    checkpoints_of_a_later_version: "no usable checkpoint and no whole log",
    checkpoints_gone: "no usable checkpoint and no whole log",
    a_setting_unreadable: "settings record is unreadable",
    a_batch_unreadable: "batch",
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("breaking", REFUSED, ids=lambda breaking: breaking.__name__)
@ALL
def test_what_cannot_be_read_is_refused(
    version: Version, breaking: Callable[[Path], None], tmp_path: Path
) -> None:
    """The server does not begin, and the folder stays as it was."""
    folder = copied(version.fixtures / "ordinary.tar.xz", tmp_path)
    breaking(folder)
    before = held(folder)
    with pytest.raises(DataError, match=REFUSED[breaking]):
        asyncio.run(serve(folder, "127.0.0.1", free_port()))
    assert held(folder) == before


@pytest.mark.server
@ALL
def test_a_refusal_is_one_line(version: Version, tmp_path: Path) -> None:
    """With exit 2: the operator's fault."""
    folder = copied(version.fixtures / "ordinary.tar.xz", tmp_path)
    all_checkpoints_damaged(folder)
    server = opened(expected_of(version, "ordinary"), folder)
    with pytest.raises(RuntimeError, match="ended"):
        server.start()
    assert server.ended() == 2
    lines = [line for line in server.said().splitlines() if line.startswith("tolqyn: ")]
    assert len(lines) == 1
    assert REFUSED[all_checkpoints_damaged] in lines[0]


def held(folder: Path) -> tuple[list[str], int, int]:
    """Checkpoints, batches and records of the settings of a folder."""
    with sqlite3.connect(folder / "log.sqlite") as database:
        tables = ("batches", "settings")
        counts = [database.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables]
    database.close()
    return sorted(file.name for file in folder.glob("*.checkpoint")), counts[0], counts[1]


@pytest.mark.server
@ALL
def test_a_decision_of_a_later_version_is_named(version: Version, tmp_path: Path) -> None:
    """Lists go on, and the server says that it is too old to be relied on."""
    expected = expected_of(version, "ordinary")
    folder = copied(version.fixtures / "ordinary.tar.xz", tmp_path)
    newer = """REPLACE(CAST(body AS TEXT), '"format":1', '"format":9')"""
    with_database(folder, f"UPDATE settings SET body = CAST({newer} AS BLOB) WHERE position = 19")
    server = opened(expected, folder)
    try:
        Command.start(server)
        with client_of(server.url, expected) as client:
            server.await_answer(lambda: answers_with(client, 503, "upgrade this process"))
    finally:
        server.kill()


def answers_with(client: httpx.Client, status: int, text: str) -> bool:
    """Say whether a server is not ready for a reason."""
    try:
        answer = client.get("/readyz")
    except httpx.TransportError:
        return False
    return answer.status_code == status and text in answer.text


@ALL
def test_a_log_of_a_later_version_is_refused(version: Version, tmp_path: Path) -> None:
    folder = copied(version.fixtures / "ordinary.tar.xz", tmp_path)
    with_database(folder, "PRAGMA user_version = 99")
    with pytest.raises(DataError, match="has version 99, this program"):
        SqliteLog(folder)


@ALL
def test_a_log_that_is_none_is_refused(version: Version, tmp_path: Path) -> None:
    folder = copied(version.fixtures / "ordinary.tar.xz", tmp_path)
    (folder / "log.sqlite-wal").unlink()
    damage(folder / "log.sqlite", 3)
    with pytest.raises(DataError, match="cannot be opened"):
        SqliteLog(folder)


@ALL
def test_a_version_s_own_code_reads_its_fixtures(version: Version, tmp_path: Path) -> None:
    """The commit on record is the one that wrote them."""
    need_code(version)
    code, folder = tmp_path / "code", tmp_path / "data"
    version.build(code)
    copied(version.fixtures / "ordinary.tar.xz", folder)
    newest = sorted(folder.glob("*.checkpoint"))[-1]
    assert int(run_with(code, HEADER, str(newest))) == int(newest.stem.partition("-")[0])


def test_fixtures_stay_small() -> None:
    for version in recorded():
        files = list(version.fixtures.iterdir())
        assert sum(file.stat().st_size for file in files) < 1_000_000, version.name
    assert {folder.name for folder in FIXTURES.iterdir()} == {v.name for v in recorded()}


@ALL
def test_corrected_lists_are_those_that_differ(version: Version) -> None:
    """None is excused that is as it was recorded, twice, or by a rule that no later version tells.

    Counts and decisions never are.
    """
    given = corrections(version)
    assert [its.answer for its in given if not is_other(version, its)] == []
    assert len({its.answer for its in given}) == len(given)
    assert {its.answer[1] for its in given} <= {"lists", "past"}
    told = corrected_since(version)
    unknown = [
        (its.answer, rule)
        for its in given
        for rule in its.rules
        if not any(rule in line for line in told)
    ]
    assert unknown == []
    assert all(its.rules for its in given)


def is_other(version: Version, its: Corrected) -> bool:
    """Say whether a corrected list differs from the one that was recorded."""
    name, *path, last = its.answer
    then = within_part(recorded_of(version, name), path)[last]
    now = within_part(expected_of(version, name), path)[last]
    return list(differences(then, now)) != []


def corrected_since(version: Version) -> list[str]:
    """The CHANGELOG's lines of corrected rules, of the versions after one."""
    told = (FIXTURES.parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
    later, _, _ = told.partition(f"\n## {version.name}\n")
    return [line for line in later.splitlines() if line.startswith("- Corrected: ")]
