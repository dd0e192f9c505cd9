"""Impressions, clicks and reads of the simulated readers."""

from collections import Counter, defaultdict

import pytest

from ranking.demo.newsroom import Article, Newsroom
from ranking.demo.readers import ROBOTS, Memberships, Readers, View, bucket_of
from ranking.demo.wording import LANGUAGES, SITE
from ranking.engine.batch import BUCKETS

UNTIL = 1_700_000_000.0
FIELDS = [("calm,meter", f"{'ab'[b % 2]},{'ab'[b % 3 % 2]}") for b in range(BUCKETS)]
TOLD: Memberships = {f"{SITE}/ru": FIELDS}


@pytest.fixture(scope="module")
def cards() -> list[Article]:
    """Half a day of news and some of the archive."""
    newsroom = Newsroom(seed=5)
    return newsroom.archive(UNTIL, stories=20) + newsroom.recent(UNTIL, days=0.5, a_day=60)


@pytest.fixture(scope="module")
def events(cards: list[Article]) -> list[View]:
    """What some 12,000 views bring with them."""
    readers = Readers(seed=1, count=5_000)
    return readers.views(cards, UNTIL - 3_600.0, UNTIL, 12_000 / 3_600.0, TOLD)


def of_kind(events: list[View], kind: str) -> list[View]:
    """Events of a kind."""
    return [event for event in events if event.get("kind", "view") == kind]


def test_events_come_in_time_order_and_on_articles_that_are_out(
    cards: list[Article], events: list[View]
) -> None:
    moments = [event["at"] for event in events]
    assert moments == sorted(moments)
    assert UNTIL - 3_600.0 <= moments[0] <= moments[-1] < UNTIL
    known = {(card["edition"], card["id"]) for card in cards}
    assert {(event["edition"], event["article"]) for event in events} <= known


def test_a_click_is_the_way_of_a_view_and_its_list_was_seen(events: list[View]) -> None:
    followed = [view for view in of_kind(events, "view") if view.get("surface")]
    names = ("visitor", "session", "at", "article", "surface", "slot")

    def told(some: list[View]) -> set[tuple[object, ...]]:
        return {tuple(event.get(name) for name in names) for event in some}

    clicks = of_kind(events, "click")
    assert len(clicks) > 1_000
    assert told(clicks) == told(followed)
    seen: dict[tuple[str, str, str, int], list[float]] = defaultdict(list)
    for its in of_kind(events, "impression"):
        key = (its["session"], its["article"], its["surface"], its["slot"])
        seen[key].append(its["at"])
    missing = [
        click
        for click in clicks
        if min(seen[click["session"], click["article"], click["surface"], click["slot"]],
               default=UNTIL) > click["at"]
    ]  # fmt: skip
    assert missing == []


@pytest.mark.parametrize(("surface", "places"), [("popular", 5), ("related", 4)])
def test_the_further_down_the_less_is_seen_and_clicked(
    events: list[View], surface: str, places: int
) -> None:
    counts = {
        kind: Counter(its["slot"] for its in of_kind(events, kind) if its["surface"] == surface)
        for kind in ("impression", "click")
    }
    seen, clicked = ([counts[kind][slot] for slot in range(1, places + 1)] for kind in counts)
    assert seen == sorted(seen, reverse=True)
    assert sum(counts["impression"].values()) == sum(seen)
    assert clicked[0] / seen[0] > 1.5 * clicked[-1] / seen[-1]


def test_readers_tell_their_bucket_and_where_they_take_part(events: list[View]) -> None:
    people = [event for event in events if event["agent"] not in ROBOTS]
    assert {event["bucket"] for event in people} <= set(range(BUCKETS))
    for event in people:
        assert event["bucket"] == bucket_of(int(event["visitor"][1:]))
        is_told = event["edition"] in TOLD
        wanted = FIELDS[event["bucket"]] if is_told else (None, None)
        assert (event.get("experiment"), event.get("arm")) == wanted
    robots = [event for event in events if event["agent"] in ROBOTS]
    assert robots
    assert all("bucket" not in event and "kind" not in event for event in robots)


def test_buckets_are_all_alike() -> None:
    assert set(Counter(map(bucket_of, range(3 * BUCKETS))).values()) == {3}


def test_half_of_the_pages_are_read_and_it_costs_few_events(events: list[View]) -> None:
    views = len(of_kind(events, "view"))
    assert len(of_kind(events, "read")) / views == pytest.approx(0.5, abs=0.05)
    assert len(events) < 4 * views
    assert {event["edition"] for event in events} == {f"{SITE}/{lang}" for lang in LANGUAGES}


def test_the_past_has_views_alone(cards: list[Article]) -> None:
    views = Readers(seed=1, count=5_000).views(cards, UNTIL - 600.0, UNTIL, 2.0)
    assert views
    assert not any({"kind", "bucket", "experiment"} & view.keys() for view in views)
