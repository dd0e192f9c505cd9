"""Batches: accepted events, packed into numbered batches of one site each.

This file alone decides the size of a batch and the day's key that hashes its visitors. One run of
a server is one source; it numbers the events of each site upwards from 0.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

from ranking.engine.batch import Batch
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event_columns import Rows, joined

BATCH = 5000
"""Events of the largest batch."""
DAY = 86_400
NOTHING = Rows([], {"visitor": [], "article": []})


class DayHashes:
    """Hashes with the key of the day; event ids with the key that never changes.

    Parameters
    ----------
    day_key : callable
        Returns the secret of a day, counted from the epoch.
    id_key : callable
        Returns the secret of event ids.
    """

    def __init__(self, day_key: Callable[[int], bytes], id_key: Callable[[], bytes]) -> None:
        self._day_key, self._id_key, self._day = day_key, id_key, -1
        self.hashes = Hasher(b"")

    @property
    def is_keyed(self) -> bool:
        """Whether the hashes have the key of a day."""
        return self._day >= 0

    def keep_day(self) -> None:
        """Hash with the key of today from now on.

        Raises
        ------
        LogUnavailable
            If the log that keeps the keys does not answer.
        """
        day = int(time.time() // DAY)
        if day != self._day:
            ids = self.hashes.ids if self.is_keyed else Hasher(self._id_key())
            self.hashes = Hasher(self._day_key(day), ids)
            self._day = day


class Batcher:
    """Packs batches for one run of a server.

    Parameters
    ----------
    day : DayHashes
        Keyed before the first event is packed.
    """

    def __init__(self, day: DayHashes) -> None:
        self.day = day
        self._source, self._sequences = uuid4().hex, dict[str, int]()

    def packed(self, rows: Rows) -> Iterator[Batch]:
        """Pack events into batches of one site each, not numbered yet."""
        if not len(rows):
            return
        stamp_ms = int(time.time() * 1000)
        for site, events in rows.by_site().items():
            for start in range(0, len(events), BATCH):
                part = events.part(start, start + BATCH)
                yield pack(site, self._source, 0, stamp_ms, part, self.day.hashes)

    def together(self, parts: Sequence[Rows]) -> Iterator[Batch]:
        """Pack the events of several requests together."""
        return self.packed(joined([NOTHING, *parts]))

    def numbered(self, batch: Batch) -> Batch:
        """Give a batch the next numbers of its site."""
        first = self._sequences.get(batch.site, 0)
        self._sequences[batch.site] = first + len(batch)
        return replace(batch, first=first)
