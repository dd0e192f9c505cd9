"""Tag graph: derived from the live articles and their cards; it holds no state.

Live are the articles with views under the tag decay and the newest ones; so retagging shows at
once and a draft decay has a graph of its own. For an article it proposes live ones that are like
it (`voices`), viewed and fresh, in the order of likeness^6 · (1 + ln(1 + mass)) / (1 + x + x^12),
x = age / freshness. The first power keeps what is off the topic out however fresh it is, the other
what is old however alike; age is counted from the newest article if the newsroom rests. Shares are
the square roots, so that the fourth one still weighs against popularity.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.content.cards import Card
from ranking.content.tag_cooccurrence import TagCooccurrence
from ranking.content.tfidf import NEAREST, TRUST, likeness, own_voices, voices_of
from ranking.engine.decay import lns

HINTS = 64


class Hints(NamedTuple):
    """What live articles are proposed for one.

    Attributes
    ----------
    cards : list of Card
        At most `HINTS`, best first, ties by id.
    shares : (n_hints,) float64
        Summing to 1.
    is_topical : bool
        Whether tags or headline words say so, and not the section alone.
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
        self._voices = voices_of(cards)

    @cached_property
    def company(self) -> TagCooccurrence:
        """Tags beside tags."""
        return TagCooccurrence(self.cards, self.mass, self._voices)

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
        voice, loudness, is_topical = own_voices(self._voices, card)
        itself = self._place.get(card.id, -1)
        like = likeness(self._voices, voice, loudness, itself, NEAREST, TRUST)
        best = np.flatnonzero(like > 0.0)
        if not best.size:
            return NO_HINTS
        heard = like[best] / like.max()
        heard = heard * heard
        heard = heard * heard * heard * self._viewed[best]
        heard *= _currency(self._published[best], min(at, self._newest), freshness)
        if best.size > 2 * HINTS:
            is_loud = heard >= np.partition(heard, -HINTS)[-HINTS]
            best, heard = best[is_loud], heard[is_loud]
        order = np.lexsort((best, -heard))[:HINTS]
        ranked = zip(best[order].tolist(), heard[order].tolist(), strict=True)
        chosen = [(self.cards[i], loud) for i, loud in ranked if loud > 0.0]
        if not chosen:
            return NO_HINTS
        chosen.sort(key=lambda pair: (-pair[1], pair[0].id))
        shares = np.sqrt([loud for _, loud in chosen])
        return Hints([c for c, _ in chosen], shares / math.fsum(shares), is_topical)


def _currency(published: NDArray[np.float64], at: float, freshness: float) -> NDArray[np.float64]:
    """What ages leave of a loudness, from 1 for new articles and those without a date."""
    x = np.where(published > 0.0, np.maximum(at - published, 0.0), 0.0) / freshness
    fourth = x * x * x * x
    return np.asarray(1.0 / (1.0 + x + fourth * fourth * fourth))
