"""First keys: creates keys in a data folder whose server does not run."""

from pathlib import Path

import msgspec

from ranking.embedded.log import SqliteLog
from ranking.settings_log.book import Book
from ranking.settings_log.decisions import RecordError, packed, record_of
from ranking.settings_log.keys import Role, first_fault, new_key


def create_key(folder: Path, role: str, label: str, unsigned_until: float = 0.0) -> str:
    """Create a key in a data folder; returns its text.

    Parameters
    ----------
    folder : Path
    role, label : str
    unsigned_until : float
        End of the grace period for events without a key, s since the epoch; 0 = none.

    Raises
    ------
    DataError
        If the folder cannot be used, or a server has it.
    RecordError
        If the role of the first key is neither write nor administer.
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
