"""The live engine: one thread that owns log, ranker and tick.

The thread takes the requests that wait (`ranking.service.group_commit`), writes them to the log in
one transaction, applies their batches and ticks. Senders are answered after the write, before the
batches are applied. Other readers of the ranker hold `lock`.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.alerts.observer import Observer
from ranking.alerts.webhook_sender import WebhookSender
from ranking.embedded.log import DataError, SqliteLog
from ranking.engine.batch import Batch, decode
from ranking.engine.outcomes import NO_ROOM, outcome_counts
from ranking.engine.settings import EngineSettings
from ranking.engine.snapshot import CheckpointError, Snapshot
from ranking.history.shown_boards import History
from ranking.lists.alternative_boards import AlternativeBoards
from ranking.profiles.profile import Profile
from ranking.ranker import Ranker
from ranking.service.group_commit import RETRY, Group, GroupCommit, settle
from ranking.service.log import LogUnavailable
from ranking.service.ports import Refused
from ranking.service.response_cache import ResponseCache
from ranking.settings_log.book import Book, ConflictError
from ranking.settings_log.decisions import Decision, packed, record_of

TICK = 0.05
RENEW = 1.0
"""Seconds between two renewals of tag graphs."""
PIECE = 5000
"""Events that are applied under one hold of the lock."""
SPELL = 10.0
"""Pause between two checkpoints, in durations of the last one, at least."""
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
        Seconds between checkpoints while events arrive; more if one takes long.
    keep : float
        Seconds that hourly checkpoints, boards, and batches that no checkpoint needs are kept.
    """

    checkpoint_every: float = 20.0
    keep: float = 48 * 3600.0


@dataclass(frozen=True, slots=True)
class _PendingDecision:
    """A decision that waits to be written."""

    record: Decision
    done: "asyncio.Future[None]"


class Live:
    """The engine of one embedded server.

    Parameters
    ----------
    log : SqliteLog
    profile : Profile
    settings : LiveSettings
    engine : EngineSettings
    """

    def __init__(
        self,
        log: SqliteLog,
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
        self._alternatives = AlternativeBoards(self.ranker.lists)
        self._engine, self._profile = engine, profile
        self.commits = GroupCommit(log)
        self._decisions: list[_PendingDecision] = []
        self._stopping = False
        self._renewed, self._warned = 0.0, float("-inf")
        self._history = History()
        self._writer: threading.Thread | None = None
        self._took = 0.0  # seconds, by the last checkpoint
        self._thread = threading.Thread(target=self._run, name="ranker")

    def start(self) -> None:
        """Start the thread: restore the state and replay the log after it."""
        self._thread.start()

    def stop(self) -> None:
        """Write and apply the requests that wait, write a checkpoint, and end."""
        self._stopping = True
        self.commits.stop()
        self._thread.join()

    async def decide(self, record: Decision) -> None:
        """Return when a decision is written and holds.

        Raises
        ------
        ConflictError
            If another decision was first.
        Refused
            If the log does not take it.
        """
        pending = _PendingDecision(record, asyncio.get_running_loop().create_future())
        self._decisions.append(pending)
        self.commits.wake()
        if fault := self.commits.fault():
            raise Refused(fault, RETRY)
        await pending.done

    def _run(self) -> None:
        try:
            self._restore()
            self.started.set()
            self._work()
        except BaseException as error:
            self.failure = error
            self.started.set()
            raise
        finally:
            self._close()

    def _close(self) -> None:
        """Refuse the requests that the thread will not write."""
        fault = reason_of(self.failure) if self.failure else "the server stops"
        self.commits.close(fault)
        for pending in self._decisions:
            settle(pending.done, Refused(fault, RETRY))

    def _restore(self) -> None:
        for body in self.log.settings():
            self.book.take(record_of(body))
        for warning in self.book.new_warnings():
            log.warning("%s", warning)
        self.commits.prepare()
        ranker = self._from_checkpoint()
        for edition, article, card in self.log.cards():
            if card:
                ranker.put([card])
            else:
                ranker.remove(edition, article)
        for position, body in self.log.read(ranker.position):
            ranker.apply(decode(body), position)
        ranker.lists.resume(shown.board() for shown in self.log.shown_last())
        ranker.lists.govern(self.book.profiles, self.book.active_overrides(time.time()))
        self.ranker, self._watch, self._alternatives = (
            ranker,
            Observer(ranker),
            AlternativeBoards(ranker.lists),
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
            requests = self.commits.take(ticked + TICK - time.monotonic())
            self._write_decisions()
            if requests:
                self._apply(self.commits.write(requests))
            now = time.monotonic()
            if now - ticked >= TICK:
                ticked = now
                self._publish()
            if now - checkpointed > pause_of(self.settings.checkpoint_every, self._took):
                checkpointed = now
                saved = self._checkpoint(saved)
            if self.commits.is_over and not self._decisions:
                break
        self._checkpoint(saved)
        self._write_history(at_once=True)
        if self._writer:
            self._writer.join()

    def _write_decisions(self) -> None:
        """Write decisions, each if its parent is the latest version."""
        while self._decisions:
            pending = self._decisions.pop(0)
            record = pending.record
            try:
                if record.parent != self.book.latest(record.kind, record.name):
                    conflict = self.book.conflict(record.kind, record.name, record.parent)
                    raise ConflictError(conflict)
                self.log.append_setting(packed(record))
            except ConflictError as error:
                settle(pending.done, error)
            except LogUnavailable as error:
                settle(pending.done, Refused(str(error), RETRY))
            else:
                self.book.take(record)
                settle(pending.done)

    def _apply(self, group: Group) -> None:
        """Apply what the log has of a group, and answer who waits for outcomes."""
        if group.answer is None or group.answer.fault:
            return
        for request in group.requests:
            changes = request.changes
            if changes:
                back = zip(changes.restored, self.log.held(changes.restored), strict=True)
                with self.lock:
                    self.ranker.put(changes.cards)
                    for edition, article in changes.removed:
                        self.ranker.remove(edition, article)
                    for (edition, article), held in back:
                        self.ranker.reinstate(edition, article, held.card)
        positions = group.answer.positions
        outcomes = [
            self._outcomes(batch, position)
            for batch, position in zip(group.batches, positions, strict=True)
        ]
        for request in group.requests:
            if request.outcome is not None:
                senders = zip(group.senders, outcomes, strict=True)
                own = [found for sender, parts in senders if sender is request for found in parts]
                self.commits.complete(request, outcome_counts(own))

    def _outcomes(self, batch: Batch, position: int) -> list[NDArray[np.uint8]]:
        """Apply a batch; returns the outcomes of its events, piece by piece."""
        outcomes = []
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
            if self.ranker.lists.govern(
                self.book.profiles, self.book.active_overrides(time.time())
            ):
                self.responses.renew()
            changes = self.ranker.tick(
                renew=renew, wall=time.time(), made=lambda board: self.responses.put(board, now)
            )
            self._alternatives.note(changes.boards)
            alternatives = self._alternatives.make(self.responses.followed.wanted(), now)
        self._sender.tell(self._watch.look(changes, self.book.hooks(), time.time()))
        self.responses.forget(changes.listed)
        self.responses.flush(now)
        self.responses.followed.put(alternatives, now)
        self._history.publish(changes.boards)
        self._write_history()

    def _write_history(self, *, at_once: bool = False) -> None:
        due = self._history.due(time.time(), at_once=at_once)
        try:
            if due:
                self.log.keep_boards(due)
        except LogUnavailable:  # senders of events learn of it
            self._history.again(due)

    def _checkpoint(self, saved: int) -> int:
        """Write a checkpoint if the state has changed; returns the position saved."""
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
        """Write a checkpoint; runs in a separate thread."""
        data, keep = snapshot.whole(self._give_way), self.settings.keep
        self.log.checkpoints.keep(snapshot.position, data, time.time(), keep)
        self._took = time.monotonic() - began

    def _give_way(self) -> None:
        """Yield the interpreter to the engine and the answers, unless the server stops."""
        if not self._stopping:
            time.sleep(REST)


def reason_of(failure: BaseException) -> str:
    """Return why the engine stopped, in one line."""
    return f"the engine stopped: {str(failure) or type(failure).__name__}"


def pause_of(every: float, took: float) -> float:
    """Return the seconds from one checkpoint to the next.

    Parameters
    ----------
    every : float
        The pause of the settings, s.
    took : float
        Duration of the last checkpoint, s.

    Examples
    --------
    >>> pause_of(20.0, 0.5), pause_of(20.0, 6.0)
    (20.0, 60.0)
    """
    return max(every, SPELL * took)
