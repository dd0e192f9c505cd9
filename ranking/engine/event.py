"""Events: the one model of what a portal sends, and the rules that each field obeys.

An event has the names of the columns of a log file; many may come in columns. A body's form is
known by its structure: an array, an object of columns, one object, or one a line. `null` in a field
that may be left out means that it is. Reading many at once is fast when all are right; when one is
not, each is read by itself, so that a rejection names its index, field and rule.
"""

import codecs
import re
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ranking.engine.event_kinds import EVENT_KINDS, kind_fault
from ranking.engine.validation import UNREADABLE as UNREADABLE
from ranking.engine.validation import fault_of, rule_of

DEFAULT_EDITION = "site/und"
Name = Annotated[str, Meta(min_length=1, max_length=256)] | int
Edition = Annotated[str, Meta(max_length=96)]
Label = Annotated[str, Meta(max_length=64)]
Kind = Annotated[str, Meta(max_length=64)]
"""One of `EVENT_KINDS`."""
Labels = Annotated[str, Meta(max_length=320)]
"""Of as many experiments as one event may belong to: see `ranking.engine.experiment_labels`."""
LONGEST_AGENT = 1024
EARLIEST_MS = 946_684_800_000  # 2000-01-01
AHEAD_MS = 300_000


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event of a reader: a view, a read, an impression or a click."""

    visitor: Name
    article: Name
    at: float | str | None = None
    edition: Edition = DEFAULT_EDITION
    session: Name | None = None
    kind: Kind = "view"
    id: Name | None = None
    surface: Label = ""
    slot: Annotated[int, Meta(ge=0, le=255)] = 0
    list_id: Label = ""
    experiment: Labels = ""
    arm: Labels = ""
    bucket: Annotated[int, Meta(ge=0, le=999)] | None = None
    agent: str = ""
    network: Annotated[str, Meta(max_length=64)] = ""
    referrer: Annotated[str, Meta(max_length=2048)] = ""


_Columns = msgspec.defstruct(
    "_Columns",
    [(f.name, list[f.type] | None, None) for f in msgspec.structs.fields(Event)],  # type: ignore[name-defined]
)


class _InColumns(msgspec.Struct):
    columns: _Columns  # type: ignore[valid-type]


class Rejection(msgspec.Struct, frozen=True):
    """The reason why one event of a request was rejected."""

    index: int
    field: str
    reason: str


class Unreadable(ValueError):
    """Nothing of a request could be read."""


_EDITION = re.compile(r"[a-z0-9][a-z0-9._-]*/[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_SINGLETON = re.compile(r"-[A-Za-z0-9](?=-)")
_COLUMNS = re.compile(rb'\s*\{\s*"columns"\s*:\s*\{')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_REQUIRED = ("visitor", "article")
_MANY = msgspec.json.Decoder(list[Event])
_ONE = msgspec.json.Decoder(Event)
_RAW = msgspec.json.Decoder(list[msgspec.Raw])
_PATH = re.compile(r" - at `\$(?:\[\d*\])?\.?([A-Za-z_]*)")
_FIELD = re.compile(r"field `([a-z_]+)`")
Indexed = tuple[list[int], list[Event], list[Rejection]]


def read_events(body: bytes) -> Indexed:
    """Read one event, an array of them, or one a line.

    Parameters
    ----------
    body : bytes
        JSON in UTF-8.

    Returns
    -------
    tuple
        Indices of the events that could be read, those events, and a rejection for each other.

    Raises
    ------
    Unreadable
        If the body is not JSON at all.

    Examples
    --------
    >>> read_events(b'[{"visitor": "v", "article": "a"}, {"visitor": "v"}]')[2]
    [Rejection(index=1, field='article', reason='Object missing required field `article`')]
    """
    text = unmarked(body).strip()
    if text[:1] == b"[":
        try:
            events = _MANY.decode(text)
            if all(event.kind in EVENT_KINDS for event in events):
                return list(range(len(events))), events, []
        except UNREADABLE:
            pass
        return _one_by_one([bytes(raw) for raw in _raw_items(text)])
    lines = [line for line in text.split(b"\n") if line.strip()]
    if len(lines) > 1 and _is_json(text):
        lines = [text]
    if not lines:
        message = "body must be a JSON event, an array of events or one event a line, got nothing"
        raise Unreadable(message)
    return _one_by_one(lines)


def unmarked(body: bytes) -> bytes:
    """A body without the mark of its byte order, which some writers put first."""
    return body.removeprefix(codecs.BOM_UTF8)


def is_columns(body: bytes) -> bool:
    """Say whether a body is an object of columns, known by its structure.

    Examples
    --------
    >>> is_columns(b'{ "columns": {"visitor": []}}'), is_columns(b'{"visitor": "columns"}')
    (True, False)
    """
    if _COLUMNS.match(body):
        return True
    if not (body[:1] == b"{" and b'"columns"' in body):
        return False
    try:
        names = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except UNREADABLE:
        return False
    return "columns" in names and "article" not in names


def read_columns(body: bytes) -> dict[str, list[Any]] | None:
    """Read many events given as `{"columns": {"visitor": [...], "article": [...], ...}}`.

    Returns
    -------
    dict of str to list, or None
        Equally long columns with `at`, or None if any value breaks a rule: then each event is to
        be read by itself.
    """
    try:
        given = msgspec.json.decode(body, type=_InColumns).columns
    except UNREADABLE:
        return None
    columns = {name: values for name in Event.__struct_fields__ if (values := getattr(given, name))}
    if len({len(values) for values in columns.values()}) != 1 or "article" not in columns:
        return None
    if any(map(kind_fault, set(columns.get("kind", ())))):
        return None
    return columns if "at" in columns and "visitor" in columns else None


def rows_from_columns(body: bytes) -> bytes:
    """Write events given in columns as an array of them.

    Raises
    ------
    Unreadable
        If the columns are not lists of one length.
    """
    try:
        given = msgspec.json.decode(body, type=dict[str, dict[str, list[Any] | None]])["columns"]
    except msgspec.ValidationError as error:
        message = "columns must be lists, each of a field's values"
        raise Unreadable(message) from error
    except UNREADABLE as error:
        message = f"body must be JSON: {fault_of(error, body)}"
        raise Unreadable(message) from error
    columns = {name: values for name, values in given.items() if values is not None}
    sizes = dict.fromkeys(map(len, columns.values()))
    if len(sizes) > 1:
        message = f"columns must have the same length, got {' and '.join(map(str, sizes))}"
        raise Unreadable(message)
    rows = zip(*columns.values(), strict=True)
    return msgspec.json.encode([dict(zip(columns, row, strict=True)) for row in rows])


def _raw_items(text: bytes) -> list[msgspec.Raw]:
    try:
        return _RAW.decode(text)
    except UNREADABLE as error:
        message = f"body must be JSON: {fault_of(error, text)}"
        raise Unreadable(message) from error


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True


def _one_by_one(items: list[bytes]) -> Indexed:
    indices: list[int] = []
    events: list[Event] = []
    rejections: list[Rejection] = []
    for index, item in enumerate(items):
        try:
            event: Event | msgspec.ValidationError = _ONE.decode(item)
        except msgspec.ValidationError as error:
            event = _without_nulls(item) or error
        except UNREADABLE as error:
            if len(items) == 1:
                message = f"body must be JSON: {fault_of(error, item)}"
                raise Unreadable(message) from error
            rejections.append(Rejection(index, "", f"event must be JSON: {fault_of(error, item)}"))
            continue
        if not isinstance(event, Event):
            rejections.append(rejection(index, event))
        elif fault := kind_fault(event.kind):
            rejections.append(Rejection(index, "kind", fault))
        else:
            events.append(event)
            indices.append(index)
    return indices, events, rejections


def _without_nulls(item: bytes) -> Event | msgspec.ValidationError | None:
    """Read an event again without the fields that are null; None if it has none of them."""
    try:
        fields = msgspec.json.decode(item, type=dict[str, Any])
    except UNREADABLE:
        return None
    kept = {name: v for name, v in fields.items() if v is not None or name in _REQUIRED}
    try:
        return None if len(kept) == len(fields) else msgspec.convert(kept, Event)
    except msgspec.ValidationError as error:
        return error


def rejection(index: int, error: msgspec.ValidationError, model: Any = Event) -> Rejection:
    """Turn the decoder's message into the field it speaks of and the rule that was broken."""
    text = str(error)
    path = _PATH.search(text)
    named = _FIELD.search(text)
    field = (path and path.group(1)) or (named and named.group(1)) or ""
    return Rejection(index, field, rule_of(error, model)[1])


def edition_fault(edition: str) -> str:
    """Say what is wrong with an edition's name, or nothing.

    Examples
    --------
    >>> edition_fault("inform/kk-Arab"), edition_fault("inform")
    ('', "edition must be site/lang with a BCP 47 language, got 'inform'")
    """
    if _EDITION.fullmatch(edition):
        return ""
    return f"edition must be site/lang with a BCP 47 language, got {edition[:96]!r}"


@lru_cache(1 << 12)
def canonical_edition(edition: str) -> str:
    """An edition in the canonical spelling of BCP 47 (RFC 5646, section 2.1.1).

    The language is in small letters, a script begins with a capital, a region is in capitals, and
    what follows a single letter is small. What is no edition stays as it is.

    Examples
    --------
    >>> canonical_edition("inform/KK-latn"), canonical_edition("paper/zh-hans-cn")
    ('inform/kk-Latn', 'paper/zh-Hans-CN')
    >>> canonical_edition("paper/en-us-u-CA-gregory")
    'paper/en-US-u-ca-gregory'
    """
    site, slash, tag = edition.partition("/")
    single = _SINGLETON.search(tag)
    head, rest = (tag[: single.start()], tag[single.start() :]) if single else (tag, "")
    language, *others = head.split("-")
    spelt = [
        other.upper()
        if len(other) == 2
        else other.capitalize()
        if len(other) == 4
        else other.lower()
        for other in others
    ]
    return f"{site}{slash}{'-'.join([language.lower(), *spelt])}{rest.lower()}"


def site_of(edition: str) -> str:
    """Site of an edition `site/lang`.

    Examples
    --------
    >>> site_of("inform/kk-Arab")
    'inform'
    """
    return edition.partition("/")[0]


def article_fault(article: str) -> str:
    """Say what is wrong with an article's id, or nothing."""
    if 1 <= len(article) <= 256 and not _CONTROL.search(article):
        return ""
    return f"article must be 1 to 256 characters without control characters, got {article[:40]!r}"
