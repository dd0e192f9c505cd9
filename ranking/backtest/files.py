"""Log files, read in chunks as events and articles.

Columns have the names of an event's fields. Other names are mapped (`at=ts_ms,visitor=user`); a
mapped column does not also fill the field of its own name. A CSV header ignores case and spaces
around names. An empty value is the field's default. An invalid row is rejected with the file, its
row, the field and the rule. Row 1 is the first after a CSV's header, or the first object; blank
lines are no rows. A file without rows is an error.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, cast

import msgspec

from ranking.backtest.table_files import BadRow, opened, table_of
from ranking.backtest.table_files import FileError as FileError
from ranking.content.cards import Card, Placed, SentArticle, card_of, convert_article
from ranking.engine.event import (
    DEFAULT_EDITION,
    EARLIEST_MS,
    Event,
    Rejection,
    canonical_edition,
    edition_fault,
)
from ranking.engine.event_columns import DEFAULTS
from ranking.engine.quotation import suggestion
from ranking.engine.timestamps import TimestampError, stamp_ms

CHUNK = 5000
EVENT_FIELDS = Event.__struct_fields__
LOGGED_FIELDS = tuple(name for name in EVENT_FIELDS if name != "referrer")
"""The event fields of a log."""
ARTICLE_FIELDS = SentArticle.__struct_fields__
WHOLE_NUMBERS = ("slot", "bucket")
EMPTY = ("", None)
_POINT_ZERO = re.compile(r"\.0+$")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file.

    Attributes
    ----------
    columns : dict of str to list
        Values by field, one per row; fields that are empty in all rows are omitted.
    first, size : int
        Number of the first row in its file, from 1, and the number of rows.
    read : int
        Bytes of the file read so far, for a progress bar.
    faults : dict of int to str
        Reasons of invalid rows by index; they have no visitor, so no receiver counts them.
    """

    columns: dict[str, list[Any]]
    first: int
    size: int
    read: int
    faults: dict[int, str] = field(default_factory=dict)

    def fault(self, rejection: Rejection) -> str:
        """Report the rejected row and the reason."""
        own = self.faults.get(rejection.index)
        return own or f"row {self.first + rejection.index}: {rejection.field}: {rejection.reason}"


@dataclass(frozen=True, slots=True)
class _Faults:
    """Faults of a chunk's rows: the first raises an error, unless all are kept."""

    path: Path
    first: int
    is_kept: bool
    by_index: dict[int, str] = field(default_factory=dict)

    def note(self, index: int, text: str) -> None:
        where = text if isinstance(text, BadRow) else f"row {self.first + index}: {text}"
        if not self.is_kept:
            message = f"{self.path}, {where}"
            raise FileError(message)
        self.by_index.setdefault(index, where)


def mapping_of(text: str, fields: tuple[str, ...]) -> dict[str, str]:
    """Parse `field=column,...` into field to column.

    Examples
    --------
    >>> mapping_of("at=ts_ms,visitor=user", EVENT_FIELDS)
    {'at': 'ts_ms', 'visitor': 'user'}
    """
    mapping = {}
    for pair in filter(None, text.split(",")):
        name, _, column = pair.partition("=")
        if name not in fields or not column:
            known = ", ".join(fields)
            message = f"columns must be field=column with a field of {known}, got {pair!r}"
            raise FileError(message)
        mapping[name] = column
    return mapping


def view_chunks(
    path: Path,
    mapping: dict[str, str],
    edition: str = DEFAULT_EDITION,
    size: int = CHUNK,
    zone: tzinfo | None = None,
    *,
    keep_faults: bool = False,
) -> Iterator[Chunk]:
    """Read a log of views in chunks of rows; `at` becomes milliseconds.

    Parameters
    ----------
    path : Path
    mapping : dict of str to str
        Field to column.
    edition : str
        Edition of rows without one.
    size : int
        Rows per chunk.
    zone : tzinfo or None
        Zone of times without one.
    keep_faults : bool
        Continue after an invalid row; the chunk reports it.

    Raises
    ------
    FileError
        If the file is missing, lacks a column or rows, or has an invalid value.
    """
    if fault := edition_fault(edition):
        raise FileError(fault)
    needed = ("at", "visitor", "article")
    absent = {**DEFAULTS, "edition": canonical_edition(edition)}
    for chunk in _chunks(path, mapping, LOGGED_FIELDS, needed, size, keep_faults=keep_faults):
        columns = chunk.columns
        faults = _Faults(path, chunk.first, keep_faults, chunk.faults)
        columns["at"] = _stamps(columns["at"], faults, zone)
        if "edition" not in columns and edition != DEFAULT_EDITION:
            columns["edition"] = [absent["edition"]] * chunk.size
        for name, values in columns.items():
            if "" in values or None in values:
                columns[name] = [absent.get(name, "") if v in EMPTY else v for v in values]
            if name in WHOLE_NUMBERS:
                columns[name] = _whole_numbers(columns[name], name, faults)
        for index in chunk.faults:
            columns["visitor"][index] = ""
        yield chunk


def read_articles(
    path: Path, mapping: dict[str, str], edition: str = "", zone: tzinfo | None = None
) -> Iterator[Card]:
    """Read a file of articles as cards.

    Raises
    ------
    FileError
        As for views.
    """
    return (card for _, card in article_rows(path, mapping, edition, zone))


def article_rows(
    path: Path,
    mapping: dict[str, str],
    edition: str = "",
    zone: tzinfo | None = None,
    kept: list[str] | None = None,
) -> Iterator[Placed]:
    """Read a file of articles as cards with their row numbers.

    Parameters
    ----------
    path, mapping, edition, zone
        As for views.
    kept : list of str or None
        Receives the faults of rows, which are then skipped.

    Raises
    ------
    FileError
        As for views.
    """
    keeps = kept is not None
    for chunk in _chunks(path, mapping, ARTICLE_FIELDS, ("id",), CHUNK, keep_faults=keeps):
        names, faults = list(chunk.columns), _Faults(path, chunk.first, keeps, chunk.faults)
        for index, values in enumerate(zip(*chunk.columns.values(), strict=True)):
            if index in chunk.faults:
                continue
            fields = {n: v for n, v in zip(names, values, strict=True) if v not in EMPTY}
            try:
                yield Placed(chunk.first + index, card_of(convert_article(fields), edition, zone))
            except ValueError as error:
                faults.note(index, str(error))
        if kept is not None:
            kept += [chunk.faults[index] for index in sorted(chunk.faults)]


def body_of(chunk: Chunk) -> bytes:
    """Rows of a chunk of views as the JSON to send, in columns."""
    return msgspec.json.encode({"columns": chunk.columns})


def label_of(path: Path, *options: object) -> str:
    """Digest of a file's unpacked content and of its import options."""
    digest = blake2b(repr(options).encode(), digest_size=16)
    with opened(path) as (text, _):
        while part := text.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _chunks(
    path: Path,
    mapping: dict[str, str],
    fields: tuple[str, ...],
    needed: tuple[str, ...],
    size: int,
    *,
    keep_faults: bool,
) -> Iterator[Chunk]:
    first = 1
    with opened(path) as (text, raw):
        named = _sources([], mapping, fields, needed).values()
        header, rows = table_of(text, path, list(dict.fromkeys(named)))
        sources = _sources(header, mapping, fields, needed)
        _check_header(header, sources, mapping, needed, path)
        places = {f: header.index(column) for f, column in sources.items() if column in header}
        while part := list(islice(rows, size)):
            faults = _Faults(path, first, keep_faults)
            values = list(zip(*_evened(part, len(header), faults), strict=True))
            columns = {name: list(values[place]) for name, place in places.items()}
            for name in needed:
                _check_filled(columns[name], name, faults)
            kept = {
                name: column
                for name, column in columns.items()
                if name in needed or any(v not in EMPTY for v in column)
            }
            yield Chunk(kept, first, len(part), raw.tell(), faults.by_index)
            first += len(part)
    if first == 1:
        message = f"{path} must have at least one row, got none"
        raise FileError(message)


def _sources(
    header: list[str], mapping: dict[str, str], fields: tuple[str, ...], needed: tuple[str, ...]
) -> dict[str, str]:
    """Field to column, in the header's spelling."""
    mapped = {name: _spelt(column, header) for name, column in mapping.items()}
    named = {name: mapped.get(name) or _spelt(name, header) for name in fields}
    taken = set(mapped.values())
    return {
        name: column
        for name, column in named.items()
        if name in mapped or name in needed or column not in taken
    }


def _spelt(column: str, header: list[str]) -> str:
    """A column in the header's case, if it is unique."""
    near = [other for other in header if other.casefold() == column.strip().casefold()]
    return near[0] if len(near) == 1 and column not in header else column


def _check_header(
    header: list[str],
    sources: dict[str, str],
    mapping: dict[str, str],
    needed: tuple[str, ...],
    path: Path,
) -> None:
    for name in (*needed, *mapping):
        column = sources[name] if name in sources else mapping[name]
        if column not in header:
            have = ", ".join(header) or "nothing"
            message = f"{path}: no column {column!r} for {name}; the file has {have}"
            names = {other.lower(): other for other in header if other not in sources.values()}
            if asked := suggestion(column.lower(), names):
                near = names[asked.partition(" mean ")[2].removesuffix("?")]
                option = "--columns" if "visitor" in needed else "--article-columns"
                message += f"; did you mean {near}? {option} {name}={near}"
            raise FileError(message)
    for column in sources.values():
        if header.count(column) > 1:
            message = f"{path}: column {column!r} must be there once, got {header.count(column)}"
            raise FileError(message)


def _evened(part: list[list[Any] | BadRow], width: int, faults: _Faults) -> list[list[Any]]:
    """Rows of one width; an unreadable row is empty."""
    if set(map(type, part)) == {list} and set(map(len, part)) == {width}:
        return cast("list[list[Any]]", part)
    rows: list[list[Any]] = []
    for index, values in enumerate(part):
        if isinstance(values, BadRow):
            faults.note(index, values)
        elif len(values) == width:
            rows.append(values)
            continue
        else:
            faults.note(index, f"must have {width} columns, got {len(values)}")
        rows.append([None] * width)
    return rows


def _check_filled(values: list[Any], name: str, faults: _Faults) -> None:
    if "" in values or None in values:
        for index, value in enumerate(values):
            if value in EMPTY:
                faults.note(index, f"{name} must not be empty")


def _stamps(values: list[Any], faults: _Faults, zone: tzinfo | None) -> list[int]:
    """Milliseconds; a row without a time gets the previous one."""
    if all(isinstance(v, str) and len(v) == 13 and v.isascii() and v.isdecimal() for v in values):
        stamps = list(map(int, values))
    else:
        stamps = [_stamp(value, index, faults, zone) for index, value in enumerate(values)]
    if min(stamps, default=EARLIEST_MS) < EARLIEST_MS:
        for index, stamp in enumerate(stamps):
            if stamp < EARLIEST_MS:
                faults.note(index, f"at must not be before 2000, got {values[index]!r}")
    good = [stamp for index, stamp in enumerate(stamps) if index not in faults.by_index]
    last = good[0] if good else EARLIEST_MS
    for index in range(len(stamps)) if faults.by_index else ():
        if index in faults.by_index:
            stamps[index] = last
        last = stamps[index]
    return stamps


def _stamp(value: Any, index: int, faults: _Faults, zone: tzinfo | None) -> int:
    if index in faults.by_index:
        return EARLIEST_MS
    try:
        return stamp_ms(value, zone)
    except TimestampError as error:
        faults.note(index, str(error))
        return EARLIEST_MS


def _whole_numbers(values: list[Any], name: str, faults: _Faults) -> list[Any]:
    """Numbers from text; the event checks whether they are allowed."""
    numbers = []
    for index, value in enumerate(values):
        try:
            numbers.append(int(_POINT_ZERO.sub("", value)) if isinstance(value, str) else value)
        except ValueError:
            faults.note(index, f"{name} must be a whole number, got {value!r:.80}")
            numbers.append(0)
    return numbers
