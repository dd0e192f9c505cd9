"""The real week: sent by HTTP, compared with plain Python and with a ranker in a loop."""

import csv
import gzip
import io
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from ranking.backtest.backtest import replay
from ranking.backtest.files import view_chunks
from ranking.backtest.measures.accuracy import accuracy
from ranking.backtest.packed_log import packed_views
from ranking.backtest.send import send_views
from ranking.backtest.visits import span_of
from ranking.benchmarks.processes import Server, spawned
from ranking.content.catalogue import Catalogue
from ranking.engine.batch import Batch, full_columns
from ranking.engine.decay.bank import Clock
from ranking.engine.decay.half_life import half_life_readout
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site
from ranking.lists.boards import render
from ranking.lists.top_k import decay_of, read_scores
from ranking.profiles.profile import DEFAULT
from ranking.ranker import Ranker
from tests.support.processes import UNSTEADIED
from tests.support.thoroughness import scaled

pytestmark = [pytest.mark.server, pytest.mark.data]

COLUMNS = {"at": "ts_ms", "visitor": "user"}
EDITION = "site/und"
HALF_HOUR = 1_800_000


@dataclass(frozen=True)
class Week:
    """The log as batches, and the server that got it by HTTP."""

    batches: list[Batch]
    server: Server


@pytest.fixture(scope="module")
def week(g1: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    """Send the week."""
    path = g1 / "clicks.csv.gz"
    batches = list(packed_views(path, COLUMNS, EDITION))
    profile = tmp_path_factory.mktemp("profile") / "default.toml"
    profile.write_text(UNSTEADIED)
    with spawned(Server(tmp_path_factory.mktemp("week"), "--profile", str(profile))) as server:
        sent = send_views(view_chunks(path, COLUMNS), server.url)
        assert (sent.accepted, sent.rejected) == (1_538_528, 0)
        last = batches[-1].articles[int(batches[-1].columns["article"][-1])][1]
        line = f"{server.url}/v1/articles/{EDITION}/{last}"
        until = time.monotonic() + 60
        as_of = batches[-1].columns["at"].max() / 1000
        while time.monotonic() < until and httpx.get(line).json()["as_of"] < as_of:
            threading.Event().wait(0.1)
        yield Week(batches, server)


@pytest.fixture(scope="module")
def looped(week: Week) -> Ranker:
    """A ranker fed in a loop."""
    ranker = Ranker()
    for position, batch in enumerate(week.batches):
        ranker.apply(batch, position)
    ranker.tick()
    return ranker


def test_counts_equal_twenty_lines_of_python(week: Week, looped: Ranker, g1: Path) -> None:
    accepted: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    seen: dict[tuple[str, str], int] = {}
    with gzip.open(g1 / "clicks.csv.gz") as file:
        for row in csv.DictReader(io.TextIOWrapper(file)):
            at, key = int(row["ts_ms"]), (row["user"], row["article"])
            accepted[row["article"]] += 1
            counted[row["article"]] += key not in seen or at - seen[key] >= HALF_HOUR
            seen[key] = at
    site = looped.sites["site"]
    record = site.state.article
    slots = {article: site.slot(EDITION, article) for article in accepted}
    assert {a: int(record["accepted"][s]) for a, s in slots.items()} == accepted
    assert {a: int(record["counted"][s, 0]) for a, s in slots.items()} == counted
    with httpx.Client(base_url=week.server.url, timeout=30.0) as client:
        for article in list(accepted)[::20]:
            shown = client.get(f"/v1/articles/{EDITION}/{article}").json()
            assert (shown["accepted"], shown["views"]) == (accepted[article], counted[article])


def test_popular_by_http_equals_the_loop(week: Week, looped: Ranker) -> None:
    line = f"{week.server.url}/v1/popular?edition={EDITION}&n=20"
    expected = render(looped.lists.board(EDITION, "popular", DEFAULT, 20, ""), 20)
    until = time.monotonic() + 5
    while time.monotonic() < until and httpx.get(line).content != expected:
        threading.Event().wait(0.1)
    assert httpx.get(line).content == expected


def test_related_by_http_equals_the_loop(week: Week, looped: Ranker) -> None:
    with httpx.Client(base_url=week.server.url, timeout=30.0) as client:
        for article in looped.sites["site"].ids[::500]:
            line = f"/v1/related/{article}?edition={EDITION}&n=4"
            expected = render(looped.lists.related(EDITION, article, 4), 4)
            assert client.get(line).content == expected


def test_state_is_the_same_however_the_log_was_chopped(week: Week, looped: Ranker) -> None:
    drawn = np.random.default_rng(1)
    ranker, position = Ranker(), 0
    for batch in week.batches:
        cuts = np.unique([0, len(batch), *drawn.integers(0, len(batch), 4)]).tolist()
        for start, stop in pairwise(cuts):
            ranker.apply(batch.part(start, stop), position)
            position += 1
            if drawn.random() < 0.01:
                ranker.tick()
    assert ranker.state() == looped.state()


HALF_LIVES = (420.0, 1_000.0, 5_000.0, 12_000.0, 33_000.0, 70_000.0, 100_000.0, 500_000.0)
MOMENTS = 100


def late_views(week: Week, seed: int) -> tuple[NDArray[np.int64], NDArray[np.uint32], list[str]]:
    """Stamps and articles of the week in order of arrival, a twentieth up to 20 minutes late."""
    drawn = np.random.default_rng(seed)
    at = np.concatenate([batch.columns["at"] for batch in week.batches])
    ids = np.concatenate(
        [
            np.array([int(article) for _, article in batch.articles])[batch.columns["article"]]
            for batch in week.batches
        ]
    )
    late = np.where(drawn.random(at.size) < 0.05, drawn.integers(0, 1_200_000, at.size), 0)
    order = np.argsort(at + late, kind="stable")
    distinct, entry = np.unique(ids[order], return_inverse=True)
    return at[order], entry.astype(np.uint32), [str(number) for number in distinct]


def test_masses_of_the_top_twenty_at_a_hundred_moments(week: Week) -> None:
    at, entry, names = late_views(week, 2)
    dictionary = tuple((0, name) for name in names)
    reader = np.arange(1, at.size + 1, dtype=np.uint64)  # nobody reads twice: all views count
    given: dict[str, NDArray[Any]] = {
        "at": at,
        "article": entry,
        "visitor": reader,
        "chain": reader,
    }
    none = ("",)
    end, columns = int(at.max()), full_columns(given)
    whole = Batch("site", "s", 0, end, (EDITION,), dictionary, none, none, none, columns)
    site, cuts = Site("site", EngineSettings()), np.linspace(0, at.size, MOMENTS + 1).astype(int)
    for moment, (start, stop) in enumerate(pairwise(cuts.tolist())):
        site.apply(whole.part(start, stop), start)
        slots = np.array([site.slot(EDITION, name) for name in names], np.int32)
        known = slots >= 0
        for half_life, error in ((HALF_LIVES[moment % len(HALF_LIVES)], 0.02), (600.0, 1e-9)):
            recent = at[:stop] > site.newest_ms - 60_000 * half_life
            weight = 0.5 ** ((site.newest_ms - at[:stop][recent]) / 1000 / half_life)
            exact = np.bincount(entry[:stop][recent], weight, len(names))[known]
            read = read_at(site, slots[known], half_life)
            top = np.argsort(-exact)[:20]
            assert np.abs(read[top] / exact[top] - 1).max() < error
            assert not (read[exact == 0] > 1e-12).any()


def read_at(site: Site, slots: NDArray[np.int32], half_life: float) -> NDArray[np.float64]:
    """Masses of all classes under a half-life, at the log's clock."""
    decay = decay_of(half_life_readout(half_life), (1.0, 1.0, 1.0))
    clock = Clock(site.newest_ms, site.state.weights["base_ms"][0])
    dates = np.zeros(site.state.mass.shape[0])
    return read_scores(slots, site.state.mass, dates, 0, decay._replace(shift=clock.shift))


def test_server_needs_less_than_a_gigabyte(week: Week) -> None:
    assert week.server.peak_megabytes() < 1000


def test_lists_are_worth_what_they_were_found_to_be(week: Week) -> None:
    span = span_of(week.batches, None, None, scaled(12, 1))
    measures = accuracy(replay(week.batches, Catalogue(), span))
    assert measures["popular"]["hr@5"] > 0.345
    assert measures["related"]["hr@5"] > 0.435
    assert measures["foryou"]["hr@5"] > 0.44
    assert measures["last_item"]["ndcg@20"] > 0.385
