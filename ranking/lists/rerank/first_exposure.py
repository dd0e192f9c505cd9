"""First exposure: new articles get a bounded share of Popular before they have views.

In some minutes of the log's clock, as many as the share asks for, the fifth place is lent to an
article that was published a short time ago and is not among the first four. Which minutes and
which article follow from digests of the edition, the minute and the article's id, so that all
new articles have the same chance and every process shows the same. What caps, sections and near-
duplicates forbid is not shown. An exposed article is marked, and is no incumbent.
"""

import math
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from ranking.lists.edition_reader import Scored
from ranking.lists.popular import engine_edition
from ranking.lists.rerank.rule import RerankContext, RerankRule
from ranking.lists.rerank.selection import choose
from ranking.profiles.profile import Profile

if TYPE_CHECKING:
    from ranking.lists.edition import Edition

PLACES = 5
"""The share is of so many first places, of which the last one is lent."""
TURN = 60
"""Seconds of the log's clock that a loan lasts."""
NEWEST = 200


def is_lent(edition: str, at: float, share: float) -> bool:
    """Say whether an edition lends a place in a minute; so it does in 5 · share of all.

    Examples
    --------
    >>> sum(is_lent("paper/en", 60.0 * minute, 0.1) for minute in range(1000))
    496
    """
    return _digest(edition, at) < PLACES * share * 2.0**64


def with_newcomer(chosen: list[Scored], context: RerankContext) -> list[Scored]:
    """Lend the fifth place of a chosen list, if it is the time and a new article may stand there.

    Parameters
    ----------
    chosen : list of Scored
    context : RerankContext
        Of a board; what editors pinned keeps its place.
    """
    edition, profile = engine_edition(context.reading), context.profile
    if not profile.exposure or len(chosen) < PLACES:
        return chosen
    if not is_lent(edition.name, edition.at, profile.exposure):
        return chosen
    if max(context.edits.pinned(edition), default=0) >= PLACES - 1:
        return chosen
    first = chosen[: PLACES - 1]
    listed = {item.id for item in first}
    fresh = [Scored(id, 0.0, exposed=True) for id in _fresh(edition, profile, context.section)]
    ranking = [*first, *(item for item in fresh if item.id not in listed)]
    five = choose(ranking, context, PLACES, is_whole=False)
    return _inserted(chosen, five[-1]) if five[-1].exposed else chosen


class FirstExposure(RerankRule):
    """New articles get a bounded share of Popular before they have views."""

    name = "first_exposure"
    examples = ({"exposure": 0.2},)
    lists = ("popular",)

    def is_on(self, profile: Profile) -> bool:
        """Whether new articles get a share."""
        return profile.exposure > 0.0

    def place(self, chosen: list[Scored], context: RerankContext) -> list[Scored]:
        """The list with a new article in the fifth place, in as many minutes as the share asks."""
        return with_newcomer(chosen, context)


def _fresh(edition: "Edition", profile: Profile, section: str) -> list[str]:
    """New articles in the order of their chances in this minute."""
    ages = (
        (edition.at - card.published_at, card.id)
        for card in edition.catalogue.latest(edition.name, NEWEST, section, edition.listing_at)
    )
    fresh = [id for age, id in ages if 0.0 <= age < 3600.0 * profile.exposure_hours]
    return sorted(fresh, key=lambda id: (_digest(f"{edition.name} {id}", edition.at), id))


def _inserted(chosen: list[Scored], exposed: Scored) -> list[Scored]:
    """The list with an article in the fifth place, as long as before."""
    own = next((item for item in chosen if item.id == exposed.id), exposed)
    rest = [item for item in chosen[PLACES - 1 :] if item.id != exposed.id]
    return [*chosen[: PLACES - 1], msgspec.structs.replace(own, exposed=True), *rest][: len(chosen)]


def _digest(text: str, at: float) -> int:
    told = f"{text} {math.floor(at) // TURN}"
    return int.from_bytes(blake2b(told.encode(), digest_size=8).digest(), "little")
