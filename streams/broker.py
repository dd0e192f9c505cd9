"""Administration of a Kafka broker, and a plain producer.

This file alone imports kafka-python. A fault of Kafka becomes a `BrokerError` of one line. The
producer waits for every in-sync replica (acks=all). It numbers its records where the broker
supports it, so that a retry writes no record twice.
"""

import logging
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from kafka import KafkaAdminClient, KafkaProducer, OffsetSpec, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError

from streams.topics import MIB, Topic

logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what fails becomes a BrokerError
PATIENCE = 5.0
MOST_WAITING = 32 * MIB


class BrokerError(ValueError):
    """No broker answers, or it refuses: the operator's fault."""


def servers(address: str) -> list[str]:
    """Split an address.

    Raises
    ------
    BrokerError
        If it has another form.

    Examples
    --------
    >>> servers("one:9092,two:9092")
    ['one:9092', 'two:9092']
    """
    parts = address.split(",")
    if not all(re.fullmatch(r"[^\s:/]+:[0-9]{1,5}|\[[0-9a-fA-F:]+\]:[0-9]{1,5}", p) for p in parts):
        message = f"kafka must be HOST:PORT, or several with commas, got {address!r}"
        raise BrokerError(message)
    return parts


@contextmanager
def _clear(address: str, what: str) -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        reason = str(error).strip() or type(error).__name__
        message = f"Kafka at {address} {what}: {reason.splitlines()[0]}"
        raise BrokerError(message) from error


@contextmanager
def _reached(address: str, patience: float) -> Iterator[None]:
    try:
        yield
    except BrokerError:
        raise
    except (KafkaError, OSError, ValueError) as error:
        message = f"no Kafka broker answered at {address} within {patience:g} s"
        raise BrokerError(message) from error


class Broker:
    """Administration of a broker: topics and offsets.

    Parameters
    ----------
    address : str
        HOST:PORT, or several with commas.
    patience : float
        Seconds to wait for an answer.

    Raises
    ------
    BrokerError
        If no broker answers.
    """

    def __init__(self, address: str, patience: float = PATIENCE) -> None:
        self.address = address
        with _reached(address, patience):
            self._admin = KafkaAdminClient(
                bootstrap_servers=servers(address),
                bootstrap_timeout_ms=int(patience * 1000),
                client_id="tolqyn",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._admin.close()

    def topics(self, names: Iterable[str]) -> dict[str, Topic]:
        """Find topics.

        Parameters
        ----------
        names : iterable of str

        Returns
        -------
        dict of str to Topic
            Existing ones, with every setting of the broker.
        """
        with _clear(self.address, "cannot describe topics"):
            there = [name for name in names if name in set(self._admin.list_topics())]
            if not there:
                return {}
            asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in there]
            configs = self._admin.describe_configs(asked, config_filter="all")["topic"]
            counts = {
                topic["name"]: len(topic["partitions"])
                for topic in self._admin.describe_topics(there)
            }
        return {
            name: Topic(
                name, counts[name], {key: entry["value"] for key, entry in configs[name].items()}
            )
            for name in there
        }

    def create(self, topics: Sequence[Topic]) -> None:
        """Create topics and wait until each partition has a leader; existing topics stay.

        Parameters
        ----------
        topics : sequence of Topic
        """
        wanted = {
            topic.name: {
                "num_partitions": topic.partitions,
                "configs": {name: str(value) for name, value in topic.configs.items()},
            }
            for topic in topics
        }
        if not wanted:
            return
        with _clear(self.address, "cannot create topics"):
            answer = self._admin.create_topics(wanted, raise_errors=False)
            for made in answer["topics"]:
                if made["error_code"] not in (0, TopicAlreadyExistsError.errno):
                    message = f"Kafka refuses topic {made['name']}: {made['error_message']}"
                    raise BrokerError(message)
            self._admin.wait_for_topics(list(wanted))

    def delete(self, names: Iterable[str]) -> None:
        """Delete topics with their records; ignores those that do not exist."""
        with _clear(self.address, "cannot delete topics"):
            self._admin.delete_topics(list(names), raise_errors=False)

    def end_offsets(self, topic: str) -> list[int]:
        """Return the offset of each partition's next record.

        Parameters
        ----------
        topic : str

        Returns
        -------
        list of int
            By partition.

        Raises
        ------
        BrokerError
            If the topic does not exist.
        """
        with _clear(self.address, f"cannot tell the ends of {topic}"):
            described = self._admin.describe_topics([topic])[0]["partitions"]
            if not described:
                message = f"topic {topic}: missing; `tolqyn topics create` makes it"
                raise BrokerError(message)
            asked = {TopicPartition(topic, n): OffsetSpec.LATEST for n in range(len(described))}
            ends = self._admin.list_partition_offsets(asked)
        return [ends[partition].offset for partition in asked]


class PlainProducer:
    """Sends records, each once, in the order given within a partition.

    Parameters and errors are those of `Broker`.
    """

    def __init__(self, address: str, patience: float = PATIENCE) -> None:
        self.address = address
        self._waiting: deque[tuple[Any, int]] = deque()
        self._bytes = 0
        with _reached(address, patience):
            self._producer = KafkaProducer(
                bootstrap_servers=servers(address),
                bootstrap_timeout_ms=int(patience * 1000),
                max_block_ms=int(patience * 1000),
                client_id="tolqyn",
                acks="all",
                linger_ms=5,
                batch_size=MIB // 4,
                max_request_size=9 * MIB,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )

    def send(self, topic: str, partition: int, key: bytes | None, value: bytes | None) -> None:
        """Send one record; waits while 32 MiB are unwritten.

        Parameters
        ----------
        topic : str
        partition : int
        key : bytes or None
        value : bytes or None
            None deletes the key from a compacted topic.

        Raises
        ------
        BrokerError
            If this record or an earlier one cannot be written.
        """
        size = len(key or b"") + len(value or b"") + 64
        with _clear(self.address, f"cannot take records of {topic}"):
            sent = self._producer.send(topic, value, key, partition=partition)
            self._waiting.append((sent, size))
            self._bytes += size
            while self._bytes > MOST_WAITING or self._waiting[0][0].is_done:
                self._settle()
                if not self._waiting:
                    return

    def flush(self) -> None:
        """Wait until every record is written.

        Raises
        ------
        BrokerError
            If one cannot be.
        """
        with _clear(self.address, "did not take every record"):
            self._producer.flush()
            while self._waiting:
                self._settle()

    def close(self) -> None:
        """Close the connection; tries to send unwritten records first."""
        self._producer.close(timeout=PATIENCE)

    def _settle(self) -> None:
        sent, size = self._waiting.popleft()
        self._bytes -= size
        sent.get()
