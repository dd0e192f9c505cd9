"""Readers of a generated portal: groups with topics of their own, visits, and robots.

A reader belongs to a group with one to three topics and opens an article of these with probability
`LOYALTY`, else whatever draws most. What an article draws fades by half in `FADING_HOURS`. Visits
come by day more than by night; a few pages, and all of the robots', are of whatever there is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ranking.engine.event_columns import Rows
from tests.support.logs import HOUR_MS, ROBOT, START_MS
from tests.support.vocabulary import LANGUAGES, SHARES

GROUPS, READERS = 60, 3000
LOYALTY, FADING_HOURS, PAGES = 0.6, 8.0, 2.2
GLANCES = 40
"""Articles that a reader looks over for one of their topics."""
ROBOTS, STRAYS = 0.03, 0.02


@dataclass(frozen=True, slots=True)
class Shelf:
    """The stories that readers choose from.

    Attributes
    ----------
    at_ms, topic : (n_stories,) int64
    appeal : (n_stories,) float64
    editions : (n_stories, 7) bool
    """

    at_ms: NDArray[np.int64]
    topic: NDArray[np.int64]
    appeal: NDArray[np.float64]
    editions: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Audience:
    """Groups of readers.

    Attributes
    ----------
    likes : (GROUPS, n_topics) bool
    """

    likes: NDArray[np.bool_]

    @classmethod
    def drawn(cls, rng: Generator, topics: int) -> "Audience":
        """Draw each group's topics."""
        likes = np.zeros((GROUPS, topics), bool)
        for group in likes:
            group[rng.integers(topics, size=rng.integers(1, 4))] = True
        return cls(likes)


@dataclass(frozen=True, slots=True)
class _Views:
    """Some views, each column (n,) int64; readers from `READERS` on are robots."""

    at_ms: NDArray[np.int64]
    reader: NDArray[np.int64]
    story: NDArray[np.int64]


def views_of(
    shelf: Shelf, audience: Audience, rng: Generator, site: str, end_ms: int, views: int
) -> Rows:
    """Draw about so many views between `START_MS` and the end, in the order of their stamps."""
    hours = range(START_MS, end_ms, HOUR_MS)
    rhythm = [0.55 - 0.45 * np.cos(2 * np.pi * ((h - START_MS) / (24 * HOUR_MS))) for h in hours]
    parts, edition = [], []
    for e, share in enumerate(SHARES):
        for hour, busy in zip(hours, rhythm, strict=True):
            wanted = views / PAGES * share * float(busy) / sum(rhythm)
            part = _hour(shelf, audience, rng, e, hour, int(rng.poisson(wanted)))
            parts.append(part)
            edition.append(np.full(part.at_ms.size, e))
    at_ms = np.concatenate([part.at_ms for part in parts])
    order = np.argsort(at_ms, kind="stable")
    reader = np.concatenate([part.reader for part in parts])[order].tolist()
    story = np.concatenate([part.story for part in parts])[order].tolist()
    langs = [LANGUAGES[e] for e in np.concatenate(edition)[order].tolist()]
    return Rows(
        at_ms[order].tolist(),
        {
            "visitor": [f"{lang} {r}" for lang, r in zip(langs, reader, strict=True)],
            "article": [f"s{s}-{lang}" for lang, s in zip(langs, story, strict=True)],
            "edition": [f"{site}/{lang}" for lang in langs],
            "agent": [ROBOT if r >= READERS else "" for r in reader],
        },
    )


def _hour(
    shelf: Shelf, audience: Audience, rng: Generator, edition: int, hour_ms: int, visits: int
) -> _Views:
    """One edition's views in the hour after a moment."""
    known = np.flatnonzero((shelf.at_ms <= hour_ms) & shelf.editions[:, edition])
    if not known.size:
        return _Views(*np.zeros((3, 0), np.int64))
    age = (hour_ms - shelf.at_ms[known]) / HOUR_MS
    draw = np.cumsum(shelf.appeal[known] * 0.5 ** (age / FADING_HOURS))
    length = rng.geometric(1 / PAGES, visits)
    reader = np.repeat(rng.integers(READERS, size=visits), length)
    seen = known[np.searchsorted(draw, rng.random((reader.size, GLANCES)) * draw[-1])]
    is_liked = audience.likes[(reader % GROUPS)[:, None], shelf.topic[seen]]
    is_loyal = rng.random(reader.size) < LOYALTY
    place = np.where(is_loyal, is_liked.argmax(1), 0)
    story = seen[np.arange(reader.size), place]
    story = np.where(rng.random(reader.size) < STRAYS, rng.choice(known, reader.size), story)
    first = np.repeat(np.cumsum(length) - length, length)
    start = np.repeat(rng.integers(HOUR_MS, size=visits), length)
    at_ms = hour_ms + start + 60_000 * (np.arange(reader.size) - first)
    robots = int(rng.poisson(ROBOTS * reader.size))
    return _Views(
        np.concatenate([at_ms, hour_ms + rng.integers(HOUR_MS, size=robots)]),
        np.concatenate([reader, READERS + rng.integers(3, size=robots)]),
        np.concatenate([story, rng.choice(known, robots)]),
    )
