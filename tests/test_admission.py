"""Admission: stamps that are too old or in the future, and sites and editions without room."""

from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.benchmarks.processes import Server, await_until, spawned
from ranking.content.cards import Card
from ranking.engine.batch import decode, encode
from ranking.engine.outcomes import AHEAD, COUNTED, LATE, NO_ROOM
from ranking.engine.settings import EngineSettings
from ranking.ranker import Ranker
from tests.support.logs import DAY_MS, HOUR_MS, MINUTE_MS, START_MS, Row, chopped, packed, view
from tests.support.restarts import applied, restarted
from tests.support.thoroughness import examples

FEW = EngineSettings(articles=64, rows=16, neighbours=8, sites=2, editions=3, late=7200)
EDITIONS = ("inform/ru", "inform/kk", "inform/en", "inform/uz", "inform/zh")


def test_a_stamp_from_the_future_moves_no_clock() -> None:
    """Of a packer whose clock is right, and of one whose clock is not but the log's is."""
    ranker = Ranker()
    future = view(START_MS + DAY_MS, "b", "berik")
    batch = replace(packed([view(START_MS, "a"), future]), stamp_ms=START_MS)
    assert ranker.apply(batch, 0).tolist() == [COUNTED, AHEAD]
    wrong = decode(encode(packed([view(START_MS + DAY_MS, "c")], 2)), START_MS + MINUTE_MS)
    assert ranker.apply(wrong, 1).tolist() == [AHEAD]
    assert ranker.sites["inform"].newest_ms == START_MS
    near = replace(packed([view(START_MS + 4 * MINUTE_MS, "d")], 3), stamp_ms=START_MS)
    assert ranker.apply(near, 2).tolist() == [COUNTED]


def test_lateness_is_judged_by_the_clock_of_the_site() -> None:
    """An empty site has no clock: a log of years ago is as good as any."""
    ranker = Ranker()
    ancient = START_MS - 3000 * DAY_MS
    assert ranker.apply(packed([view(ancient, "a"), view(ancient + 1, "b")]), 0).tolist() == [1, 1]
    late = [view(START_MS, "a", "new"), view(START_MS - 73 * HOUR_MS, "b", "late")]
    late.append(view(START_MS - 71 * HOUR_MS, "b", "x"))
    assert ranker.apply(packed(late, 2), 1).tolist() == [COUNTED, LATE, COUNTED]
    other = [view(ancient, "a", edition="paper/en")]
    assert ranker.apply(packed(other), 2).tolist() == [COUNTED]


def test_sites_and_editions_beyond_the_bound_create_nothing() -> None:
    ranker = Ranker(FEW)
    rows = [view(START_MS + k, "a", edition=name) for k, name in enumerate(EDITIONS)]
    assert ranker.apply(packed(rows), 0).tolist() == [COUNTED] * 3 + [NO_ROOM] * 2
    for k in range(5):
        ranker.apply(packed([view(START_MS, "a", edition=f"site{k}/en")]), 1 + k)
    assert set(ranker.sites) == {"inform", "site0"}
    assert ranker.sites["inform"].editions == list(EDITIONS[:3])
    cards = [Card(name, "x") for name in (*EDITIONS, "site9/en")]
    ranker.put(cards)
    assert ranker.refused_cards == 3
    assert ranker.lists.editions() == sorted([*EDITIONS[:3], "site0/en"])
    assert int(ranker.outcomes[""][NO_ROOM]) == 4


def test_reads_of_unknown_editions_leave_nothing_behind() -> None:
    ranker = applied([packed([view(START_MS, "a")])], FEW)
    for k in range(50):
        for name in (f"inform/x{k:02}", f"none{k}/en"):
            profile = ranker.lists.profile(name, "popular")
            assert ranker.lists.board(name, "popular", profile, 5, "").items == ()
            assert ranker.lists.board(name, "trending", profile, 5, "nothing").items == ()
            assert ranker.lists.related(name, "a", 4).items == ()
            assert ranker.lists.for_you(name, ["a", "b"], 4).items == ()
    assert set(ranker.sites) == {"inform"}
    assert set(ranker.lists._editions) <= {"inform/ru"}
    ranker.tick()
    assert ranker.lists.editions() == ["inform/ru"]


def awkward(draw: st.DrawFn) -> list[Row]:
    """Stamps near both limits, and more editions than there is room for."""
    rows, clock = [], START_MS
    steps = draw(
        st.lists(
            st.tuples(
                st.sampled_from([0, 1, 60_000, 7_000_000, 20_000_000]),
                st.sampled_from([0, 0, 0, 1, 7_199_999, 7_200_000, 7_200_001, -301_000]),
                st.sampled_from(EDITIONS),
                st.sampled_from("ab"),
                st.sampled_from("xyz"),
            ),
            min_size=2,
            max_size=40,
        )
    )
    for step, lateness, edition, visitor, article in steps:
        clock += step
        rows.append(view(clock - lateness, article, visitor, edition=edition))
    return rows


@settings(deadline=None, max_examples=examples(40), derandomize=True)
@given(st.data())
def test_what_acts_does_not_depend_on_batches_or_restarts(data: st.DataObject) -> None:
    rows = data.draw(st.composite(awkward)())
    stamp = max(row.at_ms for row in rows) - 100_000
    whole = Ranker(FEW)
    told = whole.apply(replace(packed(rows), stamp_ms=stamp), 0)
    cuts = data.draw(st.sets(st.integers(1, len(rows) - 1), min_size=1, max_size=8))
    log = [replace(batch, stamp_ms=stamp) for batch in chopped(rows, cuts)]
    stop = data.draw(st.integers(1, len(log) - 1))
    ranker = Ranker(FEW)
    outcomes = [ranker.apply(log[k], k) for k in range(stop)]
    ranker = restarted(ranker, log, FEW)
    outcomes += [ranker.apply(log[k], k) for k in range(stop, len(log))]
    assert np.concatenate(outcomes).tolist() == told.tolist()
    assert ranker.state() == whole.state()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("coread_half_lives", (300, 200, 5760, 46080)),
        ("coread_half_lives", (0, 1200, 5760, 46080)),
        ("coread_half_lives", (300, 1200, 5760)),
        ("coread_forward", (0.6, float("nan"), 0.6, 0.5)),
        ("coread_backward", (0.1, -0.2, 0.3, 0.6)),
        ("late", 600),
        ("sites", 0),
        ("ids", 10),
    ],
)
def test_engine_settings_that_cannot_be_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"engine setting {name} must be"):
        EngineSettings(**{name: value})  # type: ignore[arg-type]


@pytest.mark.server
def test_an_edition_without_room_is_told_to_its_sender(tmp_path: Path) -> None:
    with (
        spawned(
            Server(tmp_path, "--sites", "1", "--editions", "2", "--visitors", "4096")
        ) as server,
        httpx.Client(base_url=server.url, timeout=30.0) as client,
    ):
        for name in ("paper/en", "paper/de"):
            event = {"visitor": "v", "article": "a", "edition": name}
            assert client.post("/v1/events?outcome=1", json=event).json()["counted"] == 1
        for name in ("paper/fr", "other/en"):
            refused = client.put(f"/v1/articles/{name}/a", json={"title": "A"})
            assert refused.status_code == 400
            assert (
                f"edition {name} cannot open: there is room for 1 sites (--sites)" in refused.text
            )
            event = {"visitor": "v", "article": "a", "edition": name}
            assert client.post("/v1/events", json=event).status_code == 202
            assert client.get(f"/v1/popular?edition={name}").json()["items"] == []
        assert client.put("/v1/articles/paper/de/a", json={"title": "A"}).status_code == 202
        await_until(lambda: "events of paper/fr are rejected" in server.said(), "a warning", 10)
        told = client.get("/metrics").text
        assert 'tolqyn_events_total{outcome="rejected",site="paper"} 1.0' in told
        assert 'tolqyn_memory_bound{memory="views",site="paper"} 4096.0' in told


@pytest.mark.server
def test_cards_of_editions_without_room_are_refused_one_by_one(tmp_path: Path) -> None:
    with (
        spawned(Server(tmp_path, "--sites", "2", "--editions", "3")) as server,
        httpx.Client(base_url=server.url, timeout=30.0) as client,
    ):
        names = [*(f"s/{lang}" for lang in ("kk", "ru", "uz", "tr", "az")), "t/en", "u/en"]
        cards = [{"id": "a", "edition": name, "title": "A"} for name in names]
        told = client.post("/v1/articles", json=cards).json()
        assert told["accepted"] == 4
        assert [(r["index"], r["field"]) for r in told["rejected"]] == [
            (3, "edition"), (4, "edition"), (6, "edition"),
        ]  # fmt: skip
        found = [client.get(f"/v1/articles/{name}/a").status_code for name in names]
        assert found == [200, 200, 200, 404, 404, 200, 404]
        assert client.delete("/v1/articles/u/en/a").status_code == 400
