"""Sibling prior: a small edition adds the popularity of its stories in the site's other editions.

The last level of the back-off uses the share of an article's story in all sibling editions: p =
(m(x) + k·p_siblings(x)) / (T + k), with T the edition's views under the longest half-life. So a new
edition lists, in its own language, the stories that readers of the other editions read. The prior's
weight falls as the edition's own views grow. Only articles of the edition itself are listed. An
article counts in the prior only if its own edition may list it.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from itertools import islice
from typing import NamedTuple

from ranking.engine.decay.kernels import kernel_of
from ranking.lists.edition import Edition
from ranking.lists.ranked_list import NO_SIBLING_SHARES
from ranking.lists.rerank.selection import may_stand
from ranking.profiles.profile import Profile

STORIES = 64
"""So many articles of an edition's Popular are in the pool."""
POOLED = 512
"""Stories of a site's pool: those with most score."""
BUSY = 100.0
"""An edition with so many times k views of its own has no prior."""


def is_small(edition: Edition, profile: Profile) -> bool:
    """Say whether an edition has so few views that it takes a sibling prior under a profile."""
    if not profile.sibling_evidence or not kernel_of(profile.value).is_steady(profile.value):
        return False
    return edition.decayed_views(profile) < BUSY * profile.sibling_evidence


class StoryScores(NamedTuple):
    """One edition's part of a pool: the scores of its stories in Popular, and their sum."""

    stories: Mapping[str, float]
    whole: float


NO_STORIES = StoryScores({}, 0.0)


class Pool:
    """The sibling prior of a site's editions at one moment.

    Parameters
    ----------
    editions : mapping of str to StoryScores
        By edition, in the order of their names.
    """

    def __init__(self, editions: Mapping[str, StoryScores]) -> None:
        self._editions = editions
        totals: defaultdict[str, float] = defaultdict(float)
        counts: Counter[str] = Counter()
        for part in editions.values():
            counts.update(part.stories.keys())
            for story, score in part.stories.items():
                totals[story] += score
        heaviest = nsmallest(POOLED, totals.items(), key=lambda item: (-item[1], item[0]))
        self._stories = [(story, score, counts[story]) for story, score in heaviest]
        self._shares: dict[str, dict[str, float]] = {}

    def shares_of(self, edition: Edition) -> Mapping[str, float]:
        """Shares of an edition's articles in the other editions together, by article."""
        if edition.name not in self._shares:
            self._shares[edition.name] = self._computed(edition)
        return self._shares[edition.name]

    def _computed(self, edition: Edition) -> dict[str, float]:
        own = self._editions.get(edition.name, NO_STORIES).stories
        parts = self._editions.items()
        whole = math.fsum(part.whole for name, part in parts if name != edition.name)
        shares: dict[str, float] = {}
        for story, total, editions in self._stories if whole > 0.0 else ():
            score = total - own[story] if story in own else total
            if score > 0.0 and editions > (story in own):
                shares |= dict.fromkeys(edition.of_stories(story), score / whole)
        return shares


def pool_of(editions: Iterable[Edition], profile: Profile) -> Pool:
    """The sibling prior of some editions of one site, in the order of their names."""
    return Pool({edition.name: _story_scores(edition, profile) for edition in editions})


def _story_scores(edition: Edition, profile: Profile) -> StoryScores:
    stories: defaultdict[str, float] = defaultdict(float)
    whole = 0.0
    ranking = ((item, edition.card(item.id)) for item in edition.popular(profile))
    listed = ((item, card) for item, card in ranking if may_stand(edition, item.id, card))
    for item, card in islice(listed, STORIES):
        whole += item.score
        if item.score > 0.0 and card and card.story:
            stories[card.story] += item.score
    return StoryScores(dict(stories), whole)


def shares_from_siblings(
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
        return NO_SIBLING_SHARES
    return pool_of(siblings, profile).shares_of(edition)
