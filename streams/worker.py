"""The worker: one Faust agent that feeds the engine. This file alone imports Faust.

Exactly-once effect by checkpoint and seek: the next offset of a partition's loaded state replaces
Faust's committed offset. The state is loaded when a rebalance is complete, the one hook that Faust
awaits before it seeks and before records flow again. Committed offsets only show the lag. A gap in
the offsets ends the process; its restart loads and seeks again.
"""

import logging
import os
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faust
from faust.tables.manager import TableManager
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as KafkaConsumer
from faust.types import TP

from streams.engine import LogError, WorkerEngine
from streams.partition_engine import GapError
from streams.topic_reader import RecordsError

SESSION, HEARTBEAT, REBALANCE = 6.0, 1.0, 10.0
BUFFERED = 32
"""Records that wait in the agent's queue: a record holds thousands of views."""
FETCH = 16 << 20
FETCH_WAIT_MS = 50
"""How long the broker may hold back an answer: Faust's 1.5 s on idle partitions stall busy ones."""
RESTART, REFUSED = 70, 2

log = logging.getLogger("tolqyn")


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """Options of a worker's membership.

    Attributes
    ----------
    kafka : str
        Broker, as host:port.
    group : str
        Consumer group; its workers share the partitions.
    worker : str
        Name, unique in the group; a restarted worker gets its partitions back at once.
    topic : str
        Views.
    """

    kafka: str
    group: str
    worker: str
    topic: str


def run(
    options: WorkerOptions, engine: WorkerEngine, task: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Work until a signal asks to stop; `task` runs in the same loop."""
    app = _app(options, engine)
    app.task(task)
    worker = faust.Worker(app, loglevel="ERROR", override_logging=False, quiet=True)
    worker.execute_from_commandline()


def end(code: int, reason: str) -> None:
    """End the process at once; logs the reason."""
    log.critical("%s", reason)
    for handler in log.handlers or logging.getLogger().handlers:
        handler.flush()
    os._exit(code)


class PromptThread(AIOKafkaConsumerThread):
    """The thread of the client that reads views."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        client: Any = super()._create_worker_consumer(transport)
        client._fetch_max_wait_ms = FETCH_WAIT_MS
        return client


class NoTables(TableManager):
    """Omits the second that Faust waits for tables before it joins; there are none."""

    async def sleep(self, n: Any) -> None:
        """Yield to other tasks without a wait."""
        await super().sleep(0.0)


def _app(options: WorkerOptions, engine: WorkerEngine) -> Any:
    consumer = _consumer_of(options.topic, engine)

    class App(faust.App):
        def _new_transport(self) -> Any:
            transport: Any = super()._new_transport()
            transport.Consumer = consumer
            return transport

    app: Any = App(
        options.group,
        broker=f"kafka://{options.kafka}",
        store="memory://",
        TableManager=NoTables,
        datadir=str(Path(tempfile.gettempdir()) / f"{options.group}-{options.worker}"),
        autodiscover=False,
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,
        stream_buffer_maxsize=BUFFERED,
        broker_session_timeout=SESSION,
        broker_heartbeat_interval=HEARTBEAT,
        broker_rebalance_timeout=REBALANCE,
        broker_request_timeout=30.0,
        broker_commit_interval=1.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH,
        consumer_group_instance_id=options.worker,
        key_serializer="raw",
        value_serializer="raw",
    )
    views = app.topic(options.topic, key_serializer="raw", value_serializer="raw")

    async def hold(sender: Any, **kwargs: Any) -> None:
        own = {tp.partition for tp in app.consumer.assignment() if tp.topic == options.topic}
        await _hold(engine, own)

    async def rank(stream: Any) -> None:
        async for event in stream.events():
            await _take(engine, event.message)

    app.on_rebalance_complete.connect(hold)
    app.agent(views, concurrency=1)(rank)
    app.task(engine.tick_forever)
    app.task(engine.checkpoint_forever)
    app.task(engine.write_history_forever)
    return app


def _consumer_of(topic: str, engine: WorkerEngine) -> type[KafkaConsumer]:
    class Consumer(KafkaConsumer):
        """Seeks to the next offset of the loaded state."""

        def _new_consumer_thread(self) -> PromptThread:
            return PromptThread(self, loop=self.loop, beacon=self.beacon)

        async def seek_to_committed(self) -> Mapping[TP, int]:
            following = engine.next_offsets()
            offsets = {
                tp: following[tp.partition]
                for tp in self.assignment()
                if tp.topic == topic and tp.partition in following
            }
            if offsets:
                await self.seek_wait(offsets)
            return offsets

    return Consumer


async def _hold(engine: WorkerEngine, partitions: set[int]) -> None:
    try:
        await engine.hold(partitions)
    except LogError as error:
        end(REFUSED, str(error))
    except (TimeoutError, RecordsError) as error:
        end(RESTART, f"partitions cannot be loaded: {error}; start again")


async def _take(engine: WorkerEngine, message: Any) -> None:
    try:
        appended_ms = round((message.timestamp or 0.0) * 1000)
        fault = engine.take(message.partition, message.offset, message.value, appended_ms)
    except GapError as error:
        end(RESTART, f"{error}; start again to load and seek")
        return
    if fault:
        await engine.bury(message.partition, message.offset, message.value, fault)
