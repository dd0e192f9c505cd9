"""Events: the one model of what a portal sends, and the rules that each field obeys.

An event has the names of the columns of a log file; many may come in columns. `at` is seconds or
milliseconds since the epoch (told apart by size) or ISO 8601. Reading many at once is fast when
all are right; when one is not, each is read by itself, so that a rejection names its index, field
and rule.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

DEFAULT_EDITION = "site/und"
Name = Annotated[str, Meta(min_length=1, max_length=256)] | int
Edition = Annotated[str, Meta(max_length=96)]
Label = Annotated[str, Meta(max_length=64)]
Labels = Annotated[str, Meta(max_length=320)]
"""Of as many experiments as one event may belong to: see `ranking.engine.labels`."""
COLUMNS_BEGIN = b'{"columns":'
EARLIEST_MS = 946_684_800_000  # 2000-01-01
AHEAD_MS = 300_000
SECONDS_BELOW = 1e11
"""A number below is seconds since the epoch, one above milliseconds."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event of a reader: a view, a read, an impression or a click."""

    visitor: Name
    article: Name
    at: float | str | None = None
    edition: Edition = DEFAULT_EDITION
    session: Name | None = None
    kind: Literal["view", "read", "impression", "click"] = "view"
    id: Name | None = None
    surface: Label = ""
    slot: Annotated[int, Meta(ge=0, le=255)] = 0
    list_id: Label = ""
    experiment: Labels = ""
    arm: Labels = ""
    bucket: Annotated[int, Meta(ge=0, le=999)] | None = None
    agent: Annotated[str, Meta(max_length=1024)] = ""
    network: Annotated[str, Meta(max_length=64)] = ""
    referrer: Annotated[str, Meta(max_length=2048)] = ""


_Columns = msgspec.defstruct(
    "_Columns",
    [(f.name, list[f.type], []) for f in msgspec.structs.fields(Event)],  # type: ignore[name-defined]
)


class _InColumns(msgspec.Struct):
    columns: _Columns  # type: ignore[valid-type]


class Rejection(msgspec.Struct, frozen=True):
    """Why one event of a request was not taken."""

    index: int
    field: str
    reason: str


UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder raises on bytes that are no JSON, or none of the asked form."""


class Unreadable(ValueError):
    """Nothing of a request could be read."""


_EDITION = re.compile(r"[a-z0-9][a-z0-9._-]*/[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
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
    text = body.lstrip()
    if text[:1] == b"[":
        try:
            events = _MANY.decode(text)
            return list(range(len(events))), events, []
        except UNREADABLE:
            return _one_by_one([bytes(raw) for raw in _raw_items(text)])
    lines = [line for line in text.split(b"\n") if line.strip()]
    if len(lines) > 1 and _is_json(text):
        lines = [text]
    if not lines:
        message = "body must be a JSON event, an array of events or one event a line, got nothing"
        raise Unreadable(message)
    return _one_by_one(lines)


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
    return columns if "at" in columns and "visitor" in columns else None


def rows_from_columns(body: bytes) -> bytes:
    """Write events given in columns as an array of them.

    Raises
    ------
    Unreadable
        If the columns are not lists of one length.
    """
    try:
        columns = msgspec.json.decode(body, type=dict[str, dict[str, list[Any]]])["columns"]
        rows = list(zip(*columns.values(), strict=True))
    except (*UNREADABLE, ValueError, KeyError) as error:
        message = f"columns must be lists of one length: {error}"
        raise Unreadable(message) from error
    return msgspec.json.encode([dict(zip(columns, row, strict=True)) for row in rows])


def _raw_items(text: bytes) -> list[msgspec.Raw]:
    try:
        return _RAW.decode(text)
    except UNREADABLE as error:
        message = f"body must be JSON: {error}"
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
            events.append(_ONE.decode(item))
            indices.append(index)
        except msgspec.ValidationError as error:
            rejections.append(rejection(index, error))
        except UNREADABLE as error:
            if len(items) == 1:
                message = f"body must be JSON: {error}"
                raise Unreadable(message) from error
            rejections.append(Rejection(index, "", f"event must be JSON: {error}"))
    return indices, events, rejections


def rejection(index: int, error: msgspec.ValidationError) -> Rejection:
    """Turn the decoder's message into the field it speaks of and the rule that was broken."""
    text = str(error)
    path = _PATH.search(text)
    named = _FIELD.search(text)
    field = (path and path.group(1)) or (named and named.group(1)) or ""
    return Rejection(index, field, text.split(" - at ")[0])


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


def stamp_ms(at: Any) -> int:
    """Milliseconds since the epoch of an event's `at`.

    Raises
    ------
    ValueError
        If it is neither a number nor ISO 8601 with a date.

    Examples
    --------
    >>> stamp_ms(1506826800), stamp_ms(1506826800026), stamp_ms("2017-10-01T03:00:00Z")
    (1506826800000, 1506826800026, 1506826800000)
    """
    if isinstance(at, str):
        try:
            at = float(at)
        except ValueError:
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return round(moment.timestamp() * 1000)
    if not -1e15 < at < 1e15:  # also refuses NaN
        message = "at must be seconds, milliseconds or ISO 8601"
        raise ValueError(message)
    return int(round(at * 1000) if at < SECONDS_BELOW else round(at))
