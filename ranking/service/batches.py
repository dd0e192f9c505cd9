"""Batches: accepted events, packed into numbered batches of one site each.

This file alone decides how large a batch becomes and with which day's key its readers are hashed.
A run of a server is one source; its numbers go up by site.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

from ranking.engine.batch import Batch
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event_columns import Rows, joined

BATCH = 5000
DAY = 86_400
NOTHING = Rows([], {"visitor": [], "article": []})


class DayHashes:
    """Hashes with the key of the day; of event ids, with the key that never changes.

    Parameters
    ----------
    day_key : callable
        Secret of a day, counted from the epoch.
    id_key : callable
        The secret of event ids.
    """

    def __init__(self, day_key: Callable[[int], bytes], id_key: Callable[[], bytes]) -> None:
        self._day_key, self._id_key, self._day = day_key, id_key, -1
        self.hashes = Hasher(b"")

    def keep_day(self) -> None:
        """Hash with the key of today from now on."""
        day = int(time.time() // DAY)
        if day != self._day:
            ids = Hasher(self._id_key()) if self._day < 0 else self.hashes.ids
            self._day, self.hashes = day, Hasher(self._day_key(day), ids)


class Batcher:
    """Packs batches for one run of a server.

    Parameters
    ----------
    day_key : callable
        Secret of a day, counted from the epoch.
    id_key : callable
        The secret of event ids.
    """

    def __init__(self, day_key: Callable[[int], bytes], id_key: Callable[[], bytes]) -> None:
        self._day = DayHashes(day_key, id_key)
        self._source, self._sequences = uuid4().hex, dict[str, int]()

    def keep_day(self) -> None:
        """Hash with the key of today from now on."""
        self._day.keep_day()

    def packed(self, rows: Rows) -> Iterator[Batch]:
        """Events in batches of one site each, not numbered yet."""
        if not len(rows):
            return
        stamp_ms = int(time.time() * 1000)
        for site, its in rows.by_site().items():
            for start in range(0, len(its), BATCH):
                part = its.part(start, start + BATCH)
                yield pack(site, self._source, 0, stamp_ms, part, self._day.hashes)

    def together(self, parts: Sequence[Rows]) -> Iterator[Batch]:
        """Events of several requests in batches."""
        return self.packed(joined([NOTHING, *parts]))

    def numbered(self, batch: Batch) -> Batch:
        """Give a batch its place in the sequence of this run."""
        first = self._sequences.get(batch.site, 0)
        self._sequences[batch.site] = first + len(batch)
        return replace(batch, first=first)
