"""Logs in files, read in chunks as events and articles.

Columns have the names of an event's fields; other names are mapped (`at=ts_ms,visitor=user`), and
a column that is mapped is not also the field of its own name. An empty value is the field's
default. A row that breaks a rule is refused with the file, its row, the field and the rule; row 1
is the first after a CSV's header, or the first object, and blank lines are no rows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ranking.engine.event import (
    DEFAULT_EDITION,
    EARLIEST_MS,
    Event,
    Rejection,
    canonical_edition,
    edition_fault,
)
from ranking.engine.rows import DEFAULTS
from ranking.engine.timestamps import TimestampError, stamp_ms
from ranking.lists.cards import Card, Sent, card_of, convert_article
from ranking.replay.tables import FileError as FileError
from ranking.replay.tables import opened, table_of

CHUNK = 5000
EVENT_FIELDS = Event.__struct_fields__
LOGGED_FIELDS = tuple(field for field in EVENT_FIELDS if field != "referrer")
"""What a log keeps of an event."""
ARTICLE_FIELDS = Sent.__struct_fields__
WHOLE_NUMBERS = ("slot", "bucket")
EMPTY = ("", None)
_POINT_ZERO = re.compile(r"\.0+$")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file.

    Attributes
    ----------
    columns : dict of str to list
        By field, as many values as rows; a field that is empty in all rows is left out.
    first, size : int
        Number of the first row in its file, from 1, and how many there are.
    read : int
        Bytes of the file read so far, for a progress bar.
    """

    columns: dict[str, list[Any]]
    first: int
    size: int
    read: int

    def fault(self, rejection: Rejection) -> str:
        """Say which row was rejected, and why."""
        return f"row {self.first + rejection.index}: {rejection.field}: {rejection.reason}"


def mapping_of(text: str, fields: tuple[str, ...]) -> dict[str, str]:
    """Read `field=column,...` into field to column.

    Examples
    --------
    >>> mapping_of("at=ts_ms,visitor=user", EVENT_FIELDS)
    {'at': 'ts_ms', 'visitor': 'user'}
    """
    mapping = {}
    for pair in filter(None, text.split(",")):
        field, _, column = pair.partition("=")
        if field not in fields or not column:
            known = ", ".join(fields)
            message = f"columns must be field=column with a field of {known}, got {pair!r}"
            raise FileError(message)
        mapping[field] = column
    return mapping


def view_chunks(
    path: Path,
    mapping: dict[str, str],
    edition: str = DEFAULT_EDITION,
    size: int = CHUNK,
    zone: tzinfo | None = None,
) -> Iterator[Chunk]:
    """Read a log of views in chunks of rows; `at` becomes milliseconds.

    Parameters
    ----------
    path : Path
    mapping : dict of str to str
        Field to column.
    edition : str
        Of rows that name none.
    size : int
        Rows of a chunk.
    zone : tzinfo or None
        Of times that name none.

    Raises
    ------
    FileError
        If the file is missing, lacks a column or holds a value against its rule.
    """
    if fault := edition_fault(edition):
        raise FileError(fault)
    needed = ("at", "visitor", "article")
    absent = {**DEFAULTS, "edition": canonical_edition(edition)}
    for chunk in _chunks(path, mapping, LOGGED_FIELDS, needed, size):
        columns, first = chunk.columns, chunk.first
        columns["at"] = _stamps(columns["at"], path, first, zone)
        if "edition" not in columns and edition != DEFAULT_EDITION:
            columns["edition"] = [absent["edition"]] * chunk.size
        for field, values in columns.items():
            if "" in values or None in values:
                columns[field] = [absent[field] if v in EMPTY else v for v in values]
            if field in WHOLE_NUMBERS:
                columns[field] = _whole_numbers(columns[field], field, path, first)
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
    for chunk in _chunks(path, mapping, ARTICLE_FIELDS, ("id",), CHUNK):
        names = list(chunk.columns)
        for row, values in enumerate(zip(*chunk.columns.values(), strict=True), chunk.first):
            fields = {n: v for n, v in zip(names, values, strict=True) if v not in EMPTY}
            try:
                yield card_of(convert_article(fields), edition, zone)
            except ValueError as error:
                message = f"{path}, row {row}: {error}"
                raise FileError(message) from error


def body_of(chunk: Chunk) -> bytes:
    """Rows of a chunk of views as the JSON to send, in columns."""
    return msgspec.json.encode({"columns": chunk.columns})


def label_of(path: Path, *options: object) -> str:
    """Digest of a file's content, unpacked, and of what else decides on its events."""
    digest = blake2b(repr(options).encode(), digest_size=16)
    with opened(path) as (text, _):
        while part := text.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _chunks(
    path: Path, mapping: dict[str, str], fields: tuple[str, ...], needed: tuple[str, ...], size: int
) -> Iterator[Chunk]:
    first, taken = 1, set(mapping.values())
    sources = {
        field: mapping.get(field, field)
        for field in fields
        if field in mapping or field in needed or field not in taken
    }
    with opened(path) as (text, raw):
        header, rows = table_of(text, path, list(dict.fromkeys(sources.values())))
        _check_header(header, sources, mapping, needed, path)
        places = {f: header.index(column) for f, column in sources.items() if column in header}
        while part := list(islice(rows, size)):
            _check_lengths(part, len(header), path, first)
            values = list(zip(*part, strict=True))
            columns = {field: list(values[place]) for field, place in places.items()}
            for name in needed:
                _check_filled(columns[name], name, path, first)
            kept = {f: c for f, c in columns.items() if any(v not in EMPTY for v in c)}
            yield Chunk(kept, first, len(part), raw.tell())
            first += len(part)


def _check_header(
    header: list[str],
    sources: dict[str, str],
    mapping: dict[str, str],
    needed: tuple[str, ...],
    path: Path,
) -> None:
    for field in (*needed, *mapping):
        column = mapping.get(field, field)
        if column not in header:
            have = ", ".join(header) or "nothing"
            message = f"{path}: no column {column!r} for {field}; the file has {have}"
            raise FileError(message)
    for column in sources.values():
        if header.count(column) > 1:
            message = f"{path}: column {column!r} must be there once, got {header.count(column)}"
            raise FileError(message)


def _check_lengths(part: list[list[Any]], width: int, path: Path, first: int) -> None:
    if set(map(len, part)) == {width}:
        return
    for row, values in enumerate(part, first):
        if len(values) != width:
            message = f"{path}, row {row}: must have {width} columns, got {len(values)}"
            raise FileError(message)


def _check_filled(values: list[Any], field: str, path: Path, first: int) -> None:
    if "" in values or None in values:
        row = first + next(i for i, value in enumerate(values) if value in EMPTY)
        message = f"{path}, row {row}: {field} must not be empty"
        raise FileError(message)


def _stamps(values: list[Any], path: Path, row: int, zone: tzinfo | None) -> list[int]:
    if all(isinstance(v, str) and len(v) == 13 and v.isascii() and v.isdecimal() for v in values):
        stamps = list(map(int, values))
    else:
        stamps = [_stamp(value, path, row + i, zone) for i, value in enumerate(values)]
    if min(stamps, default=EARLIEST_MS) < EARLIEST_MS:
        place = next(i for i, stamp in enumerate(stamps) if stamp < EARLIEST_MS)
        message = f"{path}, row {row + place}: at must not be before 2000, got {values[place]!r}"
        raise FileError(message)
    return stamps


def _stamp(value: Any, path: Path, row: int, zone: tzinfo | None) -> int:
    try:
        return stamp_ms(value, zone)
    except TimestampError as error:
        message = f"{path}, row {row}: {error}"
        raise FileError(message) from error


def _whole_numbers(values: list[Any], field: str, path: Path, first: int) -> list[Any]:
    """Numbers that are written as text; whether they are allowed is the event's to say."""
    numbers = []
    for row, value in enumerate(values, first):
        try:
            numbers.append(int(_POINT_ZERO.sub("", value)) if isinstance(value, str) else value)
        except ValueError as error:
            message = f"{path}, row {row}: {field} must be a whole number, got {value!r:.80}"
            raise FileError(message) from error
    return numbers
