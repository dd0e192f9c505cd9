"""Recovery benchmark: how soon ranking goes on after a kill of a worker (`tolqyn bench recovery`).

Views of one site flow all the while. Standby: a worker's warm process starts it again. Restart: it
is started again from nothing, under its name at once. Takeover: it is not started again, and
another worker takes its partitions when the session has ended.
"""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import orjson

from ranking.benchmarks.benchmark import Run, Task, repeated
from ranking.benchmarks.processes import TOLQYN, Command, spawned
from ranking.benchmarks.time_limit import TimeLimit
from ranking.read_model.store import StoreWriter
from ranking.read_model.store_keys import StoreKeys
from streams.broker import Broker
from streams.kafka_streams_benchmark import HOME, PARTITIONS, StoreProgress
from streams.send import KafkaTarget
from streams.topics import specification

RESTARTS = 5
VIEWS, PAUSE = 50, 0.05


@repeated
def recovery(task: Task) -> Run:
    """Kill workers, and wait for the next view to be ranked and on its board.

    Parameters
    ----------
    task : Task
        Its log is not used: the views are made here.

    Returns
    -------
    Run
        Seconds by standby and of restarts, median and longest, and of a takeover. What was not
        done in time is left out.

    Raises
    ------
    BrokerError
        If there is no broker.
    """
    kafka, limit = os.environ.get("TOLQYN_KAFKA", "127.0.0.1:9092"), task.limit
    store = os.environ.get("TOLQYN_REDIS", "redis://127.0.0.1:6379/0")
    namespace, stop = f"bench-{uuid4().hex[:12]}", threading.Event()
    topics = specification(namespace, PARTITIONS)
    with Broker(kafka) as broker:
        broker.create(topics)
    limit.restart()
    flow = threading.Thread(target=_flow, args=(kafka, namespace, stop))
    flow.start()
    at = ("--kafka", kafka, "--namespace", namespace, "--redis", store)
    stand = StoreProgress(StoreWriter(store, StoreKeys(namespace)))
    try:
        with tempfile.TemporaryDirectory() as folder:
            standbys = _by_standby(folder, at, stand, limit)
            restarts, takeovers = _by_others(folder, at, stand, limit)
    finally:
        stop.set()
        flow.join()
        with Broker(kafka) as broker:
            broker.delete([topic.name for topic in topics])
    figures = {}
    for name, taken in (("standby", standbys), ("restart", restarts)):
        if taken:
            figures[f"{name}_median_s"] = statistics.median(taken)
            figures[f"{name}_longest_s"] = max(taken)
    return Run(figures | ({"takeover_s": takeovers[0]} if takeovers else {}), tuple(standbys))


def _by_standby(
    folder: str, at: tuple[str, ...], stand: StoreProgress, limit: TimeLimit
) -> list[float]:
    """Seconds, of each time that a worker's warm process started it again."""
    with spawned(_worker(folder, "1", at, "--standby")) as kept:
        if not limit.awaits(lambda: stand.newest() > 0, "views are ranked"):
            return []
        return _struck(kept.kill_children, stand, limit, "by standby")


def _by_others(
    folder: str, at: tuple[str, ...], stand: StoreProgress, limit: TimeLimit
) -> tuple[list[float], list[float]]:
    """Seconds, of each restart from nothing, and of a takeover."""
    with spawned(_worker(folder, "1", at)) as first:
        restarts = _struck(lambda: _again(first), stand, limit, "from nothing")
        with spawned(_worker(folder, "2", at)) as second:
            if not limit.awaits(lambda: "loaded in" in second.said(), "a second has its share"):
                return restarts, []
            time.sleep(min(3.0, limit.left()))  # partitions may move once more
            holder = second if f"partition {HOME}:" in second.said() else first
            takeover = _gone_on(holder.kill, stand, limit, "by another worker")
    return restarts, [] if takeover is None else [takeover]


def _struck(
    strike: Callable[[], None], stand: StoreProgress, limit: TimeLimit, how: str
) -> list[float]:
    some = limit.of(range(RESTARTS), f"of {RESTARTS} strikes, {how}")
    taken = [_gone_on(strike, stand, limit, how) for _ in some]
    return [seconds for seconds in taken if seconds is not None]


def _worker(folder: str, name: str, at: tuple[str, ...], *more: str) -> Command:
    options = ("--id", name, "--checkpoint-every", "2", *more)
    return Command(Path(folder) / f"{name}.log", *TOLQYN, "worker", *at, *options)


def _again(worker: Command) -> None:
    worker.kill()
    worker.start()


def _gone_on(
    strike: Callable[[], None], stand: StoreProgress, limit: TimeLimit, how: str
) -> float | None:
    """Seconds from a strike in mid-work to the next view on its board; None if not in time."""
    before = stand.newest()
    if not limit.awaits(lambda: stand.newest() > before, "views are ranked"):
        return None
    time.sleep(min(3.0, limit.left()))
    began = time.monotonic()
    strike()
    time.sleep(0.05)  # the last write of what was killed is in
    known = stand.newest()
    if not limit.awaits(lambda: stand.newest() > known, f"ranking goes on {how}"):
        return None
    return time.monotonic() - began


def _flow(kafka: str, namespace: str, stop: threading.Event) -> None:
    number = 0
    with KafkaTarget(f"kafka://{kafka}?namespace={namespace}") as target:
        while not stop.wait(PAUSE):
            now = time.time()
            events = [
                {"at": now, "visitor": f"v{number + k}", "article": f"a{k}"} for k in range(VIEWS)
            ]
            number += VIEWS
            target.take(orjson.dumps(events))
