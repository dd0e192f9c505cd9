"""Packing: events into batches of one site; this file alone hashes what tells readers apart.

Visitors, sessions, networks and event ids leave here only as keyed BLAKE2b hashes, the key being
the day's; a log holds no id as it was received. Robots are known by their user agent, from the
list of the package crawler-user-agents.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import KINDS, Batch, full_columns
from ranking.engine.event import Event, Name

UNKNOWN_BUCKET = 65535
KIND_OF = {kind: index for index, kind in enumerate(KINDS)}


def hasher(key: bytes) -> Callable[[Name], int]:
    """Make a keyed 64-bit hash that never gives 0.

    Parameters
    ----------
    key : bytes
        Up to 64 secret bytes.
    """
    keyed = blake2b(key=key, digest_size=8)

    def hashed(name: Name) -> int:
        state = keyed.copy()
        state.update(str(name).encode())
        return int.from_bytes(state.digest(), "little") or 1

    return hashed


@lru_cache(maxsize=4096)
def is_robot(agent: str) -> bool:
    """Say whether a user agent names a known robot.

    Examples
    --------
    >>> is_robot("Mozilla/5.0 (compatible; Googlebot/2.1)"), is_robot("")
    (True, False)
    """
    from crawleruseragents import is_crawler

    return bool(agent) and bool(is_crawler(agent))


def pack(
    site: str,
    source: str,
    first: int,
    stamp_ms: int,
    events: Sequence[Event],
    at_ms: Sequence[int],
    hashed: Callable[[Name], int],
) -> Batch:
    """Pack events of one site into a batch, in their order.

    Parameters
    ----------
    site, source : str
    first : int
        The first event's number in its source's sequence.
    stamp_ms : int
        The collector's clock.
    events : sequence of Event
        All of one site.
    at_ms : sequence of int
        Their stamps, in milliseconds.
    hashed : callable
        The day's keyed hash.
    """
    pairs = [(event.edition, str(event.article)) for event in events]
    articles = {pair: index for index, pair in enumerate(dict.fromkeys(pairs))}
    editions = {name: i for i, name in enumerate(dict.fromkeys(pair[0] for pair in articles))}
    surfaces, experiments, arms = ([event.surface for event in events],
                                   [event.experiment for event in events],
                                   [event.arm for event in events])  # fmt: skip
    surface_names, surface_column = _dictionary(surfaces)
    experiment_names, experiment_column = _dictionary(experiments)
    arm_names, arm_column = _dictionary(arms)
    visitor = [hashed(event.visitor) for event in events]
    given = {
        "at": np.array(at_ms, np.int64),
        "article": np.array([articles[pair] for pair in pairs], np.uint32),
        "visitor": np.array(visitor, np.uint64),
        "chain": np.array(
            [v if e.session is None else hashed(e.session)
             for v, e in zip(visitor, events, strict=True)], np.uint64),
        "surface": surface_column,
        "experiment": experiment_column,
        "arm": arm_column,
    }  # fmt: skip
    return Batch(
        site, source, first, stamp_ms, tuple(editions),
        tuple((editions[edition], article) for edition, article in articles),
        surface_names, experiment_names, arm_names, full_columns(given | _rare(events, hashed)),
    )  # fmt: skip


def _dictionary(names: list[str]) -> tuple[tuple[str, ...], NDArray[Any]]:
    known = {"": 0}
    for name in set(names) - {""}:
        known[name] = 0
    known = {name: index for index, name in enumerate(sorted(known))}
    return tuple(known), np.array([known[name] for name in names], np.uint16)


def _rare(
    events: Sequence[Event], hashed: Callable[[Name], int]
) -> dict[str, NDArray[Any]]:
    """Columns that most events leave empty."""
    return {
        "event_id": np.array([0 if e.id is None else hashed(e.id) for e in events], np.uint64),
        "kind": np.array([KIND_OF[e.kind] for e in events], np.uint8),
        "robot": np.array([is_robot(e.agent) if e.agent else 0 for e in events], np.uint8),
        "slot": np.array([e.slot for e in events], np.uint8),
        "bucket": np.array(
            [UNKNOWN_BUCKET if e.bucket is None else e.bucket for e in events], np.uint16
        ),
        "network": np.array(
            [hashed(e.network) & 0xFFFFFFFF if e.network else 0 for e in events], np.uint32
        ),
        "list_id": np.array([hashed(e.list_id) if e.list_id else 0 for e in events], np.uint64),
    }
