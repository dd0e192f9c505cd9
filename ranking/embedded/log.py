"""The embedded log: batches, cards, day keys, settings and the history of boards in one folder.

This file alone uses SQLite. An acknowledged batch is on disk (`synchronous=FULL`, write-ahead log);
boards need not be. One thread writes; any thread may read batches, boards and their bounds. A lock
orders the statements, and a long read consists of many short ones. A folder of a newer version, or
of another program, is refused.
"""

import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from ranking.content.cards import Card
from ranking.content.tombstones import Held, kept, read_kept
from ranking.embedded.checkpoints import CheckpointFiles
from ranking.engine.batch import Batch, encode
from ranking.history.shown_boards import ShownBoard
from ranking.service.log import Acknowledge, Acknowledgement, ArticleChanges, LogUnavailable

VERSION = 3
KEPT_DAY_KEYS = 2
NO_DAY = -1
"""The day whose secret never changes, for event ids."""
READ = 8
"""Batches of one statement of a read."""
SCHEMA = (
    """
CREATE TABLE batches (position INTEGER PRIMARY KEY, stamp_ms INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE cards (edition TEXT, id TEXT, body BLOB, PRIMARY KEY (edition, id)) WITHOUT ROWID;
CREATE TABLE day_keys (day INTEGER PRIMARY KEY, secret BLOB NOT NULL);
""",
    "CREATE TABLE settings (position INTEGER PRIMARY KEY, body BLOB NOT NULL);",
    """
CREATE TABLE boards (edition TEXT, surface TEXT, at REAL, wall REAL, body BLOB,
    PRIMARY KEY (edition, surface, at)) WITHOUT ROWID;
CREATE INDEX boards_by_wall ON boards (wall);
""",
)
"""What each version added."""


class DataError(ValueError):
    """The data folder cannot be used: the operator's fault."""


class SqliteLog:
    """The log in a folder, written by one thread.

    Parameters
    ----------
    folder : Path
        Created if it is missing.
    durable : bool
        Wait for the disk at each append.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.checkpoints = CheckpointFiles(folder)
        self._turn = threading.Lock()
        self._durable = "FULL" if durable else "NORMAL"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                folder / "log.sqlite", isolation_level=None, check_same_thread=False, timeout=0.2
            )
            self._open()
        except sqlite3.OperationalError as error:
            is_taken = error.sqlite_errorname.startswith("SQLITE_BUSY")
            message = f"data folder {folder} cannot be opened: {error}"
            if is_taken:
                message = f"another server has the data folder {folder}"
            raise DataError(message) from error
        except (OSError, sqlite3.Error) as error:
            reason = (isinstance(error, OSError) and error.strerror) or str(error)
            message = f"data folder {folder} cannot be opened: {reason.lower()}"
            raise DataError(message) from error
        row = self._db.execute("SELECT max(position) FROM batches").fetchone()
        kept = self.checkpoints.all()
        self.end = max(-1 if row[0] is None else row[0], kept[0].position - 1 if kept else -1) + 1

    def _open(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version > VERSION or (tables and not version):
            message = f"data folder {self.folder} has version {version}, this program {VERSION}"
            raise DataError(message)
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA synchronous = {self._durable}")
        if version < VERSION:
            added = "".join(SCHEMA[version:])
            self._db.executescript(f"BEGIN; {added} PRAGMA user_version = {VERSION}; COMMIT;")
        self._db.execute("BEGIN IMMEDIATE")  # takes the lock: a second server is refused here
        self._db.execute("COMMIT")

    def __enter__(self) -> "SqliteLog":
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
        self, batches: Sequence[Batch], changes: ArticleChanges, acknowledge: Acknowledge
    ) -> None:
        """Write batches and changes of articles, all or none, and wait for the disk.

        Parameters
        ----------
        batches : sequence of Batch
        changes : ArticleChanges
        acknowledge : callable
            Called before this returns.
        """
        first = self.end
        rows = [(first + i, batch.stamp_ms, encode(batch)) for i, batch in enumerate(batches)]
        cards = [(card.edition, card.id, kept(Held(card))) for card in changes.cards]
        try:
            with self._turn, self._db:
                self._db.execute("BEGIN")
                self._db.executemany("INSERT INTO batches VALUES (?, ?, ?)", rows)
                self._db.executemany("INSERT OR REPLACE INTO cards VALUES (?, ?, ?)", cards)
                for name in changes.removed:
                    self._keep(name, Held(self._held(name).card, is_gone=True))
                for name in changes.restored:
                    self._keep(name, Held(self._held(name).card))
        except sqlite3.Error as error:
            acknowledge(Acknowledgement(fault=f"log cannot be written: {error}"))
            return
        self.end = first + len(rows)
        acknowledge(Acknowledgement(list(range(first, self.end))))

    def poll(self) -> None:
        """Do nothing: `append` acknowledges before it returns."""

    def held(self, names: list[tuple[str, str]]) -> list[Held]:
        """Return the stored records of articles, by edition and id."""
        with self._turn:
            return [self._held(name) for name in names]

    def _held(self, name: tuple[str, str]) -> Held:
        query = "SELECT body FROM cards WHERE edition = ? AND id = ?"
        row = self._db.execute(query, name).fetchone()
        return read_kept(row[0]) if row else Held()

    def _keep(self, name: tuple[str, str], held: Held) -> None:
        if held.card or held.is_gone:
            self._db.execute("INSERT OR REPLACE INTO cards VALUES (?, ?, ?)", (*name, kept(held)))
        else:
            self._db.execute("DELETE FROM cards WHERE edition = ? AND id = ?", name)

    def begin(self) -> int:
        """Return the position of the oldest stored batch."""
        ((position,),) = self._all("SELECT min(position) FROM batches")
        return self.end if position is None else int(position)

    def read(self, position: int) -> Iterator[tuple[int, bytes]]:
        """Yield positions and batches from a position on, also those appended during the read."""
        query = "SELECT position, body FROM batches WHERE position >= ? ORDER BY position LIMIT ?"
        while found := self._all(query, position, READ):
            yield from found
            position = found[-1][0] + 1

    def keep_boards(self, boards: Iterable[ShownBoard]) -> None:
        """Store boards as they are shown; a power failure may lose the last ones.

        Raises
        ------
        LogUnavailable
            If the disk refuses.
        """
        rows = [(b.edition, b.surface, b.at, b.wall, msgspec.msgpack.encode(b)) for b in boards]
        try:
            with self._turn:
                self._db.execute("PRAGMA synchronous = NORMAL")
                with self._db:
                    self._db.execute("BEGIN")
                    self._db.executemany("INSERT OR REPLACE INTO boards VALUES (?,?,?,?,?)", rows)
                self._db.execute(f"PRAGMA synchronous = {self._durable}")
        except sqlite3.Error as error:
            message = f"boards cannot be written: {error}"
            raise LogUnavailable(message) from error

    def shown(self, edition: str, surface: str, at: float) -> ShownBoard | None:
        """Return the board shown at a moment of the log's clock (s), None if none is known."""
        query = "SELECT body FROM boards WHERE edition = ? AND surface = ? AND at <= ?"
        found = self._all(f"{query} ORDER BY at DESC LIMIT 1", edition, surface, at)
        return msgspec.msgpack.decode(found[0][0], type=ShownBoard) if found else None

    def shown_since(self, edition: str, surface: str) -> float | None:
        """Return the oldest moment (s, the log's clock) of which a board is known."""
        query = "SELECT min(at) FROM boards WHERE edition = ? AND surface = ?"
        ((at,),) = self._all(query, edition, surface)
        return None if at is None else float(at)

    def shown_last(self) -> list[ShownBoard]:
        """Return the newest stored version of every board."""
        found = self._all("SELECT max(at), body FROM boards GROUP BY edition, surface")
        return [msgspec.msgpack.decode(body, type=ShownBoard) for _, body in found]

    def cards(self) -> Iterator[tuple[str, str, Card | None]]:
        """Yield all cards as (edition, id, card); None marks an article taken down."""
        for edition, article, body in self._db.execute("SELECT edition, id, body FROM cards"):
            held = read_kept(body)
            yield edition, article, None if held.is_gone else held.card

    def append_setting(self, body: bytes) -> None:
        """Append a record to the settings log and wait for the disk.

        Raises
        ------
        LogUnavailable
            If the disk refuses.
        """
        try:
            self._db.execute("INSERT INTO settings (body) VALUES (?)", (body,))
        except sqlite3.Error as error:
            message = f"settings cannot be written: {error}"
            raise LogUnavailable(message) from error

    def settings(self) -> Iterator[bytes]:
        """Yield all records of the settings log, in order."""
        for (body,) in self._db.execute("SELECT body FROM settings ORDER BY position"):
            yield body

    def day_key(self, day: int) -> bytes:
        """Return the secret of a day, made at its first use; destroys the secrets of past days.

        Raises
        ------
        LogUnavailable
            If the disk refuses.
        """
        try:
            return self._day_key(day)
        except sqlite3.Error as error:
            message = f"log cannot be written: {error}"
            raise LogUnavailable(message) from error

    def _day_key(self, day: int) -> bytes:
        row = self._db.execute("SELECT secret FROM day_keys WHERE day = ?", (day,)).fetchone()
        if row:
            return bytes(row[0])
        secret = secrets.token_bytes(32)
        self._db.execute("INSERT INTO day_keys VALUES (?, ?)", (day, secret))
        oldest = day - KEPT_DAY_KEYS
        self._db.execute("DELETE FROM day_keys WHERE day BETWEEN 0 AND ?", (oldest,))
        return secret

    def id_key(self) -> bytes:
        """Return the secret of event ids, which never changes.

        Raises
        ------
        LogUnavailable
            If the disk refuses.
        """
        return self.day_key(NO_DAY)

    def trim(self, position: int, stamp_ms: int) -> None:
        """Drop batches that are both before a position and packed before a moment (ms).

        Boards stored before the moment are dropped too. `History` stores a board that does not
        change again every hour, so the newest version of each board stays.
        """
        query = "DELETE FROM batches WHERE position < ? AND stamp_ms < ?"
        self._all(query, position, stamp_ms)
        self._all("DELETE FROM boards WHERE wall < ?", stamp_ms / 1000)

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._turn:
            return self._db.execute(query, values).fetchall()
