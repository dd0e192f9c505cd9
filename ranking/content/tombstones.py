"""Tombstones: the record of a deleted article among the cards.

A takedown keeps the last card under a mark, so that the article comes back whole when it is
restored, and by that alone. A kept value is MessagePack of a card; a first byte before it tells a
tombstone or a restored card. An empty value is a tombstone of version 0.1.0.
"""

from typing import NamedTuple

import msgspec

from ranking.content.cards import Card

GONE, RESTORED = b"\x00", b"\x01"
_DECODER = msgspec.msgpack.Decoder(Card)


class Held(NamedTuple):
    """The stored record of an article.

    Attributes
    ----------
    card : Card or None
        Of one taken down, the last one.
    is_gone : bool
        Taken down.
    is_restored : bool
        Brought back by this value.
    """

    card: Card | None = None
    is_gone: bool = False
    is_restored: bool = False


def kept(held: Held) -> bytes:
    """Value that is kept.

    Examples
    --------
    >>> read_kept(kept(Held(Card("paper/en", "a"), is_gone=True))).is_gone
    True
    """
    card = msgspec.msgpack.encode(held.card) if held.card else b""
    return (GONE if held.is_gone else RESTORED if held.is_restored else b"") + card


def read_kept(value: bytes | None) -> Held:
    """Read a kept value.

    Raises
    ------
    msgspec.MsgspecError
        If it is none.
    """
    if not value:
        return Held(is_gone=True)
    mark, body = value[:1], value[1:]
    if mark not in (GONE, RESTORED):
        return Held(_DECODER.decode(value))
    card = _DECODER.decode(body) if body else None
    return Held(card, mark == GONE, mark == RESTORED)


def gone_fault(article: str) -> str:
    """The rejection of a card whose article has a tombstone."""
    return (
        f"id must not be of an article taken down; only its /restore undoes that, got {article!r}"
    )
