"""Cards: what is known of an article besides its views, and which articles may not be shown.

Cards are no part of the state: a list is ranked by views and dressed by cards. Tags are cleaned
here (Unicode NFKC, white space) and compared by `tag_key`, but shown in the portal's case. An
article that was taken down leaves a mark, since its views stay in the state.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ranking.engine.event import (
    DEFAULT_EDITION,
    UNREADABLE,
    Name,
    Rejection,
    Unreadable,
    article_fault,
    edition_fault,
    rejection,
    site_of,
    stamp_ms,
)
from ranking.lists.headlines import folded

Line = Annotated[str, Meta(max_length=1024)]


class Card(msgspec.Struct, frozen=True, gc=False):
    """An article as lists show it.

    Attributes
    ----------
    edition, id : str
    title, section, url, author, image, story : str
        Empty when not given.
    tags : tuple of str
        Cleaned, each once.
    published_at : float
        Seconds since the epoch, UTC; 0 when not given.
    """

    edition: str
    id: str
    title: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    published_at: float = 0.0
    url: str = ""
    author: str = ""
    image: str = ""
    story: str = ""


class Sent(msgspec.Struct, frozen=True):
    """An article as portals send it."""

    id: Name
    title: Line = ""
    section: Line | int | None = None
    tags: Annotated[list[Line], Meta(max_length=100)] | str | None = None
    published_at: float | str | None = None
    url: Annotated[str, Meta(max_length=2048)] = ""
    edition: Annotated[str, Meta(max_length=96)] = ""
    lang: Annotated[str, Meta(max_length=40)] = ""
    author: Line = ""
    image: Annotated[str, Meta(max_length=2048)] = ""
    story: Line | int | None = None


def clean_tags(tags: Iterable[str] | str | None) -> tuple[str, ...]:
    """Clean tags given as a list, or as text separated by `|` or `,`; each stays once.

    Examples
    --------
    >>> clean_tags("  Astana | economy|ASTANA")
    ('Astana', 'economy')
    """
    if isinstance(tags, str):
        tags = tags.split("|" if "|" in tags else ",")
    cleaned = (" ".join(unicodedata.normalize("NFKC", tag).split()) for tag in tags or ())
    by_key: dict[str, str] = {}
    for tag in cleaned:
        by_key.setdefault(tag_key(tag), tag)
    by_key.pop("", None)
    return tuple(by_key.values())


@lru_cache(1 << 16)
def tag_key(tag: str) -> str:
    """What two spellings of a tag have in common: letters, not their case or form.

    Examples
    --------
    >>> tag_key("#Нефть_и  газ") == tag_key("нефть и ГАЗ")
    True
    """
    return " ".join(folded(tag).replace("_", " ").strip("# ").split())


def card_of(sent: Sent, edition: str = "") -> Card:
    """Check a sent article and make its card.

    Raises
    ------
    ValueError
        With the field, the rule and the value.
    """
    site = edition or sent.edition or (f"site/{sent.lang}" if sent.lang else DEFAULT_EDITION)
    for fault in (edition_fault(site), article_fault(str(sent.id)).replace("article", "id", 1)):
        if fault:
            raise ValueError(fault)
    published = sent.published_at
    try:
        at = stamp_ms(published) / 1000 if published not in (None, "") else 0.0
    except ValueError:
        message = f"published_at must be seconds, milliseconds or ISO 8601, got {published!r}"
        raise ValueError(message) from None
    return Card(
        site, str(sent.id), sent.title, _text(sent.section), clean_tags(sent.tags), at,
        sent.url, sent.author, sent.image, _text(sent.story),
    )  # fmt: skip


def read_cards(body: bytes, edition: str = "") -> tuple[list[Card], list[Rejection]]:
    """Read one article or an array of them.

    Raises
    ------
    Unreadable
        If the body is not JSON.
    """
    try:
        items = msgspec.json.decode(body)
    except UNREADABLE as error:
        message = f"body must be JSON: {error}"
        raise Unreadable(message) from error
    cards, rejections = [], []
    for index, item in enumerate(items if isinstance(items, list) else [items]):
        try:
            cards.append(card_of(msgspec.convert(item, Sent), edition))
        except msgspec.ValidationError as error:
            rejections.append(rejection(index, error))
        except ValueError as error:
            rejections.append(Rejection(index, str(error).split(" ")[0], str(error)))
    return cards, rejections


class Catalogue:
    """All cards of all editions, and the articles taken down."""

    def __init__(self) -> None:
        self._cards: dict[str, dict[str, Card]] = {}
        self._gone: set[tuple[str, str]] = set()
        self._stories: dict[tuple[str, str], dict[str, Card]] = {}
        self._latest: dict[str, list[Card]] = {}

    def copy(self) -> "Catalogue":
        """The catalogue as it is now; another thread may put cards meanwhile."""
        made = Catalogue()
        made._cards = {edition: dict(cards) for edition, cards in list(self._cards.items())}
        made._stories = {story: dict(told) for story, told in list(self._stories.items())}
        made._gone = set(self._gone)
        return made

    def put(self, card: Card) -> None:
        """Add a card, or replace the one of the same edition and id."""
        self.remove(card.edition, card.id, mark=False)
        self._cards.setdefault(card.edition, {})[card.id] = card
        self._gone.discard((card.edition, card.id))
        if card.story:
            site = site_of(card.edition)
            self._stories.setdefault((site, card.story), {})[card.edition] = card

    def remove(self, edition: str, article: str, *, mark: bool = True) -> bool:
        """Take an article down; says whether its card was known."""
        card = self._cards.get(edition, {}).pop(article, None)
        self._latest.pop(edition, None)
        if mark:
            self._gone.add((edition, article))
        if card and card.story:
            site = site_of(edition)
            self._stories.get((site, card.story), {}).pop(edition, None)
        return card is not None

    def card(self, edition: str, id: str) -> Card | None:
        """Card of an article, if it is known."""
        return self._cards.get(edition, {}).get(id)

    def is_gone(self, edition: str, article: str) -> bool:
        """Say whether an article was taken down."""
        return (edition, article) in self._gone

    def articles(self) -> Iterator[tuple[str, str]]:
        """Edition and id of every card, and of every article taken down."""
        for edition, cards in list(self._cards.items()):
            yield from ((edition, article) for article in list(cards))
        yield from list(self._gone)

    def has_stories(self) -> bool:
        """Say whether any article names its story."""
        return any(self._stories.values())

    def editions(self) -> list[str]:
        """Editions that have a card, in order of their names."""
        return sorted(edition for edition, cards in self._cards.items() if cards)

    def size(self, edition: str) -> int:
        """Count an edition's cards."""
        return len(self._cards.get(edition, {}))

    def latest(self, edition: str, n: int, section: str = "") -> list[Card]:
        """Newest cards of an edition, newest first, ties by id."""
        newest = self._latest.get(edition)
        if newest is None:
            cards = list(self._cards.get(edition, {}).values())  # at once: another thread puts
            newest = sorted(cards, key=lambda c: (-c.published_at, c.id))
            self._latest[edition] = newest
        if not section:
            return newest[:n]
        return [card for card in newest if card.section == section][:n]

    def translations(self, site: str, story: str) -> list[Card]:
        """Cards of one story in all editions of a site."""
        return list(self._stories.get((site, story), {}).values())


def _text(value: Any) -> str:
    return "" if value is None else str(value)
