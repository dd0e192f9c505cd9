"""Group commit: requests that wait for the log are packed and written together.

::

    request ─► submit ─► queue ─► take ─► write ─► Log.append ─► acknowledgement ─► 202 or 503

Event loops submit requests; one thread takes and writes them. All requests that wait go into one
append: the busier the server, the larger its batches. The thread that submits a large request packs
it, while the writing thread still works on earlier requests. A request counts against the capacity
until the log has answered. Beyond the capacity `submit` refuses requests.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from ranking.engine.batch import Batch
from ranking.engine.event_columns import Rows
from ranking.service.batches import NOTHING, Batcher, DayHashes
from ranking.service.log import Acknowledgement, ArticleChanges, Log, LogUnavailable
from ranking.service.ports import Refused

CAPACITY = 200_000
"""Events that wait for the log at most; one more request is taken, of any size."""
LARGE = 500
"""Default of `large`; it pays where the writing thread also applies the batches."""
RETRY, RETRY_BUSY = 5, 1
"""Seconds until a sender tries again: after a fault of the log, and after too much at once."""


@dataclass(slots=True, eq=False)
class WriteRequest:
    """One request to the log, and the future that completes with it.

    Attributes
    ----------
    done : asyncio.Future
        Gets None or `Refused` when the log has answered; with `outcome`, None when the events are
        applied.
    rows : Rows
        Events.
    changes : ArticleChanges
    outcome : dict of str to int or None
        Receives the events by outcome, if it is not None.
    batches : list of Batch
        The events, if they are packed already; not numbered.
    """

    done: "asyncio.Future[None]"
    rows: Rows = NOTHING
    changes: ArticleChanges = field(default_factory=ArticleChanges)
    outcome: dict[str, int] | None = None
    batches: list[Batch] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """Requests of one append.

    Attributes
    ----------
    requests : list of WriteRequest
    batches : list of Batch
        Numbered, in the order of the log.
    senders : list of WriteRequest or None
        The request of each batch; None where several share it.
    answer : Acknowledgement or None
        None until the log has answered.
    """

    requests: list[WriteRequest]
    batches: list[Batch] = field(default_factory=list)
    senders: list[WriteRequest | None] = field(default_factory=list)
    answer: Acknowledgement | None = None


class GroupCommit:
    """The way of requests into one log.

    Parameters
    ----------
    log : Log
    capacity : int
        Events that may wait for the log.
    large : int
        Events from which a request is packed alone, by the thread that submits it.
    """

    def __init__(self, log: Log, capacity: int = CAPACITY, large: int = LARGE) -> None:
        self._log, self._capacity, self._large = log, capacity, large
        self._batcher = Batcher(DayHashes(log.day_key, log.id_key))
        self._changed = threading.Condition()
        self._queue: list[WriteRequest] = []
        self._open = set[WriteRequest]()
        self._events = 0  # that the log has not answered
        self._is_woken = self._is_stopping = False
        self._fault = ""

    def fault(self) -> str:
        """Return why the log takes nothing; empty if it takes events."""
        return self._fault

    def waiting(self) -> int:
        """Return the number of requests whose senders wait."""
        return len(self._open)

    async def submit(
        self, rows: Rows = NOTHING, changes: ArticleChanges | None = None,
        outcome: dict[str, int] | None = None,
    ) -> None:  # fmt: skip
        """Return when the log has the request; with `outcome`, when its events are applied.

        Raises
        ------
        Refused
            If the log does not take it. `is_busy` if too many events wait; nothing is written then.
        """
        done = asyncio.get_running_loop().create_future()
        request = WriteRequest(done, rows, changes or ArticleChanges(), outcome)
        self._check()
        if self._is_packed_alone(request) and self._batcher.day.is_keyed:
            request.batches = list(self._batcher.packed(rows))
        with self._changed:
            self._check()
            self._queue.append(request)
            self._open.add(request)
            self._events += len(rows)
            self._changed.notify()
        await done

    def _is_packed_alone(self, request: WriteRequest) -> bool:
        """Whether its events share no batch with those of other requests."""
        return len(request.rows) >= self._large or request.outcome is not None

    def _check(self) -> None:
        if self._fault:
            raise Refused(self._fault, RETRY)
        if self._events > self._capacity:
            reason = "send again in a second"
            raise Refused(reason, RETRY_BUSY, is_busy=True)

    def prepare(self) -> None:
        """Get the day's key before the first request.

        Raises
        ------
        LogUnavailable
        """
        self._batcher.day.keep_day()

    def take(self, seconds: float, linger: float = 0.0) -> list[WriteRequest]:
        """Take the requests that wait.

        Parameters
        ----------
        seconds : float
            How long to wait for the first one at most; a `wake` ends the wait.
        linger : float
            Seconds that the first one waits for others.

        Returns
        -------
        list of WriteRequest
            In the order of their submission.
        """
        with self._changed:
            if not (self._queue or self._is_woken or self._is_stopping):
                self._changed.wait(max(seconds, 0.0))
            self._is_woken = False
            is_empty = not self._queue
        if linger and not is_empty:
            time.sleep(linger)
        with self._changed:
            taken, self._queue = self._queue, []
        return taken

    def write(self, requests: list[WriteRequest]) -> Group:
        """Pack requests and append them to the log.

        Requests with an `outcome` stay open after a successful append, until `complete` is called
        for each.
        """
        group = Group(requests)
        try:
            self._batcher.day.keep_day()
        except LogUnavailable as error:
            self._answer(group, Acknowledgement(fault=str(error)))
            return group
        for batch, sender in self._in_order(requests):
            group.batches.append(self._batcher.numbered(batch))
            group.senders.append(sender)
        changes = ArticleChanges(
            [card for request in requests for card in request.changes.cards],
            [name for request in requests for name in request.changes.removed],
            [name for request in requests for name in request.changes.restored],
        )
        self._log.append(group.batches, changes, partial(self._answer, group))
        return group

    def _in_order(
        self, requests: list[WriteRequest]
    ) -> Iterator[tuple[Batch, WriteRequest | None]]:
        """Batches of requests in their order, small requests together; and whose each is."""
        small: list[Rows] = []
        for request in requests:
            if self._is_packed_alone(request):
                yield from ((batch, None) for batch in self._batcher.together(small))
                small = []
                batches = request.batches or self._batcher.packed(request.rows)
                yield from ((batch, request) for batch in batches)
            else:
                small.append(request.rows)
        yield from ((batch, None) for batch in self._batcher.together(small))

    def _answer(self, group: Group, answer: Acknowledgement) -> None:
        group.answer = answer
        with self._changed:
            self._events -= sum(len(request.rows) for request in group.requests)
        for request in group.requests:
            if answer.fault:
                self._settle(request, Refused(answer.fault, RETRY))
            elif request.outcome is None:
                self._settle(request)

    def complete(self, request: WriteRequest, outcome: dict[str, int]) -> None:
        """Answer a request whose events are applied, with its events by outcome."""
        if request.outcome is not None:
            request.outcome.update(outcome)
            self._settle(request)

    def _settle(self, request: WriteRequest, error: Exception | None = None) -> None:
        self._open.discard(request)
        settle(request.done, error)

    def wake(self) -> None:
        """End the wait of `take`, now or the next time."""
        with self._changed:
            self._is_woken = True
            self._changed.notify()

    def stop(self) -> None:
        """Ask the writing thread to write what waits, and to end."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()

    @property
    def is_over(self) -> bool:
        """Whether `stop` was called and nothing waits to be taken."""
        return self._is_stopping and not self._queue

    def close(self, fault: str) -> None:
        """Refuse all requests from now on, and those that are not answered yet."""
        with self._changed:
            self._fault = fault
            left, self._open = self._open, set()
        for request in left:
            settle(request.done, Refused(fault, RETRY))


def settle(done: "asyncio.Future[None]", error: Exception | None = None) -> None:
    """Complete the future of a sender, unless the sender has gone; from any thread."""
    if not done.get_loop().is_closed():
        done.get_loop().call_soon_threadsafe(_complete, done, error)


def _complete(done: "asyncio.Future[None]", error: Exception | None) -> None:
    if done.done():
        return
    if error:
        done.set_exception(error)
    else:
        done.set_result(None)
