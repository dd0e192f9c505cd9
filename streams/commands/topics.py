"""`tolqyn topics`: create, check and list the cluster's topics."""

from typing import Any

import click

from ranking.commands.groups import Suggesting
from ranking.commands.output import print_json, print_table, with_format
from ranking.commands.settings import option_of
from streams.commands.settings import KAFKA, NAMESPACE
from streams.topics import PARTITIONS, Topic, TopicsError, differences, missing, specification

PARTITIONS_OPTION = click.Option(
    ["--partitions"], type=int, default=PARTITIONS, show_default=True,
    help="Partitions of views, articles and checkpoints; fixed for ever.",
)  # fmt: skip


@click.group(cls=Suggesting)
def topics() -> None:
    """Create, verify and list the cluster's topics."""


def _create(kafka: str, namespace: str, partitions: int) -> None:
    """Create the missing topics, and verify all.

    Creates nothing if an existing topic differs from its specification.
    """
    from streams.broker import Broker

    wanted = specification(namespace, partitions)
    with Broker(kafka) as broker:
        found = broker.topics([topic.name for topic in wanted])
        new = missing(wanted, found)
        _refuse(differences(tuple(t for t in wanted if t not in new), found))
        broker.create(new)
        _refuse(differences(wanted, broker.topics([topic.name for topic in wanted])))
    for topic in new:
        click.echo(f"created {topic.name}, {_counted(topic)}")
    click.echo(f"all {len(wanted)} topics match their specification")


def _verify(kafka: str, namespace: str, partitions: int) -> None:
    """Exit with status 2 and one line per difference."""
    from streams.broker import Broker

    wanted = specification(namespace, partitions)
    with Broker(kafka) as broker:
        _refuse(differences(wanted, broker.topics([topic.name for topic in wanted])))
    click.echo(f"all {len(wanted)} topics match their specification")


def _list(kafka: str, namespace: str, form: str) -> None:
    """List the existing topics: partitions, policy and end offsets."""
    from streams.broker import Broker

    names = [topic.name for topic in specification(namespace)]
    rows = []
    with Broker(kafka) as broker:
        found = broker.topics(names)
        for name, topic in found.items():
            policy = str(topic.configs["cleanup.policy"])
            rows.append((name, topic.partitions, policy, broker.end_offsets(name)))
    absent = [name for name in names if name not in found]
    heads = ("topic", "partitions", "cleanup", "next offsets")
    if form == "json":
        listed = [
            dict(zip(("topic", "partitions", "cleanup", "next"), r, strict=True)) for r in rows
        ]
        print_json({"topics": listed, "missing": absent})
        return
    print_table(heads, [(t, str(n), p, " ".join(map(str, ends))) for t, n, p, ends in rows])
    for name in absent:
        click.echo(f"{name} is missing")


def _refuse(lines: list[str]) -> None:
    if lines:
        raise TopicsError("\n".join(lines))


def _counted(topic: Topic) -> str:
    return f"{topic.partitions} partition{'s' if topic.partitions > 1 else ''}"


def _subcommand(name: str, callback: Any, *options: click.Option) -> None:
    command = click.Command(name, callback=callback, help=callback.__doc__)
    command.params = [option_of(KAFKA), option_of(NAMESPACE), *options]
    topics.add_command(command)


_subcommand("create", _create, PARTITIONS_OPTION)
_subcommand("verify", _verify, PARTITIONS_OPTION)
_subcommand("list", _list)
with_format(topics.commands["list"])
