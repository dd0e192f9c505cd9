"""Keys of a data folder whose server does not run: the first one is made so."""

from pathlib import Path

import msgspec

from ranking.embedded.log import SqliteLog
from ranking.settings_log.book import Book
from ranking.settings_log.decisions import RecordError, packed, record_of
from ranking.settings_log.keys import Role, first_fault, new_key


def create_key(folder: Path, role: str, label: str, unsigned_until: float = 0.0) -> str:
    """Make a key in a data folder; returns what its holder keeps.

    Parameters
    ----------
    folder : Path
    role, label : str
    unsigned_until : float
        Until when events without a key are still taken; wall clock, seconds; 0 = not at all.

    Raises
    ------
    DataError
        If the folder cannot be used, or a server has it.
    RecordError
        If the first key is not one that may make others.
    """
    with SqliteLog(folder) as log:
        book = Book()
        for body in log.settings():
            book.take(record_of(body))
        if fault := first_fault(Role(role), book.held_keys()):
            raise RecordError(fault)
        key, text = new_key(Role(role), label, unsigned_until)
        made = book.following("key", key.id, msgspec.to_builtins(key), "", "made on the machine")
        log.append_setting(packed(made))
    return text
