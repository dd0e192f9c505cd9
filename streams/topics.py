"""The cluster's topics: their partitions and the settings that the broker must have.

Pure: this file has the specification and compares it with a broker's description. Topics of views,
articles, checkpoints and boards have the same number of partitions. A site's partition is
crc32(site) mod count, so the count never changes in place. Other settings, such as replication,
are the broker's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ranking.read_model.store_keys import prefixed
from streams.topic_names import (
    ARTICLES,
    BOARDS,
    CHECKPOINTS,
    DAY_KEYS,
    DEAD_LETTERS,
    HOURS,
    ID_KEYS,
    RAW,
    SETTINGS,
    VIEWS,
)

PARTITIONS = 4
MOST_PARTITIONS = 1024
NAMESPACE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
HOUR_MS = 3_600_000
MIB = 1 << 20


class TopicsError(ValueError):
    """Topics break the specification: the operator's fault."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic, as wanted or as found.

    Attributes
    ----------
    name : str
        Namespace included.
    partitions : int
    configs : Mapping of str to str or float
        Settings by Kafka's names: the required ones of a wanted topic, all of a found one.
    """

    name: str
    partitions: int
    configs: Mapping[str, str | float] = field(default_factory=dict)


SPREAD: dict[str, dict[str, str | float]] = {
    VIEWS: {
        "cleanup.policy": "delete", "retention.ms": 72 * HOUR_MS, "max.message.bytes": 8 * MIB,
        "message.timestamp.type": "LogAppendTime",
    },
    RAW: {
        "cleanup.policy": "delete", "retention.ms": 24 * HOUR_MS,
        "message.timestamp.type": "LogAppendTime",
    },
    ARTICLES: {"cleanup.policy": "compact", "max.message.bytes": 2 * MIB},
    CHECKPOINTS: {
        "cleanup.policy": "compact", "max.message.bytes": 8 * MIB, "segment.bytes": 64 * MIB,
        "min.cleanable.dirty.ratio": 0.1, "max.compaction.lag.ms": 60_000,
        "delete.retention.ms": 60_000,
    },
    HOURS: {
        "cleanup.policy": "delete", "retention.ms": 48 * HOUR_MS, "segment.ms": HOUR_MS,
        "max.message.bytes": 8 * MIB, "message.timestamp.type": "LogAppendTime",
    },
    BOARDS: {
        "cleanup.policy": "delete", "retention.ms": 48 * HOUR_MS, "segment.ms": 6 * HOUR_MS,
        "message.timestamp.type": "LogAppendTime",
    },
}  # fmt: skip
SINGLE: dict[str, dict[str, str | float]] = {
    SETTINGS: {"cleanup.policy": "delete", "retention.ms": -1},
    DAY_KEYS: {
        "cleanup.policy": "delete", "retention.ms": 72 * HOUR_MS, "segment.ms": 6 * HOUR_MS,
    },
    ID_KEYS: {"cleanup.policy": "compact"},
    DEAD_LETTERS: {
        "cleanup.policy": "delete", "retention.ms": 7 * 24 * HOUR_MS,
        "max.message.bytes": 9 * MIB,
    },
}  # fmt: skip


def specification(namespace: str = "", partitions: int = PARTITIONS) -> tuple[Topic, ...]:
    """Return all topics of a namespace.

    Parameters
    ----------
    namespace : str
        Empty = no prefix.
    partitions : int
        Of views, articles, checkpoints and boards, 1 to 1024.

    Returns
    -------
    tuple of Topic
        In the order of a view's way.

    Raises
    ------
    TopicsError
        For a namespace or a count that breaks its rule.

    Examples
    --------
    >>> [(topic.name, topic.partitions) for topic in specification("test", 2)][:2]
    [('test.page-views', 2), ('test.raw-views', 2)]
    >>> specification()[3].configs["cleanup.policy"]
    'compact'
    """
    if namespace and not NAMESPACE.fullmatch(namespace):
        message = (
            "namespace must be 1 to 100 of A-Z, a-z, 0-9, '.', '_' and '-', the first no '.', "
            f"got {namespace!r}"
        )
        raise TopicsError(message)
    if not 1 <= partitions <= MOST_PARTITIONS:
        message = f"partitions must be between 1 and {MOST_PARTITIONS}, got {partitions}"
        raise TopicsError(message)
    counted = [(SPREAD, partitions), (SINGLE, 1)]
    return tuple(
        Topic(prefixed(namespace, name), count, configs)
        for topics, count in counted
        for name, configs in topics.items()
    )


def missing(wanted: tuple[Topic, ...], found: Mapping[str, Topic]) -> tuple[Topic, ...]:
    """Return the topics that do not exist.

    Examples
    --------
    >>> [topic.name for topic in missing(specification(), {})][:1]
    ['page-views']
    """
    return tuple(topic for topic in wanted if topic.name not in found)


def differences(wanted: tuple[Topic, ...], found: Mapping[str, Topic]) -> list[str]:
    """Return the deviations from the required topics, one line each; empty without any.

    Parameters
    ----------
    wanted : tuple of Topic
    found : Mapping of str to Topic
        What the broker has, by name.

    Returns
    -------
    list of str
        Each names the topic, the setting, the required and the actual value, and the remedy.

    Examples
    --------
    >>> small = Topic("articles", 2, {"cleanup.policy": "compact"})
    >>> differences((small,), {"articles": Topic("articles", 2, {"cleanup.policy": "delete"})})
    ["topic articles: cleanup.policy must be compact, got delete; alter the topic's configuration"]
    """
    lines = []
    for topic in wanted:
        if topic.name not in found:
            lines.append(f"topic {topic.name}: missing; `tolqyn topics create` makes it")
            continue
        got = found[topic.name]
        if got.partitions != topic.partitions:
            lines.append(_other_count(topic, got.partitions))
        for name, value in topic.configs.items():
            if str(value) != str(got.configs.get(name)):
                lines.append(
                    f"topic {topic.name}: {name} must be {value}, "
                    f"got {got.configs.get(name)}; alter the topic's configuration"
                )
    return lines


def _other_count(topic: Topic, got: int) -> str:
    line = f"topic {topic.name}: partitions must be {topic.partitions}, got {got}; "
    if topic.name.rpartition(".")[2] in SINGLE:
        return line + "its order needs one: move its records, and create it again"
    return line + (
        f"a count never changes in place: say --partitions {got}, "
        "or create another --namespace and send the log to it"
    )
