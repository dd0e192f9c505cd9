"""Boards: ready lists, and the bytes that answer for them.

`make_board` and `make_next` rank, choose and dress; `render` is the one way in which a list becomes
JSON.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import tee
from types import MappingProxyType
from typing import Any

import orjson

from ranking.content.cards import Card
from ranking.lists.edition import Edition
from ranking.lists.edition_reader import LONGEST, Reading, Scored
from ranking.lists.related import compose
from ranking.lists.rerank.diversity import diversified
from ranking.lists.rerank.editorial import NO_EDITS, Edits
from ranking.lists.rerank.first_exposure import with_newcomer
from ranking.lists.rerank.hysteresis import CHALLENGERS, Incumbents
from ranking.lists.rerank.selection import choose
from ranking.lists.rerank.sibling_prior import lent_shares
from ranking.profiles.profile import Profile

SURFACES = ("popular", "trending")
"""Lists of an edition."""
NEXT_SURFACES = ("related", "foryou")
"""Lists that follow from pages."""
ALL_SURFACES = (*SURFACES, *NEXT_SURFACES)
DRESSED = 8
SPARE = 20
"""Articles that the chain ranks beyond those asked for, since some may not be shown."""


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
    exposed : bool
        It stands here because it is new, not by its score: see `exposure`.
    """

    id: str
    card: Card | None
    score: float
    views: int
    worn: float = 1.0
    exposed: bool = False


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
    window : tuple of float and float, or None
        Begin and end of the hard window that was counted, seconds of the reading clock.
    """

    edition: str
    surface: str
    profile: str
    as_of: float
    items: tuple[Item, ...]
    window: tuple[float, float] | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Articles, best first."""
        return tuple(item.id for item in self.items)

    @property
    def viewed(self) -> tuple[str, ...]:
        """Those that stand here by a score, neither to fill the list nor because they are new."""
        return tuple(i.id for i in self.items if i.score > 0.0 and not i.exposed)


def board_ranking(
    edition: Edition,
    surface: str,
    profile: Profile,
    section: str,
    siblings: Sequence[Edition],
    n: int = LONGEST,
) -> Iterable[Scored]:
    """Articles of a board, best first, before anything is chosen."""
    if surface == "trending":
        return edition.trending(profile, section)
    return edition.popular(profile, section, lent_shares(edition, siblings, profile), n)


def make_board(
    edition: Edition,
    surface: str,
    profile: Profile,
    n: int,
    section: str = "",
    siblings: Sequence[Edition] = (),
    incumbents: Incumbents | None = None,
    edits: Edits = NO_EDITS,
    lent: Mapping[str, float] | None = None,
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
    lent : mapping of str to float
        What it borrows from its siblings, if that is known already.
    """
    if lent is not None and surface != "trending":
        ranking: Iterable[Scored] = edition.popular(profile, section, lent, max(n, CHALLENGERS))
    else:
        ranking = board_ranking(edition, surface, profile, section, siblings, max(n, CHALLENGERS))
    if incumbents is not None:
        ranking, again = tee(incumbents.steadied(ranking, edition.at, profile))
        unedited = choose(again, edition, profile, n, section)
        incumbents.stand([item.id for item in unedited if item.score > 0.0], edition.at)
    if edits or incumbents is None:
        chosen = choose(ranking, edition, profile, n, section, edits)
    else:
        chosen = unedited
    if surface != "popular":
        return dressed(edition, surface, profile, chosen)
    chosen = with_newcomer(chosen, edition, profile, section, edits)
    board = dressed(edition, surface, profile, chosen)
    return replace(board, window=edition.window(profile.window)) if profile.window else board


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
        Item(i.id, reading.card(i.id), i.score, reading.views(i.id), i.worn, i.exposed)
        for i in chosen
    )
    return Board(reading.name, surface, profile.name, reading.at, items)


def render(
    board: Board, n: int, why: Mapping[str, Mapping[str, float]] = MappingProxyType({})
) -> bytes:
    """Write the first `n` items of a board as the API answers them; `why` by article."""
    body = shown(board, n)
    if why:
        items = zip(board.items[:n], body["items"], strict=True)
        body["items"] = [item | {"why": why.get(its.id, {})} for its, item in items]
    return orjson.dumps(body)


def render_candidates(board: Board, n: int, visit_decay: float) -> bytes:
    """Write a board with candidates for the reader's own browser: see `mixing`.

    All of the board's items are candidates with a score, the first `DRESSED` with their cards.
    """
    return orjson.dumps(shown(board, n) | candidates_of(board, visit_decay))


def candidates_of(board: Board, visit_decay: float) -> dict[str, Any]:
    """Further fields of a list with candidates."""
    candidates = [
        (_item(item) if place < DRESSED else {"id": item.id, "score": item.score})
        | {"worn": item.worn}
        for place, item in enumerate(board.items)
        if item.score > 0.0
    ]
    return {"candidates": candidates, "visit_decay": visit_decay}


def shown(board: Board, n: int) -> dict[str, Any]:
    """The API's JSON of a board."""
    told: dict[str, Any] = {
        "edition": board.edition,
        "surface": board.surface,
        "profile": board.profile,
        "as_of": board.as_of,
    }
    if board.window:
        told["window"] = {"from": board.window[0], "to": board.window[1]}
    return told | {"items": [_item(item) for item in board.items[:n]]}


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
    body = {"id": item.id, **shown, "score": item.score, "views": item.views}
    return body | {"exposed": True} if item.exposed else body
