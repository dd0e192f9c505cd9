"""Decisions: the records of the settings log; each is a whole version and names its parent.

A record is written once and never changed; the log of records is the audit trail. The body is plain
JSON, so that a program of any version can read who decided what.
"""

from typing import Any

import msgspec

FORMAT = 1
KINDS = ("profile", "override", "key", "hook", "experiment", "look")


class RecordError(ValueError):
    """A record breaks its rule: the fault of its writer."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    name : str
        The subject of that kind.
    version, parent : int
        Versions of this record and of the one before it; 0 = none.
    author, reason : str
    at : float
        Seconds since the epoch.
    body : dict or None
        The new settings; None = the subject is removed.
    format : int
        Format of the body.
    """

    kind: str
    name: str
    version: int
    parent: int
    author: str
    at: float
    reason: str
    body: dict[str, Any] | None
    format: int = FORMAT


def packed(record: Decision) -> bytes:
    """Encode a record for the log."""
    return msgspec.json.encode(record)


def record_of(data: bytes | None) -> Decision:
    """Read a record from the log.

    Raises
    ------
    RecordError
        If the data is no record.
    """
    try:
        return msgspec.json.decode(data or b"", type=Decision)
    except msgspec.MsgspecError as error:
        message = f"settings record is unreadable: {error}"
        raise RecordError(message) from error
