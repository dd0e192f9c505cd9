"""A realistic seven-edition log with known ground truth, for what real logs cannot tell.

40 topics in 8 sections, 300 tags: 7 of each topic, 20 that stand everywhere. An article has 3 to 6
tags, each off-topic with probability .3 and over-common with .1, else of its topic; 30 % have none.
Headlines are made of the topic's words and, two words in five, of everyday ones; 3 % tell a story
again, with one word's ending changed. A story's translations are one article an edition. Articles
draw readers (`generated_views`) as Zipf's law with exponent 1.1 says, breaking news 30 times as
many. Everything follows from the seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ranking.content.cards import Card
from ranking.engine.batch import Batch
from ranking.engine.batch_builder import pack
from ranking.engine.event_columns import Rows
from tests.support.generated_views import Audience, Shelf, views_of
from tests.support.logs import DAY_MS, HASHES, START_MS
from tests.support.vocabulary import LANGUAGES, Vocabulary

SITE = "agency"
TOPICS, SECTIONS, TAGS, COMMON_TAGS = 40, 8, 300, 20
TAGS_OF_TOPIC = (TAGS - COMMON_TAGS) // TOPICS
WORDS_OF_TOPIC, EVERYDAY = 30, 300
OFF_TOPIC, OVER_COMMON, UNTAGGED, TOPICAL = 0.3, 0.1, 0.3, 0.6
ZIPF = 1.1
YEARS = 8
BREAKING, BREAKING_FACTOR, RETOLD = 0.02, 30.0, 0.03


@dataclass(frozen=True, slots=True)
class Story:
    """What all translations of a story share.

    Attributes
    ----------
    at_ms, topic : int
    tags : (n_tags,) int64
    words, endings : (n_words,) int64
    editions : (7,) bool
    is_breaking : bool
    """

    at_ms: int
    topic: int
    tags: NDArray[np.int64]
    words: NDArray[np.int64]
    endings: NDArray[np.int64]
    editions: NDArray[np.bool_]
    is_breaking: bool


@dataclass(frozen=True, slots=True)
class Generated:
    """Cards, views, and the truth.

    Attributes
    ----------
    cards : list of Card
        In the order of publication.
    rows : Rows
        Views in the order of their stamps.
    topic : dict of str to int
        Of each article.
    breaking : set of str
        Stories that came as breaking news.
    end_ms : int
        When the log ends.
    """

    cards: list[Card]
    rows: Rows
    topic: dict[str, int]
    breaking: set[str]
    end_ms: int

    def batches(self, kept: Sequence[int] | None = None, size: int = 5000) -> list[Batch]:
        """The views packed, or some of them."""
        rows = self.rows if kept is None else self.rows.taken(kept)
        starts = range(0, len(rows), size)
        parts = [rows.part(start, start + size) for start in starts]
        return [
            pack(SITE, "generated", start, part.at_ms[-1], part, HASHES)
            for start, part in zip(starts, parts, strict=True)
        ]


def generated(
    seed: int,
    *,
    days: float = 4.0,
    stories_a_day: int = 100,
    views: int = 20_000,
    archive: int = 0,
) -> Generated:
    """Generate a log of some days that begins at `START_MS`.

    Parameters
    ----------
    seed : int
    days : float
    stories_a_day : int
    views : int
        Of readers, about; robots come on top.
    archive : int
        Stories of the `YEARS` before.
    """
    rng = np.random.default_rng(seed)
    stories: list[Story] = []
    old = np.sort(START_MS - rng.random(archive) * YEARS * 365 * DAY_MS).astype(np.int64)
    new = _moments(rng, round(days * stories_a_day), days)
    for at_ms in [*old.tolist(), *new.tolist()]:
        story = _story(rng, at_ms)
        is_retold = stories and rng.random() < RETOLD
        stories.append(_retold(rng, story, stories[-20:]) if is_retold else story)
    cards, topic = _cards(stories, rng, seed)
    end_ms = START_MS + round(days * DAY_MS)
    appeal = rng.permutation(np.arange(1.0, len(stories) + 1) ** -ZIPF)
    appeal *= [BREAKING_FACTOR if story.is_breaking else 1.0 for story in stories]
    shelf = Shelf(
        np.array([story.at_ms for story in stories]),
        np.array([story.topic for story in stories]),
        appeal,
        np.array([story.editions for story in stories]),
    )
    rows = views_of(shelf, Audience.drawn(rng, TOPICS), rng, SITE, end_ms, views)
    breaking = {f"s{k}" for k, story in enumerate(stories) if story.is_breaking}
    return Generated(cards, rows, topic, breaking, end_ms)


def _moments(rng: Generator, count: int, days: float) -> NDArray[np.int64]:
    """About so many moments, by day more than by night."""
    drawn = np.sort(rng.random(2 * count) * days)
    is_kept = rng.random(drawn.size) < 0.5 - 0.4 * np.cos(2 * np.pi * (drawn - 0.1))
    return np.asarray(START_MS + drawn[is_kept] * DAY_MS, np.int64)


def _story(rng: Generator, at_ms: int) -> Story:
    topic, n_words = int(rng.integers(TOPICS)), int(rng.integers(6, 11))
    words = np.where(
        rng.random(n_words) < TOPICAL,
        topic * WORDS_OF_TOPIC + rng.integers(WORDS_OF_TOPIC, size=n_words),
        TOPICS * WORDS_OF_TOPIC + _zipf(rng, EVERYDAY, n_words),
    )
    is_breaking = bool(rng.random() < BREAKING)
    editions = rng.random(len(LANGUAGES)) < (1.0 if is_breaking else 0.8)
    tags = np.zeros(0, np.int64) if rng.random() < UNTAGGED else _tags(rng, topic)
    return Story(at_ms, topic, tags, words, rng.integers(60, size=n_words), editions, is_breaking)


def _retold(rng: Generator, story: Story, before: list[Story]) -> Story:
    """A story in the words of one before it."""
    old = before[rng.integers(len(before))]
    endings = old.endings.copy()
    endings[rng.integers(endings.size)] += 1
    return replace(story, topic=old.topic, tags=old.tags, words=old.words, endings=endings)


def _tags(rng: Generator, topic: int) -> NDArray[np.int64]:
    """Three to six different ones."""
    wanted, tags = int(rng.integers(3, 7)), dict[int, None]()
    while len(tags) < wanted:
        kind = rng.random()
        if kind < OVER_COMMON:
            tags[TAGS - COMMON_TAGS + int(_zipf(rng, COMMON_TAGS, 1)[0])] = None
        elif kind < OVER_COMMON + OFF_TOPIC:
            tags[int(rng.integers(TAGS - COMMON_TAGS))] = None
        else:
            tags[topic * TAGS_OF_TOPIC + int(_zipf(rng, TAGS_OF_TOPIC, 1)[0])] = None
    return np.array(list(tags))


def _zipf(rng: Generator, kinds: int, size: int) -> NDArray[np.int64]:
    """Numbers from 0, the first ones most often."""
    weight = np.cumsum(np.arange(1.0, kinds + 1) ** -ZIPF)
    return np.asarray(np.searchsorted(weight, rng.random(size) * weight[-1]), np.int64)


def _cards(stories: list[Story], rng: Generator, seed: int) -> tuple[list[Card], dict[str, int]]:
    size = TOPICS * WORDS_OF_TOPIC + EVERYDAY + TAGS
    vocabularies = [Vocabulary(lang, size, seed) for lang in LANGUAGES]
    tags = [v.words[-TAGS:] for v in vocabularies]
    cards, topic = [], {}
    for k, story in enumerate(stories):
        author = f"author {rng.integers(20)}"
        for e in np.flatnonzero(story.editions).tolist():
            id = f"s{k}-{LANGUAGES[e]}"
            topic[id] = story.topic
            title = vocabularies[e].headline(story.words.tolist(), story.endings.tolist())
            named = tuple(vocabularies[e].tag(tags[e][tag]) for tag in story.tags.tolist())
            card = Card(
                f"{SITE}/{LANGUAGES[e]}", id, title, f"section {story.topic % SECTIONS}", named,
                story.at_ms / 1000, f"/{id}", author, "", f"s{k}",
            )  # fmt: skip
            cards.append(card)
    return cards, topic
