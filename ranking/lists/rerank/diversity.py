"""Diversity: an article loses score by its similarity to the articles already listed.

Maximal marginal relevance (Carbonell & Goldstein 1998, https://doi.org/10.1145/290941.291025): the
next one is the greatest (1 - d) · score / best score - d · similarity to the most alike listed one.
Two articles are alike by what both say of tags, section and headline: the cosine of the two sets,
from 0 to 1. Costs a comparison for each candidate and place, some 0.1 ms.
"""

import math
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from ranking.content.tfidf import hashes_of
from ranking.lists.edition_reader import Reading, Scored
from ranking.lists.rerank.rule import RerankContext, RerankRule
from ranking.lists.rerank.selection import may_stand
from ranking.profiles.profile import Profile


def diversified(
    ranking: Iterable[Scored], reading: Reading, profile: Profile, pool: int
) -> Iterator[Scored]:
    """Put the head of a ranking in the order of marginal relevance; ties stay in their order.

    Parameters
    ----------
    ranking : iterable of Scored
        Best first.
    reading : Reading
        That has the cards of the head.
    profile : Profile
    pool : int
        How many articles that may be listed the head has; those with score 0 stay where they are.
    """
    d, rest = profile.diversity, iter(ranking)
    if d > 0.0:
        shown = (item for item in rest if may_stand(reading, item.id, reading.card(item.id)))
        head = list(islice(shown, pool))
        waiting = [item for item in head if item.score > 0.0]
        rest = chain((item for item in head if item.score == 0.0), rest)
        hashes = {item.id: _hashes(reading, item.id) for item in waiting}
        best = max((item.score for item in waiting), default=1.0)
        similarity = dict.fromkeys(hashes, 0.0)
        while waiting:
            taken = max(waiting, key=lambda i: (1.0 - d) * i.score / best - d * similarity[i.id])
            waiting.remove(taken)
            yield taken
            for item in waiting:
                alike = _similarity(hashes[taken.id], hashes[item.id])
                similarity[item.id] = max(similarity[item.id], alike)
    yield from rest


class Diversity(RerankRule):
    """Marginal relevance in the lists for pages and visits."""

    name = "diversity"
    examples = ({"diversity": 0.6},)
    bases = ("page", "visit")
    reorders = True

    def is_on(self, profile: Profile) -> bool:
        """Whether likeness costs score."""
        return profile.diversity > 0.0

    def rerank(self, ranking: Iterable[Scored], context: RerankContext) -> Iterable[Scored]:
        """The head in the order of marginal relevance."""
        return diversified(ranking, context.reading, context.profile, context.pool)


def _hashes(reading: Reading, article: str) -> frozenset[int]:
    card = reading.card(article)
    return frozenset(hashes_of(card).tolist()) if card else frozenset()


def _similarity(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / math.sqrt(len(one) * len(other)) if one and other else 0.0
