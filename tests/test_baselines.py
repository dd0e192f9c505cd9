"""Baselines: the same answers as a few lines of plain Python, which see one view after another."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from ranking.backtest.backtest import Replay, replay
from ranking.backtest.baselines.comparison import BASELINES, baselines
from ranking.backtest.baselines.cooccurrence import REACH, cooccurrence_places, pairs_of
from ranking.backtest.baselines.popularity import count_places
from ranking.backtest.baselines.queries import Queries, asked_of
from ranking.backtest.baselines.vsknn import NEIGHBOURS, SAMPLE, neighbour_places
from ranking.backtest.measures.comparison_table import hours_of
from ranking.backtest.measures.summary import Replays, measured
from ranking.backtest.predictions import COMPILED as LISTS
from ranking.backtest.predictions import MISSED
from ranking.backtest.visits import Span
from ranking.content.catalogue import Catalogue
from tests.support.logs import HOUR_MS, KK, RU, packed
from tests.support.slow_backtest import log

SPANS = {"fresh": Span(0, 2**62), "hourly": Span(0, 2**62, refresh=3600.0)}


def logged(seed: int, span: Span, editions: Sequence[str] = (RU, KK)) -> Replay:
    """A replay of a random log."""
    rows = log(seed, 500, editions=editions, others=0.1, robots=0.1)
    return replay([packed(rows)], Catalogue(), span)


@dataclass(frozen=True)
class Moment:
    """A question: its number, the pages known by then, what the visit read, the page to guess."""

    number: int
    known: list[int]
    read: list[int]
    visit: int
    target: int


def moments(asked: Queries) -> Iterator[Moment]:
    """Questions in their order."""
    plan = asked.plan
    for k, (view, seen) in enumerate(zip(plan.asked.tolist(), plan.seen.tolist(), strict=True)):
        known = [i for i in range(seen) if asked.is_page[i]]
        visit = int(asked.first[view])
        pages = [i for i in range(view) if asked.is_page[i] and asked.first[i] == visit]
        read = list(dict.fromkeys(int(plan.slot[i]) for i in reversed(pages)))
        yield Moment(k, known, read, visit, int(plan.slot[view]))


def check(
    asked: Queries, places: NDArray[np.uint8], score: Callable[[Moment], Counter[int]]
) -> None:
    """Every place lies among those of articles with the same score."""
    found = 0
    for moment in moments(asked):
        edition = asked.edition[moment.target]
        scores = {
            article: value
            for article, value in score(moment).items()
            if value > 0 and article not in moment.read and asked.edition[article] == edition
        }
        its, place = scores.get(moment.target, 0), int(places[moment.number])
        better = sum(value > its + 1e-9 for value in scores.values())
        as_good = sum(value > its - 1e-9 for value in scores.values())
        if place == MISSED:
            assert its == 0 or as_good > 20
        else:
            assert its > 0
            assert better <= place < as_good
            found += 1
    assert found > 20


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("seed", range(2))
def test_counts(seed: int, span: Span) -> None:
    """Of all time, of an hour, of the last forty views of an edition."""
    asked = asked_of(logged(seed, span))
    slot, at = asked.plan.slot.tolist(), asked.at.tolist()

    def hour(moment: Moment) -> Counter[int]:
        newest = max((at[i] for i in moment.known), default=0)
        fresh = [i for i in moment.known if at[i] > newest - HOUR_MS]
        late = max((k for k, i in enumerate(moment.known) if i not in fresh), default=-1)
        return Counter(slot[i] for i in moment.known[late + 1 :])

    def forty(moment: Moment) -> Counter[int]:
        edition = asked.edition[moment.target]
        return Counter([slot[i] for i in moment.known if asked.edition[slot[i]] == edition][-40:])

    check(asked, count_places(asked), lambda moment: Counter(slot[i] for i in moment.known))
    check(asked, count_places(asked, memory_views=40), forty)
    if seed == 0:
        check(asked, count_places(asked, memory_ms=HOUR_MS), hour)


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_cooccurrence(span: Span) -> None:
    asked = asked_of(logged(3, span))
    pairs = dict[int, list[tuple[int, int]]]()
    visits = defaultdict[int, list[int]](list)
    for i in np.flatnonzero(asked.is_page).tolist():
        slot, visit = int(asked.plan.slot[i]), visits[int(asked.first[i])]
        others = [other for other in dict.fromkeys(reversed(visit)) if other != slot]
        same = [other for other in others if asked.edition[other] == asked.edition[slot]][:REACH]
        pairs[i] = [pair for other in same for pair in ((slot, other), (other, slot))]
        visit.append(slot)

    def together(moment: Moment) -> Counter[int]:
        known = (pair for i in moment.known for pair in pairs[i])
        return Counter(other for one, other in known if one == moment.read[0])

    check(asked, cooccurrence_places(asked), together)
    all_pairs = Counter(pair for found in pairs.values() for pair in found)
    table = pairs_of(asked)
    assert int(table.times.sum()) == sum(all_pairs.values())
    assert table.other.size == len(all_pairs)


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_neighbours(span: Span) -> None:
    """V-SkNN by its definition, on a log with fewer visits than are sampled."""
    asked = asked_of(logged(4, span))
    assert np.unique(asked.first).size < min(SAMPLE, 10 * NEIGHBOURS)

    def spoken(moment: Moment) -> Counter[int]:
        visits = defaultdict[int, list[int]](list)
        for i in moment.known:
            visits[int(asked.first[i])].append(int(asked.plan.slot[i]))
        visits.pop(moment.visit, None)
        scores, recent = Counter[int](), moment.read[:16]
        weight = {page: 1 - j / len(recent) for j, page in enumerate(recent)}
        like = [
            (sum(weight[page] for page in set(pages) & set(recent)), pages)
            for pages in visits.values()
        ]
        like = [pair for pair in like if pair[0] > 0]
        assert len(like) <= NEIGHBOURS
        for similarity, pages in like:
            step = min(recent.index(page) for page in pages if page in recent) + 1
            for page in pages[-64:]:
                scores[page] += similarity / step  # type: ignore[assignment]
        return scores

    check(asked, neighbour_places(asked), spoken)


def test_all_beside_the_lists() -> None:
    done = logged(5, SPANS["fresh"])
    told: list[tuple[int, int]] = []
    pair = Replays(done, done)
    found = baselines(pair, lambda *step: told.append(step))
    assert told == [(done, 6) for done in range(7)]
    own = measured(pair, Catalogue()).comparison
    assert list(own.measures) == list(LISTS)
    assert list(found.measures) == list(found.intervals) == list(found.hits) == list(BASELINES)
    names = ["hr@5", "mrr@5", "hr@20", "last_ndcg@20", "last_hr@20"]
    clicks = {row.pop("clicks") for row in (*found.measures.values(), *own.measures.values())}
    assert len(clicks) == 1
    for beside in (found, own):
        for name, row in beside.measures.items():
            assert sorted(row) == sorted(names)
            for measure, (low, high) in beside.intervals[name].items():
                assert low <= row[measure] <= high


def test_hours_add_up_to_the_whole() -> None:
    """Weighted by what was predicted in them."""
    done = logged(5, SPANS["fresh"])
    found = baselines(Replays(done, done))
    hour, clicks = np.unique(done.views["at"][done.plan.asked] // HOUR_MS, return_counts=True)
    assert hours_of(done).tolist() == hour.tolist()
    for name, hits in found.hits.items():
        whole = float((hits * clicks).sum() / clicks.sum())
        assert whole == pytest.approx(found.measures[name]["hr@5"])


def test_windows_are_asked_of_the_moved_log() -> None:
    """Where lists are frozen, last clicks have a replay of their own."""
    plain = logged(6, SPANS["hourly"])
    rows = log(6, 500, editions=(RU, KK), others=0.1, robots=0.1)
    moved = replay([packed(rows)], Catalogue(), Span(0, 2**62, 1, 3600.0, by_visit=True))
    apart = baselines(Replays(plain, moved)).measures["last_1000"]
    same = baselines(Replays(plain, plain)).measures["last_1000"]
    assert apart["hr@5"] == same["hr@5"]
    assert apart["last_hr@20"] != same["last_hr@20"]
