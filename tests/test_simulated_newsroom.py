"""The simulated newsroom: scripts, cards, pictures and the portal's pages."""

import asyncio
import unicodedata
from collections import defaultdict
from xml.etree import ElementTree

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from ranking.content.cards import Card
from ranking.demo import portal
from ranking.demo.newsroom import Article, Newsroom, is_breaking, section_of
from ranking.demo.pictures import picture
from ranking.demo.transliteration import arabic, latin
from ranking.demo.wording import LANGUAGES, SECTIONS, STORY_KINDS, wording

UNTIL = 1_700_000_000.0
BLOCKS = {
    "ru": ("CYRILLIC",),
    "kk": ("CYRILLIC",),
    "kk-Latn": ("LATIN",),
    "kk-Arab": ("ARABIC",),
    "zh": ("CJK",),
    "uz": ("LATIN", "MODIFIER LETTER"),
    "en": ("LATIN",),
}


@pytest.fixture(scope="module")
def cards() -> list[Article]:
    """Two days and an archive of one newsroom."""
    newsroom = Newsroom(seed=5)
    return newsroom.recent(UNTIL, days=2, a_day=60) + newsroom.archive(UNTIL)


def strangers(text: str, lang: str) -> list[str]:
    """Letters of a text that its edition does not write."""
    return [
        letter
        for letter in text
        if letter.isalpha() and not unicodedata.name(letter).startswith(BLOCKS[lang])
    ]


@pytest.mark.parametrize(
    ("cyrillic", "in_latin", "in_arabic"),
    [
        ("Қазақстан жаңалықтары", "Qazaqstan jañalyqtary", "قازاقستان جاڭالىقتارى"),
        ("Шымкентте ауа райы", "Şymkentte aua raiy", "شىمكەنتتە اۋا رايى"),
        ("Әлем, бір тіл; ұлы өнер?", "Älem, bır tıl; ūly öner?", "الەم، ٴبىر ٴتىل؛ ۇلى ونەر؟"),
        ("Үкімет 5 күнде", "Ükımet 5 künde", "ۇكىمەت 5 كۇندە"),
        ("Цирк пен чемпион", "Tsirk pen tşempion", "تسيرك پەن چەمپيون"),
        ("Июнь, Ютуб, щи, объект", "İun, İutub, ştşi, obekt", "يۋن، يۋتۋب، ششي، وبەكت"),
    ],
)
def test_kazakh_is_rewritten_letter_by_letter(cyrillic: str, in_latin: str, in_arabic: str) -> None:
    assert latin(cyrillic) == in_latin
    assert arabic(cyrillic) == in_arabic


def test_a_word_has_at_most_one_hamza_and_front_words_only() -> None:
    assert arabic("күтті, үйде, өмір, сүт, қазір") == "كۇتتى، ۇيدە، ٴومىر، ٴسۇت، قازىر"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_is_in_its_editions_script(lang: str) -> None:
    words = wording(lang)
    texts = [*words.sections.values(), *words.tags.values(), *words.places.values()]
    texts += [*words.authors, *words.words.values(), words.date(UNTIL)]
    texts += [words.title(k, "aktau", 40) for k in range(len(STORY_KINDS))]
    texts += [line for section in SECTIONS for line in words.body(section, "semey")]
    for text in texts:
        for slot in ("{n}", "{day}", "{month}", "{year}", "{time}"):
            text = text.replace(slot, "")
        assert text
        assert not strangers(text, lang), text


def test_every_article_has_a_title_and_three_to_six_tags(cards: list[Article]) -> None:
    for card in cards:
        assert card["title"]
        assert "{" not in card["title"]
        assert 3 <= len(set(card["tags"])) == len(card["tags"]) <= 6
        assert not strangers(card["title"] + "".join(card["tags"]), card["lang"])


def test_ids_and_headlines_are_unique_in_an_edition(cards: list[Article]) -> None:
    assert len({(card["edition"], card["id"]) for card in cards}) == len(cards)
    assert len({(card["edition"], card["title"]) for card in cards}) == len(cards)


def test_most_stories_appear_in_all_editions(cards: list[Article]) -> None:
    editions: dict[str, set[str]] = defaultdict(set)
    for card in cards:
        editions[card["story"]].add(card["lang"])
        assert card["section"] == wording(card["lang"]).sections[section_of(card["story"])]
    whole = sum(len(langs) == len(LANGUAGES) for langs in editions.values())
    assert len(editions) == 240
    assert 0.7 < whole / len(editions) < 0.95
    assert min(len(langs) for langs in editions.values()) >= 3


def test_recent_and_archive_lie_where_asked() -> None:
    newsroom = Newsroom(seed=1)
    recent = [card["published_at"] for card in newsroom.recent(UNTIL, days=2, a_day=48)]
    archive = [card["published_at"] for card in newsroom.archive(UNTIL, stories=50, years=5.0)]
    assert recent == sorted(recent)
    assert UNTIL - 2 * 86_400 <= recent[0] < UNTIL - 1_800 <= recent[-1] <= UNTIL
    assert UNTIL - 5 * 365 * 86_400 <= archive[0] < archive[-1] <= UNTIL - 3 * 86_400
    assert archive[0] < UNTIL - 2 * 365 * 86_400


def test_a_breaking_story_says_so_and_is_in_every_edition() -> None:
    fresh = Newsroom(seed=3).fresh(UNTIL, breaking=True)
    assert [card["lang"] for card in fresh] == list(LANGUAGES)
    assert all(is_breaking(card["story"]) for card in fresh)
    assert {card["published_at"] for card in fresh} == {UNTIL}


def test_the_seed_decides() -> None:
    first, again, other = (Newsroom(seed).recent(UNTIL, 1, 20) for seed in (7, 7, 8))
    assert first == again != other


def test_some_thousand_stories_have_different_headlines() -> None:
    newsroom = Newsroom(seed=4)
    titles = [newsroom.fresh(UNTIL + k)[0]["title"] for k in range(3_000)]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("section", [*SECTIONS, "unknown"])
def test_a_picture_is_well_formed_and_its_own(section: str) -> None:
    root = ElementTree.fromstring(picture(f"{section}-a"))
    assert root.get("viewBox") == "0 0 960 540"
    assert picture(f"{section}-a") != picture(f"{section}-b")


class Shown:
    """A catalogue of a few cards."""

    def __init__(self, cards: list[Article]) -> None:
        self._cards = [
            msgspec.convert({k: v for k, v in card.items() if k != "lang"}, Card) for card in cards
        ]

    def card(self, edition: str, id: str) -> Card | None:
        """One of them, if it is there."""
        return next((c for c in self._cards if (c.edition, c.id) == (edition, id)), None)

    def latest(self, edition: str, n: int, section: str = "") -> list[Card]:
        """Newest first."""
        own = [c for c in self._cards if c.edition == edition and section in ("", c.section)]
        return sorted(own, key=lambda c: -c.published_at)[:n]

    def translations(self, site: str, story: str) -> list[Card]:
        """All that tell the story."""
        return [c for c in self._cards if c.story == story and c.edition.startswith(f"{site}/")]


class Browser:
    """Asks the portal for pages, without a server."""

    def __init__(self, cards: list[Article]) -> None:
        app = Starlette(routes=portal.routes(Shown(cards)))
        self._transport = httpx.ASGITransport(app)

    def get(self, address: str) -> httpx.Response:
        """One page."""
        return asyncio.run(self._get(address))

    async def _get(self, address: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://portal") as client:
            return await client.get(address)


def test_every_page_of_the_portal_answers() -> None:
    cards = Newsroom(seed=6).fresh(UNTIL, breaking=True)
    client = Browser(cards)
    assert client.get("/demo").headers["location"] == "/demo/ru"
    for card in cards:
        words = wording(card["lang"])
        front, page = client.get(f"/demo/{card['lang']}"), client.get(card["url"])
        assert card["title"] in front.text
        assert words.words["breaking"] in front.text
        assert f'<html lang="{card["lang"]}" dir="{words.direction}">' in page.text
        assert all(other["url"] in page.text for other in cards)
        assert all(tag in page.text for tag in card["tags"])
    assert client.get("/demo/ru?section=economy").status_code == 200
    assert client.get(cards[0]["image"]).headers["content-type"] == "image/svg+xml"
    assert client.get("/demo/portal.js").headers["content-type"].startswith("text/javascript")
    for missing in ("/demo/xx", "/demo/ru/none", "/demo/xx/none"):
        assert client.get(missing).status_code == 404


def test_pages_escape_what_cards_say() -> None:
    card = Newsroom(seed=6).fresh(UNTIL)[0]
    card |= {"title": "<script>alert(1)</script>", "author": '"><b>', "tags": ["<i>"]}
    client = Browser([card])
    for address in (card["url"], "/demo/ru"):
        text = client.get(address).text
        assert "<script>alert" not in text
        assert "<b>" not in text
        assert "<i>" not in text
        assert "&lt;script&gt;alert(1)" in text
