"""`tolqyn worker`, `pack`, `collect` and `api`: the cluster's processes."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ranking.commands.settings import ENGINE, PROXIES, TIMEZONE, Setting, engine_settings, option_of
from streams.commands.settings import (
    CHECKPOINT_EVERY,
    COLLECTOR_PORT,
    HOST,
    ID,
    KAFKA,
    NAMESPACE,
    PORT,
    PROCESSES,
    PROFILE,
    REDIS,
)

if TYPE_CHECKING:
    from streams.settings_log import KafkaSettings

log = logging.getLogger("tolqyn")


def _worker(**options: Any) -> None:
    """Rank views: a Faust worker that reads Kafka and writes the lists to Redis.

    Workers share the partitions; each needs its own --id. A killed worker continues from its last
    checkpoint after a restart. With --standby, a standby takes over within two seconds.
    """
    from ranking.profiles.profile import DEFAULT, read_profile
    from ranking.read_model.store import StoreWriter
    from ranking.read_model.store_keys import StoreKeys
    from ranking.warmup import warm_up
    from streams.engine import WorkerEngine, WorkerEngineOptions
    from streams.presence import Presence
    from streams.settings_log import KafkaSettings
    from streams.standby import stand_by
    from streams.topic_names import TopicNames
    from streams.worker import WorkerOptions, run

    profile = read_profile(options["profile"]) if options["profile"] else DEFAULT
    topics, names = TopicNames(options["namespace"]), StoreKeys(options["namespace"])
    count = _settled(options)
    warm_up()
    if options["standby"]:
        stand_by()
    store = StoreWriter(options["redis"], names)
    presence = Presence(store, options["id"])
    presence.claim()
    wanted = WorkerEngineOptions(
        options["kafka"], topics, count, options["checkpoint_every"], engine_settings(options)
    )
    decided = KafkaSettings(options["kafka"], topics.settings, profile)
    joining = WorkerOptions(options["kafka"], topics.workers, options["id"], topics.views)
    run(joining, WorkerEngine(wanted, store, names, decided), presence.keep_forever)


def _pack(**options: Any) -> None:
    """Pack single JSON events of `raw-views` into batches of `page-views`."""
    from ranking.engine.timestamps import zone_of
    from streams.packer import Packer
    from streams.topic_names import TopicNames

    count = _settled(options)
    zone = zone_of(options["timezone"])
    packer = Packer(options["kafka"], TopicNames(options["namespace"]), count, options["id"], zone)

    def stop(number: int, frame: object) -> None:
        packer.is_stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    packer.run()


def _collect(**options: Any) -> None:
    """Receive events and articles over HTTP and write them to Kafka."""
    count = _settled(options)
    asyncio.run(_take_in(options, count))


async def _take_in(options: dict[str, Any], count: int) -> None:
    from ranking.service.api import Api
    from ranking.service.http_server import is_loopback, listen
    from ranking.service.prometheus import Metrics
    from ranking.service.site_settings import site_settings
    from streams.collector import KafkaCollector
    from streams.log import KafkaLog
    from streams.topic_names import TopicNames

    decided, following = await _follow_settings(options)
    topics, is_open = TopicNames(options["namespace"]), is_loopback(options["host"])
    collector = KafkaCollector(KafkaLog(options["kafka"], topics, count))
    site = site_settings(options["timezone"], options["proxies"])
    app = Api(
        Metrics(), intake=collector.intake, settings=decided, is_open=is_open, site=site
    ).app()
    ready = _ready(options, "collecting")
    await listen(app, {}, options["host"], options["port"], ready, following)
    await asyncio.to_thread(collector.stop)


def _api(**options: Any) -> None:
    """Serve the lists from Redis, and the operators' routes."""
    if options["processes"] > 1:
        _supervise(options)
    else:
        asyncio.run(_answer(options))


async def _answer(options: dict[str, Any]) -> None:
    from ranking.read_model.lists import ReadModelLists
    from ranking.read_model.store import StoreReader
    from ranking.read_model.store_keys import StoreKeys
    from ranking.service.api import Api
    from ranking.service.experiment_schedule import keep_looking
    from ranking.service.http_server import is_loopback, listen
    from ranking.service.prometheus import Metrics
    from ranking.service.site_settings import site_settings
    from ranking.warmup import warm_up
    from streams.history import ClusterPast
    from streams.topic_names import TopicNames

    warm_up()
    names = StoreKeys(options["namespace"])
    decided, deciding = await _follow_settings(options)
    lists = ReadModelLists(StoreReader(options["redis"], names), names, decided.book)
    following = asyncio.gather(lists.follow(), deciding, keep_looking(lists, decided))
    past = ClusterPast(options["kafka"], TopicNames(options["namespace"]), decided.book)
    is_open = is_loopback(options["host"])
    site = site_settings(options["timezone"])
    app = Api(Metrics(), lists, settings=decided, past=past, is_open=is_open, site=site).app()
    ready = _ready(options, "answering")
    await listen(app, lists.responses.answers, options["host"], options["port"], ready, following)
    if following.done():
        following.result()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def _follow_settings(
    options: dict[str, Any],
) -> "tuple[KafkaSettings, asyncio.Task[None]]":
    """Follow the settings; an address beyond loopback needs keys in them."""
    from ranking.service.http_server import check_address, is_loopback
    from ranking.settings_log.keys import is_guarded
    from streams.settings_log import KafkaSettings
    from streams.topic_names import TopicNames

    host, port = options["host"], options["port"]
    decided = KafkaSettings(options["kafka"], TopicNames(options["namespace"]).settings)
    following = decided.begin()
    if not is_loopback(host):
        await decided.known()
    check_address(host, port, has_keys=is_guarded(decided.book.held_keys()))
    return decided, following


def _supervise(options: dict[str, Any]) -> None:
    """Run several processes on one port; they stop with this one and are restarted if they end."""
    command = [sys.executable, "-m", "ranking", "api", "--processes", "1"]
    for name in ("host", "port", "kafka", "redis", "namespace", "timezone"):
        command += [f"--{name}", str(options[name])]
    children = [_child(command) for _ in range(options["processes"])]
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: stopping.append(number))
    while not stopping:
        children = [c if c.poll() is None else _child(command) for c in children]
        time.sleep(0.2)
    for child in children:
        child.terminate()
    for child in children:
        child.wait(10)


def _child(command: list[str]) -> "subprocess.Popen[bytes]":
    from streams.standby import end_with_parent

    parent = os.getpid()
    return subprocess.Popen(command, preexec_fn=lambda: end_with_parent(parent))


def _settled(options: dict[str, Any]) -> int:
    """Wait for Kafka and check the topics; returns their partitions."""
    from streams.broker import Broker, BrokerError, servers
    from streams.topic_names import TopicNames
    from streams.topics import TopicsError, differences, specification

    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    servers(options["kafka"])
    pause, is_told = 1.0, False
    while True:
        try:
            with Broker(options["kafka"], 5.0) as broker:
                views = TopicNames(options["namespace"]).views
                found = broker.topics([t.name for t in specification(options["namespace"])])
            break
        except BrokerError as error:
            if not is_told:
                log.warning("%s; trying again until one does", error)
            is_told = True
            time.sleep(pause)
            pause = min(pause * 2, 15.0)
    if is_told:
        log.warning("Kafka answers at %s", options["kafka"])
    if views not in found:
        message = f"topic {views} is missing; make it with `tolqyn topics create`"
        raise TopicsError(message)
    count = found[views].partitions
    if lines := differences(specification(options["namespace"], count), found):
        raise TopicsError("\n".join(lines))
    return count


def _ready(options: dict[str, Any], what: str) -> Callable[[], None]:
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    return lambda: log.warning("%s on http://%s:%d", what, options["host"], options["port"])


def _command(name: str, callback: Callable[..., None], *settings: Setting) -> click.Command:
    made = click.Command(name, callback=callback, help=callback.__doc__)
    made.params = [option_of(setting) for setting in settings]
    return made


STANDBY = "Keep a warm process that starts the worker again at once whenever it dies."
worker = _command(
    "worker", _worker, KAFKA, REDIS, NAMESPACE, ID, CHECKPOINT_EVERY, PROFILE, *ENGINE
)
worker.params.append(click.Option(["--standby"], is_flag=True, help=STANDBY))
pack = _command("pack", _pack, KAFKA, NAMESPACE, ID, TIMEZONE)
collect = _command("collect", _collect, KAFKA, NAMESPACE, HOST, COLLECTOR_PORT, TIMEZONE, PROXIES)
api = _command("api", _api, KAFKA, REDIS, NAMESPACE, HOST, PORT, PROCESSES, TIMEZONE)
