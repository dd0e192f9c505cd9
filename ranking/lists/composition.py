"""Composition: `compose` puts Related and For this visit together.

Co-reading of the pages read, backed off to tags and popularity (`chain`), then Popular until the
list is full. For each article of the chain that may not be listed the chain ranks one more. Server,
worker and tests call it with a reading of theirs; the backtest calls the same compiled chain
between two views.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from ranking.content.tag_graph import NO_HINTS, Hints
from ranking.lists.backoff import discounts_of
from ranking.lists.edition_reader import Ground, Reading, Scored
from ranking.lists.next_article import SPARE, Question, evidence_of, rank_next, visit_weights
from ranking.lists.rerank.selection import may_stand
from ranking.profiles.profile import Profile

DEEPEST = 1000
"""Articles that the chain ranks at most where some may not be listed."""


def compose(
    reading: Reading, pages: Sequence[str], profile: Profile, n: int, without: Iterable[str] = ()
) -> Iterator[Scored]:
    """Ranks the next article: Related after one page, For this visit after several.

    Parameters
    ----------
    reading : Reading
    pages : sequence of str
        Articles, newest first; never listed themselves.
    profile : Profile
    n : int
        How many that may be listed the chain ranks before Popular fills up.
    without : iterable of str
        Articles that must not be listed either.

    Returns
    -------
    iterator of Scored
        Best first, ties by id; those of Popular with score 0.
    """
    return chain.from_iterable(composed(reading, pages, profile, n, without))


def composed(
    reading: Reading, pages: Sequence[str], profile: Profile, n: int, without: Iterable[str] = ()
) -> Iterator[Iterable[Scored]]:
    """The same in parts: the cards of one must be known before the next is asked for."""
    pages = list(dict.fromkeys(pages))
    read = list(dict.fromkeys([*pages, *without]))
    found = _chained(reading, pages, read, profile, n)
    listed = {*read, *(item.id for item in found)}
    if len(found) + len(read) >= n:  # the chain may go on
        yield found
        yield from _deeper(
            reading, found, listed, lambda: _chained(reading, pages, read, profile, DEEPEST)
        )
        found = []
    rest = (Scored(item.id, 0.0) for item in reading.popular(profile) if item.id not in listed)
    yield chain(found, rest)


def chunks(parts: Iterable[Iterable[Scored]], size: int) -> Iterator[list[Scored]]:
    """Some parts in pieces of a size or less, none of which is of two parts.

    Examples
    --------
    >>> a, b, c = (Scored(name, 1.0) for name in "abc")
    >>> [[item.id for item in piece] for piece in chunks([[a, b, c], [], [a]], 2)]
    [['a', 'b'], ['c'], ['a']]
    """
    for part in parts:
        left = iter(part)
        while piece := list(islice(left, size)):
            yield piece


def _deeper(
    reading: Reading, found: list[Scored], listed: set[str], rank: Callable[[], list[Scored]]
) -> Iterator[list[Scored]]:
    """Further ranked articles, one for each that may not be listed; noted as listed."""
    rest: list[Scored] | None = None
    while out := sum(not may_stand(reading, item.id, reading.card(item.id)) for item in found):
        if rest is None:
            rest = [item for item in rank() if item.id not in listed]
        found, rest = rest[:out], rest[out:]
        listed.update(item.id for item in found)
        yield found


def hints_of(reading: Reading, pages: Sequence[str], profile: Profile) -> Hints:
    """Proposals by tags and headline of the newest page that has a card."""
    for page in pages:
        card = reading.card(page)
        if card and max(profile.tag_share, profile.section_share) > 0.0:
            return reading.tags(profile).hints(card, reading.at, profile.tag_freshness)
    return NO_HINTS


@dataclass(frozen=True, slots=True)
class ChainQuery:
    """A query of the next article, and the slots that its articles have.

    Attributes
    ----------
    question : Question
    ground : Ground
    topic : str
        What the hints come from, `tags` or `section`.
    """

    reading: Reading
    question: Question
    ground: Ground
    topic: str
    extra: tuple[str, ...]

    @property
    def size(self) -> int:
        """Slots of articles with views; those without stand after them."""
        return self.ground.scratch.score.size - SPARE

    def slot_of(self, article: str) -> int:
        """Slot of an article, -1 if it has none."""
        if article in self.extra:
            return self.size + self.extra.index(article)
        return self.reading.slot(article)

    def id_of(self, slot: int) -> str:
        """Article that stands somewhere."""
        return self.reading.id_of(slot) if slot < self.size else self.extra[slot - self.size]


def asked_of(reading: Reading, used: list[str], read: list[str], profile: Profile) -> ChainQuery:
    """Put a question to the chain: what is read after some pages, newest first."""
    hints, shares, is_topical = hints_of(reading, used, profile)
    ground = reading.ground(profile, hints)
    size = ground.scratch.score.size - SPARE
    extra = tuple(card.id for card in hints if reading.slot(card.id) < 0)
    places = {article: size + i for i, article in enumerate(extra)}
    slot_of = [places.get(card.id, reading.slot(card.id)) for card in hints]
    question = Question(
        np.array([reading.row(page) for page in used], np.int32),
        visit_weights(profile, len(used)),
        np.array([reading.slot(page) for page in read], np.int32),
        np.array(slot_of, np.int32),
        shares,
        evidence_of(profile, (ground.graph.level[0]["half_life_ms"] / 1000).tolist()),
        (profile.tag_share if is_topical else profile.section_share) if hints else 0.0,
        profile.visit_wear if len(used) > 1 else 0.0,
    )
    return ChainQuery(reading, question, ground, "tags" if is_topical else "section", extra)


def _chained(
    reading: Reading, pages: list[str], read: list[str], profile: Profile, n: int
) -> list[Scored]:
    asked = asked_of(reading, pages[: profile.visit_depth], read, profile)
    ground, slots, scores = asked.ground, np.zeros(n, np.int32), np.zeros(n)
    found = rank_next(
        ground.graph, ground.newest_ms, ground.popularity, asked.question, ground.scratch,
        slots, scores,
    )  # fmt: skip
    names = [asked.id_of(slot) for slot in slots[:found].tolist()]
    discount = discounts_of(ground.popularity, slots[:found], profile.visit_wear)
    listed = map(Scored, names, scores[:found].tolist(), discount.tolist())
    return sorted((i for i in listed if i.id not in read), key=lambda i: (-i.score, i.id))
