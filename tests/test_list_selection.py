"""From a ranking to a list: caps, sections, ties, and articles that fill a list up."""

import random
from collections import Counter

import pytest

from ranking.content.cards import Card
from ranking.profiles.profile import DEFAULT, Profile
from ranking.profiles.scopes import Profiles
from tests.support.live import EDITIONS, Live, dated, in_order, portal, positive
from tests.support.logs import DAY_MS, MINUTE_MS, RU, START_MS, view


@pytest.mark.parametrize(("section_cap", "author_cap"), [(1, 0), (0, 2), (3, 4), (2, 1)])
def test_caps_pass_over_what_is_full(section_cap: int, author_cap: int) -> None:
    """In the order of Popular; what has no card, section or author is never full."""
    rows = portal(8)
    live = Live()
    live.put(dated(rows, 8))
    live.feed(rows)
    profile = Profile(half_life=7200.0, section_cap=section_cap, author_cap=author_cap)
    for edition in EDITIONS:
        scores = positive(live.scores(edition, profile))
        wanted: list[str] = []
        sections, authors = Counter[str](), Counter[str]()
        for article in in_order(scores):
            card = live.cards.get((edition, article), Card("", ""))
            over = section_cap and card.section and sections[card.section] >= section_cap
            if over or (author_cap and card.author and authors[card.author] >= author_cap):
                continue
            sections[card.section] += 1
            authors[card.author] += 1
            wanted.append(article)
        assert live.popular(edition, profile, 12).ids == tuple(wanted[:12])


def test_a_board_of_a_section_holds_that_section_in_order() -> None:
    rows = portal(8)
    live = Live()
    live.put(dated(rows, 8))
    live.feed(rows)
    profile = Profile(half_life=7200.0)
    scores = positive(live.scores(RU, profile))
    for section in ("sport", "law"):
        cards = [c for c in live.cards.values() if (c.edition, c.section) == (RU, section)]
        cards = [c for c in cards if c.published_at <= live.truth.newest_ms / 1000]
        ids = {card.id for card in cards}
        read = [article for article in in_order(scores) if article in ids]
        rest = [c.id for c in sorted(cards, key=lambda c: (-c.published_at, c.id))]
        wanted = [*read, *(article for article in rest if article not in read)]
        board = live.ranker.lists.board(RU, "popular", profile, 100, section)
        assert board.ids == tuple(wanted[:100])


def test_a_board_of_a_quiet_section_is_full() -> None:
    """However many newer articles the other sections have."""
    live = Live()
    live.put([Card(RU, f"s{k}", section="sport", published_at=1e9 + k) for k in range(400)])
    live.put([Card(RU, f"l{k}", section="law", published_at=9e8 + k) for k in range(9)])
    live.feed([view(START_MS + k, f"s{k}", f"{k}") for k in range(50)])
    board = live.ranker.lists.board(RU, "popular", DEFAULT, 5, "law")
    assert board.ids == ("l8", "l7", "l6", "l5", "l4")


@pytest.mark.parametrize(
    "profile",
    [DEFAULT, Profile(window=3600), Profile(half_life=700.0), Profile(exponent=1.0)],
    ids=["rung", "window", "between", "power law"],
)
def test_ties_are_broken_by_id(profile: Profile) -> None:
    """Equal views at equal moments, in whatever order they came and however many."""
    names = [f"{k:03}" for k in range(300)]
    random.Random(1).shuffle(names)
    live = Live()
    live.feed([view(START_MS, name, f"{k} {name}") for k in range(2) for name in names])
    assert live.popular(RU, profile, 100).ids == tuple(sorted(names)[:100])
    assert live.ranker.lists.board(RU, "trending", profile, 100, "").ids == tuple(
        sorted(names)[:100]
    )


def test_ties_of_related_are_broken_by_id() -> None:
    names = [f"{k:03}" for k in range(20)]
    random.Random(1).shuffle(names)
    live = Live()
    live.feed([view(START_MS, name, name) for name in names])
    assert live.ranker.lists.related(RU, "unknown", 20).ids == tuple(sorted(names))
    assert live.ranker.lists.related(RU, "007", 4).ids == ("000", "001", "002", "003")


def test_views_decide_and_cards_fill_up() -> None:
    """Popular: what is read by views, then the newest cards, ties by id."""
    live = Live()
    live.put([Card(RU, f"{k}", published_at=1e9 + k // 2) for k in range(10)])
    live.feed([view(START_MS, "3"), view(START_MS + 1, "uncarded", "berik")])
    ids = live.popular(RU, DEFAULT, 20).ids
    assert ids == ("uncarded", "3", "8", "9", "6", "7", "4", "5", "2", "0", "1")
    assert [item.score for item in live.popular(RU, DEFAULT, 20).items][2:] == [0.0] * 9
    assert live.popular(RU, DEFAULT, 3).items[1].card == live.cards[RU, "3"]
    assert live.popular(RU, DEFAULT, 3).items[0].card is None


@pytest.mark.parametrize("carded", ["none", "all", "some"])
@pytest.mark.parametrize("viewed", ["none", "all", "some"])
def test_lists_are_full_as_soon_as_there_are_articles(carded: str, viewed: str) -> None:
    """Five of Popular, four of Related and of For this visit, for each article of each edition."""
    share = {"none": 0, "all": 1, "some": 2}
    for count in (1, 3, 5, 6, 12):
        names = [f"{k}" for k in range(count)]
        live = Live()
        for edition in EDITIONS:
            if share[carded]:
                live.put([Card(edition, a) for a in names[:: share[carded]]])
        views = names[1 :: share[viewed]] + names[:1] if share[viewed] else []
        rows = [view(START_MS + k, a, a, edition=e) for k, a in enumerate(views) for e in EDITIONS]
        if rows:
            live.feed(rows)
        for edition in EDITIONS:
            known = set(views) | {c.id for c in live.cards.values()}
            assert set(live.popular(edition, DEFAULT, 5).ids) <= known
            assert len(live.popular(edition, DEFAULT, 5).ids) == min(5, len(known))
            for article in [*names, "unknown"]:
                others = known - {article}
                for board in (
                    live.ranker.lists.related(edition, article, 4),
                    live.ranker.lists.for_you(edition, [article], 4),
                ):
                    assert len(set(board.ids)) == len(board.ids) == min(4, len(others))
                    assert set(board.ids) <= others


@pytest.mark.parametrize("pause_days", [1, 10, 60])
@pytest.mark.parametrize("profile", [DEFAULT, Profile(half_life=300.0), Profile(window=3600)])
def test_lists_stay_full_after_a_long_silence(profile: Profile, pause_days: int) -> None:
    """Without cards, when all but one article were read long ago."""
    live = Live()
    live.ranker.lists.govern(Profiles(profile))
    old = [view(START_MS + k * MINUTE_MS, f"{k}", f"{k}") for k in range(10)]
    live.feed([*old, view(START_MS + pause_days * DAY_MS, "new")])
    assert len(live.popular(RU, profile, 5).ids) == 5
    assert live.popular(RU, profile, 5).ids[0] == "new"
    assert len(live.ranker.lists.related(RU, "new", 4).ids) == 4
    assert len(live.ranker.lists.related(RU, "3", 4).ids) == 4


def test_nothing_lists_itself_nor_what_was_read_nor_another_edition() -> None:
    live, rng = Live(), random.Random(5)
    live.feed(portal(24, 600, articles=12))
    live.put([Card(e, f"{e[-2:]} card {k}") for e in EDITIONS for k in range(6)])
    for edition in EDITIONS:
        own = set(live.articles(edition)) | {
            c.id for c in live.cards.values() if c.edition == edition
        }
        for surface in ("popular", "trending"):
            assert set(live.ranker.lists.board(edition, surface, DEFAULT, 100, "").ids) <= own
        for article in sorted(own):
            assert set(live.ranker.lists.related(edition, article, 100).ids) == own - {article}
            read = [article, *rng.sample(sorted(own - {article}), 7)]
            assert set(live.ranker.lists.for_you(edition, read, 100).ids) == own - set(read)
