"""Similarity of two articles, from 0 to 1.

If any edition has cards with tags or a section, it is Jaccard's index of tags and section.
Otherwise it is the cosine of their visits over the whole log: the number of common visits, divided
by the root of the product of both numbers.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.baselines.cooccurrence import Pairs, pairs_of, place_of_pair
from ranking.backtest.baselines.queries import Queries
from ranking.content.cards import Card
from ranking.engine.compiled import compiled


class Likeness(NamedTuple):
    """The features for the comparison of articles.

    Attributes
    ----------
    by_cards : bool
        True: `pairs.other` has the tags of each article, ascending. False: `pairs` has co-readings.
    pairs : Pairs
    pages : (n_articles,) float64
        Pages of each article, for co-reading.
    """

    by_cards: bool
    pairs: Pairs
    pages: NDArray[np.float64]


def likeness_of(asked: Queries, cards: list[Card | None]) -> Likeness:
    """Prepare the comparison; `cards` has one card or None per article."""
    spoken = [_said_by(card) if card else () for card in cards]
    if any(spoken):
        names = {name: i for i, name in enumerate(sorted({n for own in spoken for n in own}))}
        begin = np.concatenate([[0], np.cumsum([len(own) for own in spoken])])
        tags = np.array([i for own in spoken for i in sorted(names[n] for n in own)], np.int32)
        return Likeness(True, Pairs(begin, tags, np.zeros(0, np.int32)), np.zeros(0))
    pages = np.bincount(asked.plan.slot[asked.is_page], minlength=len(cards)).astype(float)
    return Likeness(False, pairs_of(asked), pages)


def _said_by(card: Card) -> tuple[str, ...]:
    """Tags, and the section as one more tag."""
    return (*card.tags, f"\0section:{card.section}") if card.section else card.tags


@compiled
def compare(likeness: Likeness, one: int, other: int) -> float:
    """Similarity of two articles, -1 if one has no features."""
    if likeness.by_cards:
        return _common_tags(likeness.pairs, one, other)
    product = float(likeness.pages[one] * likeness.pages[other])
    if product == 0.0:
        return -1.0
    place = place_of_pair(likeness.pairs, one, other)
    times = float(likeness.pairs.times[place]) if place >= 0 else 0.0
    return min(times / math.sqrt(product), 1.0)


@compiled
def _common_tags(tags: Pairs, one: int, other: int) -> float:
    i, j = tags.begin[one], tags.begin[other]
    end, other_end = tags.begin[one + 1], tags.begin[other + 1]
    both, either = 0, end - i + other_end - j
    if end == i or other_end == j:
        return -1.0
    while i < end and j < other_end:
        if tags.other[i] == tags.other[j]:
            both += 1
            i += 1
            j += 1
        elif tags.other[i] < tags.other[j]:
            i += 1
        else:
            j += 1
    return float(both / (either - both))
