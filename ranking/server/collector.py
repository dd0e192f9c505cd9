"""The collector: what comes in by HTTP becomes events that obey the rules, with a stamp each.

An event stamped more than 5 minutes ahead of the collector's clock is refused; one without a stamp
gets the collector's. A browser's user agent is taken from its request, a server's never.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from ranking.engine.event import (
    AHEAD_MS,
    COLUMNS_BEGIN,
    DEFAULT_EDITION,
    EARLIEST_MS,
    Event,
    Rejection,
    Unreadable,
    article_fault,
    edition_fault,
    read_columns,
    read_events,
    rejection,
    rows_from_columns,
    stamp_ms,
)
from ranking.engine.rows import Rows, rows_of

LARGEST_BODY = 16 << 20
BROWSER = "Mozilla/"


@dataclass(frozen=True, slots=True)
class Admitted:
    """Events that may be logged, and what was refused beside them.

    Attributes
    ----------
    rows : Rows
    rejected : list of Rejection
        In the order of their indices.
    """

    rows: Rows
    rejected: list[Rejection]


def admit(body: bytes, now_ms: int, agent: str) -> Admitted:
    """Read a request's events and apply the rules.

    Parameters
    ----------
    body : bytes
    now_ms : int
        The collector's clock.
    agent : str
        User agent of the request.

    Raises
    ------
    Unreadable
        If nothing could be read.
    """
    if body.startswith(COLUMNS_BEGIN):
        columns = read_columns(body)
        if columns is not None:
            at_ms = _all_stamps(columns.pop("at"), now_ms)
            editions = columns.get("edition", [DEFAULT_EDITION])
            if at_ms is not None and not _faults(editions, columns["article"]):
                return Admitted(Rows(at_ms, columns), [])
        body = rows_from_columns(body)
    indices, events, rejected = read_events(body)
    if agent.startswith(BROWSER):
        events = [e if e.agent else msgspec.structs.replace(e, agent=agent[:1024]) for e in events]
    faults = _faults([e.edition for e in events], [e.article for e in events])
    stamps = None if faults else _all_stamps([e.at for e in events], now_ms)
    if stamps is None:
        return _one_by_one(indices, events, rejected, faults, now_ms)
    return Admitted(rows_of(events, stamps), rejected)


def _all_stamps(given: list[Any], now_ms: int) -> list[int] | None:
    """Stamps of events that are all right and all in milliseconds, or None."""
    try:
        at = np.array(given, np.float64)
    except (TypeError, ValueError):
        return None
    if at.size and not (at.min() >= EARLIEST_MS and at.max() <= now_ms + AHEAD_MS):
        return None
    stamps: list[int] = np.rint(at).astype(np.int64).tolist()
    return stamps


def _one_by_one(
    indices: list[int],
    events: list[Event],
    rejected: list[Rejection],
    faults: dict[tuple[str, str | int], tuple[str, str]],
    now_ms: int,
) -> Admitted:
    at_ms: list[int] = []
    taken: list[Event] = []
    for index, event in zip(indices, events, strict=True):
        fault = faults.get((event.edition, event.article))
        at = now_ms
        if event.at is not None and fault is None:
            at, fault = _stamp(event.at, now_ms)
        if fault is None:
            taken.append(event)
            at_ms.append(at)
        else:
            rejected.append(Rejection(index, *fault))
    return Admitted(rows_of(taken, at_ms), sorted(rejected, key=lambda r: r.index))


def admit_query(query: Mapping[str, str], now_ms: int, agent: str, address: str) -> Admitted:
    """Read the event of a pixel's query; a reader without an id is known by address and agent.

    Raises
    ------
    Unreadable
        If the query names no article.
    """
    fields: dict[str, object] = dict(query)
    fields.setdefault("visitor", f"{address} {agent}")
    try:
        event = msgspec.convert(fields, Event, strict=False)
    except msgspec.ValidationError as error:
        fault = rejection(0, error)
        message = f"{fault.field}: {fault.reason}"
        raise Unreadable(message) from error
    return admit(msgspec.json.encode(event), now_ms, agent)


def _stamp(at: float | str, now_ms: int) -> tuple[int, tuple[str, str] | None]:
    try:
        stamp = stamp_ms(at)
    except ValueError:
        return 0, ("at", f"at must be seconds, milliseconds or ISO 8601, got {at!r}")
    if stamp > now_ms + AHEAD_MS:
        return 0, ("at", f"at must be at most 5 minutes ahead of the collector, got {at!r}")
    if stamp < EARLIEST_MS:
        return 0, ("at", f"at must not be before 2000, got {at!r}")
    return stamp, None


def _faults(
    editions: list[str], articles: list[str | int]
) -> dict[tuple[str, str | int], tuple[str, str]]:
    """Faults of editions and articles, each pair looked at once."""
    if len(editions) != len(articles):
        editions = editions * len(articles)
    faults = {}
    for pair in set(zip(editions, articles, strict=True)):
        if fault := edition_fault(pair[0]):
            faults[pair] = ("edition", fault)
        elif fault := article_fault(str(pair[1])):
            faults[pair] = ("article", fault)
    return faults
