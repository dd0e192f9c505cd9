"""Readers: the simulated readers of the agency's seven editions, visit by visit.

A visit is a landing, then clicks on related or popular articles, a reload, or another headline: 2.2
pages on average and 8 at most. A reader has an edition, interests in sections, a bucket and a
browser; a few robots read everything. Pure and seeded: the same calls give the same events. Pages
of a visit after `until` wait for the next call. About 100,000 events/s.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NotRequired, TypedDict

import numpy as np

from ranking.demo.impressions import Events, events_of
from ranking.demo.newsroom import Article
from ranking.demo.reading_choice import Floats, ReadingChoice
from ranking.demo.visits import MEAN_PAGES, Pages, Walk
from ranking.demo.wording import SECTIONS, SHARES, SITE, ZONE
from ranking.engine.batch import BUCKETS

ROBOT_SHARE = 0.02
SLICE = 30.0
"""Longest time, in seconds, for which the articles' shares are taken as constant."""

ROBOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
)
_DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_ANDROID = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko)"
BROWSERS = (
    f"{_ANDROID} Chrome/131.0.0.0 Mobile Safari/537.36",
    f"{_ANDROID} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
    f"{_DESK} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    f"{_DESK[:-1]}; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
)
_SURFACES = ("", "related", "popular")
_KINDS = ("impression", "click", "read")
Memberships = Mapping[str, Sequence[tuple[str, str]]]
"""By edition, the fields `experiment` and `arm` of every bucket's events."""


class View(TypedDict):
    """An event in the form of `POST /v1/events`; `at` in seconds since the epoch, UTC."""

    at: float
    visitor: str
    article: str
    edition: str
    session: str
    agent: str
    surface: NotRequired[str]
    slot: NotRequired[int]
    kind: NotRequired[str]
    bucket: NotRequired[int]
    experiment: NotRequired[str]
    arm: NotRequired[str]


class Readers:
    """The agency's readers.

    Parameters
    ----------
    seed : int
        Seed of all choices.
    count : int
        Number of readers. Repeats within half an hour do not count, so too few readers with a
        high rate would flatten every list.
    """

    def __init__(self, seed: int, count: int = 60_000) -> None:
        self._random = np.random.default_rng(seed)
        self._interest = np.log(
            0.1 + 9.0 * self._random.dirichlet(np.full(len(SECTIONS), 0.5), count)
        )
        edges = np.cumsum([0.0, *SHARES.values()]) * count
        self._of = {
            lang: np.arange(round(edges[k]), round(edges[k + 1])) for k, lang in enumerate(SHARES)
        }
        self._shelves: dict[str, ReadingChoice] = {}
        self._pending: list[View] = []

    def views(
        self,
        cards: Sequence[Article],
        since: float,
        until: float,
        rate: float,
        memberships: Memberships | None = None,
    ) -> list[View]:
        """The views of a span of time.

        Parameters
        ----------
        cards : sequence of Article
            All published articles, of any editions.
        since, until : float
            The span, s; each call continues the last one.
        rate : float
            Mean over the span, views/s; the rate follows the time of day.
        memberships : mapping, optional
            Experiments of the readers. If given, events carry the bucket, and there are also
            impressions, clicks and reads.

        Returns
        -------
        list of View
            In time order, all `since <= at < until`.
        """
        by_edition: dict[str, list[Article]] = defaultdict(list)
        for card in cards:
            if card["published_at"] < until:
                by_edition[card["lang"]].append(card)
        step = (until - since) / max(1, round((until - since) / SLICE))
        moments = np.arange(since, until - step / 2.0, step)
        volume = rate * step * _day_curve(moments)
        for lang, own in sorted(by_edition.items()):
            choice = self._choice(lang, own)
            self._visit(lang, choice, moments, step, volume * SHARES[lang], memberships)
            self._crawl(lang, choice, moments, step, volume * SHARES[lang])
        return self._ready(since, until)

    def _ready(self, since: float, until: float) -> list[View]:
        self._pending.sort(key=itemgetter("at"))
        first = bisect_left(self._pending, since, key=itemgetter("at"))
        end = bisect_left(self._pending, until, key=itemgetter("at"))
        ready, self._pending = self._pending[first:end], self._pending[end:]
        return ready

    def _choice(self, lang: str, cards: list[Article]) -> ReadingChoice:
        choice = self._shelves.get(lang)
        if choice is None or choice.ids != [card["id"] for card in cards]:
            choice = self._shelves[lang] = ReadingChoice(cards)
        return choice

    def _starts(self, moments: Floats, step: float, mean: Floats) -> Floats:
        starts = np.repeat(moments, self._random.poisson(mean))
        return starts + step * self._random.random(starts.size)

    def _visit(
        self, lang: str, choice: ReadingChoice, moments: Floats, step: float, volume: Floats,
        memberships: Memberships | None,
    ) -> None:  # fmt: skip
        walk = Walk(self._random, choice, moments)
        mean = volume * (1.0 - ROBOT_SHARE) / MEAN_PAGES * walk.open
        starts = self._starts(moments, step, mean)
        readers = self._random.choice(self._of[lang], starts.size)
        pages = walk.pages(starts, self._interest[readers])
        visits = _visits(lang, starts, readers.tolist(), memberships)
        self._pending += _views(visits, choice.ids, pages)
        if memberships is not None:
            self._pending += _others(visits, choice.ids, events_of(self._random, walk, pages))

    def _crawl(
        self, lang: str, choice: ReadingChoice, moments: Floats, step: float, volume: Floats
    ) -> None:
        starts = self._starts(moments, step, volume * ROBOT_SHARE)
        article = self._random.integers(len(choice.ids), size=starts.size)
        out = choice.published[article] < starts
        for at, found in zip(starts[out].round(3).tolist(), article[out].tolist(), strict=True):
            robot = int(self._random.integers(len(ROBOTS)))
            self._pending.append(
                View(
                    at=at,
                    visitor=f"robot-{robot}",
                    article=choice.ids[found],
                    edition=f"{SITE}/{lang}",
                    session=f"robot-{robot}-{int(at) // 3600}",
                    agent=ROBOTS[robot],
                )
            )


def _visits(
    lang: str, starts: Floats, readers: list[int], memberships: Memberships | None
) -> list[View]:
    """Fields that all events of a visit share, without article and time."""
    edition = f"{SITE}/{lang}"
    fields = (memberships or {}).get(edition, ())
    visits = []
    for number, (at, reader) in enumerate(zip(starts.tolist(), readers, strict=True)):
        visit = View(
            at=at,
            visitor=f"r{reader:05}",
            article="",
            edition=edition,
            session=f"{lang}-{int(at * 1000)}-{number}",
            agent=BROWSERS[reader % len(BROWSERS)],
        )
        if memberships is not None:
            bucket = visit["bucket"] = bucket_of(reader)
            if fields and fields[bucket][0]:
                visit["experiment"], visit["arm"] = fields[bucket]
        visits.append(visit)
    return visits


def _views(visits: list[View], ids: list[str], pages: Pages) -> list[View]:
    columns = (pages.visit, pages.at.round(3), pages.article, pages.surface, pages.slot)
    views = []
    for visit, at, article, surface, slot in zip(*(c.tolist() for c in columns), strict=True):
        view = visits[visit].copy()
        view["at"], view["article"] = at, ids[article]
        if surface:
            view["surface"], view["slot"] = _SURFACES[surface], slot
        views.append(view)
    return views


def _others(visits: list[View], ids: list[str], events: Events) -> list[View]:
    columns = (events.visit, events.at.round(3), events.kind, events.article)
    where = (events.surface, events.slot)
    others = []
    for visit, at, kind, article, surface, slot in zip(
        *(c.tolist() for c in (*columns, *where)), strict=True
    ):
        event = visits[visit].copy()
        event["at"], event["article"], event["kind"] = at, ids[article], _KINDS[kind]
        event["surface"], event["slot"] = _SURFACES[surface], slot
        others.append(event)
    return others


def bucket_of(reader: int) -> int:
    """Bucket of a reader's browser; neighbouring readers are apart.

    Examples
    --------
    >>> [bucket_of(reader) for reader in range(4)]
    [0, 919, 838, 757]
    """
    return reader * 7919 % BUCKETS


def _day_curve(moments: Floats) -> Floats:
    """Traffic over the agency's day, with mean 1 over the moments: (m,) float64."""
    hour = (moments + ZONE.utcoffset(None).total_seconds()) % 86_400.0 / 3_600.0
    day, half = np.sin((hour - 8.0) * np.pi / 12.0), np.sin((hour - 3.0) * np.pi / 6.0)
    curve = 1.0 + 0.55 * day + 0.2 * half
    return np.asarray(curve / curve.mean())
