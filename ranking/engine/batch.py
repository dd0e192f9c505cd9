"""Batches: some thousand views of one site, packed in columns; the unit that travels.

Layout: magic `TQB1`, header length (u32), MessagePack header, zero padding to a multiple of 8,
then the columns, little-endian and each padded likewise, so that numpy reads them in place.
The dictionary of articles names each article together with its edition. A column that holds
nothing but its default is left out; one that a reader does not know is skipped; an unknown major
version is refused. This file alone knows the bytes.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.engine.event_kinds import CODES

MAGIC = b"TQB1"
MAJOR, MINOR = 1, 2
PREFIX = struct.Struct("<4sI")
COLUMNS: dict[str, str] = {
    "at": "<i8",  # ms since the epoch, UTC
    "article": "<u4",  # index into `articles`
    "visitor": "<u8",  # hashed
    "chain": "<u8",  # hashed session, or the visitor
    "event_id": "<u8",  # hashed; 0 = none
    "kind": "u1",  # code of an event kind
    "robot": "u1",
    "surface": "<u2",  # index into `surfaces`; 0 = none
    "slot": "u1",  # place in the list, from 1; 0 = none
    "bucket": "<u2",  # 0-999; 65535 = none
    "experiment": "<u2",  # index into `experiments`; 0 = none
    "arm": "<u2",  # index into `arms`; 0 = none
    "network": "<u4",  # hashed; 0 = none
    "list_id": "<u8",  # 0 = none
    "gap": "<u4",  # numbers of the source left out before this view
    "import": "<u2",  # index into `imports`; 0 = none
    "row": "<u8",  # number of the row of the import's file
}
NARROW = {"surface": ("u1", "surfaces")}
"""Columns that have grown: as they travel while their values fit, and the name under which they
travel otherwise."""
BUCKETS = 1000
"""Buckets that readers are in."""
DEFAULTS = {"bucket": 65535}
TRAVELLING = {name: (name, NARROW.get(name, (dtype,))[0]) for name, dtype in COLUMNS.items()}
TRAVELLING |= {wide: (name, COLUMNS[name]) for name, (_, wide) in NARROW.items()}
"""Column and type of each name under which columns travel."""
NUMBER = re.compile(r"<[iuf][248]|[iu]1")


class BatchError(ValueError):
    """The bytes are not a batch that this version can read: the sender's fault."""


class BatchHeader(msgspec.Struct, array_like=True, frozen=True):
    """The header before the columns; new fields are appended only."""

    major: int
    minor: int
    site: str
    source: str
    first: int
    stamp_ms: int
    size: int
    editions: tuple[str, ...]
    articles: tuple[tuple[int, str], ...]
    surfaces: tuple[str, ...]
    experiments: tuple[str, ...]
    arms: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    imports: tuple[str, ...] = ("",)


class _BatchVersion(msgspec.Struct, array_like=True, frozen=True):
    major: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Views of one site in the order of its log.

    Attributes
    ----------
    site : str
    source : str
        Who packed them: a collector's incarnation, or a raw topic's partition.
    first : int
        The first view's number in its source's sequence, unless `gap` leaves some out before it.
    stamp_ms : int
        When it was packed, ms since the epoch: events may be stamped a little later at most.
    editions : tuple of str
    articles : tuple of (int, str)
        Index of the edition, and the article's id.
    surfaces, experiments, arms, imports : tuple of str
        Dictionaries whose entry 0 is the empty string.
    columns : dict of str to (n_views,) array
        Every name of `COLUMNS`, read-only.
    """

    site: str
    source: str
    first: int
    stamp_ms: int
    editions: tuple[str, ...]
    articles: tuple[tuple[int, str], ...]
    surfaces: tuple[str, ...]
    experiments: tuple[str, ...]
    arms: tuple[str, ...]
    columns: dict[str, NDArray[Any]]
    imports: tuple[str, ...] = ("",)

    def __len__(self) -> int:
        """Count the views."""
        return int(self.columns["at"].size)

    def part(self, start: int, stop: int) -> "Batch":
        """Views `start` to `stop` as a batch of their own, with their own numbers."""
        columns = {name: column[start:stop] for name, column in self.columns.items()}
        left_out = int(self.columns["gap"][:start].sum(dtype=np.int64))
        return replace(self, first=self.first + start + left_out, columns=columns)

    def taken(self, mask: NDArray[np.bool_]) -> "Batch":
        """Some of the views, in their order; their numbers do not hold any more."""
        return replace(self, columns={name: c[mask] for name, c in self.columns.items()})

    def numbers(self) -> NDArray[np.int64]:
        """Each view's number in its source's sequence, ascending, (n_views,) int64."""
        left_out = np.cumsum(self.columns["gap"], dtype=np.int64)
        return self.first + np.arange(len(self)) + left_out

    def known(self, sequences: Mapping[str, int]) -> int:
        """Number of leading views that come before the next expected sequence numbers."""
        following = sequences.get(self.source)
        return 0 if following is None else int(np.searchsorted(self.numbers(), following))


def full_columns(given: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """All columns in their types, read-only; those not given hold their defaults."""
    size = given["at"].size
    columns = {}
    for name, dtype in COLUMNS.items():
        if name in given:
            column = np.ascontiguousarray(given[name], np.dtype(dtype))
        else:
            column = np.full(size, DEFAULTS.get(name, 0), np.dtype(dtype))
        column = column.view()
        column.flags.writeable = False
        columns[name] = column
    return columns


def encode(batch: Batch) -> bytes:
    """Pack a batch into bytes."""
    kept = dict(
        _travelling(name, column)
        for name, column in batch.columns.items()
        if name == "at" or np.any(column != DEFAULTS.get(name, 0))
    )
    header = BatchHeader(
        MAJOR, MINOR, batch.site, batch.source, batch.first, batch.stamp_ms, len(batch),
        batch.editions, batch.articles, batch.surfaces, batch.experiments, batch.arms,
        tuple((name, TRAVELLING[name][1]) for name in kept), batch.imports,
    )  # fmt: skip
    head = msgspec.msgpack.encode(header)
    parts = [PREFIX.pack(MAGIC, len(head)), _padded(head, PREFIX.size)]
    parts += [_padded(column.tobytes()) for column in kept.values()]
    return b"".join(parts)


def decode(data: bytes, appended_ms: int = 0) -> Batch:
    """Unpack a batch; its columns are views of `data`.

    Parameters
    ----------
    data : bytes
    appended_ms : int
        When the log took the batch, ms; 0 = the log does not say. The batch has the earlier of this
        stamp and its packer's, so that a packer whose clock is ahead vouches for no future event.

    Raises
    ------
    BatchError
        If the bytes are cut, are no batch or have an unknown major version.
    """
    header, offset = _read_header(data)
    given: dict[str, NDArray[Any]] = {}
    for name, dtype in header.columns:
        column = _column(data, offset, name, dtype, header.size)
        if name in TRAVELLING:
            given[TRAVELLING[name][0]] = column
        offset += _up(column.nbytes)
    if "at" not in given:
        message = "batch has no column at"
        raise BatchError(message)
    columns = full_columns(given)
    _check_indices(header, columns)
    stamp_ms = min(header.stamp_ms, appended_ms or header.stamp_ms)
    return Batch(
        header.site, header.source, header.first, stamp_ms, header.editions,
        header.articles, header.surfaces, header.experiments, header.arms, columns, header.imports,
    )  # fmt: skip


def _column(data: bytes, offset: int, name: str, dtype: str, size: int) -> NDArray[Any]:
    if TRAVELLING.get(name, ("", dtype))[1] != dtype or not NUMBER.fullmatch(dtype):
        message = f"batch has a column {name} of type {dtype[:20]!r}"
        raise BatchError(message)
    end = offset + np.dtype(dtype).itemsize * size
    if size < 0 or end > len(data):
        message = f"batch is cut: column {name} ends at {end} of {len(data)} bytes"
        raise BatchError(message)
    return np.frombuffer(data, np.dtype(dtype), size, offset)


def _travelling(name: str, column: NDArray[Any]) -> tuple[str, NDArray[Any]]:
    """Name and values of a column as they are written."""
    narrow, wide = NARROW.get(name, ("", ""))
    if not narrow:
        return name, column
    fits = int(column.max()) <= np.iinfo(narrow).max
    return (name, column.astype(narrow)) if fits else (wide, column)


def _check_indices(header: BatchHeader, columns: dict[str, NDArray[Any]]) -> None:
    """Refuse a batch whose indices would lead the loop astray."""
    if not {edition for edition, _ in header.articles} <= set(range(len(header.editions))):
        message = "batch has an article of an edition that its dictionary lacks"
        raise BatchError(message)
    known = {
        "article": len(header.articles),
        "kind": CODES,
        "surface": len(header.surfaces),
        "experiment": len(header.experiments),
        "arm": len(header.arms),
        "import": len(header.imports),
    }
    for name, size in known.items():
        if header.size and int(columns[name].max()) >= size:
            message = f"batch has a column {name} that names more than the {size} there are"
            raise BatchError(message)


def _read_header(data: bytes) -> tuple[BatchHeader, int]:
    try:
        magic, length = PREFIX.unpack_from(data)
        head = data[PREFIX.size : PREFIX.size + length]
        if magic == MAGIC:
            major = msgspec.msgpack.decode(head, type=_BatchVersion).major
            if major != MAJOR:
                message = f"batch has major version {major}, this reader knows {MAJOR}"
                raise BatchError(message)
            return msgspec.msgpack.decode(head, type=BatchHeader), _up(PREFIX.size + length)
    except (struct.error, msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"batch has an unreadable header: {error}"
        raise BatchError(message) from error
    message = f"batch must begin with {MAGIC!r}, got {magic!r}"
    raise BatchError(message)


def _up(length: int) -> int:
    return (length + 7) & ~7


def _padded(data: bytes, before: int = 0) -> bytes:
    return data + bytes(_up(before + len(data)) - before - len(data))
