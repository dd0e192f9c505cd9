"""Queue: the requests that wait for the live engine, and their completion."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from ranking.content.cards import Card
from ranking.engine.batch import Batch
from ranking.engine.event_columns import Rows
from ranking.service.batches import NOTHING
from ranking.settings_log.decisions import Decision


@dataclass(slots=True)
class Request:
    """A request to the log, and the future that completes when the log has it.

    Attributes
    ----------
    rows : Rows
        Events.
    batches : list of Batch
        The events packed, if they were many; numbered when they are logged.
    cards, removed, restored
        Cards to put; articles to take down, and to bring back.
    record : Decision or None
        A decision to write down; such a request has nothing else.
    outcome : dict of str to int or None
        Takes the events by outcome, once they are applied, if it is not None.
    done : asyncio.Future
        Gets None, LogFull or ConflictError; when the log has it, or if there is an `outcome`, when
        it is applied.
    """

    done: asyncio.Future[None]
    rows: Rows = NOTHING
    batches: list[Batch] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    restored: list[tuple[str, str]] = field(default_factory=list)
    record: Decision | None = None
    outcome: dict[str, int] | None = None


def tell(requests: Iterable[Request], error: Exception | None = None) -> None:
    """Let who waits know that the log has it, or why it has not; from any thread."""
    for request in requests:
        request.done.get_loop().call_soon_threadsafe(_settle, request.done, error)


def _settle(done: "asyncio.Future[None]", error: Exception | None) -> None:
    if done.cancelled():
        return
    if error:
        done.set_exception(error)
    else:
        done.set_result(None)
