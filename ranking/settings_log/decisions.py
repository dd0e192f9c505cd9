"""Decisions: the records of the settings log; each is a whole version and names its parent.

A record is written once and never changed; the log of them is the audit trail. Its body holds only
JSON, so that a program of any age can read who decided what, if not what it means.
"""

from typing import Any

import msgspec

FORMAT = 1
KINDS = ("profile", "override", "key", "hook", "experiment", "look")


class RecordError(ValueError):
    """A record breaks its rule: the fault of who wrote it."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    name : str
        Which thing of that kind.
    version, parent : int
        Of this record and of the one that it follows; 0 = there was none.
    author, reason : str
    at : float
        Wall clock, seconds.
    body : dict or None
        What holds from now on; None = the thing is no more.
    format : int
        Of the body.
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
    """Write a record for the log."""
    return msgspec.json.encode(record)


def record_of(data: bytes | None) -> Decision:
    """Read a record from the log.

    Raises
    ------
    RecordError
        If it is none.
    """
    try:
        return msgspec.json.decode(data or b"", type=Decision)
    except msgspec.MsgspecError as error:
        message = f"settings record is unreadable: {error}"
        raise RecordError(message) from error
