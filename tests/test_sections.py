"""Sections and caps in a large edition: the true top of a section, and bounded work."""

import random
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest

from ranking.content.cards import Card
from ranking.engine.decay.hard_window import window_counts
from ranking.engine.settings import EngineSettings
from ranking.lists.edition import Edition
from ranking.lists.popular import by_views, view_terms
from ranking.profiles.profile import DEFAULT, Profile, profile_from
from ranking.ranker import Ranker
from tests.support.logs import HOUR_MS, RU, START_MS, Row, chopped, packed, view

ARTICLES = 10_000
SHARES = {"world": 0.9, "sport": 0.06, "law": 0.03, "chess": 0.002}
KERNELS = [
    DEFAULT,
    Profile(half_life=420.0, popular_evidence=900.0),
    Profile(half_life=86_400.0, popular_evidence=0.0),
    Profile(half_life=1000.0, freshness=6.0),
    Profile(mix_share=0.4),
    Profile(exponent=1.0, half_life=3600.0),
]
MOST = 6000
"""Candidates of one list, at most."""


def section_of(drawn: random.Random, name: str) -> str:
    """Most articles are of one section, a few of none."""
    chosen: str = drawn.choices([*SHARES, ""], [*SHARES.values(), 0.008])[0]
    return "last" if name == "a9999" else chosen


@pytest.fixture(scope="module")
def crowd() -> Ranker:
    """Ten thousand articles whose readers come and go over two days."""
    drawn, ranker = random.Random(7), Ranker()
    names = [f"a{k}" for k in range(ARTICLES)]
    ranker.put(
        Card(RU, name, section=section_of(drawn, name), published_at=START_MS / 1000 - k)
        for k, name in enumerate(names)
    )
    at, rows = START_MS, list[Row]()
    drawn.shuffle(names)
    for k in range(30_000):
        at += drawn.randrange(2 * 48 * HOUR_MS // 30_000)
        name = names[k % ARTICLES] if k % 3 else names[int(drawn.paretovariate(0.6)) % ARTICLES]
        rows.append(view(at, name, f"v{k}"))
        if k % 2000 == 0:
            rows += [view(at, name, f"late {k} {n}") for n in range(3)]
    for batch in chopped(rows, range(0, len(rows), 997)):
        ranker.apply(batch, ranker.position)
        if batch.first % 3 == 0:
            ranker.tick()
            ranker.lists.board(RU, "popular", DEFAULT, 20, "law")
    ranker.tick()
    return ranker


def of_section(ranker: Ranker, section: str) -> list[str]:
    """The section's articles that were viewed."""
    cards = ranker.catalogue.latest(RU, ARTICLES, section)
    return [card.id for card in cards if ranker.lists.edition(RU).slot(card.id) >= 0]


def best(scores: Iterable[tuple[str, float]], n: int) -> list[tuple[str, float]]:
    """The first by score, ties by id."""
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))[:n]


@pytest.mark.parametrize("profile", KERNELS)
def test_popular_of_a_section_is_its_true_top(crowd: Ranker, profile: Profile) -> None:
    """Of sections of twenty articles and of nine thousand, at the last place too."""
    edition = crowd.lists.edition(RU)
    for section in [*SHARES, "last"]:
        names = of_section(crowd, section)
        parts = ((name, view_terms(edition, profile, {}, name)) for name in names)
        scores = [(name, sum(value for _, value in part)) for name, part in parts]
        items = crowd.lists.board(RU, "popular", profile, 20, section).items
        shown = [(item.id, item.score) for item in items if item.score > 0.0]
        expected = [pair for pair in best(scores, 20) if pair[1] > 0.0]
        assert [id_ for id_, _ in shown] == [id_ for id_, _ in expected], section
        assert [s for _, s in shown] == pytest.approx([s for _, s in expected], rel=1e-12)


@pytest.mark.parametrize("window", [3600, 86_400, 7 * 86_400])
def test_a_window_of_a_section_is_its_true_top(crowd: Ranker, window: int) -> None:
    edition, profile = crowd.lists.edition(RU), Profile(window=window)
    hours, days = (window // 3600, 0) if window <= 86_400 else (0, window // 86_400)
    for section in SHARES:
        names = of_section(crowd, section)
        slots = np.array([edition.slot(name) for name in names], np.int32)
        newest = edition.site.newest_ms
        counts = window_counts(slots, edition.site.state.article, newest, hours, days).tolist()
        expected = [p for p in best(zip(names, counts, strict=True), 20) if p[1] > 0]
        items = crowd.lists.board(RU, "popular", profile, 20, section).items
        assert [(i.id, i.score) for i in items if i.score > 0.0] == expected


def looked_at(edition: Edition, profile: Profile, section: str = "") -> int:
    """Candidates that a list which cannot fill walks through."""
    return sum(1 for _ in by_views(edition, profile, section))


def test_a_list_that_cannot_fill_walks_some_thousand_articles(crowd: Ranker) -> None:
    edition = crowd.lists.edition(RU)
    assert looked_at(edition, DEFAULT, "no such section") == 0
    assert crowd.lists.board(RU, "popular", DEFAULT, 20, "no such section").items == ()
    for profile in (DEFAULT, Profile(window=7 * 86_400), profile_from({"section_cap": 1})):
        assert looked_at(edition, profile) <= MOST
        assert looked_at(edition, profile, "world") <= MOST


def test_caps_fill_from_each_sections_leaders() -> None:
    """All leaders are of one section; the others' best follow, as the cap allows."""
    ranker, rows = Ranker(), []
    names = [f"big {k}" for k in range(2000)] + [f"small {k}" for k in range(200)]
    for name in names:
        number = int(name.split()[1])
        section = "big" if name.startswith("big") else f"s{number % 40:02}"
        ranker.put([Card(RU, name, section=section, published_at=1000.0 + number)])
    for n in range(2):
        rows += [view(START_MS + k, name, f"{n} {k}") for k, name in enumerate(names[:2000])]
    rows += [view(START_MS + k, name, f"one {k}") for k, name in enumerate(names[2000:])]
    ranker.apply(packed(sorted(rows, key=lambda row: row.at_ms)), 0)
    board = ranker.lists.board(RU, "popular", profile_from({"section_cap": 2}), 50, "")
    sections = Counter(item.card.section for item in board.items if item.card)
    assert len(board.items) == 50
    assert sections.pop("big") == 2
    assert set(sections.values()) <= {1, 2}
    assert all(item.score > 0.0 for item in board.items)


def test_lists_follow_slots_at_the_cost_of_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first eviction a tick with a new article looks at what came and went alone."""
    settings = EngineSettings(articles=2000, rows=64, neighbours=8, visitors=4096)
    ranker, drawn = Ranker(settings), random.Random(3)
    ranker.apply(packed([view(START_MS + k, f"a{k}", f"v{k}") for k in range(2000)]), 0)
    ranker.tick()
    eligibility, looked = ranker.lists.edition(RU).eligibility, [0]
    take = type(eligibility)._take

    def counted(self: object, slots: np.ndarray) -> None:
        looked[0] += slots.size
        take(eligibility, slots)

    monkeypatch.setattr(type(eligibility), "_take", counted)
    arrived = 0
    for k in range(400):
        at = START_MS + 10_000 + 100 * k
        rows = [view(at, f"new {k}", f"n{k}"), view(at, f"a{drawn.randrange(1990, 2000)}", f"m{k}")]
        ranker.apply(chopped(rows, [], source=f"s{k}")[0], ranker.position)
        ranker.tick()
        arrived += 1
    site = ranker.sites["inform"]
    assert site.evictions > 0
    evicted = arrived + site.settings.articles // 8
    assert looked[0] <= 2 * (arrived + evicted)
    index = site.editions.index(RU)
    held = sorted(slot for slot, id_ in enumerate(site.ids) if id_)
    assert sorted(eligibility.slots(index).tolist()) == held
