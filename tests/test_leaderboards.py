"""Leaderboards follow cards and views at the cost of changes, and equal those of a whole scan."""

import random
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.content.cards import Card
from ranking.engine.settings import EngineSettings
from ranking.lists.edition import Edition
from ranking.lists.leaderboards import Leaderboards
from ranking.profiles.profile import DEFAULT, Profile
from ranking.ranker import Ranker
from tests.support.logs import DAY_MS, RU, START_MS, Row, chopped, view
from tests.support.thoroughness import examples

ENGINE = EngineSettings(articles=900, rows=64, neighbours=8, visitors=4096)
SECTIONS = ("", "world", "sport")
PROFILES = (
    DEFAULT,
    Profile(half_life=1000.0, freshness=6.0),
    Profile(half_life=86_400.0, popular_evidence=0.0),
)
ARTICLES = 700
"""More than the leaders that are kept."""


def some_cards(drawn: random.Random, names: Iterable[str], ranker: Ranker) -> list[Card]:
    """Cards of which some say what they said, and others change this or that."""
    cards = []
    for name in names:
        card = ranker.lists.edition(RU).card(name) or Card(RU, name)
        if drawn.random() < 0.5:
            its = {
                "title": drawn.choice(("Rain", "Wind")),
                "section": drawn.choice(SECTIONS),
                "listable": drawn.random() < 0.8,
                "published_at": START_MS / 1000 - drawn.randrange(100_000) * 3.0,
            }
            changed = drawn.choice(sorted(its))
            card = Card(RU, name, **({n: getattr(card, n) for n in its} | {changed: its[changed]}))
        cards.append(card)
    return cards


class Newsroom:
    """Two rankers that are given the same; only the first one ticks and is read meanwhile."""

    def __init__(self, seed: int) -> None:
        self.drawn = random.Random(seed)
        self.read, self.unread = Ranker(ENGINE), Ranker(ENGINE)
        self._at, self._turn, self._newest = START_MS, 0, ARTICLES

    def views(self, names: Iterable[str], step: int = 200) -> None:
        """A view of each article, in one batch, at most so many ms after the one before."""
        rows = list[Row]()
        for name in names:
            self._at += self.drawn.randrange(step)
            rows.append(view(self._at, name, f"{self._turn} {len(rows)}"))
        for ranker in (self.read, self.unread):
            (batch,) = chopped(rows, [], source=f"s{self._turn}")
            ranker.apply(batch, ranker.position)
        self._turn += 1

    def wait(self, ms: int) -> None:
        """Nothing happens for a while."""
        self._at += ms

    def put(self, cards: list[Card]) -> None:
        """The same cards to both."""
        for ranker in (self.read, self.unread):
            ranker.put(cards)

    def act(self) -> None:
        """Something happens: views, new articles, cards, a takedown, a day; or it is read."""
        drawn, known = self.drawn, [f"a{n}" for n in range(self._newest)]
        chosen = drawn.randrange(8)
        if chosen == 0:
            self.views(drawn.choices(known, k=300))
        elif chosen == 1:
            some = drawn.randrange(1, 120)
            self.views(f"a{self._newest + n}" for n in range(some))
            self._newest += some
        elif chosen in (2, 3):
            self.put(some_cards(drawn, drawn.sample(known, k=400 if chosen == 2 else 1), self.read))
        elif chosen == 4:
            name = drawn.choice(known)
            for ranker in (self.read, self.unread):
                ranker.remove(RU, name)
        elif chosen == 5:
            self.wait(drawn.choice((1000, 3 * DAY_MS)))
        else:
            self.read.tick()
            for profile in PROFILES:
                self.read.lists.board(RU, "popular", profile, 20, drawn.choice(SECTIONS))


def assert_as_scanned(edition: Edition, section: str, profile: Profile) -> None:
    """Leaders, their order and scores are those of a leaderboard that is new; bit for bit."""
    held = edition.leaderboards(section)
    if held is None:
        return
    code = edition.eligibility.code(section) if section else None
    new = Leaderboards(edition.site, edition.name, edition.eligibility, code)
    its, wanted = held._popular(profile).popularity, new._popular(profile).popularity
    for field in its._fields:
        assert np.array_equal(getattr(its, field), getattr(wanted, field)), field


@settings(deadline=None, max_examples=examples(12), derandomize=True)
@given(st.integers(0, 10**6))
def test_cards_and_views_in_any_order_leave_the_leaders_of_a_whole_scan(seed: int) -> None:
    room = Newsroom(seed)
    room.views(f"a{n}" for n in range(ARTICLES))
    for _ in range(25):
        room.act()
    room.read.tick()
    for profile in PROFILES:
        for section in SECTIONS:
            assert_as_scanned(room.read.lists.edition(RU), section, profile)
            for surface in ("popular", "trending"):
                asked = (RU, surface, profile, 50, section)
                assert room.read.lists.board(*asked) == room.unread.lists.board(*asked)


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sections of the leaderboards that were scanned whole; none = the whole edition."""
    found: list[str] = []
    leading = Leaderboards._leading

    def counted(self: Leaderboards, leaderboard: object) -> object:
        found.append("edition" if self._section is None else "section")
        return leading(self, leaderboard)  # type: ignore[arg-type]

    monkeypatch.setattr(Leaderboards, "_leading", counted)
    return found


def test_what_a_card_does_not_change_is_not_scanned(scans: list[str]) -> None:
    """A thousand titles cost no scan, nor do sections or dates that no leader's place rests on."""
    room, names = Newsroom(1), [f"a{n}" for n in range(ARTICLES)]
    ranker = room.read

    def read() -> list[str]:
        scans.clear()
        ranker.tick()
        for profile in (DEFAULT, PROFILES[1]):
            ranker.lists.board(RU, "popular", profile, 20, "")
        ranker.lists.board(RU, "popular", DEFAULT, 20, "world")
        return list(scans)

    ranker.put(Card(RU, name, section="world") for name in names)
    room.views(names)
    many = len(read())
    assert many
    for turn in range(10):
        ranker.put(Card(RU, name, f"Title {turn}", section="world") for name in names)
        assert read() == []
    ranker.put(Card(RU, "unread", section="sport") for _ in range(3))
    assert read() == []
    room.views(["new"])
    ranker.put([Card(RU, "new", section="world")])
    assert read() == []
    ranker.put(Card(RU, name, section="sport") for name in names[-10:])
    assert read() == ["section"]
    leader, other = ranker.lists.board(RU, "popular", DEFAULT, 2, "world").ids
    ranker.put([Card(RU, leader, section="world", published_at=START_MS / 1000 - 5.0)])
    assert read() == ["edition"]  # of the profile to which dates count
    ranker.put([Card(RU, other, section="world", listable=False)])
    assert len(read()) == many


def test_ties_beyond_the_leaders_are_found_and_the_archive_is_not_scored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 600 equal leaders and 2,000 older articles the first ids stand; only equals are scored."""
    ranker, drawn = Ranker(), random.Random(5)
    old, new = [f"old {n}" for n in range(2000)], [f"new {n:03}" for n in range(600)]
    drawn.shuffle(new)
    for turn, (names, at) in enumerate(((old, START_MS), (new, START_MS + 600_000))):
        (batch,) = chopped([view(at, name, name) for name in names], [], source=f"s{turn}")
        ranker.apply(batch, ranker.position)
    ranker.tick()
    scored, parts = [0], Leaderboards._parts

    def counted(
        self: Leaderboards, leaderboard: object, worth: object, slots: np.ndarray
    ) -> object:
        scored[0] += slots.size
        return parts(self, leaderboard, worth, slots)  # type: ignore[arg-type]

    monkeypatch.setattr(Leaderboards, "_parts", counted)
    for profile in (DEFAULT, Profile(half_life=1000.0), Profile(half_life=301.0, freshness=2.0)):
        scored[0] = 0
        board = ranker.lists.board(RU, "popular", profile, 20, "")
        assert board.ids == tuple(f"new {n:03}" for n in range(20))
        assert 600 <= scored[0] <= 2 * 600


@settings(deadline=None, max_examples=examples(10), derandomize=True)
@given(st.integers(0, 10**6))
def test_a_flat_edition_has_its_true_top_while_time_and_views_go_on(seed: int) -> None:
    """What cannot score is known from before; articles rise, are listed again, and fade."""
    room, names = Newsroom(seed), [f"a{n}" for n in range(850)]
    ranker, drawn = room.read, room.drawn
    room.views(names[:200])
    room.wait(drawn.choice((1, 400_000)))
    room.views(names[200:], 1)
    edition = ranker.lists.edition(RU)
    for _ in range(12):
        room.wait(drawn.choice((1, 1000, 60_000)))
        room.views(drawn.sample(names, k=drawn.choice((1, 40))), drawn.choice((1, 50)))
        hidden = drawn.choice(names)
        for listable in (False, True):
            ranker.put([Card(RU, hidden, listable=listable)])
            ranker.tick()
            for profile in (*PROFILES, Profile(half_life=1000.0, mix_share=0.3)):
                slots = edition._leaderboards.slots()
                parts, _ = edition._leaderboards.popular_parts(profile, 0.0, slots)
                scores = zip(parts.sum(0).tolist(), slots.tolist(), strict=True)
                wanted = sorted((-score, edition.id_of(slot)) for score, slot in scores)[:40]
                shown = ranker.lists.board(RU, "popular", profile, 40, "").items
                assert [(-item.score, item.id) for item in shown] == wanted
