"""The tag graph and what it proposes, against sums over all cards in plain dictionaries."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from ranking.content.cards import Card, clean_tags, tag_key
from ranking.content.tag_cooccurrence import SHRINK
from ranking.content.tag_graph import HINTS, TagGraph
from ranking.content.text import headline_words
from ranking.content.tfidf import NEAREST, SECTION_PART, TRUST
from tests.support.logs import HOUR_MS, RU, START_MS

NOW = START_MS / 1000
DAY = 86_400.0
WORDS = ["", "snow", "snowfall", "snowfalls", "in", "oil", "2024", "雪灾预警", "预警"]
Voice = tuple[str, str]
TAGS = ["Astana", "economy", "oil", "snow", "football", "حکومت", "үкімет"]


def card(
    id: str, *tags: str, age: float = HOUR_MS / 1000, section: str = "", title: str = ""
) -> Card:
    """A card of the Russian edition, published `age` seconds before now."""
    return Card(RU, id, title, section, tags, NOW - age)


def random_cards(seed: int, count: int) -> tuple[list[Card], list[float]]:
    """Cards with up to four tags and their masses, by id."""
    rng = random.Random(seed)
    cards = [
        card(
            f"{k:03}", *rng.sample(TAGS, rng.randint(0, 4)), age=rng.uniform(0, 5 * DAY),
            section=rng.choice(["", "law", "sport"]), title=" ".join(rng.sample(WORDS, 3)),
        )
        for k in range(count)
    ]  # fmt: skip
    return cards, [rng.choice([0.0, rng.expovariate(0.1)]) for _ in cards]


class Naive:
    """The formulas over dictionaries."""

    def __init__(self, cards: Sequence[Card], masses: Sequence[float]) -> None:
        self.cards, self.masses = cards, masses
        self.weight: dict[str, float] = defaultdict(float)
        self.pair: dict[tuple[str, str], float] = defaultdict(float)
        for c, mass in zip(cards, masses, strict=True):
            for tag in c.tags:
                self.weight[tag] += mass + 1 / SHRINK
                for other in set(c.tags) - {tag}:
                    self.pair[tag, other] += mass + 1 / SHRINK
        self.total = sum(masses) + len(cards) / SHRINK
        self.carriers = Counter(voice for c in cards for voice in self.said(c))

    @staticmethod
    def said(c: Card) -> list[Voice]:
        """Tags, words and section, each of its part."""
        words = [("word", word) for word in headline_words(c.title)]
        section = [("section", c.section)] if c.section else []
        return [*(("tag", tag_key(tag)) for tag in c.tags), *words, *section]

    def vector(self, c: Card) -> dict[Voice, float]:
        """How loud each voice of a card speaks."""
        told: dict[Voice, float] = {}
        for voice in self.said(c):
            if n := self.carriers[voice]:
                told[voice] = max(math.log((len(self.cards) + 1) / (n + 0.5)), 0.0)
        parts: dict[str, float] = {}
        for part in ("tag", "word", "section"):
            of_part = {v: x for v, x in told.items() if v[0] == part}
            shared = [x for v, x in of_part.items() if self.carriers[v] > 1]
            parts[part] = math.hypot(*shared) or math.hypot(*of_part.values())
        lengths = {p: SECTION_PART if p == "section" else 1.0 for p, x in parts.items() if x}
        whole = math.hypot(*lengths.values())
        return {v: lengths[v[0]] * x / parts[v[0]] / whole for v, x in told.items() if x}

    def alike(self, asked: Card, vector: dict[Voice, float]) -> dict[str, float]:
        """Products with the live articles' vectors."""
        others = (c for c in self.cards if c.id != asked.id)
        products = {
            c.id: math.fsum(x * vector.get(v, 0.0) for v, x in self.vector(c).items())
            for c in others
        }
        return {id: product for id, product in products.items() if product > 0.0}

    def likeness(self, asked: Card) -> dict[str, float]:
        """After both rounds of listening."""
        own, live = self.vector(asked), {c.id: c for c in self.cards}
        like = self.alike(asked, own)
        for nearest, trust in zip(NEAREST.tolist(), TRUST.tolist(), strict=True):
            best = sorted(like, key=lambda id: (-round(like[id], 12), id))[:nearest]
            heard = defaultdict(float, own)
            whole = sum(like[id] for id in best)
            for id in best:
                for v, x in self.vector(live[id]).items():
                    heard[v] += trust * like[id] / whole * x
            like = self.alike(asked, heard)
        return like

    def hints(self, asked: Card, at: float, freshness: float) -> dict[str, float]:
        """Shares of the loudest articles."""
        like, heard = self.likeness(asked), {}
        newest = max(c.published_at for c in self.cards)
        for c, mass in zip(self.cards, self.masses, strict=True):
            if c.id in like:
                age = max(min(at, newest) - c.published_at, 0.0)
                x = age / freshness
                heard[c.id] = like[c.id] ** 6 * (1 + math.log1p(mass)) / (1 + x + x**12)
        best = sorted(heard, key=lambda id: (-heard[id], id))[:HINTS]
        whole = sum(math.sqrt(heard[id]) for id in best)
        return {id: math.sqrt(heard[id]) / whole for id in best}


@pytest.mark.parametrize("seed", range(4))
def test_tags_weigh_what_their_articles_do(seed: int) -> None:
    cards, masses = random_cards(seed, 60)
    company, naive = TagGraph(cards, np.array(masses)).cooccurrence, Naive(cards, masses)
    assert set(company.names) == set(naive.weight)
    for tag in company.names:
        assert company.weight_of(tag) == pytest.approx(naive.weight[tag])
        told = math.log((len(cards) + 1) / (naive.carriers["tag", tag_key(tag)] + 0.5))
        assert company.information_of(tag) == pytest.approx(max(told, 0.0))
        places = [i for i, c in enumerate(cards) if tag in c.tags]
        assert company.carriers(tag) == sorted(places, key=lambda i: (-masses[i], i))
    for tag in TAGS:
        found = company.neighbours(tag, 100)
        wanted = {other: w for (t, other), w in naive.pair.items() if t == tag}
        assert {n.tag: n.weight for n in found} == pytest.approx(wanted)
        assert [n.tag for n in found] == sorted(
            wanted, key=lambda o: (-round(wanted[o], 9), tag_key(o))
        )
        for n in found:
            chance = naive.weight[tag] * naive.weight[n.tag] / naive.total
            assert n.lift == pytest.approx(n.weight / chance)
        assert company.neighbours(tag, 2) == found[:2]


@pytest.mark.parametrize("freshness", [3600.0, DAY, 30 * DAY])
def test_hints_are_the_loudest_articles(freshness: float) -> None:
    """For each card, for one of tags that nobody carries, and for one without."""
    cards, masses = random_cards(7, 150)
    graph, naive = TagGraph(cards, np.array(masses)), Naive(cards, masses)
    others = [
        card("new", "oil", "no such tag"),
        card("bare"),
        card("x", "none"),
        card("said", title="Snowfall in Astana"),
    ]
    for asked in [*cards[:25], *others]:
        found, shares, _ = graph.hints(asked, NOW, freshness)
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
        assert graph.cooccurrence.neighbours("oil") == []
        found, shares, is_topical = graph.hints(card("b", "oil"), NOW, DAY)
        assert (found, shares.size, is_topical) == ([], 0, False)


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
    more = [card(f"more {k}", "oil", age=9 * DAY) for k in range(30)]
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


def test_tags_are_cleaned() -> None:
    assert clean_tags("oil|gas, wind") == ("oil", "gas, wind")
    assert clean_tags("oil, gas ,oil,,") == ("oil", "gas")
    assert clean_tags(["  New   York ", "ﬁre", "New York", ""]) == ("New York", "fire")
    assert clean_tags(["İran", "iran", "НЕФТЬ", "Нефть", "#нефть", "нефть_и_газ"]) == (
        "İran", "НЕФТЬ", "нефть_и_газ",
    )  # fmt: skip
    assert clean_tags(None) == ()


def test_spellings_of_a_tag_are_one() -> None:
    """In lists and in the graph, where the commonest spelling is shown."""
    asked, other = card("asked", "Нефть"), card("other", "НЕФТЬ", "Газ")
    assert ids([other, *OTHERS], asked) == ["other"]
    graph = TagGraph([asked, card("b", "нефть", "Газ"), card("c", "нефть"), other], np.ones(4))
    assert sorted(graph.cooccurrence.names) == ["Газ", "нефть"]
    assert [n.tag for n in graph.cooccurrence.neighbours("НЕФТЬ")] == ["Газ"]
    assert len(graph.cooccurrence.carriers("НЕФТЬ")) == 4


def test_synonyms_keep_the_same_company_and_are_seldom_together() -> None:
    """A tag that newsrooms write in two ways, among tags of the same topic."""
    rng = random.Random(3)
    company = ["tenge", "bank", "rate", "loan"]
    cards = [
        card(f"{k:03}", rng.choice(["dollar", "US dollar"]), *rng.sample(company, 2))
        for k in range(60)
    ]
    cards += [
        card(f"s{k:03}", "snow", *rng.sample(["frost", "road", "wind"], 2)) for k in range(40)
    ]
    found = TagGraph(cards, np.ones(100)).cooccurrence
    assert [s.tag for s in found.synonyms("US dollar")] == ["dollar"]
    assert [s.tag for s in found.synonyms("dollar")] == ["US dollar"]
    assert found.synonyms("dollar")[0].together == 0
    for tag in ("tenge", "snow", "unknown"):
        assert found.synonyms(tag) == []
