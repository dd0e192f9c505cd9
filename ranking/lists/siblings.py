"""Siblings: what a small edition borrows from the other editions of its site.

The chain of `popularity` ends with a share that an article's story has in the sibling editions
together: with T the edition's views under the longest half-life, p = (m(x) + k·p_siblings(x)) / (T
+ k). So a young edition shows what the agency's readers read elsewhere, in its own language, and
the loan vanishes as its own evidence grows. Only articles of the edition itself are ever listed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice

from ranking.lists.edition import Edition
from ranking.lists.loans import NOTHING_LENT
from ranking.lists.profile import Profile

STORIES = 64
"""Of a sibling's Popular so many articles lend."""
BUSY = 100.0
"""An edition with so many times k views of its own borrows nothing."""


def is_small(edition: Edition, profile: Profile) -> bool:
    """Say whether an edition borrows under a profile."""
    if not profile.sibling_evidence or profile.window or profile.exponent:
        return False
    return edition.decayed_views(profile) < BUSY * profile.sibling_evidence


def lent_shares(
    edition: Edition, siblings: Sequence[Edition], profile: Profile
) -> Mapping[str, float]:
    """Shares that an edition's articles have, by their stories, in its siblings' Popular.

    Parameters
    ----------
    edition : Edition
    siblings : sequence of Edition
        The other editions of its site.
    profile : Profile

    Returns
    -------
    mapping of str to float
        By article, summing to 1 or less; nothing if the edition is not small.
    """
    if not siblings or not is_small(edition, profile):
        return NOTHING_LENT
    stories: defaultdict[str, float] = defaultdict(float)
    whole = 0.0
    for sibling in siblings:
        for item in islice(sibling.popular(profile), STORIES):
            whole += item.score
            card = sibling.card(item.id)
            if item.score > 0.0 and card and card.story:
                stories[card.story] += item.score
    lent = {}
    for story, score in stories.items():
        for card in edition.catalogue.translations(edition.site.name, story):
            if card.edition == edition.name:
                lent[card.id] = score / whole
    return lent
