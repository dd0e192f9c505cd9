"""How soon ranking goes on after a worker was killed (`tolqyn bench recovery`).

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
        Seconds by standby and of restarts, median and longest, and of a takeover.

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
        with tempfile.TemporaryDirectory() as folder:
            with spawned(_worker(folder, "1", at, "--standby")) as kept:
                await_until(lambda: stand.newest() > 0, "views are ranked")
                standbys = [_gone_on(kept.kill_children, stand) for _ in range(RESTARTS)]
            with spawned(_worker(folder, "1", at)) as first:
                restarts = [_gone_on(lambda: _again(first), stand) for _ in range(RESTARTS)]
                with spawned(_worker(folder, "2", at)) as second:
                    await_until(lambda: "loaded in" in second.said(), "the second has its share")
                    time.sleep(3.0)  # partitions may move once more
                    holder = second if f"partition {HOME}:" in second.said() else first
                    takeover = _gone_on(holder.kill, stand)
    finally:
        stop.set()
        flow.join()
        with Broker(kafka) as broker:
            broker.delete([topic.name for topic in topics])
    return {
        "standby_median_s": statistics.median(standbys),
        "standby_longest_s": max(standbys),
        "restart_median_s": statistics.median(restarts),
        "restart_longest_s": max(restarts),
        "takeover_s": takeover,
    }


def _worker(folder: str, name: str, at: tuple[str, ...], *more: str) -> Command:
    options = ("--id", name, "--checkpoint-every", "2", *more)
    return Command(Path(folder) / f"{name}.log", *TOLQYN, "worker", *at, *options)


def _again(worker: Command) -> None:
    worker.kill()
    worker.start()


def _gone_on(strike: Callable[[], None], stand: Stand) -> float:
    """Seconds from a strike in mid-work to the next view on its board."""
    before = stand.newest()
    await_until(lambda: stand.newest() > before, "views are ranked")
    time.sleep(3.0)
    began = time.monotonic()
    strike()
    time.sleep(0.05)  # the last write of what was killed is in
    known = stand.newest()
    await_until(lambda: stand.newest() > known, "ranking goes on")
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
