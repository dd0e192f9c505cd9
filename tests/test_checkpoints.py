"""Checkpoints in a real Kafka: whole or not at all, whoever writes, whatever fails."""

import asyncio
from collections.abc import Sequence

from ranking.ranker import Ranker
from streams.checkpoints import Checkpoints, load
from streams.topic_names import TopicNames
from streams.topic_reader import PartitionReader, RecordsError, TopicWriter
from tests.support.logs import chopped, random_rows

PARTITION = 1


class Failing(TopicWriter):
    """A real writer whose answer is lost now and then: the records are there, or half of them."""

    loses = False

    async def write(
        self, topic: str, partition: int, records: Sequence[tuple[bytes | None, bytes | None]]
    ) -> int:
        """Write, and lose the answer if told so."""
        if not self.loses:
            return await super().write(topic, partition, records)
        await super().write(topic, partition, records[: len(records) // 2 + 1])
        message = "the answer was lost"
        raise RecordsError(message)


def grown(ranker: Ranker, seed: int) -> Ranker:
    """Let a log go on in a ranker."""
    for batch in chopped(random_rows(seed, 200, articles=700), [100], f"source {seed}"):
        ranker.apply(batch, ranker.position)
    return ranker


async def loaded_state(kafka: str, topic: str) -> bytes:
    """State of the checkpoint that would be loaded."""
    async with PartitionReader(kafka) as reader:
        found = await load(reader, topic, PARTITION)
    assert found.loaded
    return Ranker().restored(found.loaded.header, found.loaded.pieces).state()


async def through_failures(kafka: str, topic: str) -> None:
    writer, ranker = Failing(kafka), Ranker()
    async with PartitionReader(kafka) as reader:
        mine = Checkpoints(topic, PARTITION, writer)
        kept = b""
        for seed in range(8):
            grown(ranker, seed)
            assert await mine.is_ours(reader)
            writer.loses = seed % 3 == 1
            try:
                await mine.write(ranker.snapshot(mine.marks))
                kept = ranker.state()
            except RecordsError:
                assert seed % 3 == 1
            writer.loses = False
            assert await loaded_state(kafka, topic) == kept
    await writer.stop()


async def two_workers(kafka: str, topic: str) -> None:
    writer = TopicWriter(kafka)
    async with PartitionReader(kafka) as reader:
        first, ranker = Checkpoints(topic, PARTITION, writer), grown(Ranker(), 1)
        await first.write(ranker.snapshot())
        found = await load(reader, topic, PARTITION)
        assert found.loaded
        other = Ranker().restored(found.loaded.header, found.loaded.pieces)
        second = Checkpoints(topic, PARTITION, writer, found.end, found.keys)
        assert await first.is_ours(reader)
        await second.write(grown(other, 2).snapshot())
        assert not await first.is_ours(reader)
        farthest = other.state()
        await first.write(grown(ranker, 3).snapshot(first.marks))  # a zombie that never asked
        assert await loaded_state(kafka, topic) in (farthest, ranker.state())
        for seed in (4, 5):
            await second.write(grown(other, seed).snapshot(second.marks))
            assert await loaded_state(kafka, topic) == other.state()
    await writer.stop()


def test_failures_halfway_leave_the_checkpoint_before(kafka: str, namespace: str) -> None:
    asyncio.run(through_failures(kafka, TopicNames(namespace).checkpoints))


def test_another_worker_is_noticed_and_overwrites_nothing(kafka: str, namespace: str) -> None:
    asyncio.run(two_workers(kafka, TopicNames(namespace).checkpoints))
