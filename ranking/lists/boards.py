"""Boards: ready lists, and the bytes that answer for them.

`choose` walks down a ranking and takes what may be shown: nothing twice, be it under another
headline, nothing taken down, no more of a section or an author than the profile allows. `render`
is the one way in which a list becomes JSON.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import tee

import orjson

from ranking.lists.catalogue import Card
from ranking.lists.diversity import diversified
from ranking.lists.duplicates import Headlines
from ranking.lists.edition import Edition
from ranking.lists.edits import NO_EDITS, Edits
from ranking.lists.profile import Profile
from ranking.lists.reading import Reading, Scored
from ranking.lists.related import compose
from ranking.lists.siblings import lent_shares
from ranking.lists.steadiness import Incumbents

SURFACES = ("popular", "trending")
DRESSED = 8
SPARE = 20
"""Articles that the chain ranks beyond those asked for, since some may not be shown."""
PATIENCE = 50
"""Near-duplicates that are passed over before a list takes them after all."""


@dataclass(frozen=True, slots=True)
class Item:
    """One place of a list, dressed.

    Attributes
    ----------
    id : str
    card : Card or None
    score : float
    views : int
        Counted views ever.
    worn : float
        What the score counts to who reads on: see `wear_of`.
    """

    id: str
    card: Card | None
    score: float
    views: int
    worn: float = 1.0


@dataclass(frozen=True, slots=True)
class Board:
    """A list at one moment.

    Attributes
    ----------
    edition, surface, profile : str
    as_of : float
        The log's clock, seconds.
    items : tuple of Item
        Best first.
    """

    edition: str
    surface: str
    profile: str
    as_of: float
    items: tuple[Item, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Articles, best first."""
        return tuple(item.id for item in self.items)

    @property
    def viewed(self) -> tuple[str, ...]:
        """Those that stand here by a score, not to fill the list."""
        return tuple(item.id for item in self.items if item.score > 0.0)


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
        if reading.is_gone(item.id) or (section and not _is_in(card, section)):
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


def _pinned(
    reading: Reading, n: int, section: str, edits: Edits, told: Headlines, room: "_Room"
) -> dict[int, Scored]:
    """What holds a place, by place; the list's caps and headlines know of it."""
    placed: dict[int, Scored] = {}
    for place, article in sorted(edits.pinned(reading).items()) if edits else ():
        card = reading.card(article)
        may_stand = not (reading.is_gone(article) or edits.is_blocked(article, card))
        may_stand = may_stand and place < n and not (section and not _is_in(card, section))
        if may_stand and not told.have(card) and room.is_for(card):
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


def make_board(
    edition: Edition,
    surface: str,
    profile: Profile,
    n: int,
    section: str = "",
    siblings: Sequence[Edition] = (),
    incumbents: Incumbents | None = None,
    edits: Edits = NO_EDITS,
) -> Board:
    """Make an edition's Popular or Trending.

    Parameters
    ----------
    edition : Edition
    surface : str
        `popular` or `trending`.
    profile : Profile
    n : int
        At most so many items.
    section : str
        Of this section alone, if one is given.
    siblings : sequence of Edition
        The site's other editions, from which a small one borrows for Popular.
    incumbents : Incumbents
        What the board showed before; follows what it shows without the edits.
    edits : Edits
    """
    if surface == "trending":
        ranking: Iterable[Scored] = edition.trending(profile)
    else:
        ranking = edition.popular(profile, section, lent_shares(edition, siblings, profile))
    if incumbents is not None:
        ranking, again = tee(incumbents.steadied(ranking, edition.at, profile))
        unedited = choose(again, edition, profile, n, section)
        incumbents.stand([item.id for item in unedited if item.score > 0.0], edition.at)
        if not edits:
            return dressed(edition, surface, profile, unedited)
    chosen = choose(ranking, edition, profile, n, section, edits)
    return dressed(edition, surface, profile, chosen)


def make_next(
    reading: Reading,
    surface: str,
    profile: Profile,
    pages: list[str],
    n: int,
    edits: Edits = NO_EDITS,
) -> Board:
    """Make Related for one page, or For this visit for the last pages, newest first."""
    ranking = compose(reading, pages, profile, n + SPARE)
    ranking = diversified(ranking, reading, profile, n + SPARE)
    chosen = choose(ranking, reading, profile, n, edits=edits)
    return dressed(reading, surface, profile, chosen)


def dressed(reading: Reading, surface: str, profile: Profile, chosen: list[Scored]) -> Board:
    """Add cards and counts to chosen articles."""
    items = tuple(
        Item(item.id, reading.card(item.id), item.score, reading.views(item.id), item.worn)
        for item in chosen
    )
    return Board(reading.name, surface, profile.name, reading.at, items)


def render(board: Board, n: int) -> bytes:
    """Write the first `n` items of a board as the API answers them."""
    return orjson.dumps(_shown(board, n))


def render_candidates(board: Board, n: int, visit_decay: float) -> bytes:
    """Write a board with candidates for the reader's own browser: see `mixing`.

    All of the board's items are candidates with a score, the first `DRESSED` with their cards.
    """
    candidates = [
        (_item(item) if place < DRESSED else {"id": item.id, "score": item.score})
        | {"worn": item.worn}
        for place, item in enumerate(board.items)
        if item.score > 0.0
    ]
    return orjson.dumps(_shown(board, n) | {"candidates": candidates, "visit_decay": visit_decay})


def _shown(board: Board, n: int) -> dict[str, object]:
    return {
        "edition": board.edition,
        "surface": board.surface,
        "profile": board.profile,
        "as_of": board.as_of,
        "items": [_item(item) for item in board.items[:n]],
    }


def card_json(card: Card) -> dict[str, object]:
    """Write a card's fields as list items and articles show them."""
    return {
        "title": card.title,
        "url": card.url,
        "section": card.section,
        "tags": card.tags,
        "published_at": card.published_at or None,
        "image": card.image,
    }


NO_CARD = card_json(Card("", ""))


def _item(item: Item) -> dict[str, object]:
    shown = card_json(item.card) if item.card else NO_CARD
    return {"id": item.id, **shown, "score": item.score, "views": item.views}


def _is_in(card: Card | None, section: str) -> bool:
    return card is not None and card.section == section


class _Room:
    """What a list has room for under a profile's caps."""

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
