"""Keys: roles by key. A key is shown once, when it is made; only its hash is stored.

A key has 32 random bytes, so a plain SHA-256 does not reveal it. Comparison takes constant time.
Several keys of a role may be valid at once, so that a key can be replaced without an interruption.
Keys guard as soon as an administer key exists. A write key may be created earlier, so that the
portal already sends it then. A grace period accepts events without a key for a while longer.
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
        """Return whether the role includes another: administer includes all, operate read."""
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
        Name of the holder.
    hash : str
        SHA-256 of the key, hex.
    unsigned_until : float
        End of the grace period for events without a key, s since the epoch; 0 = none.
    """

    id: str
    role: Role
    label: str
    hash: str
    unsigned_until: float = 0.0


def new_key(role: Role, label: str, unsigned_until: float = 0.0) -> tuple[Key, str]:
    """Create a key; returns the stored key and the text for its holder."""
    id_, text = secrets.token_hex(4), PREFIX + secrets.token_urlsafe(32)
    return Key(id_, role, label, _hash(text), unsigned_until), text


def is_guarded(keys: Iterable[Key]) -> bool:
    """Return whether requests need a key: whether an administer key exists."""
    return any(key.role is Role.ADMINISTER for key in keys)


def grace_end(keys: Iterable[Key]) -> float:
    """Return the end of the grace period for events without a key, s since the epoch; 0 = none."""
    return max((key.unsigned_until for key in keys), default=0.0)


def first_fault(role: Role, keys: Iterable[Key]) -> str:
    """Return why a key of a role cannot be created now; empty if it can."""
    if role in (Role.ADMINISTER, Role.WRITE) or is_guarded(keys):
        return ""
    return (
        "role of the first keys must be write, for the portal, or administer,"
        f" got {role.value}; without an administer key no others can be made"
    )


def holder_of(text: str, keys: Iterable[Key]) -> Key | None:
    """Find the key of a text, None if there is none; compares every key in constant time."""
    own, found = _hash(text), None
    for key in keys:
        if hmac.compare_digest(own, key.hash):
            found = key
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
