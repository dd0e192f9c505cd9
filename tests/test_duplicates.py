"""Near-duplicate headlines are shown once, in every script; like words alone make none."""

import random

import pytest

from ranking.content.cards import Card
from ranking.demo.wording import LANGUAGES, PLACES, STORY_KINDS, wording
from ranking.lists.rerank.near_duplicates import is_near_duplicate
from ranking.lists.rerank.selection import PATIENCE
from ranking.profiles.profile import DEFAULT, Profile
from ranking.ranker import Ranker
from tests.support.logs import RU, START_MS, packed, view

SAME = [
    ("Президент прибыл в Пекин с визитом", "ПРЕЗИДЕНТ ПРИБЫЛ В ПЕКИН С ВИЗИТОМ!"),
    ("Президент прибыл в Пекин с визитом", "Президент прибыл в Пекин с визитом (ФОТО)"),
    ("Пожар на рынке в Алматы: есть пострадавшие", "Пожар на рынке в Алматы – есть пострадавшие"),
    ("Курс доллара на 5 мая", "Курс доллара на 6 мая"),
    ("Умер известный актёр театра и кино", "Умер известный актёр театра и кино Иван Петров"),
    ("Алматыда 12 орындық жаңа мектеп ашылды", "Алматыда 15 орындық жаңа мектеп ашылды"),
    ("Тасқыннан зардап шеккен отбасылар үй алды", "«Тасқыннан зардап шеккен отбасылар» үй алды"),
    ("Almatyda jaña mektep aşyldy, oqu bastaldy", "ALMATYDA JAÑA MEKTEP AŞYLDY – OQU BASTALDY"),
    ("الماتىدا جاڭا مەكتەپ اشىلدى وقۋ باستالدى", "الماتىدا، جاڭا مەكتەپ اشىلدى: وقۋ باستالدى"),
    ("الماتىدا جاڭا مەكتەپ اشىلدى وقۋ باستالدى", "المـاتىدا جاڭا مەكتەپ اشىلدى وقۋ باستالدى"),
    ("哈萨克斯坦总统抵达北京进行国事访问", "哈萨克斯坦总统抵达北京，进行国事访问"),
    ("阿拉木图气温将降至零下20度", "阿拉木图气温将降至零下25度"),
    ("Toshkentda yangi metro bekati ochildi", "Toshkentda yangi metro bekati ochildi – video"),
    ("Oʻzbekiston terma jamoasi gʻalaba qozondi", "O‘zbekiston terma jamoasi g‘alaba qozondi"),
    ("Central bank raises key rate to 15%", "Central Bank raises key rate to 16 %"),
    ("Ministers agree on water treaty after talks", "Ministers agreed on water treaty after talks"),
]
OTHER = [
    ("Снег в Алматы: выпало 12 см", "Снег в Орале: выпало 12 см"),
    ("Президент прибыл в Пекин с визитом", "Премьер прибыл в Ташкент с визитом"),
    ("Цены на овощи выросли за неделю", "Цены на бензин выросли за месяц"),
    ("Алматыда жаңа мектеп ашылды", "Астанада жаңа емхана ашылды"),
    ("Almatyda jaña mektep aşyldy", "Astanada jaña emhana aşyldy"),
    ("الماتىدا جاڭا مەكتەپ اشىلدى", "استانادا جاڭا ەمحانا اشىلدى"),
    ("阿拉木图气温将降至零下20度", "奇姆肯特气温将升至零上20度"),
    ("哈萨克斯坦总统抵达北京", "哈萨克斯坦总理抵达塔什干"),
    ("Toshkentda yangi metro bekati ochildi", "Samarqandda yangi maktab ochildi"),
    ("Central bank raises key rate to 15%", "Central bank keeps key rate at 15%"),
    ("Title 1", "Title 2"),
    ("Article 17", "Article 18"),
    ("Weather", "Weather in Almaty"),
]


@pytest.mark.parametrize(("title", "other"), SAME)
def test_the_same_news_in_other_letters(title: str, other: str) -> None:
    assert is_near_duplicate(title, other)
    assert is_near_duplicate(other, title)


@pytest.mark.parametrize(("title", "other"), OTHER)
def test_different_news_in_like_words(title: str, other: str) -> None:
    assert not is_near_duplicate(title, other)
    assert not is_near_duplicate(other, title)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_happening_in_two_places_is_two_news_mostly(lang: str) -> None:
    """And with another number it is the same."""
    drawn, words = random.Random(1), wording(lang)
    apart = 0
    for happening in range(len(STORY_KINDS)):
        here, there = drawn.sample(list(PLACES), 2)
        title = words.title(happening, here, 20)
        assert is_near_duplicate(title, words.title(happening, here, 35))
        apart += not is_near_duplicate(title, words.title(happening, there, 20))
    assert apart > 0.85 * len(STORY_KINDS)


def portal(titles: list[str]) -> Ranker:
    """An article for each title; the first ones are read most."""
    ranker = Ranker()
    ranker.put([Card(RU, f"{k:03}", title, section="law") for k, title in enumerate(titles)])
    rows = [
        view(START_MS + k, f"{k:03}", f"{k} {reader}")
        for k in range(len(titles))
        for reader in range(len(titles) - k)
    ]
    ranker.apply(packed(rows, 0), 0)
    ranker.tick()
    return ranker


NEWS = [f"{word} in the city council of the town" for word in ("Debate", "Vote", "Fire", "Feast")]


def test_lists_show_a_headline_once() -> None:
    """The first of its ranking stands for the others, on every surface."""
    titles = [title for k, news in enumerate(NEWS) for title in (news, f"{news.upper()}! {k}")]
    ranker = portal(titles)
    assert ranker.lists.board(RU, "popular", DEFAULT, 4, "").ids == ("000", "002", "004", "006")
    assert ranker.lists.board(RU, "trending", DEFAULT, 3, "").ids == ("000", "002", "004")
    for asked in ("000", "007", "unknown"):
        ids = ranker.lists.related(RU, asked, 3).ids
        assert len({int(id) // 2 for id in ids}) == 3


def test_a_list_is_full_all_the_same() -> None:
    """With near-duplicates where there is nothing else, in their order and within caps."""
    ranker = portal(NEWS[:1] * 5 + NEWS[1:2] + NEWS[:1] * 2)
    assert ranker.lists.board(RU, "popular", DEFAULT, 5, "").ids == (
        "000",
        "005",
        "001",
        "002",
        "003",
    )
    capped = Profile(section_cap=3)
    assert ranker.lists.board(RU, "popular", capped, 5, "").ids == ("000", "005", "001")
    many = portal(NEWS[:1] * (PATIENCE + 30) + NEWS[1:2])
    wanted = ("000", "001", "002")
    assert many.lists.board(RU, "popular", DEFAULT, 3, "").ids == wanted
    assert len(many.lists.board(RU, "popular", DEFAULT, 70, "").ids) == 70
