"""The co-visitation graph: every row against all co-visits, and evictions when it is full."""

import numpy as np
import pytest

from ranking.engine.settings import EngineSettings
from ranking.engine.signals.covisitation import LEVELS
from ranking.engine.site import Site
from tests.support.logs import (
    DAY_MS,
    HOUR_MS,
    KK,
    MINUTE_MS,
    RU,
    START_MS,
    Page,
    Row,
    Truth,
    chopped,
    packed,
    random_rows,
    view,
)

NOTHING = 1e-30
"""Single precision ends near 1e-38."""


def page_of(site: Site, slot: int) -> Page:
    """Edition and id of a slot."""
    return site.editions[int(site.state.article[slot]["edition"])], site.ids[slot]


def decay(site: Site) -> list[float]:
    """What forward masses of each level are worth at the log's clock."""
    level = site.state.graph.level[0]
    ages = site.newest_ms - level["base_ms"]
    return [float(2.0**-x) for x in (ages / level["half_life_ms"]).tolist()]


def rows_of_graph(site: Site) -> dict[Page, dict[Page, list[float]]]:
    """N of all rows at the log's clock: page to neighbour to the four levels."""
    graph, scale = site.state.graph, decay(site)
    found = {}
    for row in np.flatnonzero(graph.row["owner"] >= 0).tolist():
        size = int(graph.row[row]["size"])
        found[page_of(site, int(graph.row[row]["owner"]))] = {
            page_of(site, int(graph.neighbour[row, k])): [
                float(graph.mass[row, k, level]) * scale[level] for level in range(LEVELS)
            ]
            for k in range(size)
        }
    return found


def totals_of_graph(site: Site) -> dict[Page, list[float]]:
    """T of all rows at the log's clock."""
    graph, scale = site.state.graph, decay(site)
    return {
        page_of(site, int(record["owner"])): [
            float(record["total"][k]) * scale[k] for k in range(LEVELS)
        ]
        for record in graph.row[graph.row["owner"] >= 0]
    }


def check(site: Site, truth: Truth) -> None:
    """Compare every number of every row."""
    rows, totals = rows_of_graph(site), totals_of_graph(site)
    assert set(rows) == {owner for owner, _ in truth.links}
    for page, row in rows.items():
        neighbours = truth.neighbours(page)
        assert list(row) == neighbours
        for level in range(LEVELS):
            exact = {other: truth.coread(page, other, level) for other in neighbours}
            for other, mass in exact.items():
                assert row[other][level] == pytest.approx(mass, rel=1e-6, abs=NOTHING)
            assert totals[page][level] == pytest.approx(sum(exact.values()), rel=1e-6, abs=NOTHING)


@pytest.mark.parametrize("seed", range(4))
def test_all_rows_are_the_sums_of_their_coreadings(seed: int) -> None:
    """Two editions in one visit, late views, repeats, pauses that move the bases."""
    rows = random_rows(
        seed, 320, articles=10, visitors=6, editions=(RU, RU, KK), step_ms=3 * MINUTE_MS, late=0.2,
        late_ms=40 * MINUTE_MS, pause=0.03, pause_ms=3 * DAY_MS, others=0.1, robots=0.05, ids=0.1,
        sessions=0.2, ours=0.1,
    )  # fmt: skip
    site, truth, bases = Site("inform", EngineSettings()), Truth(), set()
    for batch in chopped(rows, range(0, 320, 40)):
        site.apply(batch, 0)
        truth.add_all(rows[batch.first : batch.first + len(batch)])
        check(site, truth)
        bases.add(site.state.graph.level[0]["base_ms"].tobytes())
    assert len(bases) > 2
    assert all(a[0] == b[0] for a, b in truth.links)


def test_all_rows_are_the_sums_after_every_view() -> None:
    rows = random_rows(9, 80, articles=5, visitors=3, late=0.2, late_ms=HOUR_MS, pause=0.02)
    settings = EngineSettings(
        window=600, coread_half_lives=(300, 900, 3600, 9000), coread_forward=(0.5, 0.25, 0.9, 0.4),
        coread_backward=(0.2, 0.7, 0.1, 0.3),
    )  # fmt: skip
    site, truth = Site("inform", settings), Truth(settings)
    for number, row in enumerate(rows):
        site.apply(packed([row], number), number)
        truth.add(row)
        check(site, truth)


def test_one_visit_by_hand() -> None:
    """Four pages a moment apart: three steps, each way, at four levels."""
    site = Site("inform", EngineSettings())
    pages = ["a3", "a2", "a1", "b"]
    site.apply(packed([view(START_MS, page) for page in pages]), 0)
    rows = rows_of_graph(site)
    forward, backward = (0.6, 0.6, 0.6, 0.5), (0.1, 0.2, 0.3, 0.6)
    for steps, page in enumerate(["a1", "a2", "a3"]):
        ahead = [f**steps for f in forward]
        back = [b * f**steps for f, b in zip(forward, backward, strict=True)]
        assert rows[RU, page][RU, "b"] == pytest.approx(ahead, rel=1e-6)
        assert rows[RU, "b"][RU, page] == pytest.approx(back, rel=1e-6)
    assert totals_of_graph(site)[RU, "a3"] == pytest.approx(
        [1 + f + f * f for f in forward], rel=1e-6
    )


def hub(articles: int, readers: int) -> list[Row]:
    """Visits from `hub` to other pages, some more often than others, in a fixed disorder."""
    rows, at = [], START_MS
    for reader in range(readers):
        other = (reader * reader + 3 * reader) % articles
        at += 90_000
        rows += [view(at, "hub", f"{reader}"), view(at + 1000, f"page {other}", f"{reader}")]
    return rows


def test_a_full_row_keeps_the_three_quarters_with_the_greatest_sums() -> None:
    """After every view; a dropped neighbour that comes again begins anew."""
    settings = EngineSettings(neighbours=8)
    site, truth = Site("inform", settings), Truth(settings)
    held: list[Page] = []
    since: dict[Page, int] = {}
    drops = 0
    for number, row in enumerate(hub(17, 300)):
        site.apply(packed([row], number), number)
        truth.newest_ms = row.at_ms
        page: Page = (RU, str(row.event.article))
        if page[1] != "hub" and page not in held:
            if len(held) == 8:
                sums = {p: decayed_sum(truth, p, since[p]) for p in held}
                best = sorted(held, key=lambda p: -sums[p])[:6]
                held = [p for p in held if p in best]
                drops += 1
            held.append(page)
            since[page] = number
        truth.add(row)
        if held:
            row_now = rows_of_graph(site)[RU, "hub"]
            assert list(row_now) == held
            shown = {p: sum(row_now[p]) for p in held}
            assert shown == pytest.approx(
                {p: decayed_sum(truth, p, since[p]) for p in held}, rel=1e-5
            )
    assert drops > 20
    totals = totals_of_graph(site)[RU, "hub"]
    others = truth.neighbours((RU, "hub"))
    for level in range(LEVELS):  # a row's total keeps what was dropped
        exact = sum(truth.coread((RU, "hub"), other, level) for other in others)
        assert totals[level] == pytest.approx(exact, rel=1e-6)


def decayed_sum(truth: Truth, page: Page, since: int) -> float:
    """All levels of the hub's co-readings of a page since a view's number."""
    links = truth.links.get(((RU, "hub"), page), [])
    first = START_MS + (since // 2 + 1) * 90_000
    return sum(
        weights[level] * truth.weight(at, truth.settings.coread_half_lives[level])
        for at, weights in links
        for level in range(LEVELS)
        if at >= first
    )


@pytest.mark.parametrize(("rows", "neighbours"), [(16, 8), (40, 8), (64, 16)])
def test_a_full_pool_frees_the_rows_touched_longest_ago(rows: int, neighbours: int) -> None:
    """After every view the owners are those that were co-read last, and the pool is nearly full."""
    settings = EngineSettings(rows=rows, neighbours=neighbours)
    site, truth = Site("inform", settings), Truth(settings)
    log = random_rows(8, 600, articles=150, visitors=20, step_ms=2 * MINUTE_MS)
    peak = 0
    for number, row in enumerate(log):
        site.apply(packed([row], number), number)
        truth.add(row)
        owners = set(rows_of_graph(site))
        assert len(owners) + int(site.state.graph.level[0]["free_rows"]) == rows
        recent = sorted(truth.linked.values(), reverse=True)
        if owners:
            oldest = min(truth.linked[page] for page in owners)
            assert {p for p, last in truth.linked.items() if last > oldest} <= owners
        assert len(owners) >= min(len(recent), rows - rows // 16 - 6)
        for slot in range(len(site.ids)):
            held = int(site.state.article[slot]["row"])
            assert (held >= 0) == (page_of(site, slot) in owners)
            assert held < 0 or int(site.state.graph.row[held]["owner"]) == slot
        peak = max(peak, len(owners))
    assert peak == rows
    assert len(truth.linked) > rows


def test_evicted_articles_leave_all_rows() -> None:
    """With room for 64 articles no row and no neighbour is of one that went."""
    settings = EngineSettings(articles=64, rows=64, neighbours=16)
    site = Site("inform", settings)
    log = random_rows(3, 1500, articles=200, visitors=20, step_ms=2 * MINUTE_MS)
    for batch in chopped(log, range(0, 1500, 50)):
        site.apply(batch, 0)
        for page, row in rows_of_graph(site).items():
            assert site.slot(*page) >= 0
            assert all(site.slot(*other) >= 0 and other != page for other in row)
            assert len(row) <= 16
    assert site.evictions > 10
