"""`tolqyn worker`."""

import logging
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--kafka", default="127.0.0.1:9092", envvar="TOLQYN_KAFKA", show_default=True)
@click.option(
    "--redis", default="redis://127.0.0.1:6379/0", envvar="TOLQYN_REDIS", show_default=True
)
@click.option("--namespace", default="", envvar="TOLQYN_NAMESPACE")
@click.option("--id", "worker", default="w1", envvar="TOLQYN_WORKER", show_default=True)
@click.option("--checkpoint-every", type=float, default=20.0, envvar="TOLQYN_CHECKPOINT_EVERY")
@click.option("--profile", type=click.Path(path_type=Path))
def worker(**options: Any) -> None:
    """Rank views from Kafka, with Faust, and leave the lists in Redis."""
    from ranking.engine.settings import EngineSettings
    from ranking.lists.profile import DEFAULT, read_profile
    from ranking.mirror.names import Names
    from ranking.mirror.store import Writer
    from ranking.warming import warm_up
    from streams.engine import Engine, EngineOptions
    from streams.topic_names import TopicNames
    from streams.worker import WorkerOptions, run

    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    profile = read_profile(options["profile"]) if options["profile"] else DEFAULT
    warm_up()
    topics, names = TopicNames(options["namespace"]), Names(options["namespace"])
    engine = Engine(
        EngineOptions(
            options["kafka"], topics, 4, options["checkpoint_every"], profile, EngineSettings()
        ),
        Writer(options["redis"], names),
        names,
    )
    group = f"{options['namespace']}.tolqyn" if options["namespace"] else "tolqyn"
    run(WorkerOptions(options["kafka"], group, options["worker"], topics.views), engine)
