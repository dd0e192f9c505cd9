"""Names of editions and articles: allowed forms, and canonical spelling."""

import pytest

from ranking.engine.event import (
    Event,
    Rejection,
    article_fault,
    canonical_edition,
    edition_fault,
)

MOMENT = "2017-10-01T03:00:00"
MOMENT_MS = 1_506_826_800_000
HOUR = 3_600_000
COLUMNS = b'{"columns":{'
GOOD = b'{"visitor": "v", "article": "a"}'
EVENT = Event(visitor="v", article="a")


GOOD_EDITIONS = [
    "inform/ru",
    "inform/kk-Arab",
    "a/zh-Hans-CN",
    "tengri.kz/kk-Latn",
    "site/und",
    "9/en",
]


@pytest.mark.parametrize("edition", GOOD_EDITIONS)
def test_editions_are_a_site_and_a_language(edition: str) -> None:
    assert edition_fault(edition) == ""


@pytest.mark.parametrize(
    ("given", "spelt"),
    [
        ("inform/kk-latn", "inform/kk-Latn"),
        ("inform/KK-LATN", "inform/kk-Latn"),
        ("paper/zh-hans-cn", "paper/zh-Hans-CN"),
        ("paper/EN-us", "paper/en-US"),
        ("paper/es-419", "paper/es-419"),
        ("paper/sl-IT-NEDIS", "paper/sl-IT-nedis"),
        ("paper/de-CH-1901", "paper/de-CH-1901"),
        ("paper/en-a-BBB-x-A-CCCC", "paper/en-a-bbb-x-a-cccc"),
        ("paper/az-arab-x-AZE-derbend", "paper/az-Arab-x-aze-derbend"),
        ("paper/X-whatever", "paper/x-whatever"),
    ],
)
def test_editions_are_spelt_canonically(given: str, spelt: str) -> None:
    """By the examples of RFC 5646; what is spelt so stays so."""
    assert canonical_edition(given) == canonical_edition(spelt) == spelt


NO_EDITIONS = [
    *("", "inform", "inform/", "/ru", "Inform/ru", "inform/r", "inform/ru/x", "inform/ru-"),
    *("in form/ru", "inform/ru\n", "-x/ru", "inform/русский", "inform/kk_Arab"),
]


@pytest.mark.parametrize("edition", NO_EDITIONS)
def test_other_names_are_no_editions(edition: str) -> None:
    fault = edition_fault(edition)
    assert fault.startswith("edition must be site/lang")
    assert fault.endswith(f"got {edition!r}")


def test_articles_are_short_names_without_control_characters() -> None:
    for article in ("a", "7", "2024/05/новости", "x" * 256, "с пробелом", "العربية"):
        assert article_fault(article) == ""
    for article in ("", "x" * 257, "a\nb", "a\x00", "\x7f", "tab\t"):
        assert article_fault(article).startswith("article must be 1 to 256 characters")
    assert len(article_fault("x" * 10_000)) < 200
    assert Rejection(0, "article", article_fault("")).reason.endswith("got ''")
