"""Event kinds: the names that events give themselves, and the numbers under which logs hold them.

Four ship. A signal may bring along up to four more; events of these are deduplicated like the
others, in the memory of reads, and change nothing but the signals that count them. A log keeps the
number, so that it must never change its meaning.
"""

import msgspec

from ranking.engine.registry import Registry, RegistryError

CODES = 8
"""Numbers that a kind may have, from 0: three bits of the deduplication key."""


class EventKind(msgspec.Struct, frozen=True):
    """One kind of event.

    Attributes
    ----------
    name : str
        As events name it.
    code : int
        As logs hold it.
    """

    name: str
    code: int


def _admit(kind: EventKind) -> None:
    taken = {other.code: other.name for other in EVENT_KINDS}
    if kind.code in taken:
        message = (
            f"event kind {kind.name!r} has the code {kind.code}, which is {taken[kind.code]}'s"
        )
        raise RegistryError(message)
    if not 0 <= kind.code < CODES:
        message = f"event kind {kind.name!r} must have a code below {CODES}, got {kind.code}"
        raise RegistryError(message)


EVENT_KINDS: Registry[EventKind] = Registry("event kind", _admit)
VIEW = EVENT_KINDS.register(EventKind("view", 0))
READ = EVENT_KINDS.register(EventKind("read", 1))
IMPRESSION = EVENT_KINDS.register(EventKind("impression", 2))
CLICK = EVENT_KINDS.register(EventKind("click", 3))
SHIPPED = EVENT_KINDS.names()


def kind_fault(name: str) -> str:
    """What is wrong with an event's kind, or nothing.

    Examples
    --------
    >>> kind_fault("view"), kind_fault("buy")
    ('', "must be one of view, read, impression, click, got 'buy'")
    """
    if name in EVENT_KINDS:
        return ""
    return f"must be one of {', '.join(EVENT_KINDS.names())}, got {name[:40]!r}"
