"""Selection: takes the first articles of a ranking that may be listed.

Nothing twice, be it under another headline, no more of a section or an author than the profile
allows, and what editors say. What is stronger comes first: taken down, blocked, unlisted (or
expired, or not yet published), buried, pinned, boosted.
"""

from collections import Counter
from collections.abc import Iterable

from ranking.content.availability import is_listable
from ranking.content.cards import Card
from ranking.lists.edition_reader import Reading, Scored
from ranking.lists.rerank.editorial import NO_EDITS, Edits
from ranking.lists.rerank.near_duplicates import Headlines
from ranking.profiles.profile import Profile

PATIENCE = 50
"""Near-duplicates that are passed over before a list takes them after all."""


def choose(
    ranking: Iterable[Scored],
    reading: Reading,
    profile: Profile,
    n: int,
    section: str = "",
    edits: Edits = NO_EDITS,
    *,
    is_whole: bool = True,
) -> list[Scored]:
    """Take the first `n` articles of a ranking that may be shown.

    What is pinned has its place, as long as caps and duplicates allow. Near-duplicates come last,
    and after them what is buried, if the list is short without them; not if the ranking goes on.
    """
    chosen: list[Scored] = []
    repeated: list[Scored] = []
    buried: list[Scored] = []
    told, room = Headlines(), _Room(profile)
    pinned = _pinned(reading, n, section, edits, told, room)
    for item in edits.boosted(ranking, reading):
        if len(chosen) + len(pinned) >= n or len(repeated) == max(PATIENCE, n):
            break
        card = reading.card(item.id)
        if not may_stand(reading, item.id, card) or (section and not _is_in(card, section)):
            continue
        if edits and _is_set_aside(item, card, pinned, edits, buried, n):
            continue
        if not room.is_for(card):
            continue
        if told.have(card):
            repeated.append(item)
            continue
        chosen.append(item)
        told.add(card)
        room.take(card)
    for item in [*repeated, *buried] if is_whole else ():
        card = reading.card(item.id)
        if len(chosen) + len(pinned) < n and room.is_for(card):
            chosen.append(item)
            room.take(card)
    for place, item in sorted(pinned.items()):
        chosen.insert(place, item)
    return chosen


def may_stand(reading: Reading, article: str, card: Card | None) -> bool:
    """Say whether lists may show an article at all: not taken down, unlisted, expired or early."""
    return not reading.is_gone(article) and is_listable(card, reading.listing_at)


def _pinned(
    reading: Reading, n: int, section: str, edits: Edits, told: Headlines, room: "_Room"
) -> dict[int, Scored]:
    """Pinned articles by place; caps and near-duplicates count them."""
    placed: dict[int, Scored] = {}
    for place, article in sorted(edits.pinned(reading).items()) if edits else ():
        card = reading.card(article)
        is_out = not may_stand(reading, article, card) or edits.is_blocked(article, card)
        is_out = is_out or edits.is_buried(article, card) or place >= n
        is_out = is_out or (section != "" and not _is_in(card, section))
        if not is_out and not told.have(card) and room.is_for(card):
            placed[place] = Scored(article, 0.0)
            told.add(card)
            room.take(card)
    return placed


def _is_set_aside(
    item: Scored, card: Card | None, pinned: dict[int, Scored], edits: Edits,
    buried: list[Scored], n: int,
) -> bool:  # fmt: skip
    """Say whether an article does not stand where its score belongs; keeps those buried."""
    for place, held in pinned.items():
        if held.id == item.id:
            pinned[place] = item
            return True
    if edits.is_blocked(item.id, card):
        return True
    if edits.is_buried(item.id, card):
        buried += [item] if len(buried) < n else []
        return True
    return False


def _is_in(card: Card | None, section: str) -> bool:
    return card is not None and card.section == section


class _Room:
    """The room that a profile's caps leave in a list."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._sections: Counter[str] = Counter()
        self._authors: Counter[str] = Counter()

    def is_for(self, card: Card | None) -> bool:
        if card is None:
            return True
        p = self._profile
        full_section = (
            p.section_cap and card.section and (self._sections[card.section] >= p.section_cap)
        )
        full_author = p.author_cap and card.author and self._authors[card.author] >= p.author_cap
        return not (full_section or full_author)

    def take(self, card: Card | None) -> None:
        if card:
            self._sections[card.section] += 1
            self._authors[card.author] += 1
