"""Values: what the engine writes to the store, in MessagePack; one read serves a list.

An article's value holds its card, its counts and its co-read row; an edition's its boards and all
else that Related is ranked on; its tags those cards that its tag graph is made of. Arrays travel as
little-endian bytes. This file alone knows the bytes; whoever writes another form of them counts
`VERSION` up, and readers pass over values of another version.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.content.cards import Card
from ranking.engine.signals.window_counts import DAY_MS, HOUR_MS, ring_read
from ranking.lists.boards import Board, card_json
from ranking.profiles.profile import Profile

VERSION = 4


class ArticleValue(msgspec.Struct, array_like=True, frozen=True):
    """One article.

    Attributes
    ----------
    version : int
    card : Card or None
    is_gone : bool
        Taken down.
    slot : int
        -1 = no view of it is remembered.
    accepted, views : int
        Views that came, views that counted.
    hour, day : int
        Newest period of each ring.
    hourly, daily : bytes
        Rings, (24,) and (28,) uint32.
    base_ms : list of int
        Bases of the four levels that `mass` and `total` are decayed forward from.
    total : list of float
        Row sums; empty = no co-read row.
    neighbours : list of str
    neighbour_slots : bytes
        (n,) int32.
    mass : bytes
        (n, 4) float32.
    """

    version: int
    card: Card | None
    is_gone: bool
    slot: int = -1
    accepted: int = 0
    views: int = 0
    hour: int = 0
    hourly: bytes = b""
    day: int = 0
    daily: bytes = b""
    base_ms: list[int] = []
    total: list[float] = []
    neighbours: list[str] = []
    neighbour_slots: bytes = b""
    mass: bytes = b""


class EditionValue(msgspec.Struct, array_like=True, frozen=True):
    """One edition.

    Attributes
    ----------
    version : int
    name : str
    newest_ms : int
        The log's clock.
    profile : Profile
        The one that all live ones are made from.
    boards : list of Board
    base_ms, half_life_ms : list of int
        Of the four levels of the co-read graph.
    leaders : list of str
        Popular articles that Related backs off to, best first.
    leader_slots, leader_shares, leader_lasting : bytes
        (n,) int32, (n,) float64, and their shares by the longest memory, (n,) float64.
    popular : list of str
        What fills a list up, best first.
    hourly : list of int
        Counted views an hour, the current one last.
    """

    version: int
    name: str
    newest_ms: int
    profile: Profile
    boards: list[Board]
    base_ms: list[int]
    half_life_ms: list[int]
    leaders: list[str]
    leader_slots: bytes
    leader_shares: bytes
    leader_lasting: bytes
    popular: list[str]
    hourly: list[int]


class TagsValue(msgspec.Struct, array_like=True, frozen=True):
    """The inputs of an edition's tag graph.

    Attributes
    ----------
    version : int
    cards : list of Card
        Live articles by id.
    slots, mass : bytes
        Their slots, (n,) int32, and decayed views, (n,) float64.
    """

    version: int
    cards: list[Card]
    slots: bytes
    mass: bytes


class SumsValue(msgspec.Struct, array_like=True, frozen=True):
    """The experiment sums of one site's log.

    Attributes
    ----------
    version : int
    position : int
        Log position that comes next.
    arms : list of (int, bytes)
        Log position of the first event, and sums, of each label and arm.
    """

    version: int
    position: int
    arms: list[tuple[int, bytes]]


NO_ARTICLE = ArticleValue(VERSION, None, is_gone=False)
Value = ArticleValue | EditionValue | TagsValue | SumsValue | Board
_ENCODER = msgspec.msgpack.Encoder()
_DECODERS: dict[type, Any] = {
    kind: msgspec.msgpack.Decoder(kind)
    for kind in (ArticleValue, EditionValue, TagsValue, SumsValue, Board)
}


def packed(value: Value) -> bytes:
    """Write a value."""
    return _ENCODER.encode(value)


def article_of(data: bytes | None) -> ArticleValue:
    """Read an article's value; nothing, or one of another version, is an unknown article."""
    value: ArticleValue = _read(data, ArticleValue) or NO_ARTICLE
    return value


def edition_of(data: bytes | None) -> EditionValue | None:
    """Read an edition's value, None if it is none of this version."""
    value: EditionValue | None = _read(data, EditionValue)
    return value


def tags_of(data: bytes | None) -> TagsValue | None:
    """Read an edition's tags, None if they are none of this version."""
    value: TagsValue | None = _read(data, TagsValue)
    return value


def sums_of(data: bytes | None) -> SumsValue | None:
    """Read a site's sums of an experiment, None if they are none of this version."""
    value: SumsValue | None = _read(data, SumsValue)
    return value


def board_of(data: bytes | None) -> Board | None:
    """Read a board, None if there is none."""
    return _DECODERS[Board].decode(data) if data else None


def column(data: bytes, dtype: str) -> NDArray[Any]:
    """Read an array's bytes in place."""
    return np.frombuffer(data, dtype)


def article_json(value: ArticleValue, edition: str, article: str, as_of: float) -> dict[str, Any]:
    """Write an article as the API shows it.

    Parameters
    ----------
    value : ArticleValue
    edition, article : str
    as_of : float
        The log's clock, seconds.
    """
    shown: dict[str, Any] = {"edition": edition, "id": article, "as_of": as_of}
    if value.card:
        shown |= card_json(value.card) | _more_json(value.card)
    now = round(as_of * 1000)
    hourly, daily = column(value.hourly, "<u4"), column(value.daily, "<u4")
    return shown | {
        "views": value.views,
        "accepted": value.accepted,
        "hourly": ring_read(hourly, value.hour, now // HOUR_MS) if hourly.size else [],
        "daily": ring_read(daily, value.day, now // DAY_MS) if daily.size else [],
    }


def _more_json(card: Card) -> dict[str, Any]:
    """Fields of a card that list items do not have."""
    return {
        "author": card.author, "story": card.story, "type": card.type, "access": card.access,
        "updated_at": card.updated_at or None, "expires_at": card.expires_at or None,
        "listable": card.listable, "section_key": card.section_key,
    }  # fmt: skip


def traffic_json(edition: str, as_of: float, hourly: list[int]) -> dict[str, Any]:
    """Write an edition's views an hour as the API shows them."""
    return {"edition": edition, "as_of": as_of, "hourly": hourly, "views": sum(hourly)}


def _read(data: bytes | None, kind: type) -> Any:
    if not data:
        return None
    try:
        value = _DECODERS[kind].decode(data)
    except msgspec.ValidationError:
        return None
    return value if value.version == VERSION else None
