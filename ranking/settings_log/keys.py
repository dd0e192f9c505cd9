"""Keys: roles by key. A key is shown once, when it is made; only its hash is stored.

A key is 32 random bytes, so that a plain SHA-256 of it tells nobody what it is; comparing takes the
same time whatever is wrong. Several keys of a role hold side by side, so that one is replaced
without a moment without any. Keys guard once one of them administers; one that only writes may be
made before, so that the portal already sends it when that moment comes. A grace period lets events
without a key in for a while longer.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from enum import Enum

import msgspec

PREFIX = "tolqyn_"


class Role(Enum):
    """Role of a key."""

    WRITE = "write"
    READ = "read"
    OPERATE = "operate"
    ADMINISTER = "administer"

    def may(self, act: "Role") -> bool:
        """Say whether the role includes another: who operates reads, who administers may all."""
        return act in _INCLUDED[self]


_INCLUDED = {
    Role.WRITE: {Role.WRITE},
    Role.READ: {Role.READ},
    Role.OPERATE: {Role.READ, Role.OPERATE},
    Role.ADMINISTER: set(Role),
}


class Key(msgspec.Struct, frozen=True):
    """A stored key.

    Attributes
    ----------
    id : str
    role : Role
    label : str
        Whose it is.
    hash : str
        SHA-256 of the key, hex.
    unsigned_until : float
        Until when events without a key are still taken; wall clock, seconds; 0 = not at all.
    """

    id: str
    role: Role
    label: str
    hash: str
    unsigned_until: float = 0.0


def new_key(role: Role, label: str, unsigned_until: float = 0.0) -> tuple[Key, str]:
    """Draw a key; returns it as it is kept, and as its holder keeps it."""
    id_, text = secrets.token_hex(4), PREFIX + secrets.token_urlsafe(32)
    return Key(id_, role, label, _hash(text), unsigned_until), text


def is_guarded(keys: Iterable[Key]) -> bool:
    """Say whether acts need a key: whether one of them administers."""
    return any(key.role is Role.ADMINISTER for key in keys)


def grace_end(keys: Iterable[Key]) -> float:
    """Until when events without a key are still taken; wall clock, seconds; 0 = not at all."""
    return max((key.unsigned_until for key in keys), default=0.0)


def first_fault(role: Role, keys: Iterable[Key]) -> str:
    """The reason why a key of a role cannot be made now; empty if it can."""
    if role in (Role.ADMINISTER, Role.WRITE) or is_guarded(keys):
        return ""
    return (
        "role of the first keys must be write, for the portal, or administer,"
        f" got {role.value}; without an administer key nobody could make others"
    )


def holder_of(text: str, keys: Iterable[Key]) -> Key | None:
    """Find whose key a text is; every key is compared, each in constant time."""
    own, found = _hash(text), None
    for key in keys:
        if hmac.compare_digest(own, key.hash):
            found = key
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
