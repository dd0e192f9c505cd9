"""Company: which tags stand beside which, as editors see it.

A tag weighs what the live articles that carry it do, a pair of tags what those do that carry both:
decayed views, and 1/`SHRINK` for each article, so that what nobody reads is not nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.lists.catalogue import Card

SHRINK = 5.0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A tag beside another: mass of the articles that carry both, and lift over chance."""

    tag: str
    weight: float
    lift: float


class Company:
    """Tags of some articles.

    Parameters
    ----------
    cards : sequence of Card
    mass : (n_cards,) float64
        Decayed views.
    """

    def __init__(self, cards: Sequence[Card], mass: NDArray[np.float64]) -> None:
        weight = mass + 1.0 / SHRINK
        self.names = sorted({tag for card in cards for tag in card.tags})
        self.index = {name: i for i, name in enumerate(self.names)}
        self._tag = np.array([self.index[t] for card in cards for t in card.tags], np.int64)
        self._article = np.repeat(np.arange(len(cards)), [len(card.tags) for card in cards])
        self._mass = weight
        self.weight = np.bincount(self._tag, weight[self._article], len(self.names))
        self._total = float(weight.sum())

    def neighbours(self, tag: str, n: int = 20) -> list[Neighbour]:
        """Tags that co-occur with a tag, the heaviest first, ties by name.

        Parameters
        ----------
        tag : str
        n : int
            At most so many.
        """
        t = self.index.get(tag)
        if t is None:
            return []
        with_it = np.zeros(self._mass.size, bool)
        with_it[self._article[self._tag == t]] = True
        beside = with_it[self._article] & (self._tag != t)
        others, masses = self._tag[beside], self._mass[self._article[beside]]
        weights = np.bincount(others, masses, len(self.names))
        found = np.unique(others)
        order = found[np.lexsort((found, -weights[found]))][:n]
        chance = self.weight[t] * self.weight[order] / self._total
        triples = zip(order.tolist(), weights[order].tolist(), chance.tolist(), strict=True)
        return [Neighbour(self.names[o], w, w / c) for o, w, c in triples]
