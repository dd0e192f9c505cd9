"""First exposure: new articles get a bounded share of Popular before they have views.

In some minutes of the log's clock the fifth place goes to an article that was published a short
time ago and is not among the first four; the profile's share sets the number of these minutes.
Digests of the edition, the minute and the article's id select the minutes and the article. So all
new articles have the same chance, and every process shows the same. Caps, sections and near-
duplicates apply. An exposed article is marked, and is not an incumbent.
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
"""The share is of so many first places, of which new articles get the last one."""
PERIOD = 60
"""Seconds of the log's clock for which one article is exposed."""
NEWEST = 200


def is_exposure_time(edition: str, at: float, share: float) -> bool:
    """Say whether an edition exposes a new article in a minute: in 5 · share of all minutes.

    Examples
    --------
    >>> sum(is_exposure_time("paper/en", 60.0 * minute, 0.1) for minute in range(1000))
    496
    """
    return _digest(edition, at) < PLACES * share * 2.0**64


def with_newcomer(chosen: list[Scored], context: RerankContext) -> list[Scored]:
    """Put a new article in the fifth place of a chosen list, if this is a minute of exposure.

    Parameters
    ----------
    chosen : list of Scored
    context : RerankContext
        Of a board; what editors pinned keeps its place.
    """
    edition, profile = engine_edition(context.reading), context.profile
    if not profile.exposure or len(chosen) < PLACES:
        return chosen
    if not is_exposure_time(edition.name, edition.at, profile.exposure):
        return chosen
    if max(context.edits.pinned(edition), default=0) >= PLACES - 1:
        return chosen
    first = chosen[: PLACES - 1]
    listed = {item.id for item in first}
    newest = [Scored(id, 0.0, exposed=True) for id in _newest(edition, profile, context.section)]
    ranking = [*first, *(item for item in newest if item.id not in listed)]
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


def _newest(edition: "Edition", profile: Profile, section: str) -> list[str]:
    """New articles in the order of their chances in this minute."""
    ages = (
        (edition.at - card.published_at, card.id)
        for card in edition.catalogue.latest(edition.name, NEWEST, section, edition.listing_at)
    )
    newest = [id for age, id in ages if 0.0 <= age < 3600.0 * profile.exposure_hours]
    return sorted(newest, key=lambda id: (_digest(f"{edition.name} {id}", edition.at), id))


def _inserted(chosen: list[Scored], exposed: Scored) -> list[Scored]:
    """The list with an article in the fifth place, as long as before."""
    own = next((item for item in chosen if item.id == exposed.id), exposed)
    rest = [item for item in chosen[PLACES - 1 :] if item.id != exposed.id]
    return [*chosen[: PLACES - 1], msgspec.structs.replace(own, exposed=True), *rest][: len(chosen)]


def _digest(text: str, at: float) -> int:
    dated = f"{text} {math.floor(at) // PERIOD}"
    return int.from_bytes(blake2b(dated.encode(), digest_size=8).digest(), "little")
