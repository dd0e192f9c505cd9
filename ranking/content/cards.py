"""Cards: what a portal sends about an article, and how each field is read.

Cards are no part of the state: a list is ranked by views and dressed by cards. Texts lose their
control characters; tags are cleaned here (Unicode NFKC, white space) and compared by `tag_key`, but
shown in the portal's case.
"""

import re
import unicodedata
from ast import literal_eval
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from ranking.content.text import folded, is_dotless
from ranking.engine.event import (
    DEFAULT_EDITION,
    UNREADABLE,
    Name,
    Rejection,
    Unreadable,
    article_fault,
    canonical_edition,
    edition_fault,
    rejection,
    unmarked,
)
from ranking.engine.timestamps import stamp_ms
from ranking.engine.validation import fault_of

Line = Annotated[str, Meta(max_length=1024)]
Address = Annotated[str, Meta(max_length=2048)]
_BRACKETS = {"[": "]", "{": "}", "(": ")"}
_ITEM = re.compile(
    r"""\s*(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*|([^'",\[\]{}()]*))([,\]})])"""
)
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f<>\"]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_TRUTHS = dict.fromkeys(("true", "1", "yes"), True) | dict.fromkeys(("false", "0", "no"), False)


class ArticleError(ValueError):
    """An article breaks a rule of the model: the sender's fault.

    Parameters
    ----------
    field, rule : str
    """

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}" if field else rule)
        self.field, self.rule = field, rule


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


class SentArticle(msgspec.Struct, frozen=True):
    """An article as portals send it; `null` equals an absent field."""

    id: Name
    title: Line | None = None
    section: Line | int | None = None
    tags: Annotated[list[Line], Meta(max_length=100)] | str | None = None
    published_at: float | str | None = None
    url: Address | None = None
    edition: Annotated[str, Meta(max_length=96)] | None = None
    lang: Annotated[str, Meta(max_length=40)] | None = None
    author: Line | None = None
    image: Address | None = None
    story: Line | int | None = None
    type: Literal["article", "live", "video", "gallery", "sponsored"] | None = None
    access: Literal["free", "metered", "paid"] | None = None
    updated_at: float | str | None = None
    expires_at: float | str | None = None
    listable: bool | str | int | None = None
    section_key: Line | int | None = None


def clean_tags(tags: Iterable[str] | str | None, edition: str = "") -> tuple[str, ...]:
    """Clean an edition's tags, a list or text separated by `|` or `,`; each stays once.

    Raises
    ------
    ValueError
        If a text begins as a list of a program and is none.

    Examples
    --------
    >>> clean_tags("  Astana | economy|ASTANA")
    ('Astana', 'economy')
    >>> clean_tags("['rain', 'wind']")
    ('rain', 'wind')
    """
    if isinstance(tags, str):
        listed = _listed(tags.strip())
        tags = tags.split("|" if "|" in tags else ",") if listed is None else listed
    plain = (_text(tag) for tag in tags or ())
    cleaned = (" ".join(unicodedata.normalize("NFKC", tag).split()) for tag in plain)
    by_key: dict[str, str] = {}
    for tag in cleaned:
        by_key.setdefault(tag_key(tag, edition), tag)
    by_key.pop("", None)
    return tuple(by_key.values())


def _unquoted(text: str) -> str:
    try:
        return str(literal_eval(text))
    except SyntaxError:  # an escape that Python does not know
        return text[1:-1]


def _listed(text: str) -> list[str] | None:
    """Items of a list as Python, JSON or a database writes it; None if the text is none."""
    if text[:1] not in _BRACKETS or not (text[1:2] in "'\"" or text[-1:] == _BRACKETS[text[0]]):
        return None
    if text[0] == "[":
        with suppress(msgspec.MsgspecError):
            return msgspec.json.decode(text, type=list[str])
    items, place = [], 1
    while found := _ITEM.match(text, place):
        quoted, bare, end = found.groups()
        items.append(_unquoted(quoted) if quoted else bare.strip())
        place = found.end()
        if end == _BRACKETS[text[0]] and place == len(text):
            return [item for item in items if item]
        if end != ",":
            break
    message = f"tags must be a list or text separated by | or commas, got {text[:80]!r}"
    raise ValueError(message)


@lru_cache(1 << 16)
def tag_key(tag: str, edition: str = "") -> str:
    """The key of a tag: equal for spellings that differ in case or Unicode form.

    Parameters
    ----------
    tag : str
    edition : str
        Whose language says what case is.

    Examples
    --------
    >>> tag_key("IŞIK", "paper/tr") == tag_key("ışık", "paper/tr") != tag_key("işik", "paper/tr")
    True
    >>> tag_key("#Нефть_и  газ") == tag_key("нефть и ГАЗ")
    True
    """
    plain = folded(tag, dotless=is_dotless(edition))
    return " ".join(plain.replace("_", " ").strip("# ").split())


def card_of(sent: SentArticle, edition: str = "", zone: tzinfo | None = None) -> Card:
    """Check a sent article and make its card.

    Parameters
    ----------
    sent : SentArticle
    edition : str
        Of the article, whatever it says itself; empty = what it says.
    zone : tzinfo or None
        Of times that name none.

    Raises
    ------
    ValueError
        With the field, the rule and the value.
    """
    named = edition or sent.edition or (f"site/{sent.lang}" if sent.lang else DEFAULT_EDITION)
    for fault in (edition_fault(named), article_fault(str(sent.id)).replace("article", "id", 1)):
        if fault:
            raise ValueError(fault)
    return Card(
        canonical_edition(named), str(sent.id), _text(sent.title), _text(sent.section),
        clean_tags(sent.tags, canonical_edition(named)),
        _moment(sent.published_at, zone, "published_at"),
        _address(sent.url, "url"), _text(sent.author), _address(sent.image, "image"),
        _text(sent.story), sent.type or "article", sent.access or "free",
        _moment(sent.updated_at, zone, "updated_at"),
        _moment(sent.expires_at, zone, "expires_at"),
        _truth(sent.listable), _text(sent.section_key),
    )  # fmt: skip


def changed_card(card: Card, body: bytes, zone: tzinfo | None = None) -> Card:
    """Change only those fields of a card that an object names; `null` clears a field.

    Raises
    ------
    Unreadable
        If the body is no JSON object.
    ValueError
        With the field, the rule and the value.

    Examples
    --------
    >>> changed_card(Card("paper/en", "a", "Old", tags=("x",)), b'{"title": "New"}').tags
    ('x',)
    """
    fields = read_object(body)
    check_named(fields, card.edition, card.id)
    named = fields.keys() & set(Card.__struct_fields__) - {"id", "edition"}
    made = card_of(
        convert_article(fields | {"id": card.id, "edition": None, "lang": None}), card.edition, zone
    )
    return msgspec.structs.replace(card, **{name: getattr(made, name) for name in named})


def check_named(fields: dict[str, Any], edition: str, id: str) -> None:
    """Check that a body names no other article than its path.

    Raises
    ------
    ValueError
        With the field, the rule and the value.
    """
    lang = edition.partition("/")[2]
    for name, value in (("id", id), ("edition", edition), ("lang", lang)):
        given = fields.get(name)
        if given in (None, ""):
            continue
        spelt = str(given)
        if name == "edition":
            spelt = canonical_edition(spelt)
        elif name == "lang":
            spelt = canonical_edition(f"site/{spelt}").partition("/")[2]
        if spelt != value:
            message = f"{name} must be that of the path, got {given!r:.80}"
            raise ValueError(message)


def read_object(body: bytes) -> dict[str, Any]:
    """Read a body that must be a JSON object.

    Raises
    ------
    Unreadable
    """
    try:
        return msgspec.json.decode(unmarked(body), type=dict[str, Any])
    except UNREADABLE as error:
        message = f"body must be a JSON object: {fault_of(error, body)}"
        raise Unreadable(message) from error


def convert_article(item: Any) -> SentArticle:
    """An article that was read as plain JSON.

    Raises
    ------
    ArticleError
        With the field and the rule.
    """
    try:
        return msgspec.convert(item, SentArticle)
    except msgspec.ValidationError as error:
        fault = rejection(0, error, SentArticle)
        raise ArticleError(fault.field, fault.reason) from error


def sent_of(card: Card) -> dict[str, Any]:
    """A card as it is sent: times as text, which nobody takes for a date in digits."""
    sent: dict[str, Any] = msgspec.to_builtins(card)
    for name in ("published_at", "updated_at", "expires_at"):
        at = sent.pop(name)
        if at:
            sent[name] = datetime.fromtimestamp(at, UTC).isoformat()
    return sent


class Placed(NamedTuple):
    """A card, and its place in the request that brought it."""

    place: int
    card: Card


def read_cards(
    body: bytes, edition: str = "", zone: tzinfo | None = None
) -> tuple[list[Placed], list[Rejection]]:
    """Read one article, an array of them, or one a line.

    Raises
    ------
    Unreadable
        If the body is not JSON.
    """
    cards, rejections = [], []
    for index, item in enumerate(_items(unmarked(body).strip())):
        try:
            cards.append(Placed(index, card_of(convert_article(item), edition, zone)))
        except ArticleError as error:
            rejections.append(Rejection(index, error.field, error.rule))
        except ValueError as error:
            rejections.append(Rejection(index, str(error).split(" ")[0], str(error)))
    return cards, rejections


def _items(text: bytes) -> list[Any]:
    try:
        item = msgspec.json.decode(text)
    except UNREADABLE as error:
        lines = [line for line in text.split(b"\n") if line.strip()]
        if len(lines) > 1 and text[:1] == b"{":
            with suppress(*UNREADABLE):
                return [msgspec.json.decode(line) for line in lines]
        message = f"body must be JSON: {fault_of(error, text)}"
        raise Unreadable(message) from error
    return item if isinstance(item, list) else [item]


def _moment(given: float | str | None, zone: tzinfo | None, field: str) -> float:
    return 0.0 if given in (None, "", 0) else stamp_ms(given, zone, field) / 1000


def _address(given: str | None, field: str) -> str:
    if not given:
        return ""
    try:
        parts = urlsplit(given)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_whole = False
    if not is_whole or _UNFIT.search(given):
        message = f"{field} must be absolute, with http or https and a host, got {given[:80]!r}"
        raise ValueError(message)
    return given


def _truth(given: bool | str | int | None) -> bool:
    if given is None or given == "":
        return True
    found = _TRUTHS.get(str(given).strip().lower())
    if found is None:
        message = f"listable must be true or false, got {given!r:.40}"
        raise ValueError(message)
    return found


def _text(value: Any) -> str:
    """Text without control characters; several of them are one space."""
    return "" if value is None else _CONTROLS.sub(" ", str(value)).strip()


def first_published(card: Card, before: Card | None, at: float) -> Card:
    """A card with the first publication of the one before it, which no update moves.

    Parameters
    ----------
    card : Card
    before : Card or None
        Of the same article.
    at : float
        The moment of the change, seconds; what is not published by then may still be moved, but
        a card that names no publication lifts no embargo.

    Examples
    --------
    >>> old, new = (Card("paper/en", "a", published_at=at) for at in (10.0, 30.0))
    >>> first_published(new, old, 20.0).published_at, first_published(new, old, 5.0).published_at
    (10.0, 30.0)
    >>> first_published(Card("paper/en", "a"), old, 5.0).published_at
    10.0
    """
    if before is None or not before.published_at:
        return card
    if card.published_at and before.published_at > at:
        return card
    return msgspec.structs.replace(card, published_at=before.published_at)
