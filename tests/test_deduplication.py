"""Deduplication: accepted and counted views, against twenty lines of dictionaries."""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.engine.deduplication import (
    NEVER,
    NOTHING,
    mix,
    new_seen,
    rebuilt_seen,
    seen_key,
    touch,
)
from ranking.engine.hash_tables import FULL, MEMORY, VIEWS, living
from ranking.engine.outcomes import REPEAT
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site
from ranking.ranker import Ranker
from tests.support.logs import (
    DAY_MS,
    HOUR_MS,
    KINDS,
    KK,
    MINUTE_MS,
    ROBOT,
    RU,
    START_MS,
    Ids,
    Kind,
    Row,
    chopped,
    packed,
    random_rows,
    view,
)
from tests.support.thoroughness import examples

W_MS = EngineSettings().window * 1000


class Ledger:
    """The repeat rule, word for word."""

    def __init__(self) -> None:
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.counted: Counter[tuple[str, str, str]] = Counter()
        self.newest: dict[tuple[object, ...], int] = {}
        self.ids = Ids()

    def add(self, row: Row) -> None:
        """Take one row."""
        event, page = row.event, (row.event.edition, str(row.event.article))
        self.ids.turn(row.at_ms)
        known = event.id is not None and self.ids.is_known(str(event.id), event.kind)
        if event.kind == "view" and not known:
            self.accepted[page] += 1
        if event.agent == ROBOT:
            return
        repeat = self.seen((event.visitor, page, event.kind), row.at_ms)
        if not known and not repeat:
            self.counted[*page, event.kind] += 1

    def seen(self, key: tuple[object, ...], at: int) -> bool:
        """Say whether the newest sight of a key is within the window; remember this one."""
        newest = self.newest.get(key)
        self.newest[key] = at if newest is None else max(newest, at)
        return newest is not None and abs(at - newest) < W_MS


def check(site: Site, ledger: Ledger) -> None:
    """Compare both numbers of every article and kind."""
    for page, accepted in ledger.accepted.items():
        record = site.state.article[site.slot(*page)]
        assert int(record["accepted"]) == accepted
        assert record["counted"].tolist() == [ledger.counted[*page, kind] for kind in KINDS]


@pytest.mark.parametrize("late", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_accepted_and_counted_after_every_batch(seed: int, late: float) -> None:
    rows = random_rows(
        seed, 1500, articles=6, visitors=8, editions=(RU, KK), step_ms=W_MS // 20, late=late,
        late_ms=W_MS - 1, pause=0.01, others=0.3, robots=0.1, ids=0.4, ours=0.1,
    )  # fmt: skip
    site, ledger = Site("inform", EngineSettings()), Ledger()
    for batch in chopped(rows, range(0, len(rows), 50)):
        site.apply(batch, 0)
        for row in rows[batch.first : batch.first + len(batch)]:
            ledger.add(row)
        check(site, ledger)
    views = sum(n for (*_, kind), n in ledger.counted.items() if kind == "view")
    assert 0 < views < sum(ledger.accepted.values()) < 1500


@settings(deadline=None, max_examples=examples(40), derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.integers(0, W_MS // 1000),
            st.sampled_from([0, 0, 1, W_MS // 2, W_MS - 1]),
            st.sampled_from(["a", "b"]),
            st.sampled_from([None, "x", "y"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_accepted_and_counted_after_every_view(
    steps: list[tuple[int, int, str, str | None, bool]],
) -> None:
    """Logs made to be awkward; late by less than the window."""
    site, ledger, clock = Site("inform", EngineSettings()), Ledger(), START_MS
    for number, (seconds, late, article, id, robot) in enumerate(steps):
        clock += seconds * 1000
        row = view(clock - late, article, id=id, agent=ROBOT if robot else "")
        site.apply(packed([row], number), number)
        ledger.add(row)
        check(site, ledger)


def counted(*rows: Row) -> list[int]:
    """Counted views of article a after each row."""
    site, counts = Site("inform", EngineSettings()), []
    for number, row in enumerate(rows):
        site.apply(packed([row], number), number)
        counts.append(int(site.state.article["counted"][site.slot(RU, "a"), 0]))
    return counts


def test_the_window_slides_with_what_was_seen() -> None:
    """A view counts when the last sight, counted or not, is a whole window away."""
    at = START_MS
    assert counted(view(at, "a"), view(at + W_MS - 1, "a")) == [1, 1]
    assert counted(view(at, "a"), view(at + W_MS, "a")) == [1, 2]
    steps = [view(at + k * (W_MS - 1), "a") for k in range(5)]
    assert counted(*steps) == [1, 1, 1, 1, 1]
    assert counted(view(at + W_MS, "a"), view(at, "a")) == [1, 2]
    assert counted(view(at + W_MS - 1, "a"), view(at, "a")) == [1, 1]


def test_an_event_id_counts_once_whoever_sends_it() -> None:
    at = START_MS
    assert counted(view(at, "a", "anna", id="1"), view(at + 5, "a", "berik", id="1")) == [1, 1]
    assert counted(view(at, "a", "anna", id="1"), view(at + 5, "a", "berik", id="2")) == [1, 2]
    assert counted(view(at, "a", "anna", id="1"), view(at + W_MS, "a", "berik", id="1")) == [1, 1]


def test_a_table_gives_the_newest_sight_while_it_grows() -> None:
    """Touches and rebuilds against a dictionary, with a horizon that moves on."""
    rng, memory, table = random.Random(2), np.zeros(1, MEMORY), new_seen(64)
    truth: dict[int, int] = {}
    for step in range(6000):
        at = START_MS + step * 1000 - rng.choice([0, 0, 0, 40_000])
        horizon = START_MS + step // 500 * 500_000 - 400_000
        memory["horizon"] = horizon
        if memory["used"][0] + 1 > table.size * FULL:
            crowded = living(table, horizon).size > table.size * FULL / 2
            fresh = new_seen(2 * table.size if crowded else table.size)
            rebuilt_seen(table, fresh, memory)
            assert int(memory["used"][0]) == living(table, horizon).size
            table = fresh
        name = rng.randrange(400)
        before = truth.get(name, NEVER)
        before = before if before >= horizon else NEVER
        key = np.uint64(seen_key(np.uint64(name), np.uint64(9), 0))
        assert touch(table, key, at, memory[0]) == before
        if at >= horizon:
            truth[name] = max(before, at)
        alive = sorted(at for at in truth.values() if at >= horizon)
        if step % 50 == 0:
            assert sorted(living(table, horizon).tolist()) == alive
    assert table.size > 512


def test_keys_tell_visitors_articles_and_kinds_apart() -> None:
    keys = {
        int(seen_key(np.uint64(v), np.uint64(a), k))
        for v in range(20)
        for a in range(20)
        for k in range(4)
    }
    assert len(keys) == 20 * 20 * 4
    assert int(NOTHING) not in keys
    assert len({int(mix(np.uint64(x))) for x in range(1000)}) == 1000


def test_late_views_repeat_each_other() -> None:
    """A reader's views of one article, stamped a window behind the clock or more, count once."""
    at, later = START_MS // W_MS * W_MS + 10 * W_MS, "someone else"
    clock = view(at, "b", later)
    five = [view(at - W_MS - MINUTE_MS, "a") for _ in range(5)]
    assert counted(clock, view(at, "a"), *five)[2:] == [2] * 5
    assert counted(clock, *five)[1:] == [1] * 5
    old = [view(at - 20 * W_MS - k, "a") for k in range(-2, 3)]
    assert counted(clock, *old)[1:] == [1] * 5
    apart = [view(at - k * W_MS, "a") for k in range(20, 25)]
    assert counted(clock, *apart)[1:] == [1, 2, 3, 4, 5]


def test_ids_are_one_event_however_old_its_stamp() -> None:
    """For a day of log time, of whichever visitor; an hour later the oldest are forgotten."""
    at = START_MS // HOUR_MS * HOUR_MS
    retries = [view(at - days * 20 * HOUR_MS, "a", f"{days}", id="1") for days in range(4)]
    assert counted(view(at, "a", id="1"), *retries) == [1] * 5
    day = view(at + 23 * HOUR_MS, "b", "berik")
    assert counted(view(at, "a", id="1"), day, view(at + DAY_MS - 1, "a", "asel", id="1"))[2] == 1
    gone = view(at + DAY_MS + HOUR_MS, "b", "berik")
    assert counted(view(at, "a", id="1"), gone, view(at + 26 * HOUR_MS, "a", "x", id="1"))[2] == 2


CROWD = EngineSettings(
    window=60, visitors=1024, reads=1024, impressions=1024, clicks=1024, ids=1024
)


@settings(deadline=None, max_examples=examples(15), derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.integers(1, 900), st.sampled_from([0, 1, 70])),
        min_size=4,
        max_size=12,
    )
)
def test_every_memory_is_bounded_at_every_view(steps: list[tuple[Kind, int, int]]) -> None:
    """Whatever comes, of whichever kind; and the bytes do not depend on the batches."""
    rows, clock = [], START_MS
    for number, (kind, many, seconds) in enumerate(steps):
        clock += seconds * 1000
        rows += [
            view(clock + k, "a", f"{number} {k}", kind=kind, id=f"{number} {k}")
            for k in range(many)
        ]
    site, whole = Ranker(CROWD), Ranker(CROWD)
    whole.apply(packed(rows), 0)
    for batch in chopped(rows, range(0, len(rows), 97)):
        site.apply(batch, 0)
        for its in site.sites["inform"].remembered():
            assert its.entries <= its.most
    assert site.state() == whole.state()
    assert len(whole.sites["inform"].state.visits) <= 4096


def test_other_kinds_do_not_push_out_what_views_remember() -> None:
    """A memory of views that is half full stays whole under a flood of impressions."""
    rows = [view(START_MS + k, "a", f"{k}") for k in range(500)]
    flood = [
        view(START_MS + 500 + k, "a", f"{k}", kind="impression", id=f"{k}") for k in range(5000)
    ]
    ranker = Ranker(CROWD)
    for first, part in ((0, rows), (500, flood)):
        ranker.apply(packed(part, first), 0)
    again = ranker.apply(packed([view(START_MS + 6000, "a", f"{k}") for k in range(500)], 5500), 0)
    assert again.tolist() == [REPEAT] * 500


def test_a_gauge_tells_when_a_memory_had_to_shrink() -> None:
    calm, crowd = Ranker(CROWD), Ranker(CROWD)
    calm.apply(packed([view(START_MS + k * 100, "a", f"{k}") for k in range(1000)]), 0)
    crowd.apply(packed([view(START_MS + k * 10, "a", f"{k}") for k in range(10_000)]), 0)
    windows = [
        next(its.window for _, its in ranker.remembered() if its.name == "views")
        for ranker in (calm, crowd)
    ]
    assert windows[0] >= CROWD.window
    assert windows[1] < 20


def test_below_the_bound_nothing_is_forgotten_early() -> None:
    """The horizon is two whole windows before the current one."""
    settings = EngineSettings(window=60, visitors=1024)
    site = Site("inform", settings)
    for minute in range(10):
        rows = [view(START_MS + minute * 60_000 + k, "a", f"{minute} {k}") for k in range(300)]
        site.apply(packed(rows, minute * 300), minute)
        horizon = ((START_MS + minute * 60_000) // 60_000 - 2) * 60_000
        assert int(site.state.memory["horizon"][VIEWS]) == horizon
