"""Newsroom: the stories of the simulated agency, as article cards of its seven editions.

A story is an event kind, a place and a number, at a moment. The module is pure: the same seed and
calls give the same cards. A story's name begins with its section's key, `economy-t3k9x1`; for
breaking news `economy-breaking-t3k9x1`. An article is `{story}-{lang}`. Headlines and seconds of
publication are unique.
"""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from ranking.demo.wording import LANGUAGES, PLACES, SITE, STORY_KINDS, ZONE, wording

DAY = 86_400.0
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SEASONS = {"warm": range(4, 11), "cold": (11, 12, 1, 2, 3)}
_HOME = [key for key, place in PLACES.items() if not place.world]
_ABROAD = [key for key, place in PLACES.items() if place.world]


class Article(TypedDict):
    """A card in the form of `POST /v1/articles`; `published_at` in seconds since the epoch, UTC."""

    id: str
    title: str
    section: str
    tags: list[str]
    published_at: float
    url: str
    edition: str
    author: str
    image: str
    story: str
    lang: str


@dataclass(frozen=True, slots=True)
class _Story:
    name: str
    at: float
    story_kind: int
    place: str
    number: int
    author: int
    langs: tuple[str, ...]


def section_of(story: str) -> str:
    """Key of a story's section.

    Examples
    --------
    >>> section_of("economy-breaking-t3k9x1")
    'economy'
    """
    return story.partition("-")[0]


def is_breaking(story: str) -> bool:
    """Whether a story is breaking news.

    Examples
    --------
    >>> is_breaking("economy-breaking-t3k9x1"), is_breaking("economy-t3k9x1")
    (True, False)
    """
    return "-breaking-" in story


class Newsroom:
    """Writes stories, each as one card per edition that carries it.

    Parameters
    ----------
    seed : int
        Seed of all choices.

    Examples
    --------
    >>> newsroom = Newsroom(seed=2)
    >>> cards = newsroom.fresh(1_700_000_000.0)
    >>> next(card["title"] for card in cards if card["lang"] == "en")
    'Frost in Oral to deepen to minus 20 degrees'
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._deck: list[int] = []
        self._used: set[tuple[int, str, int]] = set()
        self._seconds: set[int] = set()

    def recent(self, until: float, days: float, a_day: int) -> list[Article]:
        """Stories of the last days, oldest first, the last one a few minutes old.

        Parameters
        ----------
        until : float
            End of the span, s.
        days : float
            Its length.
        a_day : int
            Stories per day; each twelfth is breaking if its kind permits.
        """
        step = DAY / a_day
        moments = [until - step * (k + self._random.random()) for k in range(int(days * a_day))]
        cards: list[Article] = []
        for k, at in enumerate(reversed(moments)):
            cards += self.fresh(at, breaking=k % 12 == 6)
        return cards

    def archive(self, until: float, stories: int = 120, years: float = 8.0) -> list[Article]:
        """Stories of past years, oldest first, more of them from the last months.

        Parameters
        ----------
        until : float
            Now, s; the youngest is three days older.
        stories, years
            Number of stories, and the span.
        """
        oldest = years * 365.0 / 3.0
        ages = [3.0 * DAY * oldest ** self._random.random() for _ in range(stories)]
        cards: list[Article] = []
        for age in sorted(ages, reverse=True):
            cards += self.fresh(until - age)
        return cards

    def fresh(self, at: float, breaking: bool = False) -> list[Article]:
        """One new story: its cards, three to seven.

        Parameters
        ----------
        at : float
            Time of publication, s.
        breaking : bool
            Whether it is breaking news.
        """
        story = self._story(at, breaking)
        return [_card(story, lang) for lang in story.langs]

    def _story(self, at: float, breaking: bool) -> _Story:
        while int(at) in self._seconds:
            at += 1.0
        self._seconds.add(int(at))
        story_kind = self._draw(datetime.fromtimestamp(at, ZONE).month, breaking)
        place, number = self._details(story_kind)
        section = STORY_KINDS[story_kind].section
        name = f"{section}-breaking-" if breaking else f"{section}-"
        return _Story(
            name=name + _base36(int(at)),
            at=round(at, 3),
            story_kind=story_kind,
            place=place,
            number=number,
            author=self._random.randrange(len(wording("en").authors)),
            langs=self._langs(breaking),
        )

    def _draw(self, month: int, breaking: bool) -> int:
        for _ in range(2):
            for position, story_kind in enumerate(self._deck):
                kind = STORY_KINDS[story_kind]
                in_season = not kind.season or month in _SEASONS[kind.season]
                if in_season and (kind.flash or not breaking):
                    return self._deck.pop(position)
            self._deck += self._random.sample(range(len(STORY_KINDS)), len(STORY_KINDS))
        message = f"newsroom.json has no story kind for month {month}, breaking {breaking}"
        raise ValueError(message)

    def _details(self, story_kind: int) -> tuple[str, int]:
        kind = STORY_KINDS[story_kind]
        places = _ABROAD if kind.section == "world" else _HOME
        low, high, step = kind.n
        while True:
            place = self._random.choice(places)
            number = self._random.randrange(low, high + 1, step)
            if (story_kind, place, number) not in self._used:
                self._used.add((story_kind, place, number))
                return place, number
            low, high = low + step, high + step

    def _langs(self, breaking: bool) -> tuple[str, ...]:
        if breaking or self._random.random() < 0.8:
            return LANGUAGES
        some = self._random.sample(LANGUAGES, self._random.randint(3, 5))
        return tuple(lang for lang in LANGUAGES if lang in some)


def _card(story: _Story, lang: str) -> Article:
    words = wording(lang)
    story_kind = STORY_KINDS[story.story_kind]
    name = f"{story.name}-{lang}"
    return Article(
        id=name,
        title=words.title(story.story_kind, story.place, story.number),
        section=words.sections[story_kind.section],
        tags=[*(words.tags[tag] for tag in story_kind.tags), words.places[story.place]],
        published_at=story.at,
        url=f"/demo/{lang}/{name}",
        edition=f"{SITE}/{lang}",
        author=words.authors[story.author],
        image=f"/demo/image/{story.name}.svg",
        story=story.name,
        lang=lang,
    )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
