"""The tag graph: derived from the live articles and their cards, never accumulated.

Live are the articles with views under the tag decay and the newest ones. The weight of a tag is
the mass of the live articles that carry it, of a pair of tags the mass of those that carry both;
so retagging shows at once and a draft decay has a graph of its own. A tag's information is
ln((L + 1) / (d + 0.5)) with d of L live articles carrying it (Robertson & Sparck Jones 1976).

For an article, each of its tags speaks with its information; tags that co-occur speak for it by
their conditional weight, shrunk by `SHRINK` views. The section speaks as one more, quiet tag.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.lists.catalogue import Card

SHRINK = 5.0
EXPANSION = 0.5
SECTION_VOICE = 0.25
SECTION_MARK = "\0section:"
HINTS = 64


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A tag beside another: mass of the articles that carry both, and lift over chance."""

    tag: str
    weight: float
    lift: float


def voices(card: Card) -> tuple[str, ...]:
    """Tags of a card and, as one more, its section."""
    return (*card.tags, SECTION_MARK + card.section) if card.section else card.tags


class TagGraph:
    """Tags of one edition's live articles.

    Parameters
    ----------
    cards : sequence of Card
        Live articles.
    mass : (n_live,) float64
        Their decayed views.
    """

    def __init__(self, cards: Sequence[Card], mass: NDArray[np.float64]) -> None:
        self.cards = cards
        self.mass = mass
        spoken = [voices(card) for card in cards]
        self.names = sorted({name for names in spoken for name in names})
        self.index = {name: i for i, name in enumerate(self.names)}
        self._tag = np.array([self.index[n] for names in spoken for n in names], np.int64)
        self._article = np.repeat(np.arange(len(cards)), [len(names) for names in spoken])
        weight = mass + 1.0 / SHRINK
        self.weight = np.bincount(self._tag, weight[self._article], len(self.names))
        self.carriers = np.bincount(self._tag, minlength=len(self.names))
        self.information = np.log((len(cards) + 1) / (self.carriers + 0.5))
        self.information = np.maximum(self.information, 0.0)
        self.information[[n.startswith(SECTION_MARK) for n in self.names]] *= SECTION_VOICE
        self._total = float(weight.sum())
        self._pairs(spoken, weight)

    def _pairs(self, spoken: list[tuple[str, ...]], weight: NDArray[np.float64]) -> None:
        codes, weights, size = [], [], len(self.names)
        for i, names in enumerate(spoken):
            tags = [self.index[n] for n in names if not n.startswith(SECTION_MARK)]
            codes += [a * size + b for a in tags for b in tags if a != b]
            weights += [float(weight[i])] * (len(tags) * (len(tags) - 1))
        code, inverse = np.unique(np.array(codes, np.int64), return_inverse=True)
        self._pair_tag, self._pair_other = code // max(size, 1), code % max(size, 1)
        self._pair_weight = np.bincount(inverse, weights, code.size) if codes else np.zeros(0)
        self._pair_start = np.searchsorted(self._pair_tag, np.arange(size + 1))

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
        part = slice(self._pair_start[t], self._pair_start[t + 1])
        others, weights = self._pair_other[part].tolist(), self._pair_weight[part].tolist()
        order = sorted(zip(others, weights, strict=True), key=lambda p: (-p[1], self.names[p[0]]))
        return [
            Neighbour(self.names[o], w, w * self._total / float(self.weight[t] * self.weight[o]))
            for o, w in order[:n]
        ]

    def shown(self, edition: str, tag: str, at: float) -> dict[str, object]:
        """A tag's neighbours as the API shows them; `at` is the log's clock in seconds."""
        neighbours = [
            {"tag": n.tag, "weight": n.weight, "lift": n.lift} for n in self.neighbours(tag)
        ]
        return {"edition": edition, "tag": tag, "as_of": at, "neighbours": neighbours}

    def hints(
        self, card: Card, at: float, freshness: float
    ) -> tuple[list[Card], NDArray[np.float64]]:
        """Live articles that a card's tags propose.

        Parameters
        ----------
        card : Card
        at : float
            The log's clock, seconds.
        freshness : float
            Age in seconds at which an article counts half.

        Returns
        -------
        list of Card, (n_hints,) float64
            At most `HINTS`, best first, ties by id, with shares that sum to 1.
        """
        voice = self._voice(card)
        if not voice.any() or not self.cards:
            return [], np.zeros(0)
        score = np.bincount(self._article, voice[self._tag], len(self.cards))
        best = np.flatnonzero(score > 0.0)
        dates = (self.cards[i].published_at for i in best.tolist())
        age = np.array([at - date if date else 0.0 for date in dates])
        heard = score[best] ** 2 * (1.0 + np.log1p(self.mass[best]))
        heard *= 0.5 ** (np.maximum(age, 0.0) / freshness)
        order = np.lexsort((best, -heard))[: HINTS + 1]
        ranked = zip(best[order].tolist(), heard[order].tolist(), strict=True)
        chosen = [(self.cards[i], loudness) for i, loudness in ranked if loudness > 0.0]
        chosen = [(c, s) for c, s in chosen if c.id != card.id][:HINTS]
        chosen.sort(key=lambda pair: (-pair[1], pair[0].id))
        shares = np.array([s for _, s in chosen])
        return [c for c, _ in chosen], shares / math.fsum(shares) if chosen else shares

    def _voice(self, card: Card) -> NDArray[np.float64]:
        """How loud each tag speaks for a card, (n_tags,) float64."""
        voice = np.zeros(len(self.names))
        own = [self.index[name] for name in voices(card) if name in self.index]
        for t in own:
            part = slice(self._pair_start[t], self._pair_start[t + 1])
            share = self._pair_weight[part] / (self.weight[t] + SHRINK)
            others = self._pair_other[part]
            loudness = EXPANSION * self.information[t] * share * self.information[others]
            np.maximum.at(voice, others, loudness)
        voice[own] = self.information[own]
        return voice
