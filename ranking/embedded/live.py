"""The live engine: one thread that owns log, ranker and tick.

A request's events wait in the inbox; the thread takes all that wait, writes them to the log in one
transaction, lets their senders know, applies them, and ticks. Small requests are packed together:
the busier, the larger the batches. A large one is packed by who submits it, while the thread still
applies the one before. Whoever else reads the ranker holds `lock`.
"""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.alerts.observer import Observer
from ranking.alerts.webhook_sender import WebhookSender
from ranking.embedded.log import DataError, Log, LogFull
from ranking.embedded.queue import Request, tell
from ranking.engine.batch import Batch, decode, encode
from ranking.engine.event_columns import Rows
from ranking.engine.outcomes import NO_ROOM, outcome_counts
from ranking.engine.settings import EngineSettings
from ranking.engine.snapshot import CheckpointError, Snapshot
from ranking.history.shown_boards import History
from ranking.lists.alternative_boards import AlternativeBoards
from ranking.profiles.profile import Profile
from ranking.ranker import Ranker
from ranking.service.batches import Batcher
from ranking.service.response_cache import ResponseCache
from ranking.settings_log.book import Book, ConflictError
from ranking.settings_log.decisions import packed, record_of

TICK = 0.05
RENEW = 1.0
"""Seconds between two renewals of tag graphs."""
PIECE = 5000
WAITING = 200_000
LARGE = 500
"""Events from which a request is packed by who submits it."""
SPELL = 10.0
"""Between two checkpoints passes at least so many times what the one before took."""
REST = 0.002
"""Seconds between the packing of two pages of a checkpoint, which takes about as long."""
WARN_EVERY = 60.0
"""Seconds between two warnings of the same kind."""

log = logging.getLogger("tolqyn")


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Settings of the live engine.

    Attributes
    ----------
    checkpoint_every : float
        Seconds between checkpoints, while there is something new; more if one takes long.
    keep : float
        Seconds that hourly checkpoints and boards are kept, and batches that no checkpoint needs.
    """

    checkpoint_every: float = 20.0
    keep: float = 48 * 3600.0


class Live:
    """The engine of one embedded server.

    Parameters
    ----------
    log : Log
    profile : Profile
    settings : LiveSettings
    engine : EngineSettings
    """

    def __init__(
        self,
        log: Log,
        profile: Profile,
        settings: LiveSettings | None = None,
        engine: EngineSettings | None = None,
    ) -> None:
        self.log = log
        self.settings = settings or LiveSettings()
        self.responses = ResponseCache()
        self.lock = threading.Lock()
        self.started = threading.Event()
        self.failure: BaseException | None = None
        self.ranker = Ranker(engine, profile)
        self.book = Book(profile)
        self._watch, self._sender = Observer(self.ranker), WebhookSender()
        self._alternatives = AlternativeBoards(self.ranker)
        self._engine, self._profile = engine, profile
        self._inbox: list[Request] = []
        self._waiting = 0
        self._wake = threading.Condition()
        self._stopping = False
        self._bundler = Batcher(log.day_key, log.id_key)
        self._renewed, self._warned = 0.0, float("-inf")
        self._history = History()
        self._writer: threading.Thread | None = None
        self._took = 0.0  # seconds, by the last checkpoint
        self._thread = threading.Thread(target=self._run, name="ranker")

    def start(self) -> None:
        """Begin: restore the state and replay what came after it."""
        self._thread.start()

    def stop(self) -> None:
        """Log and apply what waits, checkpoint, and end."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    @property
    def is_full(self) -> bool:
        """Whether senders must wait."""
        return self._waiting > WAITING

    def waiting(self) -> int:
        """Requests that the log does not have yet."""
        return len(self._inbox)

    def submit(self, request: Request) -> None:
        """Put a request into the inbox; its future is told when the log has it."""
        if len(request.rows) >= LARGE or request.outcome is not None:
            request.batches = list(self._bundler.packed(request.rows))
        with self._wake:
            self._inbox.append(request)
            self._waiting += len(request.rows)
            self._wake.notify()

    def _run(self) -> None:
        try:
            self._restore()
            self.started.set()
            self._work()
        except BaseException as error:
            self.failure = error
            self.started.set()
            raise

    def _restore(self) -> None:
        for body in self.log.settings():
            self.book.take(record_of(body))
        self._bundler.keep_day()
        ranker = self._from_checkpoint()
        for edition, article, card in self.log.cards():
            if card:
                ranker.put([card])
            else:
                ranker.remove(edition, article)
        for position, body in self.log.read(ranker.position):
            ranker.apply(decode(body), position)
        ranker.stood(shown.board() for shown in self.log.shown_last())
        ranker.govern(self.book.profiles, self.book.desk(time.time()))
        self.ranker, self._watch, self._alternatives = (
            ranker,
            Observer(ranker),
            AlternativeBoards(ranker),
        )
        self._publish()

    def _from_checkpoint(self) -> Ranker:
        faults: list[str] = []
        for file in self.log.checkpoints.all():
            try:
                ranker = Ranker.restore(file.read(), self._engine, self._profile)
            except CheckpointError as error:
                faults.append(f"; {file.path.name}: {error}")
                continue
            start = ranker.reread_from()
            if start >= self.log.begin() or file.position == start:
                ranker.reread(self._decoded(start, file.position))
                return ranker
        if self.log.begin() > 0:
            message = f"data folder {self.log.folder} has no usable checkpoint and no whole log"
            raise DataError(message + "".join(faults))
        return Ranker(self._engine, self._profile)

    def _decoded(self, start: int, stop: int) -> Iterator[tuple[int, Batch]]:
        for position, body in self.log.read(start):
            if position >= stop:
                return
            yield position, decode(body)

    def _work(self) -> None:
        ticked = checkpointed = time.monotonic()
        saved = self.ranker.position
        while True:
            requests = self._take(ticked + TICK)
            self._decide([request for request in requests if request.record])
            self._log_and_apply([request for request in requests if not request.record])
            now = time.monotonic()
            if now - ticked >= TICK:
                ticked = now
                self._publish()
            if now - checkpointed > pause_of(self.settings.checkpoint_every, self._took):
                checkpointed = now
                saved = self._checkpoint(saved)
            if self._stopping and not self._inbox:
                break
        self._checkpoint(saved)
        self._write_history(at_once=True)
        if self._writer:
            self._writer.join()

    def _take(self, until: float) -> list[Request]:
        with self._wake:
            if not self._inbox and not self._stopping:
                self._wake.wait(max(until - time.monotonic(), 0.0))
            requests, self._inbox = self._inbox, []
            self._waiting = 0
        return requests

    def _decide(self, requests: list[Request]) -> None:
        """Write decisions down, each if it follows what holds."""
        for request in requests:
            record = request.record
            assert record is not None
            try:
                if record.parent != self.book.latest(record.kind, record.name):
                    conflict = self.book.conflict(record.kind, record.name, record.parent)
                    raise ConflictError(conflict)
                self.log.append_setting(packed(record))
            except (ConflictError, LogFull) as error:
                tell([request], error)
            else:
                self.book.take(record)
                tell([request])

    def _log_and_apply(self, requests: list[Request]) -> None:
        if not requests:
            return
        self._bundler.keep_day()
        ordered = list(self._in_order(requests))
        batches = [self._bundler.numbered(batch) for batch, _ in ordered]
        cards = [card for request in requests for card in request.cards]
        removed = [pair for request in requests for pair in request.removed]
        restored = [pair for request in requests for pair in request.restored]
        try:
            first = self.log.append(
                [(batch.stamp_ms, encode(batch)) for batch in batches], cards, removed, restored
            )
        except LogFull as error:
            tell(requests, error)
            return
        tell(request for request in requests if request.outcome is None)
        outcomes = self._apply(batches, first, requests)
        for request in requests:
            if request.outcome is not None:
                its = zip(ordered, outcomes, strict=True)
                told = (outcome for (_, whose), outcome in its if whose is request)
                request.outcome.update(outcome_counts(told))
                tell([request])

    def _in_order(self, requests: list[Request]) -> Iterator[tuple[Batch, Request | None]]:
        """Batches of requests in their order, small requests together; and whose each is."""
        small: list[Rows] = []
        for request in requests:
            if request.batches:
                yield from ((batch, None) for batch in self._bundler.together(small))
                small = []
                yield from ((batch, request) for batch in request.batches)
            else:
                small.append(request.rows)
        yield from ((batch, None) for batch in self._bundler.together(small))

    def _apply(
        self, batches: list[Batch], first: int, requests: list[Request]
    ) -> list[NDArray[np.uint8]]:
        """Apply what the log has; returns what became of each batch's events."""
        for request in requests:
            if request.cards or request.removed or request.restored:
                back = zip(request.restored, self.log.held(request.restored), strict=True)
                with self.lock:
                    self.ranker.put(request.cards)
                    for edition, article in request.removed:
                        self.ranker.remove(edition, article)
                    for (edition, article), held in back:
                        self.ranker.reinstate(edition, article, held.card)
        outcomes = []
        for position, batch in enumerate(batches, first):
            for start in range(0, len(batch), PIECE):
                with self.lock:
                    outcomes.append(self.ranker.apply(batch.part(start, start + PIECE), position))
                if NO_ROOM in outcomes[-1]:
                    self._warn_of_room(batch)
        return outcomes

    def _warn_of_room(self, batch: Batch) -> None:
        now = time.monotonic()
        if now - self._warned >= WARN_EVERY:
            self._warned = now
            log.warning(
                "events of %s are rejected: there is room for %d sites (--sites) and %d editions of"
                " a site (--editions)",
                ", ".join(batch.editions[:3]), self.ranker.settings.sites,
                self.ranker.settings.editions,
            )  # fmt: skip

    def _publish(self) -> None:
        now = time.monotonic()
        renew = now - self._renewed >= RENEW
        if renew:
            self._renewed = now
        with self.lock:
            if self.ranker.govern(self.book.profiles, self.book.desk(time.time())):
                self.responses.renew()
            changes = self.ranker.tick(
                renew=renew, wall=time.time(), made=lambda board: self.responses.put(board, now)
            )
            self._alternatives.note(changes.boards)
            beside = self._alternatives.make(self.responses.followed.wanted(), now)
        self._sender.tell(self._watch.look(changes, self.book.hooks(), time.time()))
        self.responses.forget(changes.listed)
        self.responses.flush(now)
        self.responses.followed.put(beside, now)
        self._history.publish(changes.boards)
        self._write_history()

    def _write_history(self, *, at_once: bool = False) -> None:
        due = self._history.due(time.time(), at_once=at_once)
        try:
            if due:
                self.log.keep_boards(due)
        except LogFull:  # whoever sends events is told
            self._history.again(due)

    def _checkpoint(self, saved: int) -> int:
        """Write a checkpoint if there is something new; returns the position saved."""
        position = self.ranker.position
        if position == saved or (self._writer and self._writer.is_alive()):
            return saved
        oldest_ms = int((time.time() - self.settings.keep) * 1000)
        self.log.trim(self.log.checkpoints.reread_from(), oldest_ms)
        began = time.monotonic()
        self._writer = threading.Thread(target=self._keep, args=(self.ranker.snapshot(), began))
        self._writer.start()
        return position

    def _keep(self, snapshot: Snapshot, began: float) -> None:
        """Write a checkpoint, in a thread of its own."""
        data, keep = snapshot.whole(self._give_way), self.settings.keep
        self.log.checkpoints.keep(snapshot.position, data, time.time(), keep)
        self._took = time.monotonic() - began

    def _give_way(self) -> None:
        """Let the engine and the answers have the interpreter, unless the server stops."""
        if not self._stopping:
            time.sleep(REST)


def pause_of(every: float, took: float) -> float:
    """Seconds from one checkpoint to the next, by those that are asked for and the last one's.

    Examples
    --------
    >>> pause_of(20.0, 0.5), pause_of(20.0, 6.0)
    (20.0, 60.0)
    """
    return max(every, SPELL * took)
