"""A partition's engine applies each record once, whatever comes again."""

import random
from zlib import crc32

import pytest

from ranking.engine.batch import BatchError, encode
from ranking.engine.snapshot import read_whole
from ranking.ranker import Ranker
from streams.partition_engine import GapError, PartitionEngine
from streams.partitions import partition_of
from tests.support.logs import chopped, packed, random_rows, view

COUNT = 4
HOME = partition_of("inform", COUNT)


def records_of(seed: int, views: int = 900) -> list[bytes]:
    """A log of one site as records."""
    rows = random_rows(seed, views, late=0.2, late_ms=900_000, ids=0.2, sessions=0.3)
    return [encode(batch) for batch in chopped(rows, range(0, views, 30))]


def part_of(ranker: Ranker, begin: int = 0) -> PartitionEngine:
    """A part that is ready to be fed."""
    part = PartitionEngine(HOME, COUNT, ranker)
    part.begin(begin)
    return part


def fed(part: PartitionEngine, records: list[bytes], start: int, stop: int) -> PartitionEngine:
    """Feed records by offset."""
    for offset in range(start, stop):
        part.take(offset, records[offset])
    return part


def test_restart_anywhere_gives_the_same_state() -> None:
    records, drawn = records_of(1), random.Random(2)
    whole = fed(part_of(Ranker()), records, 0, len(records)).ranker.state()
    for _ in range(12):
        stop = drawn.randrange(len(records) + 1)
        before = fed(part_of(Ranker()), records, 0, stop)
        again = part_of(Ranker().restored(*read_whole(before.ranker.checkpoint())))
        assert again.next <= stop
        fed(again, records, again.next, len(records))
        assert again.ranker.state() == whole
        assert again.ranker.position == len(records)


def test_what_comes_again_is_passed_over() -> None:
    records = records_of(3)
    part = fed(part_of(Ranker()), records, 0, 20)
    before = part.ranker.state()
    fed(part, records, 5, 20)
    assert (part.ranker.state(), part.next) == (before, 20)
    fed(part, records, 20, len(records))
    assert part.ranker.state() == fed(part_of(Ranker()), records, 0, len(records)).ranker.state()


def test_a_hole_is_refused_and_changes_nothing() -> None:
    records = records_of(4)
    part = fed(part_of(Ranker()), records, 0, 10)
    before = part.ranker.state()
    with pytest.raises(GapError, match="offset 10 must come next, got 12"):
        part.take(12, records[12])
    assert (part.ranker.state(), part.next) == (before, 10)


def test_what_cannot_be_read_is_passed_over() -> None:
    records = records_of(5)
    bad = {4: b"garbage", 9: records[9][:50], 10: encode(packed([view(1, "a", edition="x/ru")]))}
    assert crc32(b"x") % COUNT != HOME
    part = part_of(Ranker())
    for offset, record in enumerate(records):
        if offset in bad:
            with pytest.raises(BatchError):
                part.take(offset, bad[offset])
        else:
            part.take(offset, record)
    assert part.ranker.position == part.next == len(records)
    again = part_of(Ranker().restored(*read_whole(part.ranker.checkpoint())))
    for offset in range(again.next, len(records)):
        if offset in bad:
            with pytest.raises(BatchError):
                again.take(offset, bad[offset])
        else:
            again.take(offset, records[offset])
    assert again.ranker.state() == part.ranker.state()


def test_a_log_that_forgot_its_beginning() -> None:
    records = records_of(6)
    part = part_of(Ranker(), begin=7)
    assert (part.next, part.ranker.position) == (7, 7)
    fed(part, records, 7, len(records))
    assert part.ranker.position == len(records)
