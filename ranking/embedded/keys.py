"""Keys of a data folder whose server does not run: the first one is made so."""

from pathlib import Path

import msgspec

from ranking.control.book import Book
from ranking.control.keys import Role, new_key
from ranking.control.records import RecordError, packed, record_of
from ranking.embedded.log import Log


def create_key(folder: Path, role: str, label: str) -> str:
    """Make a key in a data folder; returns what its holder keeps.

    Raises
    ------
    DataError
        If the folder cannot be used, or a server has it.
    RecordError
        If the first key is not one that may make others.
    """
    with Log(folder) as log:
        book = Book()
        for body in log.settings():
            book.take(record_of(body))
        if not book.held_keys() and role != Role.ADMINISTER.value:
            message = f"the first key's role must be administer, got {role!r}"
            raise RecordError(message)
        key, text = new_key(Role(role), label)
        made = book.following("key", key.id, msgspec.to_builtins(key), "", "made on the machine")
        log.append_setting(packed(made))
    return text
