"""Past state: the state at any moment of a site's clock, from a checkpoint and the log.

The state at `at` holds the log up to the first view that would move the site's clock past `at`,
even in the middle of a batch. It equals what the live ranker held then, because state is a function
of the log. A few such states are kept; moving one forward replays only the batches between. Cards,
profiles and overrides are those that the archive holds now.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

from ranking.engine.admission import NO_CLOCK, admitted
from ranking.engine.batch import Batch
from ranking.engine.import_progress import known_rows
from ranking.engine.settings import EngineSettings
from ranking.engine.snapshot import CheckpointError, CheckpointHeader
from ranking.ranker import Ranker

KEPT = 2
NEAR = 300
"""Batches that are replayed sooner than a checkpoint is loaded."""


class TooLongAgoError(LookupError):
    """No checkpoint and no log reach back so far.

    Parameters
    ----------
    horizon : float
        The oldest moment that can be answered, seconds of the site's clock.
    """

    def __init__(self, horizon: float) -> None:
        super().__init__(f"the oldest moment that can be answered is {horizon}")
        self.horizon = horizon


class ArchiveError(OSError):
    """The archive does not answer; it may later."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that can be loaded.

    Attributes
    ----------
    header : CheckpointHeader
    load : callable
        Its pieces by name, at least those of one site; CheckpointError if it is gone.
    """

    header: CheckpointHeader
    load: Callable[[str], Mapping[str, bytes]]


class Archive(Protocol):
    """Port of checkpoints and the log; may block, or raise ArchiveError."""

    def new_ranker(self, site: str, settings: EngineSettings | None = None) -> Ranker:
        """An empty ranker for a site, with its cards; of the live settings if none are given."""

    def govern(self, ranker: Ranker, at: float) -> None:
        """Put the profiles of now and the edits of a moment in force."""

    def kept(self, site: str) -> list[Kept]:
        """Checkpoints that a site may be in, newest first."""

    def begin(self, site: str) -> int:
        """Oldest position of the log."""

    def read(self, site: str, position: int) -> Iterator[tuple[int, Batch]]:
        """Batches of a site from a position of the log on, to its end."""


@dataclass(slots=True)
class Moment:
    """A ranker on its way through the log of one site.

    Attributes
    ----------
    site : str
    ranker : Ranker
    next : int
        Log position of the batch that comes next, though some of it may be applied.
    """

    site: str
    ranker: Ranker
    next: int

    def clock_ms(self) -> int:
        """The site's clock."""
        state = self.ranker.sites.get(self.site)
        return state.newest_ms if state else 0

    def forward(self, batches: Iterator[tuple[int, Batch]], at_ms: int) -> None:
        """Apply batches until the clock would pass a moment."""
        for position, batch in batches:
            self.next = position
            stop = self._first_after(batch, at_ms)
            if stop:
                self.ranker.apply(batch.part(0, stop), position)
            if stop < len(batch):
                return
            self.next = position + 1

    def rest(self, batches: Iterator[tuple[int, Batch]]) -> Iterator[Batch]:
        """The views after it, each once; the ranker does not change."""
        state = self.ranker.sites.get(self.site)
        sequences = dict(state.sequences) if state else {}
        imports = dict(state.imports) if state else {}
        for _, batch in batches:
            fresh = batch.part(batch.known(sequences), len(batch))
            if len(fresh):
                sequences[batch.source] = int(fresh.numbers()[-1]) + 1
                yield fresh.taken(~known_rows(fresh, imports))

    def _first_after(self, batch: Batch, at_ms: int) -> int:
        """Number of views before the first new one with a later stamp."""
        state = self.ranker.sites.get(self.site)
        known = batch.known(state.sequences) if state else 0
        fresh = batch.part(known, len(batch))
        clock_ms = state.clock_ms if state else NO_CLOCK
        acts = admitted(fresh, clock_ms, self.ranker.settings).acting
        later = ((fresh.columns["at"] > at_ms) & acts).nonzero()[0]
        return known + int(later[0]) if later.size else len(batch)


class Rankers:
    """Rankers of the past of one archive; one is read at a time.

    Parameters
    ----------
    archive : Archive
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = threading.Lock()
        self._moments: list[Moment] = []  # used last, last
        self._begins: dict[str, float] = {}

    @contextmanager
    def at(self, site: str, at: float) -> Iterator[Ranker]:
        """A ranker exactly as after the last view that the site's clock allowed at a moment.

        Raises
        ------
        TooLongAgoError
        """
        at_ms = round(at * 1000)
        with self._lock:
            if at < (horizon := self.horizon(site)):
                raise TooLongAgoError(horizon)
            moment = self._nearest(site, at_ms)
            self._keep(moment)
            moment.forward(self._archive.read(site, moment.next), at_ms)
            self._archive.govern(moment.ranker, at)
            moment.ranker.tick()
            yield moment.ranker

    def begun(self, site: str, at: float) -> tuple[Ranker, Iterator[Batch]]:
        """A ranker of one's own at a moment, and what the log has after it.

        Raises
        ------
        TooLongAgoError
        """
        at_ms = round(at * 1000)
        moment = self._loaded(site, at_ms)
        if moment is None:
            raise TooLongAgoError(self.horizon(site))
        moment.forward(self._archive.read(site, moment.next), at_ms)
        self._archive.govern(moment.ranker, at)
        return moment.ranker, moment.rest(self._archive.read(site, moment.next))

    def horizon(self, site: str) -> float:
        """The oldest moment that can be answered, seconds of the site's clock; inf if none can."""
        begin = self._archive.begin(site)
        if begin == 0:
            return self._first_stamp(site)
        usable = [kept for kept in self._archive.kept(site) if kept.header.reread_from >= begin]
        clocks = [kept.header.clock_ms(site) for kept in usable]
        return min((clock / 1000 for clock in clocks if clock is not None), default=float("inf"))

    def _first_stamp(self, site: str) -> float:
        if site not in self._begins:
            first = next(self._archive.read(site, 0), None)
            if first is None:
                return float("inf")
            self._begins[site] = int(first[1].columns["at"][0]) / 1000
        return self._begins[site]

    def _nearest(self, site: str, at_ms: int) -> Moment:
        """The kept ranker or the checkpoint from which the way is shortest."""
        begin = self._archive.begin(site)
        mine = [moment for moment in self._moments if moment.site == site]
        before = [m for m in mine if m.clock_ms() <= at_ms and m.next >= begin]
        best = max(before, key=lambda moment: moment.next, default=None)
        loaded = self._loaded(site, at_ms, best.next + NEAR if best else -1)
        if loaded:
            return loaded
        if best is None:
            raise TooLongAgoError(self.horizon(site))
        return best

    def _loaded(self, site: str, at_ms: int, beyond: int = -1) -> Moment | None:
        """A ranker out of the newest checkpoint before a moment that lies beyond a position."""
        begin = self._archive.begin(site)
        for kept in self._archive.kept(site):
            clock, header = kept.header.clock_ms(site), kept.header.of_site(site)
            if clock is None or clock > at_ms or header.position <= beyond:
                continue
            if header.reread_from < begin and header.reread_from != header.position:
                continue
            try:
                return self._restored(site, header, kept.load(site))
            except CheckpointError:
                continue
        if begin == 0 and beyond < 0:
            return Moment(site, self._archive.new_ranker(site), 0)
        return None

    def _restored(self, site: str, header: CheckpointHeader, pieces: Mapping[str, bytes]) -> Moment:
        try:
            settings = EngineSettings.of(header.settings)
        except ValueError as error:
            raise CheckpointError(str(error)) from error
        ranker = self._archive.new_ranker(site, settings).restored(header, pieces)
        batches = self._archive.read(site, ranker.reread_from())
        ranker.reread(takewhile(lambda pair: pair[0] < header.position, batches))
        return Moment(site, ranker, header.position)

    def _keep(self, moment: Moment) -> None:
        others = [other for other in self._moments if other is not moment]
        self._moments = [*others[-KEPT + 1 :], moment]
