"""The tag graph and what it proposes, against sums over all cards in plain dictionaries."""

import math
import random
from collections import defaultdict
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from ranking.lists.catalogue import Card, clean_tags
from ranking.lists.profile import DEFAULT, Profile
from ranking.lists.tags import EXPANSION, HINTS, SECTION_MARK, SECTION_VOICE, SHRINK, TagGraph
from ranking.ranker import Ranker
from tests.logs import DAY_MS, HOUR_MS, KK, RU, START_MS, chopped, packed, view

NOW = START_MS / 1000
DAY = 86_400.0
TAGS = ["Astana", "economy", "oil", "snow", "football", "حکومت", "үкімет"]


def card(id: str, *tags: str, age: float = HOUR_MS / 1000, section: str = "") -> Card:
    """A card of the Russian edition, published `age` seconds before now."""
    return Card(RU, id, tags=tags, published_at=NOW - age, section=section)


def random_cards(seed: int, count: int) -> tuple[list[Card], list[float]]:
    """Cards with up to four tags and their masses, by id."""
    rng = random.Random(seed)
    cards = [
        card(
            f"{k:03}", *rng.sample(TAGS, rng.randint(0, 4)), age=rng.uniform(0, 5 * DAY),
            section=rng.choice(["", "law", "sport"]),
        )
        for k in range(count)
    ]  # fmt: skip
    return cards, [rng.choice([0.0, rng.expovariate(0.1)]) for _ in cards]


class Naive:
    """The graph's formulas over dictionaries."""

    def __init__(self, cards: Sequence[Card], masses: Sequence[float]) -> None:
        self.cards, self.masses = cards, masses
        self.weight: dict[str, float] = defaultdict(float)
        self.pair: dict[tuple[str, str], float] = defaultdict(float)
        self.carriers: dict[str, int] = defaultdict(int)
        for c, mass in zip(cards, masses, strict=True):
            for tag in self.names(c):
                self.weight[tag] += mass + 1 / SHRINK
                self.carriers[tag] += 1
                for other in c.tags:
                    if tag in c.tags and tag != other:
                        self.pair[tag, other] += mass + 1 / SHRINK
        self.total = sum(masses) + len(cards) / SHRINK

    @staticmethod
    def names(c: Card) -> list[str]:
        """Tags and section."""
        return [*c.tags, *([SECTION_MARK + c.section] if c.section else [])]

    def information(self, tag: str) -> float:
        """ln((L + 1) / (d + 0.5)), a section's a quarter."""
        told = max(math.log((len(self.cards) + 1) / (self.carriers[tag] + 0.5)), 0.0)
        return told * (SECTION_VOICE if tag.startswith(SECTION_MARK) else 1.0)

    def voices(self, c: Card) -> dict[str, float]:
        """How loud each tag speaks for a card."""
        own = [tag for tag in self.names(c) if self.carriers.get(tag)]
        voices: dict[str, float] = defaultdict(float)
        for (tag, other), weight in self.pair.items():
            if tag in own:
                loud = EXPANSION * self.information(tag) * weight / (self.weight[tag] + SHRINK)
                voices[other] = max(voices[other], loud * self.information(other))
        return voices | {tag: self.information(tag) for tag in own}

    def hints(self, asked: Card, at: float, freshness: float) -> dict[str, float]:
        """Shares of the loudest articles."""
        voices, heard = self.voices(asked), {}
        for c, mass in zip(self.cards, self.masses, strict=True):
            score = sum(voices.get(tag, 0.0) for tag in self.names(c))
            age = max(at - c.published_at, 0.0)
            loudness = score**2 * (1 + math.log1p(mass)) * 0.5 ** (age / freshness)
            if loudness > 0.0 and c.id != asked.id:
                heard[c.id] = loudness
        best = sorted(heard, key=lambda id: (-heard[id], id))[:HINTS]
        whole = sum(heard[id] for id in best)
        return {id: heard[id] / whole for id in best}


@pytest.mark.parametrize("seed", range(4))
def test_tags_weigh_what_their_articles_do(seed: int) -> None:
    cards, masses = random_cards(seed, 60)
    graph, naive = TagGraph(cards, np.array(masses)), Naive(cards, masses)
    assert set(graph.names) == set(naive.weight)
    for tag, i in graph.index.items():
        assert graph.weight[i] == pytest.approx(naive.weight[tag])
        assert graph.information[i] == pytest.approx(naive.information(tag))
    for tag in TAGS:
        found = graph.neighbours(tag, 100)
        wanted = {other: w for (t, other), w in naive.pair.items() if t == tag}
        assert {n.tag: n.weight for n in found} == pytest.approx(wanted)
        assert [n.tag for n in found] == sorted(wanted, key=lambda o: (-round(wanted[o], 9), o))
        for n in found:
            chance = naive.weight[tag] * naive.weight[n.tag] / naive.total
            assert n.lift == pytest.approx(n.weight / chance)
        assert graph.neighbours(tag, 2) == found[:2]


@pytest.mark.parametrize("freshness", [3600.0, DAY, 30 * DAY])
def test_hints_are_the_loudest_articles(freshness: float) -> None:
    """For each card, for one of tags that nobody carries, and for one without."""
    cards, masses = random_cards(7, 150)
    graph, naive = TagGraph(cards, np.array(masses)), Naive(cards, masses)
    for asked in [*cards[:40], card("new", "oil", "no such tag"), card("bare"), card("x", "none")]:
        found, shares = graph.hints(asked, NOW, freshness)
        wanted = naive.hints(asked, NOW, freshness)
        assert {c.id for c in found} == set(wanted)
        assert shares.tolist() == pytest.approx([wanted[c.id] for c in found])
        assert shares.tolist() == sorted(shares.tolist(), reverse=True)
        assert float(shares.sum()) == pytest.approx(1.0 if wanted else 0.0)
        assert len(found) <= HINTS
        assert asked.id not in {c.id for c in found}


def ids(cards: Sequence[Card], asked: Card, masses: Sequence[float] | None = None) -> list[str]:
    """What a card's tags propose, best first."""
    graph = TagGraph(cards, np.array(masses if masses else [1.0] * len(cards)))
    return [c.id for c in graph.hints(asked, NOW, DAY)[0]]


OTHERS = [card(f"other {k}", f"tag {k}") for k in range(8)]


def test_empty_graphs_have_no_neighbours_and_no_hints() -> None:
    for cards in ([], [card("a")], [card("a", section="law")]):
        graph = TagGraph(cards, np.zeros(len(cards)))
        assert graph.neighbours("oil") == []
        found, shares = graph.hints(card("b", "oil"), NOW, DAY)
        assert (found, shares.size) == ([], 0)


def test_tags_that_co_occur_expand() -> None:
    """Nothing shares a tag with the article, one shares a tag's neighbour."""
    bridge, far = card("bridge", "oil", "tenge"), card("far", "tenge", "bank")
    assert ids([bridge, far, *OTHERS], card("asked", "oil")) == ["bridge", "far"]
    assert ids([far, *OTHERS], card("asked", "oil")) == []


def test_fresher_and_more_viewed_and_closer_come_first() -> None:
    asked = card("asked", "oil", "tenge")
    old, new = card("old", "oil", age=3 * DAY), card("a new", "oil", age=60.0)
    assert ids([old, new, *OTHERS], asked) == ["a new", "old"]
    quiet, loud = card("quiet", "oil"), card("a loud", "oil")
    assert ids([quiet, loud, *OTHERS], asked, [0.0, 50.0, *[1.0] * 8]) == ["a loud", "quiet"]
    near, half = card("near", "oil", "tenge"), card("half", "oil")
    assert ids([half, near, *OTHERS], asked) == ["near", "half"]
    rare, common = card("rare", "tenge"), card("common", "oil")
    more = [card(f"more {k}", "oil", age=9 * DAY) for k in range(4)]
    assert ids([common, rare, *more, *OTHERS], asked)[:2] == ["rare", "common"]


def test_ties_are_broken_by_id_and_an_article_never_proposes_itself() -> None:
    same = [card(name, "oil") for name in ("c", "a", "d", "b")]
    assert ids([*sorted(same, key=lambda c: c.id), *OTHERS], card("b", "oil")) == ["a", "c", "d"]


def test_a_section_speaks_quietly() -> None:
    """Louder than nothing, lower than a tag."""
    asked = card("asked", "oil", section="law")
    tagged, beside = card("tagged", "oil"), card("beside", section="law")
    assert ids([beside, tagged, *OTHERS], asked) == ["tagged", "beside"]


def test_an_article_without_a_date_counts_as_new() -> None:
    """As for freshness: a portal that sends no dates has related news by tags all the same."""
    undated = msgspec.structs.replace(card("undated", "oil"), published_at=0.0)
    old = card("old", "oil", age=3 * DAY)
    assert ids([old, undated, *OTHERS], card("asked", "oil")) == ["undated", "old"]


def newsroom() -> Ranker:
    """Forty articles with views, two of which are of oil, and an archive article of oil."""
    ranker = Ranker()
    ranker.put([card(f"n{k}", f"tag {k}", age=k * 60.0) for k in range(40)])
    ranker.put(
        [card("oil one", "oil"), card("oil two", "oil"), card("archive", "oil", age=900 * DAY)]
    )
    rows = [view(START_MS + k, f"n{k % 40}", f"{k}") for k in range(400)]
    rows += [view(START_MS + 500 + k, "oil one", f"reader {k}") for k in range(9)]
    for position, batch in enumerate(chopped(rows, [100, 200])):
        ranker.apply(batch, position)
    ranker.tick()
    return ranker


def test_an_archive_article_gets_todays_news_of_its_tags() -> None:
    ranker = newsroom()
    assert ranker.related(RU, "archive", 4).ids[:2] == ("oil one", "oil two")
    assert len(ranker.related(RU, "archive", 4).ids) == 4


def test_related_backs_off_to_tags_and_popularity() -> None:
    """Without co-reading a score is the tag's share and what is left of popularity."""
    ranker = newsroom()
    edition = ranker.edition(RU)
    asked = ranker.catalogue.card(RU, "archive")
    assert asked is not None
    found, shares = edition.tags(DEFAULT).hints(asked, edition.at, DEFAULT.tag_freshness)
    shared = {c.id: share for c, share in zip(found, shares.tolist(), strict=True)}
    board = ranker.related(RU, "archive", 20)
    for item in board.items:
        views = ranker.sites["inform"].state.article["counted"][
            ranker.sites["inform"].slot(RU, item.id), 0
        ]
        popularity = int(views) / 409 if item.id != "oil two" else 0.0
        wanted = DEFAULT.tag_share * shared.get(item.id, 0.0) + (1 - DEFAULT.tag_share) * popularity
        assert item.score == pytest.approx(wanted, rel=1e-3)


def test_retagging_shows_at_once() -> None:
    """The next question, without a tick, sees the new tags on either side."""
    ranker = newsroom()
    before = ranker.related(RU, "archive", 4).ids
    ranker.put([card("n7", "oil", "tenge", age=0.0)])
    assert ranker.related(RU, "archive", 4).ids[0] == "n7"
    ranker.put([card("n7", "tag 7", age=7 * 60.0)])
    assert ranker.related(RU, "archive", 4).ids == before
    ranker.put([card("archive", "tag 3", age=900 * DAY)])
    assert ranker.related(RU, "archive", 4).ids[0] == "n3"
    ranker.put([card("fresh", "tag 3", age=0.0)])
    assert set(ranker.related(RU, "archive", 4).ids[:2]) == {"fresh", "n3"}


def test_what_was_taken_down_is_proposed_no_more() -> None:
    ranker = newsroom()
    ranker.remove(RU, "oil one")
    assert ranker.related(RU, "archive", 4).ids[0] == "oil two"
    assert "oil one" not in ranker.related(RU, "archive", 100).ids


def test_tags_are_of_an_edition() -> None:
    ranker = newsroom()
    ranker.put([Card(KK, "kk oil", tags=("oil",), published_at=NOW)])
    assert "kk oil" not in ranker.related(RU, "archive", 100).ids
    assert ranker.related(KK, "kk oil", 4).ids == ()


def test_without_a_share_tags_say_nothing() -> None:
    ranker = newsroom()
    with_tags = ranker.related(RU, "archive", 4).ids
    ranker.profile = Profile(tag_share=0.0)
    by_views = ranker.board(RU, "popular", DEFAULT, 4, "").ids
    assert ranker.related(RU, "archive", 4).ids == by_views != with_tags


def test_the_graph_follows_the_log() -> None:
    """Renewed within some seconds of log time: tags weigh what is read now."""
    ranker = newsroom()
    edition = ranker.edition(RU)

    def weight() -> float:
        graph = edition.tags(DEFAULT)
        return float(graph.weight[graph.index["tag 5"]])

    before = weight()
    rows = [view(START_MS + 60_000 + k, "n5", f"late {k}") for k in range(50)]
    ranker.apply(packed(rows, 1000), 5)
    ranker.tick()
    assert weight() == pytest.approx(before + 50, rel=0.02)


def test_a_draft_decay_has_a_graph_of_its_own() -> None:
    """Asked in turn, each profile sees its own weights."""
    ranker = Ranker()
    ranker.put([card(f"{k}", "oil" if k % 2 else "snow") for k in range(10)])
    ranker.apply(packed([view(START_MS - DAY_MS + k, f"{k % 10}", f"{k}") for k in range(50)]), 0)
    ranker.apply(packed([view(START_MS + k, "0", f"now {k}") for k in range(5)], 50), 1)
    ranker.tick()
    edition = ranker.edition(RU)
    for _ in range(2):
        for half_life in (21_600.0, 300.0, 864_000.0):
            graph = edition.tags(Profile(tag_half_life=half_life))
            exact = 25 * 0.5 ** (DAY / half_life) + 5 / SHRINK
            assert graph.weight[graph.index["oil"]] == pytest.approx(exact, rel=0.03)


def test_tags_are_cleaned() -> None:
    assert clean_tags("oil|gas, wind") == ("oil", "gas, wind")
    assert clean_tags("oil, gas ,oil,,") == ("oil", "gas")
    assert clean_tags(["  New   York ", "ﬁre", "New York", ""]) == ("New York", "fire")
    assert clean_tags(None) == ()
