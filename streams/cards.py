"""Cards on their way through the topic `articles`: key and value of a record.

The key is the article, so that compaction keeps its last card. An article that was taken down has
an empty value rather than none: its views stay in the state, so its mark must stay in the topic.
"""

import msgspec

from ranking.lists.cards import Card

_DECODER = msgspec.msgpack.Decoder(Card)


class CardError(ValueError):
    """A record is no card: the sender's fault."""


def card_record(card: Card) -> tuple[bytes, bytes]:
    """Key and value that put a card."""
    return _key(card.edition, card.id), msgspec.msgpack.encode(card)


def removal_record(edition: str, article: str) -> tuple[bytes, bytes]:
    """Key and value that take an article down."""
    return _key(edition, article), b""


def read_record(key: bytes | None, value: bytes | None) -> tuple[str, str, Card | None]:
    """Edition, article and its card, None if it was taken down.

    Raises
    ------
    CardError
        If the record is none of ours.

    Examples
    --------
    >>> read_record(*removal_record("paper/en", "a1"))
    ('paper/en', 'a1', None)
    """
    try:
        edition, _, article = (key or b"").decode().partition("\\0")
        card = _DECODER.decode(value) if value else None
    except (UnicodeDecodeError, msgspec.MsgspecError) as error:
        message = f"article record is unreadable: {error}"
        raise CardError(message) from error
    if not edition or not article or (card and (card.edition, card.id) != (edition, article)):
        message = f"article record's key must name its edition and article, got {key!r}"
        raise CardError(message)
    return edition, article, card


def _key(edition: str, article: str) -> bytes:
    return f"{edition}\\0{article}".encode()
