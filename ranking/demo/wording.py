"""Wording: the words of the simulated agency, in each of its seven editions.

This file alone reads `newsroom.json`, which has every text in five languages in the order of its
`languages`. The Latin and Arabic editions of Kazakh are transliterated from the Cyrillic. The
placeholders `{in}` (in a place) and `{n}` (a number) fit any place and number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib.resources import files

import msgspec

from ranking.demo import transliteration

SITE = "inform"
ZONE = timezone(timedelta(hours=5))
"""The agency's time zone."""

_SCRIPTS: dict[str, Callable[[str], str]] = {
    "kk-Latn": transliteration.latin,
    "kk-Arab": transliteration.arabic,
}


class StoryKind(msgspec.Struct, frozen=True):
    """A kind of event, the subject of stories.

    Attributes
    ----------
    section : str
        Key of its section.
    tags : tuple of str
        Keys of its concepts, three to five.
    n : (lowest, highest, step)
        Range of the number in its headline.
    title : tuple of str
        Its headline in each language.
    flash : bool
        Whether it may be breaking news.
    season : str
        "warm", "cold" or "" for any.
    """

    section: str
    tags: tuple[str, ...]
    n: tuple[int, int, int]
    title: tuple[str, ...]
    flash: bool = False
    season: str = ""


class Place(msgspec.Struct, frozen=True, rename={"within": "in"}):
    """A place in each language, by its name and as "in such a place"."""

    name: tuple[str, ...]
    within: tuple[str, ...]
    world: bool = False


class _Edition(msgspec.Struct, frozen=True, rename={"source": "from"}):
    name: str
    source: str
    share: float


class _Newsroom(msgspec.Struct, frozen=True):
    languages: tuple[str, ...]
    editions: dict[str, _Edition]
    words: dict[str, tuple[str, ...]]
    months: dict[str, tuple[str, ...]]
    sections: dict[str, tuple[str, ...]]
    tags: dict[str, tuple[str, ...]]
    places: dict[str, Place]
    authors: tuple[tuple[str, ...], ...]
    events: tuple[StoryKind, ...]
    bodies: dict[str, tuple[tuple[str, ...], ...]]


_SOURCE = msgspec.json.decode(
    files(__package__).joinpath("newsroom.json").read_bytes(), type=_Newsroom
)
STORY_KINDS = _SOURCE.events
PLACES = _SOURCE.places
SECTIONS = tuple(_SOURCE.sections)
LANGUAGES = tuple(_SOURCE.editions)
"""Language tags of the editions: ru, kk, kk-Latn, kk-Arab, zh, uz, en."""

SHARES = {lang: edition.share for lang, edition in _SOURCE.editions.items()}
"""Share of the readers by edition."""


@dataclass(frozen=True, slots=True)
class Wording:
    """All texts of one edition, in its language and script, by their keys."""

    lang: str
    name: str
    words: dict[str, str]
    sections: dict[str, str]
    tags: dict[str, str]
    places: dict[str, str]
    within: dict[str, str]
    authors: tuple[str, ...]
    titles: tuple[str, ...]
    bodies: dict[str, tuple[str, ...]]
    months: tuple[str, ...]

    @property
    def direction(self) -> str:
        """Direction of writing, as HTML names it."""
        return "rtl" if self.lang == "kk-Arab" else "ltr"

    def title(self, kind: int, place: str, number: int) -> str:
        """Headline of an event kind in a place.

        Examples
        --------
        >>> wording("en").title(13, "aktau", 600)
        'New school for 600 pupils opens in Aktau'
        >>> wording("kk-Latn").title(13, "aktau", 600)
        'Aqtauda 600 oryndyq jaña mektep aşyldy'
        """
        return _filled(self.titles[kind], self.within[place], number)

    def body(self, section: str, place: str) -> list[str]:
        """Sentences of an article of a section about a place."""
        return [_filled(text, self.within[place]) for text in self.bodies[section]]

    def date(self, at: float) -> str:
        """Moment in the agency's time zone, in words.

        Examples
        --------
        >>> wording("zh").date(1_700_000_000.0), wording("ru").date(1_700_000_000.0)
        ('2023年11月15日 03:13', '15 ноября 2023, 03:13')
        """
        moment = datetime.fromtimestamp(at, ZONE)
        return self.words["date"].format(
            year=moment.year,
            month=self.months[moment.month - 1],
            day=moment.day,
            time=f"{moment:%H:%M}",
        )


@cache
def wording(lang: str) -> Wording:
    """Return the texts of one edition.

    Parameters
    ----------
    lang : str
        One of `LANGUAGES`.

    Raises
    ------
    KeyError
        If the agency has no such edition.
    """
    edition = _SOURCE.editions[lang]
    index = _SOURCE.languages.index(edition.source)
    write = _SCRIPTS.get(lang, str)

    def of(texts: Sequence[str]) -> str:
        return write(texts[index])

    return Wording(
        lang=lang,
        name=edition.name,
        words={key: of(texts) for key, texts in _SOURCE.words.items()},
        sections={key: of(texts) for key, texts in _SOURCE.sections.items()},
        tags={key: of(texts) for key, texts in _SOURCE.tags.items()},
        places={key: of(place.name) for key, place in PLACES.items()},
        within={key: of(place.within) for key, place in PLACES.items()},
        authors=tuple(of(texts) for texts in _SOURCE.authors),
        titles=tuple(of(kind.title) for kind in STORY_KINDS),
        bodies={key: tuple(map(write, b[index])) for key, b in _SOURCE.bodies.items()},
        months=tuple(write(month) for month in _SOURCE.months[edition.source]),
    )


def _filled(text: str, within: str, number: int = 0) -> str:
    filled = text.replace("{in}", within).replace("{n}", str(number))
    return filled[0].upper() + filled[1:]
