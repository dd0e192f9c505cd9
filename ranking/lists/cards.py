"""Cards: what a portal tells about an article besides its views, and how it is read.

Cards are no part of the state: a list is ranked by views and dressed by cards. Tags are cleaned
here (Unicode NFKC, white space) and compared by `tag_key`, but shown in the portal's case.
"""

import unicodedata
from collections.abc import Iterable
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
        First publication, seconds since the epoch, UTC; 0 when not given.
    type : str
        `article`, `live`, `video`, `gallery` or `sponsored`.
    access : str
        `free`, `metered` or `paid`.
    updated_at, expires_at : float
        Seconds since the epoch, UTC; 0 when not given. Lists leave an expired article out.
    listable : bool
        Whether lists may show the article.
    section_key : str
        Name of the section that all editions share; empty when not given.
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
    type: str = "article"
    access: str = "free"
    updated_at: float = 0.0
    expires_at: float = 0.0
    listable: bool = True
    section_key: str = ""


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


def _text(value: Any) -> str:
    return "" if value is None else str(value)
