"""Checkpoints as files of the data folder: the two newest, and the first of each hour.

Each is written under another name and renamed, so that it is complete or absent. The name holds the
log position; the name of an hour's first checkpoint also holds its time. Such a file is compressed
after its header, to two fifths in a third of a second for 25 thousand articles (12 MB; 48 are
kept). A file ends with a mark and the CRC-32 of all before it, so that a damaged file is never
read as a state. Version 0.1.0 wrote neither.
"""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from ranking.engine.snapshot import CheckpointError, CheckpointHeader, read_header
from ranking.history.hours import is_new_hour

NEWEST = 2
MARK = b"TQCS"
SUM = 4
"""Bytes of the checksum."""


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """One checkpoint.

    Attributes
    ----------
    position : int
        Log position of the state.
    wall : float
        Time of writing of an hour's first checkpoint, seconds since the epoch; else 0.
    path : Path
    """

    position: int
    wall: float
    path: Path

    def read(self) -> bytes:
        """Read the complete checkpoint.

        Raises
        ------
        CheckpointError
            If it has been dropped, or is incomplete or damaged.
        """
        try:
            data = self._sound()
            return _unpacked(data) if self.wall else data
        except (OSError, zlib.error) as error:
            message = f"checkpoint {self.path.name} cannot be read: {error}"
            raise CheckpointError(message) from error

    def _sound(self) -> bytes:
        """The bytes before the mark, all where there is none."""
        with self.path.open("rb") as opened:
            size = max(os.fstat(opened.fileno()).st_size - len(MARK) - SUM, 0)
            data, end = opened.read(size), opened.read()
        if not end.startswith(MARK):
            return data + end
        if zlib.crc32(data) != int.from_bytes(end[len(MARK) :], "little"):
            message = f"checkpoint {self.path.name} is damaged: its checksum does not match"
            raise CheckpointError(message)
        return data


class CheckpointFiles:
    """Checkpoints in a folder; any thread may read, one at a time writes.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._headers: dict[Path, CheckpointHeader] = {}

    def all(self) -> list[CheckpointFile]:
        """Return all checkpoint files, newest first."""
        found = []
        for path in self.folder.glob("*.checkpoint"):
            position, _, wall = path.stem.partition("-")
            found.append(CheckpointFile(int(position), float(wall or 0), path))
        return sorted(found, key=lambda file: -file.position)

    def keep(self, position: int, data: bytes, now: float, seconds: float) -> None:
        """Write a checkpoint, and drop those that need not be kept.

        Parameters
        ----------
        position : int
        data : bytes
        now : float
            Seconds since the epoch.
        seconds : float
            How long the first checkpoint of an hour is kept.
        """
        last = max((file.wall for file in self.all()), default=0.0)
        of_hour = f"-{int(now)}" if is_new_hour(last, now) else ""
        part = self.folder / f"{position:020d}.part"
        with part.open("wb") as written:
            body = _packed(data) if of_hour else data
            written.write(body)
            written.write(MARK + zlib.crc32(body).to_bytes(SUM, "little"))
            written.flush()
            os.fsync(written.fileno())
        part.rename(self.folder / f"{position:020d}{of_hour}.checkpoint")
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        for file in self.all()[NEWEST:]:
            if file.wall < now - seconds:
                file.path.unlink()
                self._headers.pop(file.path, None)

    def header(self, file: CheckpointFile) -> CheckpointHeader:
        """Read a checkpoint's header.

        Raises
        ------
        CheckpointError
            If the file is absent, unreadable or of another version.
        """
        header = self._headers.get(file.path)
        if header is None:
            try:
                with file.path.open("rb") as opened:
                    header = read_header(opened.read(int.from_bytes(opened.read(8), "little")))
            except OSError as error:
                message = f"checkpoint {file.path.name} cannot be read: {error}"
                raise CheckpointError(message) from error
            self._headers[file.path] = header
        return header

    def reread_from(self) -> int:
        """Return the oldest log position that the checkpoints need, 0 without checkpoints."""
        positions = []
        for file in self.all():
            try:
                positions.append(self.header(file).reread_from)
            except CheckpointError:
                continue
        return min(positions, default=0)


def _packed(data: bytes) -> bytes:
    start = 8 + int.from_bytes(data[:8], "little")
    return data[:start] + zlib.compress(data[start:], 1)


def _unpacked(data: bytes) -> bytes:
    start = 8 + int.from_bytes(data[:8], "little")
    return data[:start] + zlib.decompress(data[start:])
