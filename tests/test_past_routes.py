"""The past by HTTP: what was shown, what would have been, and what a draft was worth."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ranking.backtest.backtest import replay
from ranking.backtest.measures.accuracy import accuracy
from ranking.backtest.visits import Span
from ranking.benchmarks.processes import Server, await_until, spawned
from ranking.engine.batch import Batch
from ranking.profiles.profile import DEFAULT, Profile, profile_from
from ranking.ranker import Ranker
from tests.support.logs import HOUR_MS, RU, Row, packed, random_rows

pytestmark = pytest.mark.server

POPULAR = f"/v1/popular?edition={RU}"
PREVIEW = f"edition={RU}&surface=popular"


def lately(seed: int, n_views: int = 3000) -> list[Row]:
    """A log of the last hours, whose clock ends a moment ago."""
    rows = random_rows(seed, n_views, articles=40, visitors=300, sessions=0.5, step_ms=10_000)
    shift = round(time.time() * 1000) - 1000 - max(row.at_ms for row in rows)
    return [Row(row.at_ms + shift, row.event) for row in rows]


def posted(client: httpx.Client, rows: list[Row]) -> None:
    """Send rows, and wait until lists know them."""
    body = [
        {"at": at, "visitor": e.visitor, "article": e.article, "edition": e.edition}
        | ({"session": e.session} if e.session else {})
        for at, e in rows
    ]
    for start in range(0, len(body), 100):
        client.post("/v1/events", json=body[start : start + 100]).raise_for_status()
    newest = max(row.at_ms for row in rows) / 1000
    await_until(lambda: client.get(POPULAR).json()["as_of"] == newest, "the log is ranked")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of the server."""
    return tmp_path_factory.mktemp("past")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """What is sent."""
    return lately(1)


@pytest.fixture(scope="module")
def client(folder: Path, rows: list[Row]) -> Iterator[httpx.Client]:
    """A server that was sent the log, its client."""
    with (
        spawned(Server(folder)) as server,
        httpx.Client(base_url=server.url, timeout=300.0) as connected,
    ):
        posted(connected, rows)
        yield connected


def system_at(rows: list[Row], at: float) -> Ranker:
    """A system that stopped at a moment; its stamps come in order."""
    ranker = Ranker()
    ranker.apply(packed([row for row in rows if row.at_ms <= at * 1000]), 0)
    return ranker


def draft(client: httpx.Client, **changes: Any) -> str:
    """Make a draft."""
    made = client.post("/v1/profiles/drafts", json={"edition": RU, "set": changes})
    made.raise_for_status()
    return str(made.json()["id"])


def test_what_would_have_been_is_what_a_system_had_then(
    client: httpx.Client, rows: list[Row]
) -> None:
    name = draft(client, half_life=900)
    for at in (rows[900].at_ms / 1000, rows[2500].at_ms / 1000, rows[1200].at_ms / 1000):
        for asked, profile in (("default", DEFAULT), (name, profile_from({"half_life": 900}))):
            got = client.get(f"{POPULAR}&as_of={at}&profile={asked}&n=10").json()
            board = system_at(rows, at).lists.board(RU, "popular", profile, 10, "")
            assert [(i["id"], i["score"], i["views"]) for i in got["items"]] == [
                (i.id, i.score, i.views) for i in board.items
            ]
            assert (got["as_of"], got["profile"]) == (at, asked)
            assert got["horizon"] == rows[0].at_ms / 1000


def test_related_of_then(client: httpx.Client, rows: list[Row]) -> None:
    at = rows[1500].at_ms / 1000
    got = client.get(f"/v1/related/3?edition={RU}&as_of={at}&n=6").json()
    board = system_at(rows, at).lists.related(RU, "3", 6)
    assert [item["id"] for item in got["items"]] == list(board.ids)


def test_what_was_shown_is_answered_as_it_was(client: httpx.Client, rows: list[Row]) -> None:

    def ids(line: str) -> list[str]:
        return [item["id"] for item in client.get(line).json().get("items", [])]

    before = client.get(f"{POPULAR}&n=20").json()
    line = f"{POPULAR}&n=20&as_of={before['as_of']}"
    await_until(lambda: ids(line) == [i["id"] for i in before["items"]], "it is written down", 10)
    more = [Row(row.at_ms + 500 + k, row.event) for k, row in enumerate(rows[-300:])]
    posted(client, [Row(at, event) for at, event in more])
    shown = client.get(line).json()
    assert shown["horizon"] <= shown["as_of"] == before["as_of"]
    assert ids(line) == [item["id"] for item in before["items"]]
    later = f"{POPULAR}&n=20&as_of={before['as_of'] + 3600}"
    await_until(lambda: ids(later) == ids(f"{POPULAR}&n=20"), "the newest is written down", 10)


def test_too_long_ago_says_since_when(client: httpx.Client, rows: list[Row]) -> None:
    for more in ("", "&profile=default"):
        refused = client.get(f"{POPULAR}&as_of=2017-10-01T00:00:00Z{more}")
        assert (refused.status_code, refused.json()["title"]) == (404, "Too long ago")
        assert "at least" in refused.json()["detail"]
    assert f"{rows[0].at_ms / 1000:.3f}" in refused.json()["detail"]
    assert client.get(f"{POPULAR}&as_of=yesterday").status_code == 400
    assert client.get("/v1/popular?edition=nobody/en&as_of=1").status_code == 404


def test_moments_of_a_draft(client: httpx.Client, rows: list[Row]) -> None:
    name = draft(client, half_life=600)
    line = f"/v1/preview/past?{PREVIEW}&profile={name}&hours=3&step=1800&n=5"
    told = client.get(line).json()
    assert told["horizon"] == rows[0].at_ms / 1000
    assert 5 <= len(told["moments"]) <= 6
    drafted = profile_from({"half_life": 600})
    for row in told["moments"]:
        assert row["at"] % 1800 == 0
        system = system_at(rows, row["at"])
        assert row["live"] == list(system.lists.board(RU, "popular", DEFAULT, 5, "").ids)
        assert row["draft"] == list(system.lists.board(RU, "popular", drafted, 5, "").ids)
        assert set(row["live"]) <= set(told["titles"])
    assert client.get(f"{line}&step=1").status_code == 400


def test_a_backtest_of_the_last_hours_is_that_of_the_whole_log(
    client: httpx.Client, rows: list[Row]
) -> None:
    name = draft(client, half_life=1800)
    told = client.get(f"/v1/preview/backtest?{PREVIEW}&profile={name}&hours=2").json()
    assert told["until"] - told["from"] == pytest.approx(2 * 3600)
    assert told["live"]["clicks"] == told["draft"]["clicks"] > 100
    assert told["live"] != told["draft"]


def test_a_replay_goes_on_from_a_state_as_from_the_beginning(rows: list[Row]) -> None:
    """Once a state has seen all visits that matter, where it came from makes no difference."""
    batch = packed(rows)
    since = rows[-1].at_ms - HOUR_MS
    span = Span(since, rows[-1].at_ms + 1)
    for profile in (DEFAULT, profile_from({"half_life": 2400})):
        whole = accuracy(replay([batch], Ranker().catalogue, span, profile))
        part = accuracy(gone_on(batch, since - 4 * HOUR_MS, span, profile))
        assert part == whole


def gone_on(batch: Batch, start_ms: int, span: Span, profile: Profile) -> Any:
    """Replay the rest of a batch from the state at a moment."""
    stop = int((batch.columns["at"] <= start_ms).sum())
    ranker = Ranker()
    ranker.apply(batch.part(0, stop), 0)
    rest = [batch.part(stop, len(batch))]
    site = ranker.sites.get(batch.site)
    return replay(rest, ranker.catalogue, span, profile, ranker.settings, site=site)


def test_a_board_keeps_its_order_through_a_restart(
    folder: Path, rows: list[Row], tmp_path: Path
) -> None:
    """After a restart a board keeps its order, though scores alone would say another."""
    steady = tmp_path / "steady.toml"
    steady.write_text("steadiness = 1.0")
    (tmp_path / "data").mkdir()
    with spawned(Server(tmp_path / "data", "--profile", str(steady))) as server:
        with httpx.Client(base_url=server.url, timeout=60.0) as client:
            for start in range(0, 600, 60):
                posted(client, rows[start : start + 60])
            before = client.get(f"{POPULAR}&n=20").json()
            drawn = sorted(before["items"], key=lambda item: -item["score"])
            assert [i["id"] for i in drawn] != [i["id"] for i in before["items"]]
        server.stop()
        server.start()
        after = httpx.get(f"{server.url}{POPULAR}&n=20").json()
        assert [i["id"] for i in after["items"]] == [i["id"] for i in before["items"]]
        assert after["as_of"] == before["as_of"]
