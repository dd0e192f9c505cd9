"""Popular: the articles of an edition by decayed views, best first, ties by id.

The profile chooses the decay (`engine.decay`). Under a half-life that backs off to longer ones
(`backoff`) a score is the article's decayed views, plus its share under the longer half-lives times
the evidence. Small editions add the sibling prior (`rerank/sibling_prior`). The list is filled up
with the leaders of each section, the newest articles and those read last.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranking.engine.decay.hard_window import periods_of
from ranking.engine.decay.kernel import Kernel
from ranking.engine.decay.kernels import kernel_of
from ranking.engine.signals.window_counts import DAY_MS, HOUR_MS
from ranking.lists.edition_reader import Reading, Scored
from ranking.lists.leaderboards import Leaderboards
from ranking.lists.ranked_list import NO_SIBLING_SHARES, RankedList, RankQuery, Terms
from ranking.profiles.profile import Profile

if TYPE_CHECKING:
    from ranking.lists.edition import Edition

FIRST, MOST = 64, 2000
"""Articles with a score that are put in order at first, and at most."""


class Popular(RankedList):
    """What is read most."""

    name = "popular"
    title = "Popular"
    terms = {  # noqa: RUF012
        "memory_1": "decayed views at the profile's half-life",
        "memory_2": "decayed views at the longer half-life of the back-off",
        "memory_3": "decayed views at the longest half-life of the back-off",
        "siblings": "views of the story in other editions",
        "window": "views within the window",
    }
    has_sibling_prior = True
    has_window = True

    def rank(self, reading: Reading, profile: Profile, query: RankQuery) -> Iterable[Scored]:
        """Articles by decayed views."""
        return by_views(
            engine_edition(reading), profile, query.section, query.sibling_shares, query.n
        )

    def explain(
        self, reading: Reading, profile: Profile, query: RankQuery, articles: Sequence[str]
    ) -> dict[str, Terms]:
        """The views at each half-life, and the sibling prior."""
        edition = engine_edition(reading)
        return {
            article: view_terms(edition, profile, query.sibling_shares, article)
            for article in articles
        }

    def window(self, reading: Reading, profile: Profile) -> tuple[float, float] | None:
        """Begin and end of a hard window on the reading clock."""
        if not self.follows_clock(profile):
            return None
        hours, days = periods_of(profile.window)
        length, periods = (HOUR_MS, hours) if hours else (DAY_MS, days)
        end = engine_edition(reading).eligibility.reading_ms
        return (end // length - periods + 1) * length / 1000, end / 1000

    def follows_clock(self, profile: Profile) -> bool:
        """Whether a hard window is counted."""
        return kernel_of(profile.value).name == "hard_window"


def engine_edition(reading: Reading) -> "Edition":
    """The engine's own reading of an edition, which alone can rank boards.

    Raises
    ------
    TypeError
        If it is another reading.
    """
    from ranking.lists.edition import Edition

    if not isinstance(reading, Edition):
        message = f"boards are ranked by the engine, not from a {type(reading).__name__}"
        raise TypeError(message)
    return reading


def by_views(
    edition: "Edition",
    profile: Profile,
    section: str = "",
    sibling_shares: Mapping[str, float] = NO_SIBLING_SHARES,
    n: int = FIRST,
) -> Iterator[Scored]:
    """Articles by decayed views, best first, ties by id: at least the best `n` for certain.

    Some thousand at most; those that fill the list up have score 0. `sibling_shares` are the
    articles' shares in the sibling editions.
    """
    ranked = _with_sections(edition, profile, section, sibling_shares, n)
    return edition.filled(ranked, section)


def _with_sections(
    edition: "Edition", profile: Profile, section: str, sibling_shares: Mapping[str, float], n: int
) -> Iterator[Scored]:
    listed = set()
    for item in _ranked(edition, profile, section, sibling_shares, n):
        listed.add(item.id)
        yield item
    if not section and edition.has_more():
        rest = edition.of_each_section(
            lambda name: _ranked(edition, profile, name, NO_SIBLING_SHARES, n), n
        )
        yield from (item for item in rest if item.id not in listed)


def _ranked(
    edition: "Edition", profile: Profile, section: str, sibling_shares: Mapping[str, float], n: int
) -> Iterable[Scored]:
    """Articles with a score."""
    leaderboards = edition.leaderboards(section)
    if leaderboards is None:
        return []
    kernel = kernel_of(profile.value)
    if not kernel.parts(profile.value):
        return _by_reading(edition, leaderboards, kernel, profile, n)
    return _by_mass(edition, leaderboards, profile, sibling_shares, n)


def _by_mass(
    edition: "Edition",
    leaderboards: Leaderboards,
    profile: Profile,
    sibling_shares: Mapping[str, float],
    n: int,
) -> Iterable[Scored]:
    evidence = profile.sibling_evidence if sibling_shares else 0.0
    slots, scores, prior_weight = leaderboards.popular(profile, evidence, n)
    if slots.size > MOST:  # the whole edition was looked at
        best = scores >= np.partition(scores, -MOST)[-MOST]
        slots, scores = slots[best], scores[best]
    limit = np.partition(scores, -FIRST)[-FIRST] if slots.size > FIRST else 0.0
    first = scores >= limit  # most lists end within these
    if sibling_shares:
        return with_prior(edition.scored(slots, scores), sibling_shares, prior_weight)
    rest = _scored_later(edition, slots[~first], scores[~first])
    return chain(edition.scored(slots[first], scores[first]), rest)


def with_prior(
    ranking: Iterable[Scored], sibling_shares: Mapping[str, float], prior_weight: float
) -> list[Scored]:
    """Add the sibling prior to the scores of a ranking; best first, ties by id.

    Examples
    --------
    >>> with_prior([Scored("a", 3.0), Scored("b", 2.0)], {"b": 0.5, "c": 0.1}, 4.0)
    [Scored(id='b', score=4.0), Scored(id='a', score=3.0), Scored(id='c', score=0.4)]
    """
    scores = dict.fromkeys(sibling_shares, 0.0) | {item.id: item.score for item in ranking}
    scored = [
        Scored(id_, score + prior_weight * sibling_shares.get(id_, 0.0))
        for id_, score in scores.items()
    ]
    return sorted(scored, key=lambda item: (-item.score, item.id))


def _scored_later(
    edition: "Edition", slots: NDArray[np.int32], scores: NDArray[np.float64]
) -> Iterator[Scored]:
    yield from edition.scored(slots, scores)


def _by_reading(
    edition: "Edition", leaderboards: Leaderboards, kernel: Kernel, profile: Profile, n: int
) -> Iterator[Scored]:
    """By a kernel that reads no bank, such as a hard window: all articles are read."""
    slots = leaderboards.slots()
    counts = kernel.read(profile.value, edition.site.state, slots, edition.reading_ms)
    slots, counts = slots[counts > 0], counts[counts > 0]
    most = 2 * max(n, FIRST)
    limit = np.partition(counts, -most)[-most] if counts.size > most else 0
    above, equal = counts > limit, counts == limit
    yield from edition.scored(slots[above], counts[above])
    ids = map(edition.site.ids.__getitem__, slots[equal].tolist())
    yield from (Scored(id_, float(limit)) for id_ in nsmallest(MOST, ids))
    slots, counts = slots[counts < limit], counts[counts < limit]
    if counts.size > MOST:
        best = np.argsort(-counts, kind="stable")[:MOST]
        slots, counts = slots[best], counts[best]
    yield from edition.scored(slots, counts)


def view_terms(
    edition: "Edition", profile: Profile, sibling_shares: Mapping[str, float], article: str
) -> Terms:
    """Named terms of an article's score in Popular."""
    slots = edition.slots_of([article])
    kernel = kernel_of(profile.value)
    if not kernel.parts(profile.value):
        counts = kernel.read(profile.value, edition.site.state, slots, edition.reading_ms)
        return [("window", float(counts.sum()))]
    leaderboards = edition.leaderboards("")
    assert leaderboards is not None
    evidence = profile.sibling_evidence if sibling_shares else 0.0
    parts, prior_weight = leaderboards.popular_parts(profile, evidence, slots)
    named = [(f"memory_{level + 1}", float(part.sum())) for level, part in enumerate(parts)]
    return named + (
        [("siblings", prior_weight * sibling_shares.get(article, 0.0))] if sibling_shares else []
    )
