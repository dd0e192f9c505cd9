"""Sibling prior: a small edition borrows popularity from the site's other editions.

The chain of `popularity` ends with a share that an article's story has in the sibling editions
together: with T the edition's views under the longest half-life, p = (m(x) + k·p_siblings(x)) / (T
+ k). So a young edition shows what the agency's readers read elsewhere, in its own language, and
the loan vanishes as its own evidence grows. Only articles of the edition itself are ever listed,
and only those that their own edition may list lend.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from itertools import islice
from typing import NamedTuple

from ranking.engine.decay.kernels import kernel_of
from ranking.lists.edition import Edition
from ranking.lists.loans import NOTHING_LENT
from ranking.lists.rerank.selection import may_stand
from ranking.profiles.profile import Profile

STORIES = 64
"""Of a sibling's Popular so many articles lend."""
POOLED = 512
"""Stories that lend in a whole site: those with most score."""
BUSY = 100.0
"""An edition with so many times k views of its own borrows nothing."""


def is_small(edition: Edition, profile: Profile) -> bool:
    """Say whether an edition borrows under a profile."""
    if not profile.sibling_evidence or not kernel_of(profile.value).is_steady:
        return False
    return edition.decayed_views(profile) < BUSY * profile.sibling_evidence


class Lending(NamedTuple):
    """One edition's part of the sibling prior: scores of its stories in Popular, and their sum."""

    stories: Mapping[str, float]
    whole: float


NO_LENDING = Lending({}, 0.0)


class Pool:
    """The sibling prior of a site's editions at one moment.

    Parameters
    ----------
    lendings : mapping of str to Lending
        By edition, in the order of their names.
    """

    def __init__(self, lendings: Mapping[str, Lending]) -> None:
        self._lendings = lendings
        total: defaultdict[str, float] = defaultdict(float)
        lenders: Counter[str] = Counter()
        for lending in lendings.values():
            lenders.update(lending.stories.keys())
            for story, score in lending.stories.items():
                total[story] += score
        heaviest = nsmallest(POOLED, total.items(), key=lambda its: (-its[1], its[0]))
        self._stories = [(story, score, lenders[story]) for story, score in heaviest]
        self._lent: dict[str, dict[str, float]] = {}

    def lent_to(self, edition: Edition) -> Mapping[str, float]:
        """Shares of an edition's articles in the other editions together, by article."""
        if edition.name not in self._lent:
            self._lent[edition.name] = self._shares(edition)
        return self._lent[edition.name]

    def _shares(self, edition: Edition) -> dict[str, float]:
        its, own = self._lendings.items(), self._lendings.get(edition.name, NO_LENDING).stories
        whole = math.fsum(lending.whole for name, lending in its if name != edition.name)
        lent: dict[str, float] = {}
        for story, total, lenders in self._stories if whole > 0.0 else ():
            score = total - own[story] if story in own else total
            if score > 0.0 and lenders > (story in own):
                lent |= dict.fromkeys(edition.of_stories(story), score / whole)
        return lent


def pool_of(editions: Iterable[Edition], profile: Profile) -> Pool:
    """The sibling prior of some editions of one site, in the order of their names."""
    return Pool({edition.name: _lending(edition, profile) for edition in editions})


def _lending(edition: Edition, profile: Profile) -> Lending:
    stories: defaultdict[str, float] = defaultdict(float)
    whole = 0.0
    ranking = ((item, edition.card(item.id)) for item in edition.popular(profile))
    listed = ((item, card) for item, card in ranking if may_stand(edition, item.id, card))
    for item, card in islice(listed, STORIES):
        whole += item.score
        if item.score > 0.0 and card and card.story:
            stories[card.story] += item.score
    return Lending(dict(stories), whole)


def lent_shares(
    edition: Edition, siblings: Sequence[Edition], profile: Profile
) -> Mapping[str, float]:
    """Shares that an edition's articles have, by their stories, in its siblings' Popular.

    Parameters
    ----------
    edition : Edition
    siblings : sequence of Edition
        The other editions of its site, by name.
    profile : Profile

    Returns
    -------
    mapping of str to float
        By article, summing to 1 or less; nothing if the edition is not small.
    """
    if not siblings or not is_small(edition, profile):
        return NOTHING_LENT
    return pool_of(siblings, profile).lent_to(edition)
