"""Articles in files: every format gives the same cards, and what is wrong is named."""

from pathlib import Path

import pytest

from ranking.backtest.files import ARTICLE_FIELDS, FileError, mapping_of, read_articles
from ranking.backtest.packed_log import catalogue_of
from ranking.content.cards import Card
from tests.support.logs import KK, START_MS
from tests.support.written import Rows, written

ARTICLES: Rows = [
    {"id": "1", "title": "Снег, и \"лёд\"", "section": "weather", "tags": "snow|ice, hail",
     "published_at": "2017-10-01T00:00Z", "url": "https://a.kz/1", "author": "Anna", "story": "s"},
    {"id": "2", "title": "", "section": 7, "tags": "oil, gas ,oil", "published_at": START_MS,
     "url": "", "author": "", "story": ""},
]  # fmt: skip
CARDS = [
    Card(
        "site/und", "1", title='Снег, и "лёд"', section="weather", tags=("snow", "ice, hail"),
        published_at=1_506_816_000.0, url="https://a.kz/1", author="Anna", story="s",
    ),
    Card("site/und", "2", section="7", tags=("oil", "gas"), published_at=START_MS / 1000),
]  # fmt: skip


@pytest.mark.parametrize("name", ["articles.csv", "articles.csv.gz", "articles.jsonl"])
def test_articles_in_all_formats(tmp_path: Path, name: str) -> None:
    """Tags separated by | or by commas."""
    assert list(read_articles(written(tmp_path, name, ARTICLES), {})) == CARDS


def test_tags_may_be_a_list(tmp_path: Path) -> None:
    rows: Rows = [{"id": 1, "tags": ["oil", " gas "], "lang": "kk"}, {"id": 2, "tags": None}]
    cards = list(read_articles(written(tmp_path, "a.jsonl", rows), {}))
    assert [(c.id, c.tags, c.edition) for c in cards] == [
        ("1", ("oil", "gas"), "site/kk"), ("2", (), "site/und")
    ]  # fmt: skip


def test_articles_of_other_columns_and_editions(tmp_path: Path) -> None:
    rows = [{"article_id": "1", "category_id": 412, "published_ms": START_MS, "labels": "x|y"}]
    path = written(tmp_path, "a.csv", rows)
    mapping = mapping_of(
        "id=article_id,section=category_id,published_at=published_ms,tags=labels", ARTICLE_FIELDS
    )
    catalogue = catalogue_of(path, mapping, KK)
    assert catalogue.card(KK, "1") == Card(
        KK, "1", section="412", tags=("x", "y"), published_at=START_MS / 1000
    )
    assert catalogue_of(None, {}, KK).size(KK) == 0


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"published_at": "tomorrow"}, "published_at must be .* got 'tomorrow'"),
        ({"edition": "inform"}, "edition must be site/lang"),
        ({"id": "a\x00"}, "id must be 1 to 256 characters"),
        ({"title": "t" * 2000}, "title: .*1024"),
    ],
)
def test_a_bad_article_is_named(tmp_path: Path, fields: dict[str, str], rule: str) -> None:
    rows = [{**dict.fromkeys(fields, ""), "id": f"{k}"} for k in range(5)]
    rows[2] |= fields
    path = written(tmp_path, "articles.csv", rows)
    with pytest.raises(FileError, match=rf"articles.csv, row 3: .*{rule}"):
        list(read_articles(path, {}))


def test_an_article_without_an_id_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "articles.csv", [{"id": "1", "title": "a"}, {"id": "", "title": "b"}])
    with pytest.raises(FileError, match=r"articles.csv, row 2: id must not be empty"):
        list(read_articles(path, {}))
    with pytest.raises(FileError, match="no column 'id'"):
        list(read_articles(written(tmp_path, "b.csv", [{"title": "a"}]), {}))
