"""Tag co-occurrence: which tags stand on the same articles, and which are synonyms.

The weight of a tag is the decayed views of the live articles that have it; the weight of a pair is
that of the articles that have both. Each article adds 1/`SHRINK`, so that unread articles count a
little. Tags with equal keys are one tag, shown in its most frequent spelling.

Two tags are synonyms when their contexts are alike and they rarely stand on one article. A tag's
context is the sum of the other TF-IDF features of its articles; contexts are compared by cosine.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ranking.content.cards import Card, tag_key
from ranking.content.tfidf import SECTION, TAG, Features, feature_hash
from ranking.engine.compiled import compiled

SHRINK = 5.0
SYNONYMS, COMPARED = 5, 40
SAME_CONTEXT = 0.3
RARELY = 0.1
"""Share of the rarer tag's articles that may carry both."""
KNOWN = 3
"""Articles that a tag must have before synonyms are looked for."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A tag that co-occurs with another: mass of the articles with both, and lift over chance."""

    tag: str
    weight: float
    lift: float


@dataclass(frozen=True, slots=True)
class Synonym:
    """A possible synonym: similarity of the contexts, and the number of articles with both tags."""

    tag: str
    likeness: float
    together: int


class TagCooccurrence:
    """Tags of some articles.

    Parameters
    ----------
    cards : sequence of Card
    mass : (n_cards,) float64
        Decayed views.
    features : Features
        Of the same cards.
    """

    def __init__(
        self, cards: Sequence[Card], mass: NDArray[np.float64], features: Features
    ) -> None:
        edition = cards[0].edition if cards else ""
        self._key = partial(tag_key, edition=edition)
        spelt = Counter(tag for card in cards for tag in card.tags)
        keys = {tag: self._key(tag) for tag in spelt}
        self.index = {key: i for i, key in enumerate(sorted(set(keys.values())))}
        shown = {keys[tag]: tag for tag in sorted(spelt, key=lambda tag: (spelt[tag], tag))}
        self.names = [shown[key] for key in self.index]
        carried = [dict.fromkeys(self.index[keys[tag]] for tag in card.tags) for card in cards]
        self._tag = np.array([tag for tags in carried for tag in tags], np.int64)
        self._article = np.repeat(np.arange(len(cards)), [len(tags) for tags in carried])
        self._mass, self._features = mass + 1.0 / SHRINK, features
        self.weight = np.bincount(self._tag, self._mass[self._article], len(self.names))
        self._total = math.fsum(self._mass)

    def carriers(self, tag: str) -> list[int]:
        """Places of the articles that carry a tag, those with most mass first, ties by place."""
        t = self.index.get(self._key(tag), -1)
        places = self._article[self._tag == t]
        order: list[int] = places[np.argsort(-self._mass[places], kind="stable")].tolist()
        return order

    def weight_of(self, tag: str) -> float:
        """Mass of the articles that carry a tag, 0 if none does."""
        t = self.index.get(self._key(tag))
        return 0.0 if t is None else float(self.weight[t])

    def information_of(self, tag: str) -> float:
        """Inverse document frequency of a tag in nats, 0 if no article has it."""
        v, name = self._features, np.uint64(feature_hash(TAG, self._key(tag)))
        place = int(np.searchsorted(v.name, name))
        is_known = place < v.name.size and v.name[place] == name
        return float(v.idf[place]) if is_known else 0.0

    def neighbours(self, tag: str, n: int = 20) -> list[Neighbour]:
        """Tags that co-occur with a tag, the heaviest first, ties by key.

        Parameters
        ----------
        tag : str
        n : int
            At most so many.
        """
        t = self.index.get(self._key(tag))
        if t is None:
            return []
        together = self._carried_by(t)[self._article] & (self._tag != t)
        others, masses = self._tag[together], self._mass[self._article[together]]
        weights = np.bincount(others, masses, len(self.names))
        found = np.unique(others)
        order = found[np.lexsort((found, -weights[found]))][:n]
        chance = self.weight[t] * self.weight[order] / self._total
        triples = zip(order.tolist(), weights[order].tolist(), chance.tolist(), strict=True)
        return [Neighbour(self.names[o], w, w / c) for o, w, c in triples]

    def synonyms(self, tag: str) -> list[Synonym]:
        """Tags that may name the same as a tag, the likeliest first, ties by key."""
        t = self.index.get(self._key(tag))
        if t is None:
            return []
        count = np.bincount(self._tag, minlength=len(self.names))
        carriers = self._carried_by(t)
        together = np.bincount(self._tag[carriers[self._article]], minlength=len(self.names))
        may = (count >= KNOWN) & (together <= RARELY * np.minimum(count, count[t]))
        may[t] = False
        context = self._context(t)
        alike = self._similarities(context)[self._article]
        mean = np.bincount(self._tag, alike, len(self.names)) / np.maximum(count, 1)
        likeliest = np.argsort(-np.where(may, mean, -1.0), kind="stable")[:COMPARED]
        found = [
            Synonym(self.names[u], likeness, int(together[u]))
            for u in likeliest.tolist()
            if may[u] and (likeness := _cosine(context, self._context(u))) >= SAME_CONTEXT
        ]
        return sorted(found, key=lambda s: (-s.likeness, self._key(s.tag)))[:SYNONYMS]

    def _carried_by(self, tag: int) -> NDArray[np.bool_]:
        """Which articles carry a tag, (n_articles,) bool."""
        carriers = np.zeros(self._mass.size, bool)
        carriers[self._article[self._tag == tag]] = True
        return carriers

    def _context(self, tag: int) -> NDArray[np.float64]:
        """Other features of a tag's articles, without sections, summed, (n_features,) float64."""
        v = self._features
        by_carriers = np.repeat(self._carried_by(tag), np.diff(v.start))
        total = np.zeros(v.name.size)
        np.add.at(total, v.feature[by_carriers], v.weight[by_carriers])
        total[(v.name & np.uint64(3)) == SECTION] = 0.0
        itself = np.uint64(feature_hash(TAG, self._key(self.names[tag])))
        total[np.searchsorted(v.name, itself)] = 0.0
        return total

    def _similarities(self, context: NDArray[np.float64]) -> NDArray[np.float64]:
        """Product of each article with a context, (n_articles,) float64."""
        v = self._features
        of = np.repeat(np.arange(v.start.size - 1), np.diff(v.start))
        alike = np.zeros(v.start.size - 1)
        np.add.at(alike, of, v.weight * context[v.feature])
        return alike


def _cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    length = math.sqrt(_product(one, one) * _product(other, other))
    return _product(one, other) / length if length > 0.0 else 0.0


@compiled
def _product(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Sum of products from left to right, with the same bits on every machine."""
    total = 0.0
    for i in range(one.size):
        total += one[i] * other[i]
    return total
