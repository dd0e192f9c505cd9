"""Log: the port to the log of one server, SQLite in one process and Kafka in a cluster.

An append is acknowledged once, when the log has all of it durably or when it has refused it. One
thread calls `append` and `poll`; each acknowledgement is a callback from one of the two. Batches of
a site are read back in the order of the appends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ranking.content.cards import Card
from ranking.content.tombstones import Held
from ranking.engine.batch import Batch


class LogUnavailable(OSError):
    """The log cannot be written, or does not answer: the server's fault."""


@dataclass(frozen=True, slots=True)
class ArticleChanges:
    """Changes of article cards, in the order of the attributes.

    Attributes
    ----------
    cards : list of Card
        Added or replaced.
    removed : list of (str, str)
        Edition and id of articles taken down; a tombstone keeps the last card.
    restored : list of (str, str)
        Edition and id of articles brought back.
    """

    cards: list[Card] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    restored: list[tuple[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is a change."""
        return bool(self.cards or self.removed or self.restored)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The log's answer to one append.

    Attributes
    ----------
    positions : list of int
        Position of each batch in its part of the log, in the order of the batches; empty if the
        append failed. A part is the whole log in SQLite and the site's partition in Kafka.
    fault : str
        Why the append failed, empty if it is durable. SQLite then has nothing of it. Kafka may have
        some of it: the sender retries, and ids and import labels make the retry harmless.
    """

    positions: list[int] = field(default_factory=list)
    fault: str = ""


Acknowledge = Callable[[Acknowledgement], None]


class Log(Protocol):
    """Port to the log of one server."""

    def append(
        self, batches: Sequence[Batch], changes: ArticleChanges, acknowledge: Acknowledge
    ) -> None:
        """Write numbered batches and changes of articles.

        Parameters
        ----------
        batches : sequence of Batch
        changes : ArticleChanges
        acknowledge : callable
            Called once, by this call or by a later `poll`.
        """

    def poll(self) -> None:
        """Deliver the acknowledgements that are due, without waiting."""

    def held(self, names: list[tuple[str, str]]) -> list[Held]:
        """Return the stored records of articles, by edition and id; any thread may ask, and wait.

        Raises
        ------
        Refused
            If they are not known yet.
        """

    def day_key(self, day: int) -> bytes:
        """Return the secret of a day, counted from the epoch.

        Raises
        ------
        LogUnavailable
        """

    def id_key(self) -> bytes:
        """Return the secret of event ids, which never changes.

        Raises
        ------
        LogUnavailable
        """
