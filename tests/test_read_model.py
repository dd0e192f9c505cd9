"""The read model: lists from packed values are, byte for byte, those of the engine."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest

from ranking.content.cards import Card
from ranking.engine.settings import EngineSettings
from ranking.lists.boards import SPARE, Board, as_board, render
from ranking.lists.composition import chunks, composed
from ranking.lists.edition_reader import Scored
from ranking.lists.lists import LISTS
from ranking.lists.rerank.rule import RerankContext
from ranking.lists.rerank.rules import reranked
from ranking.lists.rerank.selection import choose
from ranking.profiles.profile import DEFAULT, Profile, profile_from
from ranking.ranker import Ranker
from ranking.read_model.edition_reader import PackedEdition, PackedEditionReader
from ranking.read_model.lists import ReadModelLists
from ranking.read_model.store import Changed, StoreReader
from ranking.read_model.store_keys import StoreKeys
from ranking.read_model.tag_graph import graph_json, tag_articles
from ranking.read_model.value_builder import ValueBuilder, Written, article_value
from ranking.read_model.values import article_of, edition_of, tags_of
from ranking.settings_log.book import Book
from tests.support.logs import KK, RU, START_MS, chopped, random_rows

TINY = EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024)
DAY = 86_400.0
NEWS = ["Town council votes on roads", "Town council: votes on roads 2", "雪灾预警发布三小时后解除"]


class Copy:
    """All that a publisher had written, and lists out of it."""

    def __init__(self, ranker: Ranker) -> None:
        self.ranker = ranker
        self.publisher = ValueBuilder(ranker)
        self.written = Written()

    def follow(self, *, renew: bool = True) -> None:
        """Take one tick's values, all of them."""
        self.take(self.publisher.note(self.ranker.tick(renew=renew), renewed=renew))

    def take(self, written: Written) -> None:
        """Overwrite with newer values."""
        self.written.editions |= written.editions
        self.written.tags |= written.tags
        while values := self.publisher.articles(7):
            self.written.articles |= values

    def graph(self, edition: str, tag: str) -> dict[str, Any]:
        """A tag's answer."""
        value = edition_of(self.written.editions[edition])
        assert value
        graph = PackedEdition(value, tags_of(self.written.tags[edition])).graph()
        told = tag_articles(graph, tag)
        values = {a: article_of(self.written.articles.get((edition, a))) for a in told}
        return graph_json(graph, values, edition, tag, value.newest_ms / 1000)

    def next(self, edition: str, surface: str, pages: list[str], n: int) -> Board:
        """Related or For this visit."""
        value = edition_of(self.written.editions[edition])
        assert value
        held = PackedEdition(value, tags_of(self.written.tags[edition]))
        read = {a: article_of(self.written.articles.get((edition, a))) for a in pages}
        reading = PackedEditionReader(held, read)
        candidates: list[Scored] = []
        for more in chunks(composed(reading, pages, value.profile, n + SPARE), 3 * n + 100):
            candidates += more
            ids = [item.id for item in more]
            reading.learn({a: article_of(self.written.articles.get((edition, a))) for a in ids})
        ranked = LISTS[surface]
        context = RerankContext(reading, value.profile, ranked, pool=n + SPARE)
        chosen = choose(reranked(candidates, context), context, n)
        return as_board(reading, surface, value.profile, chosen)


def graph_of(ranker: Ranker, edition: str, tag: str) -> dict[str, Any]:
    """A tag's answer by the engine."""
    model = ranker.lists.edition(edition)
    graph = model.tags(ranker.lists.profile(edition, "related"))
    values = {a: article_value(ranker, edition, a) for a in tag_articles(graph, tag)}
    return graph_json(graph, values, edition, tag, model.at)


def cards_of(seed: int, count: int) -> list[Card]:
    """Articles of two editions, some without tags, a date, a view or a headline of their own."""
    drawn = random.Random(seed)
    return [
        Card(
            drawn.choice([RU, KK]), str(k), drawn.choice([f"Title {k}", *NEWS]),
            drawn.choice(["a", "b", ""]),
            tuple(drawn.sample(["x", "y", "z", "w", "v"], drawn.randint(0, 3))),
            drawn.choice([0.0, START_MS / 1000 - drawn.random() * 5 * DAY]),
        )
        for k in range(count)
    ]  # fmt: skip


def assert_same_lists(ranker: Ranker, copy: Copy, seed: int) -> None:
    """Compare Related of many articles and For this visit of many visits."""
    drawn = random.Random(seed)
    for edition in ranker.lists.editions():
        for _ in range(25):
            pages = [str(drawn.randrange(140)) for _ in range(drawn.randint(1, 6))]
            n = drawn.choice([4, 5, 40])
            related = render(ranker.lists.related(edition, pages[0], n), n)
            assert render(copy.next(edition, "related", pages[:1], n), n) == related
            tag = drawn.choice(["x", "V", "none"])
            assert copy.graph(edition, tag) == graph_of(ranker, edition, tag)
            visit = render(ranker.lists.for_you(edition, pages, n), n)
            assert render(copy.next(edition, "foryou", pages, n), n) == visit


@pytest.mark.parametrize("engine", [EngineSettings(), TINY], ids=["default", "tiny"])
@pytest.mark.parametrize(
    "profile",
    [
        DEFAULT,
        profile_from({"section_cap": 2, "half_life": 3600, "related_half_life": 7000}),
        profile_from({"diversity": 0.3}),
    ],
    ids=["default", "capped", "diverse"],
)
def test_lists_from_values_equal_the_engines(engine: EngineSettings, profile: Profile) -> None:
    rows = random_rows(
        3, 3000, articles=120, visitors=30, editions=(RU, KK), step_ms=40_000, late=0.1,
        late_ms=600_000, pause=0.005, robots=0.02, others=0.05, ours=0.1,
    )  # fmt: skip
    ranker = Ranker(engine, profile)
    copy, drawn = Copy(ranker), random.Random(4)
    cards = cards_of(5, 130)
    for position, batch in enumerate(chopped(rows, range(0, 3000, 150))):
        ranker.apply(batch, position)
        ranker.put(drawn.sample(cards, 12))
        if position % 3 == 0:
            gone = drawn.choice(cards)
            ranker.remove(gone.edition, gone.id)
        copy.follow()
        assert_same_lists(ranker, copy, position)
    assert ranker.sites["inform"].evictions > 0 or engine is not TINY


class Stored(StoreReader):
    """A store that holds what a copy has."""

    def __init__(self, copy: Copy, names: StoreKeys) -> None:
        written = copy.written
        self._values = {names.edition(name): its for name, its in written.editions.items()}
        self._values |= {names.tags(name): its for name, its in written.tags.items()}
        self._values |= {names.article(*key): its for key, its in written.articles.items()}

    async def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Values by their keys."""
        return [self._values.get(key) for key in keys]


@pytest.mark.parametrize("diversity", [0.0, 0.3])
@pytest.mark.parametrize("cap", [0, 3])
def test_lists_are_the_same_where_most_may_not_be_listed(
    monkeypatch: pytest.MonkeyPatch, diversity: float, cap: int
) -> None:
    """However far the chain must go for what may be; from the store in some pieces too."""
    profile = profile_from({"diversity": diversity, "tag_share": 0.3, "section_cap": cap})
    ranker, drawn = Ranker(profile=profile), random.Random(8)
    rows = random_rows(8, 3000, articles=200, visitors=20)
    for position, batch in enumerate(chopped(rows, [1000, 2000])):
        ranker.apply(batch, position)
    ways: list[dict[str, Any]] = [
        {}, {"listable": False}, {"expires_at": 1.0}, {"published_at": 4e9},
    ]  # fmt: skip
    for number in range(200):
        out, section = drawn.choice(ways), drawn.choice("abcd")
        ranker.put([Card(RU, str(number), f"Title {number}", section, tags=("x",), **out)])
        if number % 7 == 0:
            ranker.remove(RU, str(number))
    copy = Copy(ranker)
    copy.follow()
    assert_same_lists(ranker, copy, 8)
    at, names = ranker.lists.edition(RU).at, StoreKeys("test")
    monkeypatch.setattr("ranking.read_model.lists.time.time", lambda: at)
    lists = ReadModelLists(Stored(copy, names), names, Book(profile))
    asyncio.run(lists._read(Changed([RU], [RU])))
    for number in range(0, 200, 5):
        for surface, pages in (("related", [str(number)]), ("foryou", ["1", str(number)])):
            board = asyncio.run(lists.next(RU, surface, pages, 5, lists.profiles.of(RU, surface)))
            assert board == ranker.lists.next(RU, surface, pages, 5)


def test_everything_written_anew_is_the_same() -> None:
    ranker = Ranker()
    ranker.put(cards_of(1, 60))
    for position, batch in enumerate(chopped(random_rows(6, 800, editions=(RU, KK)), [300])):
        ranker.apply(batch, position)
    followed, anew = Copy(ranker), Copy(ranker)
    followed.follow()
    anew.take(anew.publisher.everything())
    assert anew.written == followed.written
    assert_same_lists(ranker, anew, 1)


def test_articles_wait_their_turn_and_no_longer() -> None:
    ranker = Ranker()
    publisher = ValueBuilder(ranker)
    rows = random_rows(7, 400, articles=50)
    ranker.apply(chopped(rows, [])[0], 0)
    publisher.note(ranker.tick(), renewed=True)
    first = publisher.articles(10)
    assert len(first) == 10
    publisher.note(ranker.tick(), renewed=True)
    rest = publisher.articles(1000)
    assert not first.keys() & rest.keys()
    viewed = {(RU, article) for article in ranker.sites["inform"].ids}
    assert first.keys() | rest.keys() == viewed
    assert publisher.articles(1000) == {}


def test_the_round_comes_by_every_article() -> None:
    ranker = Ranker()
    ranker.put(cards_of(1, 40))
    ranker.apply(chopped(random_rows(7, 400, articles=50), [])[0], 0)
    ranker.tick()
    publisher = ValueBuilder(ranker)
    publisher.refresh(1)
    seen = [key for _ in range(30) for key in publisher.refresh(7)]
    known = {("inform/ru", article) for article in ranker.sites["inform"].ids}
    assert set(seen) >= known | {(card.edition, card.id) for card in cards_of(1, 40)}


def test_tags_written_before_they_were_renewed_are_written_again() -> None:
    ranker = Ranker()
    ranker.put(cards_of(1, 60))
    first, second = chopped(random_rows(6, 800, editions=(RU, KK)), [300])
    ranker.apply(first, 0)
    copy = Copy(ranker)
    copy.follow()
    ranker.apply(second, 1)
    copy.follow(renew=False)
    copy.take(copy.publisher.all_editions())
    copy.follow()
    assert_same_lists(ranker, copy, 1)
