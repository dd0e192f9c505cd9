"""Batch builder: packs events into batches of one site; only this file hashes visitor ids.

Visitors, sessions, networks and event ids leave here only as keyed BLAKE2b hashes; a log holds no
id as it was received. The key is the day's, but for event ids: theirs never changes, so that an
event that is sent again on another day has the same hash. Robots are known by their user agent,
from the list of the package crawler-user-agents and a few more.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import COLUMNS, DEFAULTS, Batch, full_columns
from ranking.engine.event import Name
from ranking.engine.event_columns import Rows
from ranking.engine.event_kinds import EVENT_KINDS

RECENT_NAMES = 1 << 17
_MORE = re.compile(
    r"\AJava/\d|\bFeedFetcher-Google\b|\bChrome-Lighthouse\b|\ALighthouse\b|\bHeadlessChrome\b"
    r"|compatible; ?[^)]*\bYandexImages\b|\bkube-probe/|\bELB-HealthChecker/"
    r"|\AGoogleHC/|\APrometheus/|\bCloudflare-AlwaysOnline\b|\bAnthropic-ai\b|\bPostmanRuntime/"
    r"|\bPrerender \(|\bCypress/",
    re.IGNORECASE,
)
"""Robots that the package does not know."""
_BROWSER = re.compile(
    r"Mozilla/5\.0 \((?:Linux; (?:U; )?Android|Windows NT|Macintosh|X11|iPhone|iPad|iPod)[^)]*\)"
    r".*(?:AppleWebKit|Gecko)/"
)
_DECLARED = re.compile(r"compatible;|https?:|\+|headless", re.IGNORECASE)
_ROBOTIC = re.compile(r"bot\b|crawl|spider", re.IGNORECASE)
_MODEL = re.compile(r"(\(Linux; (?:U; )?Android[\w. ]*;)(?: \w\w(?:-\w\w)?;)?[^;)]*")
_APPS = re.compile(r"\b(?:Viber|WhatsApp|Feedly|Sogou\w*|SogouMSE|Flipboard|NewsBlur)/?[\w.]*")


class Hasher(dict[Name, int]):
    """Keyed 64-bit hashes of names, never 0, with a cache of recent names.

    Parameters
    ----------
    key : bytes
        Up to 64 secret bytes.
    ids : Hasher
        Hashes event ids; this one itself if none is given.

    Examples
    --------
    >>> Hasher(b"monday")["reader"] == Hasher(b"tuesday")["reader"]
    False
    """

    def __init__(self, key: bytes, ids: "Hasher | None" = None) -> None:
        super().__init__()
        self._keyed = blake2b(key=key, digest_size=8)
        self.ids = ids or self

    def __missing__(self, name: Name) -> int:
        """Hash a name that is not in the cache."""
        if len(self) >= RECENT_NAMES:
            self.clear()
        state = self._keyed.copy()
        state.update(str(name).encode())
        hashed = self[name] = int.from_bytes(state.digest(), "little") or 1
        return hashed


@lru_cache(maxsize=4096)
def is_robot(agent: str) -> bool:
    """Say whether a user agent names a known robot.

    A browser on a phone whose model, or an app whose pages it shows, has the name of a robot, is a
    person's, unless it calls itself compatible or gives an address.

    Examples
    --------
    >>> is_robot("Mozilla/5.0 (compatible; Googlebot/2.1)"), is_robot("")
    (True, False)
    >>> is_robot("Mozilla/5.0 (Linux; Android 9; Sonic X) AppleWebKit/537.36 Viber/13")
    False
    """
    from crawleruseragents import is_crawler

    if _MORE.search(agent):
        return True
    if not agent or not (is_crawler(agent) or _ROBOTIC.search(agent)):
        return False
    if not _BROWSER.match(agent) or _DECLARED.search(agent):
        return True
    rest = _APPS.sub("", _MODEL.sub(r"\1", agent))
    return bool(_ROBOTIC.search(rest) or is_crawler(rest))


def pack(site: str, source: str, first: int, stamp_ms: int, rows: Rows, hashes: Hasher) -> Batch:
    """Pack events of one site into a batch, in their order.

    Parameters
    ----------
    site, source : str
    first : int
        The first event's number in its source's sequence.
    stamp_ms : int
        The collector's clock.
    rows : Rows
        At least one event, all of one site.
    hashes : Hasher
        With the day's key.
    """
    names = list(map(str, rows.column("article")))
    pairs = list(zip(rows.column("edition"), names, strict=True))
    articles = {pair: index for index, pair in enumerate(dict.fromkeys(pairs))}
    editions = {name: i for i, name in enumerate(dict.fromkeys(pair[0] for pair in articles))}
    surfaces, surface = _dictionary(rows, "surface")
    experiments, experiment = _dictionary(rows, "experiment")
    arms, arm = _dictionary(rows, "arm")
    imports, label = _dictionary(rows, "import")
    visitor = list(map(hashes.__getitem__, rows.column("visitor")))
    given: dict[str, NDArray[Any]] = {
        "at": np.array(rows.at_ms, np.int64),
        "article": np.array(list(map(articles.__getitem__, pairs)), np.uint32),
        "visitor": np.array(visitor, np.uint64),
        "chain": np.array(_chains(rows, visitor, hashes), np.uint64),
        "surface": surface,
        "experiment": experiment,
        "arm": arm,
        "import": label,
    }
    for column, (field, absent, value) in _rare_columns(hashes).items():
        if field in rows.columns:
            other = DEFAULTS.get(column, 0)
            values = [other if v == absent else value(v) for v in rows.columns[field]]
            given[column] = np.array(values, COLUMNS[column])
    return Batch(
        site, source, first, stamp_ms, tuple(editions),
        tuple((editions[edition], article) for edition, article in articles),
        surfaces, experiments, arms, full_columns(given), imports,
    )  # fmt: skip


def _chains(rows: Rows, visitor: list[int], hashes: Hasher) -> list[int]:
    """Hashed session of each event, or its visitor where there is none."""
    sessions = rows.columns.get("session")
    if sessions is None:
        return visitor
    if None not in sessions:
        return list(map(hashes.__getitem__, sessions))
    pairs = zip(sessions, visitor, strict=True)
    return [other if session is None else hashes[session] for session, other in pairs]


def _dictionary(rows: Rows, field: str) -> tuple[tuple[str, ...], NDArray[Any]]:
    """Names in order after the empty one, and each event's index, (n_events,) uint16."""
    names = rows.columns.get(field)
    if names is None:
        return ("",), np.zeros(len(rows), np.uint16)
    distinct = ("", *sorted(set(names) - {""}))
    index = {name: i for i, name in enumerate(distinct)}
    return distinct, np.array([index[name] for name in names], np.uint16)


def _rare_columns(
    hashes: Hasher,
) -> dict[str, tuple[str, object, Callable[[Any], int]]]:
    """Columns that most events leave out: event field, value when absent, number otherwise."""
    return {
        "event_id": ("id", None, hashes.ids.__getitem__),
        "kind": ("kind", "view", lambda name: EVENT_KINDS[name].code),
        "robot": ("agent", "", is_robot),
        "slot": ("slot", 0, int),
        "bucket": ("bucket", None, int),
        "network": ("network", "", lambda name: hashes[name] & 0xFFFFFFFF),
        "list_id": ("list_id", "", hashes.__getitem__),
        "row": ("row", 0, int),
    }
