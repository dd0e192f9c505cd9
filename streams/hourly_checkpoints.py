"""Hourly checkpoints: the first checkpoint of each hour, in topics of their own.

They are separate from the two checkpoints that a worker restarts from. All pieces go to the topic
`hourly-checkpoints`. Then one record in `boards` names the header and the offsets of the pieces,
so that a state is complete or absent. Both topics have a retention of two days. The topic
`boards` also holds the boards shown (`ranking/history/shown_boards.py`).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from uuid import uuid4

import msgspec

from ranking.engine.snapshot import Snapshot
from ranking.history.hours import is_new_hour
from ranking.history.shown_boards import ShownBoard
from ranking.ranker import Ranker
from streams.topic_names import TopicNames
from streams.topic_reader import TopicWriter

TOGETHER = 8 << 20
"""Bytes of pieces in one write."""


class HourlyCheckpoint(msgspec.Struct, array_like=True, frozen=True, tag="hour"):
    """The place of an hourly checkpoint.

    Attributes
    ----------
    header : bytes
        The ranker's.
    epoch : bytes
        Prefix of the pieces' keys.
    first, end : int
        Offset of the first piece, and the one after the last.
    """

    header: bytes
    epoch: bytes
    first: int
    end: int


class Published(msgspec.Struct, array_like=True, frozen=True, tag="board"):
    """Boards that were shown."""

    shown: ShownBoard


Entry = HourlyCheckpoint | Published
_DECODER: msgspec.msgpack.Decoder[Entry] = msgspec.msgpack.Decoder(Entry)


def entry_of(value: bytes | None) -> Entry | None:
    """Decode a record of the topic of boards, None if it has another form."""
    try:
        return _DECODER.decode(value) if value else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def pieces_of(
    hour: HourlyCheckpoint, records: Sequence[tuple[bytes | None, bytes | None]]
) -> dict[str, bytes]:
    """Return a past state's pieces by name, from the records between its offsets."""
    begin = hour.epoch + b" "
    return {
        key.removeprefix(begin).decode(): value
        for key, value in records
        if key and value and key.startswith(begin)
    }


class Hours:
    """Writes the hourly checkpoints and boards of one partition.

    Parameters
    ----------
    topics : TopicNames
    partition : int
    writer : TopicWriter
    last : float
        Time of the last hourly checkpoint, s since the epoch; its hour gets no other.
    clock : callable
        The wall clock.
    """

    def __init__(
        self,
        topics: TopicNames,
        partition: int,
        writer: TopicWriter,
        last: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._topics, self._partition, self._writer = topics, partition, writer
        self._last, self._clock = last, clock

    async def keep(self, ranker: Ranker) -> bool:
        """Write the whole state if an hour has begun; returns whether it was written.

        Raises
        ------
        RecordsError
            If the broker refuses; the next checkpoint tries again.
        """
        now = self._clock()
        if not is_new_hour(self._last, now):
            return False
        snapshot, epoch = ranker.snapshot(), uuid4().hex[:12].encode()
        ends = [
            await self._writer.write(self._topics.hours, self._partition, part)
            for part in _parts(snapshot, epoch)
        ]
        if not ends:
            return False
        header = msgspec.msgpack.encode(snapshot.header())
        await self._write(HourlyCheckpoint(header, epoch, ends[0] - 1, ends[-1]))
        self._last = now
        return True

    async def publish(self, boards: Sequence[ShownBoard]) -> None:
        """Write boards as they are shown.

        Raises
        ------
        RecordsError
            If the broker refuses.
        """
        if boards:
            await self._write(*(Published(shown) for shown in boards))

    async def _write(self, *entries: Entry) -> None:
        records = [(None, msgspec.msgpack.encode(entry)) for entry in entries]
        await self._writer.write(self._topics.boards, self._partition, records)


def _parts(snapshot: Snapshot, epoch: bytes) -> Iterator[list[tuple[bytes, bytes]]]:
    """Records of a snapshot's pieces, the first alone, since its offset is the first."""
    part: list[tuple[bytes, bytes]] = []
    size = TOGETHER
    for name, data in snapshot.pieces():
        part.append((epoch + b" " + name.encode(), data))
        size += len(data)
        if size >= TOGETHER:
            yield part
            part, size = [], 0
    if part:
        yield part
