"""Logs in files: CSV, CSV.gz or JSON lines, read in chunks as events and articles.

Columns have the names of an event's fields; other names are mapped (`at=ts_ms,visitor=user`), and
a column that is mapped is not also the field of its own name. An empty value is the field's
default. A row that breaks a rule is refused with the file, its row, the field and the rule; row 1
is the first after a CSV's header, or the first object, and blank lines are no rows.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import orjson

from ranking.engine.event import DEFAULT_EDITION, Event, Rejection, edition_fault, stamp_ms
from ranking.engine.rows import DEFAULTS
from ranking.lists.cards import Card, Sent, card_of

CHUNK = 5000
EVENT_FIELDS = Event.__struct_fields__
LOGGED_FIELDS = tuple(field for field in EVENT_FIELDS if field != "referrer")
"""What a log keeps of an event."""
ARTICLE_FIELDS = Sent.__struct_fields__
WHOLE_NUMBERS = ("slot", "bucket")
EMPTY = ("", None)


class FileError(ValueError):
    """A file cannot be read as a log: the operator's fault."""


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
    path: Path, mapping: dict[str, str], edition: str = DEFAULT_EDITION, size: int = CHUNK
) -> Iterator[Chunk]:
    """Read a log of views in chunks of rows; `at` becomes milliseconds, names become text.

    Raises
    ------
    FileError
        If the file is missing, lacks a column or holds a value against its rule.
    """
    if fault := edition_fault(edition):
        raise FileError(fault)
    needed = ("at", "visitor", "article")
    absent = {**DEFAULTS, "edition": edition}
    for chunk in _chunks(path, mapping, LOGGED_FIELDS, needed, size):
        columns, first = chunk.columns, chunk.first
        columns["at"] = _stamps(columns["at"], path, first)
        if "edition" not in columns and edition != DEFAULT_EDITION:
            columns["edition"] = [edition] * chunk.size
        for field, values in columns.items():
            if "" in values or None in values:
                columns[field] = [absent[field] if v in EMPTY else v for v in values]
            if field in WHOLE_NUMBERS:
                columns[field] = _whole_numbers(columns[field], field, path, first)
        yield chunk


def read_articles(path: Path, mapping: dict[str, str], edition: str = "") -> Iterator[Card]:
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
                yield card_of(msgspec.convert(fields, Sent), edition)
            except (ValueError, msgspec.ValidationError) as error:
                message = f"{path}, row {row}: {error}"
                raise FileError(message) from error


def body_of(chunk: Chunk) -> bytes:
    """Rows of a chunk of views as the JSON to send, in columns."""
    return msgspec.json.encode({"columns": chunk.columns})


def _chunks(
    path: Path, mapping: dict[str, str], fields: tuple[str, ...], needed: tuple[str, ...], size: int
) -> Iterator[Chunk]:
    first, taken = 1, set(mapping.values())
    sources = {
        field: mapping.get(field, field)
        for field in fields
        if field in mapping or field in needed or field not in taken
    }
    with _opened(path) as (text, raw):
        rows: Iterator[list[Any]]
        if path.name.removesuffix(".gz").endswith((".jsonl", ".ndjson", ".json")):
            rows, header = _json_rows(text, path, sources), list(sources.values())
        else:
            lines = csv.reader(io.TextIOWrapper(text, "utf-8", newline=""))
            header = next(lines, [])
            _check_header(header, mapping, needed, path)
            rows = filter(None, lines)
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
    header: list[str], mapping: dict[str, str], needed: tuple[str, ...], path: Path
) -> None:
    for field in (*needed, *mapping):
        column = mapping.get(field, field)
        if column not in header:
            have = ", ".join(header) or "nothing"
            message = f"{path}: no column {column!r} for {field}; the file has {have}"
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


def _json_rows(lines: Any, path: Path, sources: dict[str, str]) -> Iterator[list[Any]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                item = orjson.loads(line)
                yield [item.get(column) for column in sources.values()]
            except (orjson.JSONDecodeError, AttributeError) as error:
                message = f"{path}, line {number}: must be a JSON object"
                raise FileError(message) from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, BinaryIO]]:
    try:
        with path.open("rb") as raw:
            zipped = path.suffix == ".gz"
            yield (io.BufferedReader(gzip.GzipFile(fileobj=raw)) if zipped else raw), raw
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        message = f"{path} cannot be read: {error}"
        raise FileError(message) from error


def _stamps(values: list[Any], path: Path, row: int) -> list[int]:
    if all(isinstance(value, str) and len(value) == 13 and value.isdecimal() for value in values):
        return list(map(int, values))
    return [_stamp(value, path, row + i) for i, value in enumerate(values)]


def _stamp(value: Any, path: Path, row: int) -> int:
    try:
        return stamp_ms(value)
    except (TypeError, ValueError) as error:
        message = f"{path}, row {row}: at must be seconds, milliseconds or ISO 8601, got {value!r}"
        raise FileError(message) from error


def _whole_numbers(values: list[Any], field: str, path: Path, first: int) -> list[Any]:
    """Numbers that are written as text; whether they are allowed is the event's to say."""
    numbers = []
    for row, value in enumerate(values, first):
        try:
            numbers.append(int(value) if isinstance(value, str) else value)
        except ValueError as error:
            message = f"{path}, row {row}: {field} must be a whole number, got {value!r}"
            raise FileError(message) from error
    return numbers
