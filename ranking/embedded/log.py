"""The embedded log: batches, cards, day keys and checkpoints in one data folder.

This file alone speaks SQLite. A batch that `append` returned from is on disk (`synchronous=FULL`,
write-ahead log). Checkpoints are files of their own, written beside and renamed into place, two
of them kept. A folder of a newer version, or of another program, is refused.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import msgspec

from ranking.lists.catalogue import Card

VERSION = 2
KEPT_CHECKPOINTS = 2
KEPT_DAY_KEYS = 2
SCHEMA = (
    """
CREATE TABLE batches (position INTEGER PRIMARY KEY, stamp_ms INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE cards (edition TEXT, id TEXT, body BLOB, PRIMARY KEY (edition, id)) WITHOUT ROWID;
CREATE TABLE day_keys (day INTEGER PRIMARY KEY, secret BLOB NOT NULL);
""",
    "CREATE TABLE settings (position INTEGER PRIMARY KEY, body BLOB NOT NULL);",
)
"""What each version added."""


class DataError(ValueError):
    """The data folder cannot be used: the operator's fault."""


class LogFull(OSError):
    """The log cannot take more now; nothing of what was given is in it."""


class Log:
    """The log in a folder; used by one thread.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    durable : bool
        Wait for the disk at each append.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                folder / "log.sqlite", isolation_level=None, check_same_thread=False, timeout=0.2
            )
            self._open(durable)
        except (OSError, sqlite3.Error) as error:
            message = f"data folder {folder} cannot be opened: {error}"
            raise DataError(message) from error
        row = self._db.execute("SELECT max(position) FROM batches").fetchone()
        kept = self.checkpoints()
        self.end = max(-1 if row[0] is None else row[0], kept[0][0] - 1 if kept else -1) + 1

    def _open(self, durable: bool) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version > VERSION or (tables and not version):
            message = f"data folder {self.folder} has version {version}, this program {VERSION}"
            raise DataError(message)
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        if version < VERSION:
            added = "".join(SCHEMA[version:])
            self._db.executescript(f"BEGIN; {added} PRAGMA user_version = {VERSION}; COMMIT;")
        self._db.execute("BEGIN IMMEDIATE")  # takes the lock: a second server is refused here
        self._db.execute("COMMIT")

    def __enter__(self) -> "Log":
        """Use as a context that closes."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close the files."""
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._db.close()

    def append(
        self,
        batches: Iterable[tuple[int, bytes]],
        cards: Iterable[Card] = (),
        removed: Iterable[tuple[str, str]] = (),
    ) -> int:
        """Write batches and card changes, all or none, and wait for the disk.

        Parameters
        ----------
        batches : iterable of (int, bytes)
            Stamp in ms, encoded batch.
        cards : iterable of Card
            Added or replaced.
        removed : iterable of (str, str)
            Edition and id of articles taken down; their mark is kept.

        Returns
        -------
        int
            Position of the first batch.

        Raises
        ------
        LogFull
            If the disk refuses.
        """
        first = self.end
        rows = [(first + i, stamp, body) for i, (stamp, body) in enumerate(batches)]
        packed = [(card.edition, card.id, msgspec.msgpack.encode(card)) for card in cards]
        packed += [(edition, article, b"") for edition, article in removed]
        try:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT INTO batches VALUES (?, ?, ?)", rows)
            self._db.executemany("INSERT OR REPLACE INTO cards VALUES (?, ?, ?)", packed)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            message = f"log cannot be written: {error}"
            raise LogFull(message) from error
        self.end = first + len(rows)
        return first

    def begin(self) -> int:
        """Position of the oldest batch kept."""
        row = self._db.execute("SELECT min(position) FROM batches").fetchone()
        return self.end if row[0] is None else int(row[0])

    def read(self, position: int) -> Iterator[tuple[int, bytes]]:
        """Batches from a position on, in order."""
        yield from self._db.execute(
            "SELECT position, body FROM batches WHERE position >= ? ORDER BY position", (position,)
        )

    def cards(self) -> Iterator[tuple[str, str, Card | None]]:
        """All cards as (edition, id, card); None marks an article taken down."""
        for edition, article, body in self._db.execute("SELECT edition, id, body FROM cards"):
            yield edition, article, msgspec.msgpack.decode(body, type=Card) if body else None

    def append_setting(self, body: bytes) -> None:
        """Write a record of the settings and wait for the disk.

        Raises
        ------
        LogFull
            If the disk refuses.
        """
        try:
            self._db.execute("INSERT INTO settings (body) VALUES (?)", (body,))
        except sqlite3.Error as error:
            message = f"settings cannot be written: {error}"
            raise LogFull(message) from error

    def settings(self) -> Iterator[bytes]:
        """All records of the settings, in order."""
        for (body,) in self._db.execute("SELECT body FROM settings ORDER BY position"):
            yield body

    def day_key(self, day: int) -> bytes:
        """Secret of a day, made at its first use; secrets of past days are destroyed."""
        row = self._db.execute("SELECT secret FROM day_keys WHERE day = ?", (day,)).fetchone()
        if row:
            return bytes(row[0])
        secret = secrets.token_bytes(32)
        self._db.execute("INSERT INTO day_keys VALUES (?, ?)", (day, secret))
        self._db.execute("DELETE FROM day_keys WHERE day <= ?", (day - KEPT_DAY_KEYS,))
        return secret

    def trim(self, position: int, stamp_ms: int) -> None:
        """Drop batches that are both before a position and packed before a moment."""
        self._db.execute(
            "DELETE FROM batches WHERE position < ? AND stamp_ms < ?", (position, stamp_ms)
        )

    def checkpoints(self) -> list[tuple[int, Path]]:
        """Checkpoints kept, newest first, with their positions."""
        found = [(int(path.stem), path) for path in self.folder.glob("*.checkpoint")]
        return sorted(found, reverse=True)

    def keep_checkpoint(self, position: int, data: bytes) -> None:
        """Write a checkpoint, whole or not at all, and drop the oldest; any thread may call."""
        part = self.folder / f"{position:020d}.part"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self.folder / f"{position:020d}.checkpoint")
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        for _, path in self.checkpoints()[KEPT_CHECKPOINTS:]:
            path.unlink()
