"""Sessionisation: the last pages of each visit, against a dictionary of lists."""

import random
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ranking.engine.deduplication import NEVER
from ranking.engine.hash_tables import FULL, MEMORY
from ranking.engine.sessions import (
    DEPTH,
    is_alive,
    new_visits,
    rebuilt_visits,
    remember_page,
    visit_place,
)
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site
from ranking.engine.view_loop import ARTICLE
from tests.support.logs import (
    LANDING,
    ONWARD,
    OURS,
    RU,
    START_MS,
    Row,
    Truth,
    chopped,
    packed,
    random_rows,
    view,
)
from tests.support.thoroughness import examples

Pages = list[tuple[int, int]]
W_MS = EngineSettings().window * 1000


def pages_of(visit: np.void) -> Pages:
    """Slots and stamps of a visit, newest first."""
    pairs = zip(visit["page"].tolist(), visit["page_at"].tolist(), strict=True)
    return [(page, at) for page, at in pairs if page >= 0]


def remembered(pages: Pages, slot: int, at: int) -> Pages:
    """The rule: in front, each once, three of them."""
    return [(slot, at), *(old for old in pages if old[0] != slot)][:DEPTH]


def put_page(
    visits: NDArray[np.void], place: int, slot: int, at: int, memory: NDArray[np.void]
) -> None:
    """Put a page in front of its visit, its key made from its slot."""
    remember_page(visits, place, slot, np.uint64(slot + 1), 0, at, memory[0])


@settings(deadline=None, max_examples=examples(60), derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-5, 30)), max_size=30))
def test_a_visit_keeps_its_last_pages_each_once(steps: list[tuple[int, int]]) -> None:
    memory, visits = np.zeros(1, MEMORY), new_visits(16)
    pages: Pages = []
    clock = newest = START_MS
    for slot, step in steps:
        clock += step
        newest = max(newest, clock) if pages else clock
        place = visit_place(visits, np.uint64(7), memory[0])
        put_page(visits, place, slot, clock, memory)
        pages = remembered(pages, slot, clock)
        assert pages_of(visits[place]) == pages
        assert int(visits[place]["at"]) == newest
    assert int(memory["used"][0]) == bool(steps)


def grown(visits: NDArray[np.void], memory: NDArray[np.void]) -> NDArray[np.void]:
    """A table twice as large with the living visits."""
    fresh = new_visits(2 * visits.size)
    rebuilt_visits(visits, fresh, memory)
    return fresh


def test_many_visits_in_a_table_that_grows() -> None:
    """A thousand chains at random, with a horizon that moves on: forgotten ones begin anew."""
    rng, memory, visits = random.Random(4), np.zeros(1, MEMORY), new_visits(32)
    truth: dict[int, Pages] = defaultdict(list)
    newest: dict[int, int] = defaultdict(lambda: NEVER)
    restarts = 0
    for step in range(5000):
        at = START_MS + step * 100
        if step % 1000 == 0:
            memory["horizon"] = at - 60_000
        if memory["used"][0] + 1 > visits.size * FULL:
            visits = grown(visits, memory)
        chain, slot = rng.randint(1, 1000), rng.randrange(20)
        if newest[chain] < int(memory["horizon"][0]):
            restarts += bool(truth[chain])
            truth[chain].clear()
        place = visit_place(visits, np.uint64(chain), memory[0])
        assert pages_of(visits[place]) == truth[chain]
        put_page(visits, place, slot, at, memory)
        truth[chain] = remembered(truth[chain], slot, at)
        newest[chain] = at
    assert restarts > 100
    assert visits.size >= 1024


def test_a_rebuilt_table_counts_its_living_visits() -> None:
    memory, visits = np.zeros(1, MEMORY), new_visits(64)
    for chain in range(1, 31):
        place = visit_place(visits, np.uint64(chain), memory[0])
        put_page(visits, place, 1, START_MS + chain, memory)
    memory["horizon"] = START_MS + 11
    fresh = grown(visits, memory)
    assert int(memory["used"][0]) == 20
    assert sorted(fresh["at"][fresh["key"] != 0].tolist()) == list(
        range(START_MS + 11, START_MS + 31)
    )


def test_a_page_leads_to_the_present_life_of_its_article_alone() -> None:
    memory, visits = np.zeros(1, MEMORY), new_visits(16)
    articles = np.zeros(4, ARTICLE)
    articles["key"], articles["born"] = [11, 12, 13, 14], [0, 5, 9, 0]
    place = visit_place(visits, np.uint64(1), memory[0])
    for slot, key, number in ((0, 11, 3), (1, 12, 4), (3, 99, 8)):
        remember_page(visits, place, slot, np.uint64(key), number, START_MS, memory[0])
    alive = [is_alive(articles, visits[place], step) for step in range(DEPTH)]
    assert alive == [False, False, True]  # another article, an earlier life, the present one


@pytest.mark.parametrize("seed", range(3))
def test_classes_of_views(seed: int) -> None:
    """Landing, onward or ours, for each counted view of a log with late ones."""
    rows = random_rows(
        seed, 400, articles=9, visitors=6, step_ms=W_MS // 6, late=0.2, late_ms=2 * W_MS,
        pause=0.02, others=0.1, robots=0.05, sessions=0.3, ours=0.2,
    )  # fmt: skip
    site, truth = Site("inform", EngineSettings()), Truth()
    for batch in chopped(rows, range(0, 400, 20)):
        site.apply(batch, 0)
        truth.add_all(rows[batch.first : batch.first + len(batch)])
        for of_class in (LANDING, ONWARD, OURS):
            month = site.state.total[0, of_class, -1] > 0.0
            assert month == (truth.total(RU, 2_419_200.0, of_class) > 0.0)
            for edition, article in truth.views:
                mass = site.state.mass[site.slot(edition, article), of_class, -1]
                assert (mass > 0.0) == (truth.mass((edition, article), 1e9, of_class) > 0.0)


def classes(*rows: Row) -> list[int]:
    """Class of each row's view, by the total that it raised; -1 = it did not count."""
    site, found = Site("inform", EngineSettings()), []
    before = np.zeros(3)
    for number, row in enumerate(rows):
        site.apply(packed([row], number), number)
        after = site.state.total[:, :, -1].sum(axis=0)
        raised = np.flatnonzero(after > before)
        found.append(int(raised[0]) if raised.size else -1)
        before = after
    return found


def test_a_visit_is_chained_by_its_session_else_by_its_visitor() -> None:
    at = START_MS
    assert classes(view(at, "a"), view(at + 1, "b")) == [LANDING, ONWARD]
    assert classes(view(at, "a", "anna"), view(at + 1, "b", "berik")) == [LANDING, LANDING]
    one = [view(at, "a", "anna", session="s"), view(at + 1, "b", "berik", session="s")]
    assert classes(*one) == [LANDING, ONWARD]
    two = [view(at, "a", session="s"), view(at + 1, "b", session="t")]
    assert classes(*two) == [LANDING, LANDING]


def test_predecessors_are_other_pages_within_the_window() -> None:
    at = START_MS
    assert classes(view(at, "a"), view(at + W_MS - 1, "b")) == [LANDING, ONWARD]
    assert classes(view(at, "a"), view(at + W_MS, "b")) == [LANDING, LANDING]
    assert classes(view(at + W_MS, "a"), view(at, "b")) == [LANDING, LANDING]
    assert classes(view(at, "a"), view(at + W_MS, "a")) == [LANDING, LANDING]
    assert classes(view(at, "a"), view(at + 1, "a"), view(at + 2, "b")) == [LANDING, -1, ONWARD]
    late = [view(at, "a"), view(at + W_MS - 2, "a"), view(at + W_MS + 1, "b")]
    assert classes(*late) == [LANDING, -1, ONWARD]


def test_clicks_impressions_and_robots_are_no_pages_of_a_visit() -> None:
    at = START_MS
    for first in (view(at, "a", kind="click"), view(at, "a", agent="Googlebot/2.1")):
        assert classes(first, view(at + 1, "b")) == [-1, LANDING]
    ours = view(at, "a", surface="related")
    assert classes(ours, view(at + 1, "b")) == [OURS, ONWARD]
