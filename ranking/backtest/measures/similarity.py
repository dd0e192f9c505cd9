"""Similarity of two articles, from 0 to 1.

By cards, if any of the log's editions has one with tags or a section: what both have of tags and
section, of what either has (Jaccard's index). Else by co-reading: the cosine of their visits, those
with both over the root of the product of those with either, over the whole log.
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
    """The features by which articles are compared.

    Attributes
    ----------
    by_cards : bool
        By `pairs.other` as tags of each article, ascending; else by `pairs` as co-readings.
    pairs : Pairs
    pages : (n_articles,) float64
        Pages of each article, when by co-reading.
    """

    by_cards: bool
    pairs: Pairs
    pages: NDArray[np.float64]


def likeness_of(asked: Queries, cards: list[Card | None]) -> Likeness:
    """Make ready to compare articles; `cards` has one an article, or None."""
    spoken = [_said_by(card) if card else () for card in cards]
    if any(spoken):
        names = {name: i for i, name in enumerate(sorted({n for own in spoken for n in own}))}
        begin = np.concatenate([[0], np.cumsum([len(own) for own in spoken])])
        tags = np.array([i for own in spoken for i in sorted(names[n] for n in own)], np.int32)
        return Likeness(True, Pairs(begin, tags, np.zeros(0, np.int32)), np.zeros(0))
    pages = np.bincount(asked.plan.slot[asked.is_page], minlength=len(cards)).astype(float)
    return Likeness(False, pairs_of(asked), pages)


def _said_by(card: Card) -> tuple[str, ...]:
    """Tags, and the section as one more."""
    return (*card.tags, f"\0section:{card.section}") if card.section else card.tags


@compiled
def compare(likeness: Likeness, one: int, other: int) -> float:
    """Likeness of two articles, -1 where nothing is known of one."""
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
