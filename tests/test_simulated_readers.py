"""The simulated readers: what they open, when, and how it looks to the collector."""

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest

from ranking.demo.newsroom import Article, Newsroom
from ranking.demo.readers import ROBOTS, Readers, View
from ranking.demo.reading_choice import ReadingChoice
from ranking.demo.wording import LANGUAGES, SHARES

UNTIL = 1_700_000_000.0
HOUR = 3_600.0


@pytest.fixture(scope="module")
def cards() -> list[Article]:
    """Half a day of news and some of the archive."""
    newsroom = Newsroom(seed=5)
    return newsroom.archive(UNTIL, stories=20) + newsroom.recent(UNTIL, days=0.5, a_day=60)


@pytest.fixture(scope="module")
def views(cards: list[Article]) -> list[View]:
    """Six hours of about 12,000 views."""
    return Readers(seed=1, count=5_000).views(cards, UNTIL - 6 * HOUR, UNTIL, 12_000 / (6 * HOUR))


def test_views_come_in_time_order_within_the_span(views: list[View]) -> None:
    moments = [view["at"] for view in views]
    assert moments == sorted(moments)
    assert UNTIL - 6 * HOUR <= moments[0] <= moments[-1] < UNTIL
    assert 11_000 < len(views) < 13_000


def test_articles_exist_in_the_edition_and_are_out(cards: list[Article], views: list[View]) -> None:
    published = {(card["edition"], card["id"]): card["published_at"] for card in cards}
    assert all(published[view["edition"], view["article"]] <= view["at"] for view in views)


def test_editions_have_their_shares(views: list[View]) -> None:
    counts = Counter(view["edition"].partition("/")[2] for view in views)
    for lang in LANGUAGES:
        assert counts[lang] / len(views) == pytest.approx(SHARES[lang], abs=0.02)


def test_some_views_are_of_robots(views: list[View]) -> None:
    robots = [view for view in views if view["agent"] in ROBOTS]
    assert 0.01 < len(robots) / len(views) < 0.03
    assert all(view["visitor"].startswith("robot-") for view in robots)


def test_visits_have_several_pages_and_clicks_on_lists(views: list[View]) -> None:
    visits: dict[str, list[View]] = defaultdict(list)
    for view in views:
        if view["agent"] not in ROBOTS:
            visits[view["session"]].append(view)
    lengths = [len(visit) for visit in visits.values()]
    assert max(lengths) <= 8
    assert 1.8 < sum(lengths) / len(lengths) < 2.5
    assert all(len({view["visitor"] for view in visit}) == 1 for visit in visits.values())
    assert all("surface" not in visit[0] for visit in visits.values() if len(visit) == 8)
    clicks = Counter(view.get("surface") for view in views)
    assert min(clicks["related"], clicks["popular"]) > 500
    assert all(1 <= view["slot"] <= 5 for view in views if "slot" in view)
    reloads = sum(
        a["article"] == b["article"] for visit in visits.values() for a, b in pairwise(visit)
    )
    assert reloads > 50


def test_the_seed_decides(cards: list[Article]) -> None:
    first, again, other = (
        Readers(seed, 500).views(cards, UNTIL - 60.0, UNTIL, 20.0) for seed in (3, 3, 4)
    )
    assert first == again != other


def test_a_visit_goes_on_into_the_next_span(cards: list[Article]) -> None:
    readers = Readers(seed=2, count=2_000)
    first = readers.views(cards, UNTIL, UNTIL + 30.0, 40.0)
    second = readers.views(cards, UNTIL + 30.0, UNTIL + 60.0, 40.0)
    assert first[-1]["at"] < UNTIL + 30.0 <= second[0]["at"]
    assert {view["session"] for view in first} & {view["session"] for view in second}


def test_breaking_news_take_off_within_a_minute_and_fade(cards: list[Article]) -> None:
    newsroom, readers = Newsroom(seed=9), Readers(seed=2, count=20_000)
    flash = newsroom.fresh(UNTIL, breaking=True)
    ids = {card["id"] for card in flash}

    def share(since: float) -> float:
        spans = [UNTIL + since + 5.0 * k for k in range(6)]
        views = [v for at in spans for v in readers.views([*cards, *flash], at, at + 5.0, 60.0)]
        return sum(view["article"] in ids for view in views) / len(views)

    shares = [share(since) for since in (-30.0, 0.0, 30.0, 2_400.0)]
    assert shares[0] == 0.0
    assert shares[1] > 0.1
    assert shares[2] > 0.25
    assert shares[3] < shares[2] / 2


def test_nothing_is_read_before_anything_is_published() -> None:
    fresh = Newsroom(seed=1).fresh(UNTIL)
    readers = Readers(seed=1, count=100)
    assert readers.views([], UNTIL, UNTIL + 10.0, 50.0) == []
    assert readers.views(fresh, UNTIL - 10.0, UNTIL, 50.0) == []
    assert {view["article"] for view in readers.views(fresh, UNTIL + 1, UNTIL + 11.0, 50.0)} <= {
        card["id"] for card in fresh
    }


def test_draws_are_shares(cards: list[Article]) -> None:
    choice = ReadingChoice([card for card in cards if card["lang"] == "en"])
    draws = choice.draws(np.array([UNTIL - HOUR, UNTIL]))
    assert draws.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert (draws >= 0.0).all()
    leaders = choice.leaders(draws)[1]
    assert list(draws[1][leaders]) == sorted(draws[1], reverse=True)[:5]
