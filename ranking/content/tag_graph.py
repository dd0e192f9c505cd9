"""Tag graph: derived from the live articles and their cards; it holds no state.

Live articles are those with views under the tag decay, and the newest ones; so a new tag shows at
once, and a draft decay has a graph of its own. The graph proposes live articles for an article, in
the order of similarity^6 · (1 + ln(1 + mass)) / (1 + x + x^12), x = age / freshness (see `tfidf`).
The sixth power excludes articles off the topic, however fresh; the twelfth excludes old articles,
however similar. Age counts from the newest article while the newsroom publishes nothing. Shares are
square roots, so that the fourth proposal still counts against popularity.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.content.cards import Card
from ranking.content.tag_cooccurrence import TagCooccurrence
from ranking.content.tfidf import NEAREST, TRUST, features_of, known_features, similarity
from ranking.engine.decay.portable_math import lns

HINTS = 64


class Hints(NamedTuple):
    """Live articles proposed for an article.

    Attributes
    ----------
    cards : list of Card
        At most `HINTS`, best first, ties by id.
    shares : (n_hints,) float64
        Summing to 1.
    is_topical : bool
        Whether tags or headline words agree, not the section alone.
    """

    cards: list[Card]
    shares: NDArray[np.float64]
    is_topical: bool


NO_HINTS = Hints([], np.zeros(0), is_topical=False)


class TagGraph:
    """Tags and headlines of one edition's live articles.

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
        self._place = {card.id: i for i, card in enumerate(cards)}
        self._published = np.array([card.published_at for card in cards])
        self._newest = float(self._published.max(initial=0.0))
        self._viewed = 1.0 + lns(1.0 + np.asarray(mass, np.float64))
        self._features = features_of(cards)

    @cached_property
    def cooccurrence(self) -> TagCooccurrence:
        """Tags by the articles that they share."""
        return TagCooccurrence(self.cards, self.mass, self._features)

    def hints(self, card: Card, at: float, freshness: float) -> Hints:
        """Live articles that a card's tags, section and headline propose.

        Parameters
        ----------
        card : Card
        at : float
            The log's clock, seconds.
        freshness : float
            Age in seconds at which an article counts a third; one without a date counts as new.
        """
        feature, weight, is_topical = known_features(self._features, card)
        itself = self._place.get(card.id, -1)
        cosine = similarity(self._features, feature, weight, itself, NEAREST, TRUST)
        best = np.flatnonzero(cosine > 0.0)
        if not best.size:
            return NO_HINTS
        score = cosine[best] / cosine.max()
        score = score * score
        score = score * score * score * self._viewed[best]
        score *= _currency(self._published[best], min(at, self._newest), freshness)
        if best.size > 2 * HINTS:
            is_best = score >= np.partition(score, -HINTS)[-HINTS]
            best, score = best[is_best], score[is_best]
        order = np.lexsort((best, -score))[:HINTS]
        ranked = zip(best[order].tolist(), score[order].tolist(), strict=True)
        chosen = [(self.cards[i], score) for i, score in ranked if score > 0.0]
        if not chosen:
            return NO_HINTS
        chosen.sort(key=lambda pair: (-pair[1], pair[0].id))
        shares = np.sqrt([score for _, score in chosen])
        return Hints([c for c, _ in chosen], shares / math.fsum(shares), is_topical)


def _currency(published: NDArray[np.float64], at: float, freshness: float) -> NDArray[np.float64]:
    """Factor by age: 1 for new articles and those without a date."""
    x = np.where(published > 0.0, np.maximum(at - published, 0.0), 0.0) / freshness
    fourth = x * x * x * x
    return np.asarray(1.0 / (1.0 + x + fourth * fourth * fourth))
