"""Checkpoints in Kafka: pieces, then a manifest that makes them one.

The topic `checkpoints` holds a partition's checkpoint in the same partition. Piece keys have an
epoch, drawn when the partition is assigned, and one of three letters. So a piece never overwrites
one that either of the last two manifests names, and no other worker writes under this epoch. A
manifest is one record, so a checkpoint is complete or absent; it holds the ranker's header and each
piece's key and digest. Every complete checkpoint is valid, since the state is a function of the log
before it; the one with the greatest position is loaded. Pieces of earlier epochs are deleted after
the second manifest.
"""

import asyncio
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from uuid import uuid4

import msgspec

from ranking.engine.snapshot import (
    CheckpointError,
    CheckpointHeader,
    Marks,
    Snapshot,
    piece_names,
    read_header,
)
from streams.topic_reader import PartitionReader, TopicWriter

LETTERS = "abc"
KEPT = 2


class Manifest(msgspec.Struct, array_like=True, frozen=True):
    """The pieces of a checkpoint.

    Attributes
    ----------
    header : bytes
        Header of the ranker's state.
    position : int
    pieces : dict of str to (bytes, bytes)
        Key and digest by name.
    """

    header: bytes
    position: int
    pieces: dict[str, tuple[bytes, bytes]]


class Loaded(msgspec.Struct, frozen=True):
    """A whole checkpoint.

    Attributes
    ----------
    header : CheckpointHeader
    pieces : dict of str to bytes
    """

    header: CheckpointHeader
    pieces: dict[str, bytes]


class Checkpoints:
    """Checkpoints of one partition, written by one worker since it took it.

    Parameters
    ----------
    topic : str
    partition : int
    writer : TopicWriter
    end : int
        The topic's end when the partition was taken.
    stale : iterable of bytes
        Keys of earlier epochs, deleted after the second manifest.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        writer: TopicWriter,
        end: int = 0,
        stale: Iterable[bytes] = (),
    ) -> None:
        self.marks: Marks | None = None
        self.position = -1
        self._topic, self._partition, self._writer = topic, partition, writer
        self._epoch = uuid4().hex[:12]
        self._pieces: dict[str, tuple[bytes, bytes]] = {}
        self._before: dict[str, tuple[bytes, bytes]] = {}
        self._stale = list(stale)
        self._written = 0
        self._end: int | None = end
        """Offset after the last record written or read; None = a write failed halfway."""

    async def is_ours(self, reader: PartitionReader) -> bool:
        """Return whether no other worker has written checkpoints of the partition.

        After a failed write the end is unknown: all present records count as this worker's.

        Raises
        ------
        RecordsError
            If the broker does not answer.
        """
        end = (await reader.bounds(self._topic, self._partition))[1]
        if self._end is None:
            self._end = end
        return end == self._end

    async def write(self, snapshot: Snapshot) -> int:
        """Write a snapshot of what changed since `marks`; returns its bytes.

        Raises
        ------
        RecordsError
            If the broker refuses; earlier checkpoints stay valid.
        """
        pieces = dict(self._pieces)
        records = await asyncio.to_thread(self._records, snapshot, pieces)
        header = snapshot.header()
        named = {name: pieces[name] for name in piece_names(header)}
        manifest = Manifest(msgspec.msgpack.encode(header), snapshot.position, named)
        await self._put(records)
        key = f"manifest {self._epoch} {self._written % KEPT}".encode()
        await self._put([(key, msgspec.msgpack.encode(manifest))])
        self._before, self._pieces = self._pieces, named
        self.marks, self.position = snapshot.marks, snapshot.position
        self._written += 1
        if self._written == KEPT:
            await self._put([(key, None) for key in self._stale])
            self._stale = []
        return sum(len(value) for _, value in records)

    def _records(
        self, snapshot: Snapshot, pieces: dict[str, tuple[bytes, bytes]]
    ) -> list[tuple[bytes, bytes]]:
        """Records of the pieces that changed; `pieces` follows."""
        records = []
        for name, data in snapshot.pieces():
            key = self._free_key(name)
            pieces[name] = (key, _digest(data))
            records.append((key, data))
        return records

    def _free_key(self, name: str) -> bytes:
        keys = [f"{self._epoch} {letter} {name}".encode() for letter in LETTERS]
        named = {kept[name][0] for kept in (self._pieces, self._before) if name in kept}
        return next(key for key in keys if key not in named)

    async def _put(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        before, self._end = self._end, None
        end = await self._writer.write(self._topic, self._partition, list(records))
        self._end = max(before or 0, end)


class Found(msgspec.Struct, frozen=True):
    """The contents of a partition's checkpoint topic.

    Attributes
    ----------
    loaded : Loaded or None
        The checkpoint with the greatest position.
    keys : list of bytes
        Keys of all records.
    end : int
        The topic's end.
    fault : str
        Why a checkpoint with a greater position cannot be used, or empty.
    """

    loaded: Loaded | None
    keys: list[bytes]
    end: int
    fault: str = ""


async def load(reader: PartitionReader, topic: str, partition: int) -> Found:
    """Read the checkpoints of a partition.

    Raises
    ------
    RecordsError
        If the broker does not answer.
    """
    begin, end = await reader.bounds(topic, partition)
    kept: dict[bytes, bytes] = {}
    async for record in reader.read(topic, partition, begin, end):
        if record.key is not None and record.value is not None:
            kept[record.key] = record.value
        elif record.key is not None:
            kept.pop(record.key, None)
    manifests, faults = [], list[str]()
    for key, value in kept.items():
        if key.startswith(b"manifest "):
            try:
                manifests.append(msgspec.msgpack.decode(value, type=Manifest))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                faults.append(f"manifest is unreadable: {error}")
    for manifest in sorted(manifests, key=lambda m: -m.position):
        try:
            return Found(_whole(manifest, kept), list(kept), end, faults[0] if faults else "")
        except CheckpointError as error:
            faults.append(str(error))
    return Found(None, list(kept), end, faults[0] if faults else "")


def _whole(manifest: Manifest, kept: Mapping[bytes, bytes]) -> Loaded:
    """The checkpoint of a manifest.

    Raises
    ------
    CheckpointError
        If it is of another version, or one of its pieces is missing.
    """
    header, pieces = read_header(manifest.header), {}
    for name, (key, digest) in manifest.pieces.items():
        data = kept.get(key)
        if data is None or _digest(data) != digest:
            message = f"checkpoint at offset {manifest.position} lacks its piece {name!r}"
            raise CheckpointError(message)
        pieces[name] = data
    return Loaded(header, pieces)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()
