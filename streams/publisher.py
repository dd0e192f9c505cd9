"""Publisher: writes one partition's lists into the store, tick by tick.

Boards are written first, articles after them in steps of some milliseconds, so that a burst never
delays a board. Nothing is written until the ranker has reached the log positions of the store's
values. Then everything is written, and again whenever the store was empty or away.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from ranking.engine.event import site_of
from ranking.history.shown_boards import History, Key
from ranking.lists.boards import Board
from ranking.profiles.profile import ProfileError
from ranking.ranker import TickChanges
from ranking.read_model.store import (
    KEEP,
    Changed,
    Outcome,
    StoreError,
    StorePositions,
    StoreWriter,
    Write,
)
from ranking.read_model.store_keys import OnDemandKey, StoreKeys
from ranking.read_model.value_builder import ValueBuilder, Written
from ranking.read_model.values import edition_of, packed
from streams.arm_lists import ArmBoards
from streams.partition_engine import PartitionEngine
from streams.partitions import partition_of

RENEW = 1.0
"""Seconds between two renewals of tag graphs and of boards that were asked for."""
STEP = 0.02
"""Seconds that making articles' values may take at a time."""
ROUND = KEEP / 3
"""Seconds in which every value is written again."""
BOARD_KEEP, FOLLOWED_KEEP = 5, 60
FEWEST, MOST = 20, 5000

log = logging.getLogger("tolqyn")


class PartitionPublisher:
    """Writes the values of one partition to the store.

    Parameters
    ----------
    part : PartitionEngine
    writer : StoreWriter
    names : StoreKeys
    clock : callable
        Monotonic seconds.
    look : callable
        Receives the changes of each tick.
    wall : callable
        Wall clock, seconds since the epoch.
    """

    def __init__(
        self,
        part: PartitionEngine,
        writer: StoreWriter,
        names: StoreKeys,
        clock: Callable[[], float] = time.monotonic,
        look: Callable[[TickChanges], None] = lambda changes: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._wall = wall
        self._look = look
        self._part, self._writer, self._names, self._clock = part, writer, names, clock
        self._publisher = ValueBuilder(part.ranker)
        self._kept = (0, 0)
        """Positions to reach before writing."""
        self._all_due = True
        self._fault = ""
        self._renewed = self._rounded = -ROUND
        self._limit = 200
        self._made: dict[OnDemandKey, float] = {}
        self._followed = ArmBoards(part.ranker.lists, clock)
        self.history = History()
        self._unwritten: dict[Key, Board] = {}
        self._ticked = clock()

    async def begin(self, log_end: int) -> None:
        """Learn what the store holds.

        Parameters
        ----------
        log_end : int
            Positions beyond the end of the log are those of another log, and are dropped.
        """
        try:
            kept = await asyncio.to_thread(self._writer.position, self._part.number)
            if kept and kept[0] > log_end:
                log.warning(
                    "partition %d: the store's values are of another log, written over",
                    self._part.number,
                )
                await asyncio.to_thread(self._writer.forget_position, self._part.number)
                kept = None
            self._kept = kept or (0, 0)
            if kept:
                await self._learn_boards()
        except StoreError as error:
            self._away(error)

    async def _learn_boards(self) -> None:
        """Let boards go on from those in the store."""
        keys = [self._names.edition(name) for name in self._part.ranker.lists.editions()]
        for value in await asyncio.to_thread(self._writer.values, keys):
            if published := value and edition_of(value):
                self._part.ranker.lists.resume(published.boards)

    async def tick(self, wanted: Iterable[OnDemandKey]) -> None:
        """Bring the store up to the ranker, if it may be written.

        Parameters
        ----------
        wanted : iterable of OnDemandKey
            Boards that are asked for, of any partition.
        """
        positions = StorePositions(
            self._part.number, self._part.ranker.position, self._part.articles
        )
        if positions.views < self._kept[0] or positions.articles < self._kept[1]:
            return
        written = self._changes()
        try:
            await self._write(positions, written)
            own = [q for q in wanted if self._is_own(q)]
            await self._follow(positions, [q for q in own if q.is_followed])
            await self._answer(positions, [q for q in own if not q.is_followed])
        except StoreError as error:
            self._away(error)

    def _changes(self) -> Written:
        now = self._clock()
        renew = now - self._renewed >= RENEW
        if renew:
            self._renewed = now
        publisher = self._publisher
        changes = self._part.ranker.tick(renew=renew, wall=self._wall())
        self._look(changes)
        self._followed.note(changes.boards)
        self._unwritten |= {(board.edition, board.surface): board for board in changes.boards}
        written = publisher.note(changes, renewed=renew)
        if self._all_due:
            written = publisher.everything()
            self._rounded = now
        elif now - self._rounded >= ROUND:
            written = publisher.all_editions()
            self._rounded = now
        written.articles = self._articles()
        share = min((now - self._ticked) / ROUND, 1.0)
        written.articles |= publisher.refresh(int(share * publisher.size()) + 1)
        self._ticked = now
        return written

    def _articles(self) -> dict[tuple[str, str], bytes]:
        """As many articles as take `STEP`, by what the last ones took."""
        began = time.perf_counter()
        values = self._publisher.articles(self._limit)
        if len(values) == self._limit:
            took = max(time.perf_counter() - began, 1e-6)
            self._limit = int(min(max(self._limit * STEP / took, FEWEST), MOST))
        return values

    async def _write(self, positions: StorePositions, written: Written) -> None:
        values = {self._names.edition(name): value for name, value in written.editions.items()}
        values |= {self._names.tags(name): value for name, value in written.tags.items()}
        changed = Changed(list(written.editions), list(written.tags)) if values else None
        outcome = await asyncio.to_thread(self._writer.write, Write(positions, values, changed))
        articles = {self._names.article(*key): value for key, value in written.articles.items()}
        if (articles or written.listed) and outcome is Outcome.WRITTEN:
            listed = Changed(listed=sorted(written.listed)) if written.listed else None
            await asyncio.to_thread(self._writer.write, Write(positions, articles, listed))
        if outcome is not Outcome.REFUSED:
            self.history.publish(self._unwritten.values())
            self._unwritten = {}
        else:
            log.warning("partition %d: the store is ahead; waiting", self._part.number)
            kept = await asyncio.to_thread(self._writer.position, self._part.number)
            self._kept = kept or (0, 0)
        if self._fault:
            log.warning("partition %d: the store answers again", self._part.number)
            self._fault = ""
        self._all_due = outcome is not Outcome.WRITTEN

    async def _follow(self, positions: StorePositions, questions: list[OnDemandKey]) -> None:
        """Write the alternative boards that changed, and announce them."""
        made = self._followed.made(questions)
        if made:
            values = {self._names.board(q): packed(board) for q, board in made.items()}
            write = Write(positions, values, Changed(boards=list(made)), keep=FOLLOWED_KEEP)
            await asyncio.to_thread(self._writer.write, write)
            self._followed.written()

    async def _answer(self, positions: StorePositions, own: list[OnDemandKey]) -> None:
        """Make the boards that are asked for, each at once and then every second."""
        now = self._clock()
        self._made = {q: made for q, made in self._made.items() if q in own}
        values = {}
        for question in own:
            if now - self._made.get(question, -RENEW) >= RENEW:
                self._made[question] = now
                try:
                    values[self._names.board(question)] = self._publisher.board(question)
                except ProfileError as error:
                    log.warning("board %s refused: %s", question, error)
        if values:
            write = Write(positions, values, keep=BOARD_KEEP)
            await asyncio.to_thread(self._writer.write, write)

    def _is_own(self, question: OnDemandKey) -> bool:
        return partition_of(site_of(question.edition), self._part.count) == self._part.number

    def _away(self, error: StoreError) -> None:
        if not self._fault:
            log.warning("partition %d: the store is away: %s", self._part.number, error)
        self._fault = str(error)
        self._all_due = True
