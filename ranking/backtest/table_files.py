"""Table files: rows of CSV or JSON, recognised by content, not by the file's name.

CSV is RFC 4180 with the variants of spreadsheets: commas, semicolons or tabs; UTF-8 or UTF-16 with
or without a byte order mark; lines end with CR, LF or both. JSON is one object per line, an array,
one object, or an object of columns. Both can be packed by gzip.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import orjson

GZIP = b"\x1f\x8b"
FOREIGN = {
    b"PK\x03\x04": "a zip archive or a spreadsheet; save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet; save it as CSV",
    b"\x28\xb5\x2f\xfd": "packed by zstd; gzip alone is read",
    b"BZh": "packed by bzip2; gzip alone is read",
    b"\xfd7zXZ": "packed by xz; gzip alone is read",
    b"PAR1": "Parquet; export it as CSV or JSON lines",
}
SEPARATORS = ",;\t"
_HINT = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_AFTER_QUOTE = "expected after"
"""Faults of the CSV reader that concern one row; after any other it cannot continue."""
_CSV_FAULTS = {
    _AFTER_QUOTE: "text follows a closing quotation mark",
    "end of data": "a quotation mark is not closed",
    "field limit": "a value is too long, or a quotation mark is not closed",
}


class BadRow(str):
    """An unreadable row: its position and fault."""

    __slots__ = ()


Table = tuple[list[str], Iterator[list[Any] | BadRow]]


class FileError(ValueError):
    """A file cannot be read as a log: the operator's fault."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[io.BufferedReader, BinaryIO]]:
    """A file's bytes, unpacked, and the file itself with its read position.

    Raises
    ------
    FileError
        If it is missing, damaged or of another format.
    """
    try:
        with path.open("rb") as raw:
            begin = raw.peek(8)
            for mark, what in FOREIGN.items():
                if begin.startswith(mark):
                    message = f"{path} cannot be read: it is {what}"
                    raise FileError(message)
            if begin.startswith(GZIP):
                yield io.BufferedReader(gzip.GzipFile(fileobj=raw)), raw
            else:
                yield raw, raw
    except FileNotFoundError as error:
        message = f"file {path} does not exist"
        raise FileError(message) from error
    except EOFError as error:
        message = f"{path} cannot be read: its gzip is incomplete"
        raise FileError(message) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        message = f"{path} cannot be read: it is not valid gzip"
        raise FileError(message) from error
    except OSError as error:
        message = f"{path} cannot be read: {(error.strerror or 'the disk fails').lower()}"
        raise FileError(message) from error
    except csv.Error as error:
        message = f"{path} cannot be read: {_csv_fault(error)}"
        raise FileError(message) from error
    except UnicodeDecodeError as error:
        byte = f"0x{error.object[error.start]:02x}"
        message = f"{path} cannot be read: it must be UTF-8, or UTF-16 with a mark, got {byte}"
        raise FileError(message) from error


def table_of(text: io.BufferedReader, path: Path, columns: list[str]) -> Table:
    """Header and rows of a file; for JSON only the given columns.

    Raises
    ------
    FileError
        If it is no table, at once or while rows are read.
    """
    begin = text.peek(4096).removeprefix(codecs.BOM_UTF8).lstrip()
    if begin[:1] in (b"{", b"["):
        return columns, _json_rows(text, path, columns)
    if not begin and not text.read(1):
        return columns, iter(())
    return _csv_table(text, path)


def _csv_table(text: io.BufferedReader, path: Path) -> Table:
    is_wide = text.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    lines = io.TextIOWrapper(text, "utf-16" if is_wide else "utf-8-sig", newline="")
    first = _first_line(lines)
    if hint := _HINT.fullmatch(first):
        separator, first = hint[1], _first_line(lines)
    else:
        bare = _QUOTED.sub("", first)
        separator = max(SEPARATORS, key=bare.count)
    reader = csv.reader(chain([first], lines), delimiter=separator, strict=True)
    header = [name.strip() for name in next(reader, [])]
    if not any(header):
        message = f"{path}: the first line must name the columns, got nothing"
        raise FileError(message)
    return header, _csv_rows(reader, lines, path)


def _first_line(lines: TextIO) -> str:
    """The first line that is not blank."""
    line = lines.readline()
    while line and not line.strip():
        line = lines.readline()
    return line


def _csv_rows(reader: Any, lines: io.TextIOWrapper, path: Path) -> Iterator[list[str] | BadRow]:
    row = 0
    try:
        while True:
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                row += 1
                where = f"row {row}: must be CSV as RFC 4180 says: {_csv_fault(error)}"
                if _AFTER_QUOTE not in str(error):
                    message = f"{path}, {where}"
                    raise FileError(message) from error
                yield BadRow(where)
                continue
            if any(values):
                row += 1
                yield values
    finally:
        if not lines.closed:
            lines.detach()  # otherwise its end closes the file


def _csv_fault(error: csv.Error) -> str:
    """The fault of a row, as a sentence."""
    found = (text for words, text in _CSV_FAULTS.items() if words in str(error))
    return next(found, "it is no CSV")


def _json_rows(
    text: io.BufferedReader, path: Path, columns: list[str]
) -> Iterator[list[Any] | BadRow]:
    for number, item in _json_items(text, path):
        if isinstance(item, dict):
            yield [item.get(column) for column in columns]
        elif isinstance(item, BadRow):
            yield item
        else:
            shown = orjson.dumps(item).decode()[:40]
            yield BadRow(f"line {number}: must be a JSON object, got {shown}")


def _json_items(text: io.BufferedReader, path: Path) -> Iterator[tuple[int, Any]]:
    """Objects or bad rows, with the line or the array position of each."""
    first = next((line for line in text if line.strip()), b"")
    first = first.removeprefix(codecs.BOM_UTF8)
    if _is_json(first) and not first.lstrip().startswith(b"["):
        item = orjson.loads(first)
        if isinstance(item.get("columns"), dict):
            yield from enumerate(_objects(item["columns"], path), 1)
            return
        yield 1, item
        yield from _json_lines(enumerate(text, 2))
        return
    rest = text.read()
    lines = rest.split(b"\n")
    if first.startswith(b"{") and _is_json(lines[0]) and lines[0].startswith(b"{"):
        yield from _json_lines(enumerate([first, *lines], 1))  # without the first line
        return
    whole = _loaded(first + rest, f"{path}: ")
    if isinstance(whole, BadRow):
        raise FileError(whole)
    if isinstance(whole, dict) and isinstance(whole.get("columns"), dict):
        whole = _objects(whole["columns"], path)
    yield from enumerate(whole if isinstance(whole, list) else [whole], 1)


def _json_lines(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Any]]:
    for number, line in lines:
        if line.strip():
            yield number, _loaded(line, f"line {number}: ")


def _objects(columns: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    columns = {name: values for name, values in columns.items() if values is not None}
    if not all(isinstance(values, list) for values in columns.values()):
        message = f"{path}: columns must be lists, each of a field's values"
        raise FileError(message)
    sizes = dict.fromkeys(map(len, columns.values()))
    if len(sizes) > 1:
        text = " and ".join(map(str, sizes))
        message = f"{path}: columns must have the same length, got {text}"
        raise FileError(message)
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _loaded(text: bytes, where: str) -> Any:
    """Parse JSON; invalid text becomes a bad row."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return BadRow(f"{where}must be a JSON object, is none from character {error.pos + 1} on")
