"""Cards on their way through the topic `articles`: key and value of a record.

The key is the article, so that compaction keeps its last record: a card, a tombstone or a restored
card (`ranking.content.tombstones`). Collectors write no card over a tombstone. A card after a
tombstone is ignored: its collector had not read the tombstone yet. A record without a value is a
tombstone of version 0.1.0; a later card lifts it.
"""

import msgspec

from ranking.content.cards import Card
from ranking.content.tombstones import Held, kept, read_kept


class CardError(ValueError):
    """A record has another form: the sender's fault."""


class CardRecords:
    """Reads the records of a partition in their order."""

    def __init__(self) -> None:
        self._lifted_by_cards: set[bytes] = set()

    def read(self, key: bytes | None, value: bytes | None) -> tuple[str, str, Held]:
        """Return edition, article and its new stored record.

        Raises
        ------
        CardError
            If the record has another form.
        """
        edition, article, held = read_record(key, value)
        name = key or b""
        if not value:
            self._lifted_by_cards.add(name)
        elif name in self._lifted_by_cards:
            self._lifted_by_cards.discard(name)
            if not held.is_gone:
                held = held._replace(is_restored=True)
        return edition, article, held


def card_record(card: Card) -> tuple[bytes, bytes]:
    """Return key and value that put a card."""
    return _key(card.edition, card.id), kept(Held(card))


def removal_record(edition: str, article: str, card: Card | None = None) -> tuple[bytes, bytes]:
    """Return key and value that take an article down and keep its last card, if known."""
    return _key(edition, article), kept(Held(card, is_gone=True))


def restoration_record(edition: str, article: str, card: Card | None) -> tuple[bytes, bytes]:
    """Return key and value that bring an article back."""
    return _key(edition, article), kept(Held(card, is_restored=True))


def read_record(key: bytes | None, value: bytes | None) -> tuple[str, str, Held]:
    """Decode a record: edition, article and its stored record.

    Raises
    ------
    CardError
        If the record has another form.

    Examples
    --------
    >>> read_record(*removal_record("paper/en", "a1"))
    ('paper/en', 'a1', Held(card=None, is_gone=True, is_restored=False))
    """
    try:
        edition, _, article = (key or b"").decode().partition("\\0")
        held = read_kept(value)
    except (UnicodeDecodeError, msgspec.MsgspecError) as error:
        message = f"article record is unreadable: {error}"
        raise CardError(message) from error
    card = held.card
    if not edition or not article or (card and (card.edition, card.id) != (edition, article)):
        message = f"article record's key must name its edition and article, got {key!r}"
        raise CardError(message)
    return edition, article, held


def _key(edition: str, article: str) -> bytes:
    return f"{edition}\\0{article}".encode()
