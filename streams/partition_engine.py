"""Partition engine: the engine of one partition, fed with records in the order of their offsets.

Pure: offsets and bytes in, a ranker's state out. Every record is applied exactly once: records
below the next offset are skipped, and a gap is an error that a restart repairs. Records before the
checkpoint's position only refill the deduplication memory.
"""

from dataclasses import dataclass, field

from ranking.engine.batch import BatchError, decode
from ranking.engine.recovery import Rereading
from ranking.ranker import Ranker
from streams.cards import CardRecords
from streams.partitions import partition_of


class GapError(RuntimeError):
    """Records are missing before an offset: load and seek again."""


@dataclass(slots=True)
class PartitionEngine:
    """One partition.

    Attributes
    ----------
    number, count : int
        Number of the partition, and their count.
    ranker : Ranker
        Empty or restored; its position is an offset.
    next : int
        Next offset.
    articles : int
        Next offset of `articles`.
    """

    number: int
    count: int
    ranker: Ranker
    next: int = 0
    articles: int = 0
    rereading: Rereading | None = field(default=None)
    _records: CardRecords = field(default_factory=CardRecords)

    def begin(self, log_begin: int) -> None:
        """Set the offset to read from, once the ranker is restored.

        Parameters
        ----------
        log_begin : int
            The first offset of the log.
        """
        if self.ranker.position < log_begin:
            self.ranker.position = log_begin
        self.next = max(min(self.ranker.reread_from(), self.ranker.position), log_begin)
        self.rereading = self.ranker.rereading()

    def take(self, offset: int, data: bytes, appended_ms: int = 0) -> None:
        """Take one record of views; `appended_ms` is the broker's time of it.

        Raises
        ------
        GapError
            If records are missing before it.
        BatchError
            If it cannot be read, or belongs to another partition; it is skipped.
        """
        if offset < self.next:
            return
        if offset > self.next:
            message = f"partition {self.number}: offset {self.next} must come next, got {offset}"
            raise GapError(message)
        self.next = offset + 1
        try:
            batch = decode(data, appended_ms)
            home = partition_of(batch.site, self.count)
            if home != self.number:
                message = f"site {batch.site!r} belongs to partition {home}, came in {self.number}"
                raise BatchError(message)
        except BatchError:
            if offset >= self.ranker.position:
                self.ranker.pass_over(offset)
            raise
        if offset >= self.ranker.position:
            self.ranker.apply(batch, offset)
        elif self.rereading:
            self.rereading.take(batch, offset)

    def take_card(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        """Take one record of articles.

        Raises
        ------
        CardError
            If it cannot be read; it is skipped.
        """
        self.articles = offset + 1
        edition, article, held = self._records.read(key, value)
        if held.is_gone:
            self.ranker.remove(edition, article)
        elif held.is_restored:
            self.ranker.reinstate(edition, article, held.card)
        elif held.card:
            self.ranker.put([held.card])
