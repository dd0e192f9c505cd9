"""Logs in files: CSV, CSV.gz or JSON lines, read in chunks as events and articles.

Columns have the names of an event's fields; other names are mapped (`at=ts_ms,visitor=user`).
A row that breaks a rule is refused with the file, its row, the field and the rule.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import orjson

from ranking.engine.event import DEFAULT_EDITION, Event, edition_fault, stamp_ms
from ranking.lists.catalogue import Card, Sent, card_of

CHUNK = 5000
EVENT_FIELDS = Event.__struct_fields__
LOGGED_FIELDS = tuple(field for field in EVENT_FIELDS if field != "referrer")
"""What a log keeps of an event."""
ARTICLE_FIELDS = Sent.__struct_fields__
WHOLE_NUMBERS = ("slot", "bucket")


class FileError(ValueError):
    """A file cannot be read as a log: the operator's fault."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a log, in columns: field name to as many values as rows."""

    columns: dict[str, list[Any]]
    size: int
    read: int
    """Bytes of the file read so far, for a progress bar."""


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
    row = 1
    needed = ("at", "visitor", "article")
    for columns, count, read in _chunks(path, mapping, LOGGED_FIELDS, needed, size):
        columns["at"] = _stamps(columns["at"], path, row)
        if "edition" in columns:
            columns["edition"] = [value or edition for value in columns["edition"]]
        elif edition != DEFAULT_EDITION:
            columns["edition"] = [edition] * count
        for field in WHOLE_NUMBERS:
            if field in columns:
                columns[field] = [
                    _whole(value, field, path, row + i) for i, value in enumerate(columns[field])
                ]
        row += count
        yield Chunk(columns, count, read)


def read_articles(path: Path, mapping: dict[str, str], edition: str = "") -> Iterator[Card]:
    """Read a file of articles as cards.

    Raises
    ------
    FileError
        As for views.
    """
    row = 1
    for columns, count, _ in _chunks(path, mapping, ARTICLE_FIELDS, ("id",), CHUNK):
        names = list(columns)
        for i, values in enumerate(zip(*columns.values(), strict=True)):
            fields = {n: v for n, v in zip(names, values, strict=True) if v not in ("", None)}
            try:
                yield card_of(msgspec.convert(fields, Sent), edition)
            except (ValueError, msgspec.ValidationError) as error:
                message = f"{path}, row {row + i}: {error}"
                raise FileError(message) from error
        row += count


def body_of(chunk: Chunk) -> bytes:
    """Rows of a chunk as the JSON to send: in columns, or one by one where some are empty."""
    columns = chunk.columns
    if not any("" in values or None in values for values in columns.values()):
        return msgspec.json.encode({"columns": columns})
    rows = zip(*columns.values(), strict=True)
    return msgspec.json.encode(
        [{n: v for n, v in zip(columns, row, strict=True) if v not in ("", None)} for row in rows]
    )


def _chunks(
    path: Path, mapping: dict[str, str], fields: tuple[str, ...], needed: tuple[str, ...], size: int
) -> Iterator[tuple[dict[str, list[Any]], int, int]]:
    with _opened(path) as (text, raw):
        rows: Iterator[list[Any]]
        if path.name.removesuffix(".gz").endswith((".jsonl", ".ndjson", ".json")):
            rows = _json_rows(text, path, mapping, fields)
            names = list(fields)
        else:
            rows = csv.reader(io.TextIOWrapper(text, "utf-8", newline=""))
            header = next(rows, [])
            names = _names(header, mapping, fields, needed, path)
        while part := list(islice(rows, size)):
            try:
                columns = {n: list(c) for n, c in zip(names, zip(*part, strict=True), strict=True)}
            except ValueError as error:
                message = f"{path}: a row has another number of columns than the header"
                raise FileError(message) from error
            kept = {n: c for n, c in columns.items() if n and any(v is not None for v in c)}
            for name in needed:
                if name not in kept or None in kept[name] or "" in kept[name]:
                    message = f"{path}: {name} must not be empty in any row"
                    raise FileError(message)
            yield kept, len(part), raw.tell()


def _names(
    header: list[str], mapping: dict[str, str], fields: tuple[str, ...], needed: tuple[str, ...],
    path: Path,
) -> list[str]:  # fmt: skip
    """Field of each column; "" where a column is not ours."""
    wanted = {mapping.get(field, field): field for field in fields}
    for field in (*needed, *mapping):
        column = mapping.get(field, field)
        if column not in header:
            have = ", ".join(header) or "nothing"
            message = f"{path}: no column {column!r} for {field}; the file has {have}"
            raise FileError(message)
    return [wanted.get(column, "") for column in header]


def _json_rows(
    lines: Any, path: Path, mapping: dict[str, str], fields: tuple[str, ...]
) -> Iterator[list[Any]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                item = orjson.loads(line)
                yield [item.get(mapping.get(field, field)) for field in fields]
            except (orjson.JSONDecodeError, AttributeError) as error:
                message = f"{path}, line {number}: must be a JSON object"
                raise FileError(message) from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, BinaryIO]]:
    try:
        with path.open("rb") as raw:
            zipped = path.suffix == ".gz"
            yield (io.BufferedReader(gzip.GzipFile(fileobj=raw)) if zipped else raw), raw
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        message = f"{path} cannot be read: {error}"
        raise FileError(message) from error


def _stamps(values: list[Any], path: Path, row: int) -> list[int]:
    if all(isinstance(value, str) and len(value) == 13 and value.isdigit() for value in values):
        return list(map(int, values))
    return [_stamp(value, path, row + i) for i, value in enumerate(values)]


def _stamp(value: Any, path: Path, row: int) -> int:
    try:
        return stamp_ms(value)
    except (TypeError, ValueError) as error:
        message = f"{path}, row {row}: at must be seconds, milliseconds or ISO 8601, got {value!r}"
        raise FileError(message) from error


def _whole(value: Any, field: str, path: Path, row: int) -> int | None:
    if value in ("", None):
        return None
    try:
        return int(value)
    except ValueError as error:
        message = f"{path}, row {row}: {field} must be a whole number, got {value!r}"
        raise FileError(message) from error
