"""How soon ranking goes on after a worker was killed (`tolqyn bench recovery`).

Views of one site flow all the while. Restart: the worker is started again under its name at once.
Takeover: it is not, and another worker takes its partitions when the session has ended.
"""

import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

import orjson

from ranking.benchmarks.spawned import TOLQYN, Command, await_until, spawned
from ranking.mirror.names import Names
from ranking.mirror.store import Writer
from streams.broker import Broker
from streams.sending import KafkaTarget
from streams.topics import specification
from streams.versus import HOME, PARTITIONS, Stand

RESTARTS = 5
VIEWS, PAUSE = 50, 0.05


def recovery(views: Path | None, columns: str) -> dict[str, float]:
    """Kill workers, and wait for the next view to be ranked and on its board.

    Parameters
    ----------
    views, columns
        Not used: the views are made here.

    Returns
    -------
    dict
        Seconds of restarts, median and longest, and of a takeover.

    Raises
    ------
    BrokerError
        If there is no broker.
    """
    kafka = os.environ.get("TOLQYN_KAFKA", "127.0.0.1:9092")
    store = os.environ.get("TOLQYN_REDIS", "redis://127.0.0.1:6379/0")
    namespace, stop = f"bench-{os.getpid()}", threading.Event()
    topics = specification(namespace, PARTITIONS)
    with Broker(kafka) as broker:
        broker.create(topics)
    flow = threading.Thread(target=_flow, args=(kafka, namespace, stop))
    flow.start()
    at = ("--kafka", kafka, "--namespace", namespace, "--redis", store)
    stand = Stand(Writer(store, Names(namespace)))
    try:
        with tempfile.TemporaryDirectory() as folder, spawned(_worker(folder, "1", at)) as first:
            await_until(lambda: stand.newest() > 0, "views are ranked")
            restarts = [_restarted(first, stand) for _ in range(RESTARTS)]
            with spawned(_worker(folder, "2", at)) as second:
                await_until(lambda: "loaded in" in second.said(), "the second worker has its share")
                time.sleep(3.0)
                holder = second if f"partition {HOME}:" in second.said() else first
                takeover = _taken_over(holder, stand)
    finally:
        stop.set()
        flow.join()
        with Broker(kafka) as broker:
            broker.delete([topic.name for topic in topics])
    return {
        "restart_median_s": statistics.median(restarts),
        "restart_longest_s": max(restarts),
        "takeover_s": takeover,
    }


def _worker(folder: str, name: str, at: tuple[str, ...]) -> Command:
    options = ("--id", name, "--checkpoint-every", "2")
    return Command(Path(folder) / f"{name}.log", *TOLQYN, "worker", *at, *options)


def _restarted(worker: Command, stand: Stand) -> float:
    """Seconds from the kill to the next view on its board, started again at once."""
    time.sleep(3.0)
    worker.kill()
    began, known = time.monotonic(), _settled(stand)
    worker.start()
    await_until(lambda: stand.newest() > known, "ranking goes on")
    return time.monotonic() - began


def _taken_over(worker: Command, stand: Stand) -> float:
    worker.kill()
    began, known = time.monotonic(), _settled(stand)
    await_until(lambda: stand.newest() > known, "another goes on")
    return time.monotonic() - began


def _settled(stand: Stand) -> int:
    """Position of the store once the killed worker's last write is in."""
    time.sleep(0.05)
    return stand.newest()


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
