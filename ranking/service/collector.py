"""The collector: turns requests into valid events, each with a stamp.

An event stamped more than 5 minutes ahead of the collector's clock is refused; one without a stamp
gets the collector's time. An event without a user agent gets that of its request, unless a client
library sent it on behalf of readers. Editions are spelt canonically.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np

from ranking.engine.batch_builder import is_robot
from ranking.engine.event import (
    AHEAD_MS,
    DEFAULT_EDITION,
    EARLIEST_MS,
    LONGEST_AGENT,
    Event,
    Rejection,
    Unreadable,
    article_fault,
    canonical_edition,
    edition_fault,
    is_columns,
    read_columns,
    read_events,
    rejection,
    rows_from_columns,
    unmarked,
)
from ranking.engine.event_columns import Rows, rows_of
from ranking.engine.timestamps import TimestampError, stamp_ms

LARGEST_BODY = 16 << 20
LIBRARIES = re.compile(
    r"(curl|wget|python|httpx|aiohttp|go-http-client|java|okhttp|axios|node|undici|got|ruby|faraday"
    r"|php|guzzle|symfony|apache-httpclient|libwww|lwp|dart|reqwest|hyper|dotnet|restsharp|ktor"
    r"|postman|insomnia|httpie|k6|vegeta|hey|wrk|logstash|fluent|vector|nifi|kafka)\b",
    re.IGNORECASE,
)
"""Beginnings of the user agents of client libraries and tools."""


@dataclass(frozen=True, slots=True)
class Label:
    """The import label of a request: file digest and first row.

    Attributes
    ----------
    digest : str
        Of the file's content.
    first : int
        Number of the request's first event in the file.
    """

    digest: str
    first: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """Accepted events, and the rejections of the others.

    Attributes
    ----------
    rows : Rows
    rejected : list of Rejection
        In the order of their indices.
    """

    rows: Rows
    rejected: list[Rejection]


def admit(
    body: bytes,
    now_ms: int,
    agent: str = "",
    zone: tzinfo | None = None,
    label: Label | None = None,
) -> Admitted:
    """Read a request's events and apply the rules.

    Parameters
    ----------
    body : bytes
    now_ms : int
        The collector's clock.
    agent : str
        User agent of the request.
    zone : tzinfo or None
        Applied to times without a zone.
    label : Label or None
        Of an import.

    Raises
    ------
    Unreadable
        If the body cannot be read at all.
    """
    return _taken(body, now_ms, "" if LIBRARIES.match(agent) else agent, zone, label)


def admit_query(
    query: Mapping[str, str], now_ms: int, agent: str, address: str, zone: tzinfo | None = None
) -> Admitted:
    """Read the event of a pixel's query; without a visitor id, address and agent replace it.

    Raises
    ------
    Unreadable
        If the query names no article.
    """
    fields: dict[str, object] = {name: value for name, value in query.items() if value}
    if "visitor" not in fields:
        fields["visitor"] = blake2b(f"{address} {agent}".encode(), digest_size=16).hexdigest()
    try:
        event = msgspec.convert(fields, Event, strict=False)
    except msgspec.ValidationError as error:
        fault = rejection(0, error)
        message = f"{fault.field}: {fault.reason}"
        raise Unreadable(message) from error
    return _taken(msgspec.json.encode(event), now_ms, agent, zone, None)


def _taken(
    body: bytes, now_ms: int, agent: str, zone: tzinfo | None, label: Label | None
) -> Admitted:
    rows, rejected, indices = _read(unmarked(body).strip(), now_ms, zone)
    columns = dict(rows.columns)
    _spell(columns)
    _note_agents(columns, len(rows), agent[:LONGEST_AGENT])
    if label and len(rows):
        columns["import"] = [label.digest] * len(rows)
        columns["row"] = [label.first + index for index in indices]
    return Admitted(Rows(rows.at_ms, columns), rejected)


def _read(
    body: bytes, now_ms: int, zone: tzinfo | None
) -> tuple[Rows, list[Rejection], "list[int] | range"]:
    """Rows, rejections, and each row's index in the request."""
    if is_columns(body):
        columns = read_columns(body)
        if columns is not None:
            at_ms = _all_stamps(columns.pop("at"), now_ms)
            editions = columns.get("edition", [DEFAULT_EDITION])
            if at_ms is not None and not _faults(editions, columns["article"]):
                return Rows(at_ms, columns), [], range(len(at_ms))
        body = rows_from_columns(body)
    indices, events, rejected = read_events(body)
    faults = _faults([e.edition for e in events], [e.article for e in events])
    stamps = None if faults else _all_stamps([e.at for e in events], now_ms)
    if stamps is not None:
        return rows_of(events, stamps), rejected, indices
    at_ms, taken, places = [], [], []
    for index, event in zip(indices, events, strict=True):
        fault = faults.get((event.edition, event.article))
        at = now_ms
        if event.at is not None and fault is None:
            at, fault = _stamp(event.at, now_ms, zone)
        if fault is None:
            taken.append(event)
            at_ms.append(at)
            places.append(index)
        else:
            rejected.append(Rejection(index, *fault))
    return rows_of(taken, at_ms), sorted(rejected, key=lambda r: r.index), places


def _all_stamps(given: list[Any], now_ms: int) -> list[int] | None:
    """Stamps of events that are all valid and in milliseconds, or None."""
    try:
        at = np.array(given)
    except (ValueError, OverflowError):
        return None
    if at.dtype.kind not in "iuf":  # `stamp_ms` alone reads text
        return None
    if at.size and not (at.min() >= EARLIEST_MS and at.max() <= now_ms + AHEAD_MS):
        return None
    stamps: list[int] = np.rint(at).astype(np.int64).tolist()
    return stamps


def _spell(columns: dict[str, list[Any]]) -> None:
    """Spell editions canonically."""
    editions = columns.get("edition")
    if editions is None:
        return
    spelt = {edition: canonical_edition(edition) for edition in set(editions)}
    if any(edition != name for edition, name in spelt.items()):
        columns["edition"] = [spelt[edition] for edition in editions]


def _note_agents(columns: dict[str, list[Any]], size: int, agent: str) -> None:
    """Cut the agents that events name; give the request's robot to those that name none."""
    given = columns.get("agent")
    if given is None and not is_robot(agent):
        return
    columns["agent"] = [a[:LONGEST_AGENT] or agent for a in given or [""] * size]


def _stamp(at: float | str, now_ms: int, zone: tzinfo | None) -> tuple[int, tuple[str, str] | None]:
    try:
        stamp = stamp_ms(at, zone)
    except TimestampError as error:
        return 0, ("at", str(error))
    if stamp > now_ms + AHEAD_MS:
        return 0, ("at", f"at must be at most 5 minutes ahead of the collector, got {at!r}")
    if stamp < EARLIEST_MS:
        return 0, ("at", f"at must not be before 2000, got {at!r}")
    return stamp, None


def _faults(
    editions: list[str], articles: list[str | int]
) -> dict[tuple[str, str | int], tuple[str, str]]:
    """Faults of editions and articles; each pair is checked once."""
    if len(editions) != len(articles):
        editions = editions * len(articles)
    faults = {}
    for pair in set(zip(editions, articles, strict=True)):
        if fault := edition_fault(pair[0]):
            faults[pair] = ("edition", fault)
        elif fault := article_fault(str(pair[1])):
            faults[pair] = ("article", fault)
    return faults
