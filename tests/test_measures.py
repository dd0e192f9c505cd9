"""Measures of what was shown: the same as plain Python over one prediction after another."""

import dataclasses
import math
import random
from collections import Counter, defaultdict
from itertools import combinations, pairwise

import numpy as np
import pytest

from ranking.backtest import backtest
from ranking.backtest.backtest import BacktestError, Replay, replay
from ranking.backtest.measures.beyond_accuracy import NAMES, shown_of
from ranking.backtest.measures.churn import changes_of
from ranking.backtest.measures.intervals import hourly_intervals, mean_intervals, rate_interval
from ranking.backtest.measures.summary import measured, replays
from ranking.backtest.predictions import COMPILED as LISTS
from ranking.backtest.visits import Span
from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.lists.boards import make_board
from ranking.lists.rerank.hysteresis import Incumbents
from ranking.profiles.profile import DEFAULT, Profile
from ranking.ranker import Ranker
from tests.support.logs import HOUR_MS, KK, MINUTE_MS, RU, START_MS, packed, random_rows, view
from tests.support.slow_backtest import ALL, log

UNTAGGED = Profile(tag_share=0.0)


def some_cards(seed: int, dated: float = 0.7) -> Catalogue:
    """Cards of most articles, one of them never read."""
    rng, catalogue = random.Random(seed), Catalogue()
    for k in [*range(40), 999]:
        tags = tuple(rng.sample(["oil", "snow", "law", "chess"], rng.randrange(3)))
        at = START_MS / 1000 + rng.uniform(-9e5, 9e3) if rng.random() < dated else 0.0
        section = rng.choice(["", "sport", "world"])
        catalogue.put(Card(RU, f"{k}", section=section, tags=tags, published_at=at))
    return catalogue


def shown_slowly(result: Replay, catalogue: Catalogue) -> list[list[list[float]]]:
    """For each prediction and list its coverage, novelty, age and diversity."""
    site, slot, at = result.site, result.plan.slot.tolist(), result.views["at"].tolist()
    pages = [i for i in range(len(slot)) if result.visits.is_page[i]]
    first = {slot[i]: at[i] for i in reversed(pages)}
    cards = [catalogue.card(RU, id) for id in site.ids]
    tags = [{*c.tags, *([f"section {c.section}"] * bool(c.section))} if c else set() for c in cards]
    visits = defaultdict[int, list[int]](list)
    both = Counter[frozenset[int]]()
    for i in pages:
        visit = visits[int(result.visits.first[i])]
        others = [other for other in dict.fromkeys(visit[::-1]) if other != slot[i]]
        both.update(frozenset({slot[i], other}) for other in others[:10])
        visit.append(slot[i])
    read = Counter(slot[i] for i in pages)

    def alike(one: int, other: int) -> float | None:
        if not any(tags):
            return min(both[frozenset({one, other})] / math.sqrt(read[one] * read[other]), 1.0)
        common, either = tags[one] & tags[other], tags[one] | tags[other]
        return len(common) / len(either) if tags[one] and tags[other] else None

    found = []
    for k, click in enumerate(result.plan.asked.tolist()):
        before = Counter(slot[i] for i in pages if i < click)
        total, row = sum(before.values()), []
        for five in result.answers.shown[k].tolist():
            five = [article for article in five if article >= 0]
            news = [math.log2((total + 1) / (before[article] + 1)) for article in five]
            dates = [card.published_at * 1000 if (card := cards[a]) else 0.0 for a in five]
            born = [date or first[a] for a, date in zip(five, dates, strict=True)]
            ages = [max(at[click] - date, 0.0) / HOUR_MS for date in born]
            pairs = [alike(*pair) for pair in combinations(five, 2)]
            likes = [value for value in pairs if value is not None]
            row.append(
                [
                    float(len(five) == 5),
                    sum(news) / len(news) if news else math.nan,
                    sum(ages) / len(ages) if ages else math.nan,
                    1 - sum(likes) / len(likes) if likes else math.nan,
                ]
            )
        found.append(row)
    return found


@pytest.mark.parametrize("catalogue", [Catalogue(), some_cards(1)], ids=["co-reading", "cards"])
def test_what_was_shown(catalogue: Catalogue) -> None:
    result = replay([packed(log(2, 350))], catalogue, ALL, UNTAGGED)
    shown = shown_of(result, catalogue)
    slowly = np.array(shown_slowly(result, catalogue))
    assert shown.values == pytest.approx(slowly, nan_ok=True)
    assert 0.0 < np.nanmean(slowly[..., NAMES.index("coverage")]) < 1.0
    known = {*result.site.ids, *(id for _, id in catalogue.articles())}
    for which, share in enumerate(shown.catalogue):
        ever = {*result.answers.shown[:, which].ravel().tolist()} - {-1}
        assert share == pytest.approx(len(ever) / len(known))


def test_articles_that_nobody_reads_are_shown_too() -> None:
    """Tags propose them; they are as new as can be."""
    catalogue = Catalogue()
    for id in ("a", "b", "unread"):
        catalogue.put(Card(RU, id, tags=("oil",), published_at=START_MS / 1000))
    rows = [view(START_MS + HOUR_MS, "a"), view(START_MS + HOUR_MS + 1, "b")]
    result = replay([packed(rows)], catalogue, ALL)
    assert 2 in result.answers.shown[0, LISTS.index("related")]
    shown = shown_of(result, catalogue)
    assert shown.values[0, 1, NAMES.index("age")] == pytest.approx(1.0, abs=1e-3)
    assert shown.catalogue[LISTS.index("related")] >= 1 / 3


@pytest.mark.parametrize("refresh", [0.0, 1800.0])
def test_both_ways_of_replay_show_the_same(monkeypatch: pytest.MonkeyPatch, refresh: float) -> None:
    """The compiled loop, and asking the live lists."""
    batches, span = [packed(log(8, 300, editions=(RU, KK)))], Span(0, 2**62, refresh=refresh)
    quick = replay(batches, Catalogue(), span).answers
    monkeypatch.setattr(backtest, "is_plain", lambda *anything: False)
    asked = replay(batches, Catalogue(), span).answers
    assert (quick.shown >= 0).any()
    for name in quick._fields:
        assert np.array_equal(getattr(quick, name), getattr(asked, name)), name


def test_changes_of_popular() -> None:
    """Looked at after each second, as the live list is then."""
    rows = random_rows(3, 400, articles=12, step_ms=900)
    result = replay([packed(rows)], Catalogue(), ALL)
    ranker, stood, looks = Ranker(profile=DEFAULT), Incumbents(), [list[str]()]
    for number, row in enumerate(rows):
        if number and row.at_ms // 1000 > rows[number - 1].at_ms // 1000:
            ranker.tick()
            board = make_board(ranker.lists.edition(RU), "popular", DEFAULT, 20, incumbents=stood)
            looks.append([item.id for item in board.items[:5] if item.score > 0])
        ranker.apply(packed([row], number), number)
    minutes = (rows[-1].at_ms - rows[0].at_ms) / MINUTE_MS
    pairs = list(pairwise(looks))
    order = sum(one != other for one, other in pairs)
    five = sum(sorted(one) != sorted(other) for one, other in pairs)
    assert 0 < five < order
    rates = changes_of(result).a_minute()
    assert rates["order_changes"] == pytest.approx(order / minutes, rel=0.02)
    assert rates["changes"] == pytest.approx(five / minutes, rel=0.02)


def test_changes_of_a_part_of_the_minutes() -> None:
    """About as many a minute as in all of them."""
    rows, restless = random_rows(3, 20_000, articles=40, step_ms=900), Profile(steadiness=0.0)
    spans = [Span(0, 2**62, every) for every in (1, 3)]
    done = [replay([packed(rows)], Catalogue(), span, restless) for span in spans]
    rates = [changes_of(result).a_minute() for result in done]
    for name, rate in rates[0].items():
        assert rates[1][name] == pytest.approx(rate, rel=0.25)


def test_frozen_lists_change_at_a_refresh() -> None:
    span = Span(0, 2**62, refresh=3600.0)
    result = replay([packed(log(3, 400))], Catalogue(), span)
    changes = changes_of(result)
    assert 0 < changes.order.sum() < result.plan.ticks.size
    assert changes.order.max() <= 1.0


def test_intervals_hold_the_truth_most_of_the_time() -> None:
    """Of means of visits that click alike, in 19 of 20 logs about."""
    rng, held = np.random.default_rng(5), 0
    for _ in range(60):
        visit = np.repeat(np.arange(150), 4)
        taste = rng.random(150)[visit]
        clicked = (rng.random(visit.size) < taste).astype(float)
        ((low, high),) = mean_intervals(clicked[:, None], visit)
        held += low <= 0.5 <= high
    assert 51 <= held <= 60


def test_an_interval_lies_about_its_mean() -> None:
    rng = np.random.default_rng(6)
    gain, hour = rng.random(900), rng.integers(0, 9, 900)
    ((low, high),) = hourly_intervals(gain[:, None], hour)
    assert low < np.mean([gain[hour == h].mean() for h in range(9)]) < high < low + 0.1
    minutes = np.full(48, 60.0)
    low, high = rate_interval(rng.poisson(30, 48).astype(float), minutes)
    assert low < 0.5 < high


def test_all_measures_of_a_profile() -> None:
    """Every mean lies in its interval; the same twice."""
    rows = log(4, 500)
    done = replays([packed(rows)], Catalogue(), ALL)
    result = measured(done, Catalogue())
    again = measured(done, Catalogue())
    assert (result.measures, result.intervals) == (again.measures, again.intervals)
    assert {ages.size for ages in result.ages.values()} == {result.hours.size}
    assert result.about["diversity"] == "co-reading"
    for name, intervals in result.intervals.items():
        for measure, (low, high) in intervals.items():
            assert low <= result.measures[name][measure] <= high, (name, measure)
    for name in LISTS:
        assert {*NAMES, "catalogue", "hr@5"} < {*result.measures[name]}
    assert {"changes", "order_changes"} < {*result.intervals["popular"]}


def test_frozen_lists_are_measured_twice() -> None:
    told: list[tuple[int, int]] = []
    rows, span = log(4, 500), Span(0, 2**62, refresh=3600.0)
    done = replays([packed(rows)], Catalogue(), span, progress=lambda *step: told.append(step))
    result = measured(done, Catalogue())
    assert told == [(500, 1000), (1000, 1000)]
    assert result.measures["last_item"] != result.measures["last_item_as_it_came"]
    assert {*result.intervals} == {*result.measures}


def test_a_backtest_that_predicts_nothing_is_an_error() -> None:
    """Of visits of one page, and of events that are all stamped after their packing."""
    batch = packed([view(START_MS, "a", "one"), view(START_MS + 9, "b", "two")])
    for given in (batch, dataclasses.replace(batch, stamp_ms=0)):
        with pytest.raises(BacktestError, match="must predict something"):
            replays([given], Catalogue(), ALL)
