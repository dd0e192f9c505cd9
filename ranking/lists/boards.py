"""Boards: ready lists, and the bytes that answer for them.

`make_board` and `make_next` rank, re-rank, choose and add cards; `render` alone writes a list as
JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import tee
from types import MappingProxyType
from typing import Any

import orjson

from ranking.content.cards import Card
from ranking.lists.edition import Edition
from ranking.lists.edition_reader import Reading, Scored
from ranking.lists.lists import LISTS
from ranking.lists.ranked_list import NO_SIBLING_SHARES, RankQuery, ranking_of
from ranking.lists.rerank.editorial import NO_EDITS, Edits
from ranking.lists.rerank.hysteresis import CHALLENGERS, Incumbents
from ranking.lists.rerank.rule import RerankContext
from ranking.lists.rerank.rules import placed, reranked
from ranking.lists.rerank.selection import choose
from ranking.lists.rerank.sibling_prior import shares_from_siblings
from ranking.profiles.profile import Profile

CARRIED_CARDS = 8
"""Candidates that carry their cards."""
SPARE = 20
"""Articles that the chain ranks beyond those asked for, since some may not be shown."""


@dataclass(frozen=True, slots=True)
class Item:
    """One place of a list, with its card and counts.

    Attributes
    ----------
    id : str
    card : Card or None
    score : float
    views : int
        Counted views ever.
    discount : float
        Factor of the score from a visit's second page on: see `discount_at`.
    exposed : bool
        It is listed because it is new, not by its score: see `rerank/first_exposure`.
    """

    id: str
    card: Card | None
    score: float
    views: int
    discount: float = 1.0
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
        """Those that are listed by a score, neither to fill the list nor because they are new."""
        return tuple(i.id for i in self.items if i.score > 0.0 and not i.exposed)


def make_board(
    edition: Edition,
    surface: str,
    profile: Profile,
    n: int,
    section: str = "",
    siblings: Sequence[Edition] = (),
    incumbents: Incumbents | None = None,
    edits: Edits = NO_EDITS,
    sibling_shares: Mapping[str, float] | None = None,
) -> Board:
    """Make one of an edition's boards.

    Parameters
    ----------
    edition : Edition
    surface : str
        One of `board_names`.
    profile : Profile
    n : int
        At most so many items.
    section : str
        Of this section alone, if one is given.
    siblings : sequence of Edition
        The site's other editions, for the sibling prior of a small one.
    incumbents : Incumbents
        What the board showed before; follows what it shows without the edits.
    edits : Edits
    sibling_shares : mapping of str to float
        Shares of its articles in its siblings, if the caller has them.
    """
    ranked = LISTS[surface]
    if sibling_shares is None:
        sibling_shares = NO_SIBLING_SHARES
        if ranked.has_sibling_prior:
            sibling_shares = shares_from_siblings(edition, siblings, profile)
    query = RankQuery(section, (), max(n, CHALLENGERS), sibling_shares)
    plain = RerankContext(edition, profile, ranked, section, incumbents=incumbents)
    context = plain._replace(edits=edits)
    ranking = reranked(ranking_of(ranked, edition, profile, query), context)
    if incumbents is not None:
        ranking, again = tee(ranking)
        unedited = choose(again, plain, n)
        incumbents.stand([item.id for item in unedited if item.score > 0.0], edition.at)
    is_edited = bool(edits) or incumbents is None
    chosen = choose(ranking, context, n) if is_edited else unedited
    board = as_board(edition, surface, profile, placed(chosen, context))
    window = ranked.window(edition, profile)
    return replace(board, window=window) if window else board


def make_next(
    reading: Reading,
    surface: str,
    profile: Profile,
    pages: list[str],
    n: int,
    edits: Edits = NO_EDITS,
) -> Board:
    """Make a list for one page, or for the last pages of a visit, newest first."""
    ranked, pool = LISTS[surface], n + SPARE
    context = RerankContext(reading, profile, ranked, edits=edits, pool=pool)
    ranking = ranking_of(ranked, reading, profile, RankQuery(pages=tuple(pages), n=pool))
    chosen = placed(choose(reranked(ranking, context), context, n), context)
    return as_board(reading, surface, profile, chosen)


def as_board(reading: Reading, surface: str, profile: Profile, chosen: list[Scored]) -> Board:
    """Chosen articles as a list, with their cards and counts."""
    items = tuple(
        Item(i.id, reading.card(i.id), i.score, reading.views(i.id), i.discount, i.exposed)
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
        body["items"] = [item | {"why": why.get(listed.id, {})} for listed, item in items]
    return orjson.dumps(body)


def render_candidates(board: Board, n: int, visit_decay: float) -> bytes:
    """Write a board with candidates for the reader's own browser: see `mixing`.

    All items with a score are candidates, the first `CARRIED_CARDS` with their cards.
    """
    return orjson.dumps(shown(board, n) | candidates_of(board, visit_decay))


def candidates_of(board: Board, visit_decay: float) -> dict[str, Any]:
    """Further fields of a list with candidates."""
    candidates = [
        (_item(item) if place < CARRIED_CARDS else {"id": item.id, "score": item.score})
        | {"worn": item.discount}
        for place, item in enumerate(board.items)
        if item.score > 0.0
    ]
    return {"candidates": candidates, "visit_decay": visit_decay}


def shown(board: Board, n: int) -> dict[str, Any]:
    """The API's JSON of a board."""
    body: dict[str, Any] = {
        "edition": board.edition,
        "surface": board.surface,
        "profile": board.profile,
        "as_of": board.as_of,
    }
    if board.window:
        body["window"] = {"from": board.window[0], "to": board.window[1]}
    return body | {"items": [_item(item) for item in board.items[:n]]}


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
