"""Admission: which events of a batch may act on a site's state at all.

An event acts unless it is stamped more than `ahead` after its packing, or more than `late` before
the site's clock, or unless its edition is new where there is no room for another one. The rule
reads the events in their order and the site's clock, never the batch's bounds. An event that is
left out moves no clock, so that one stamp from the future does no harm.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import Batch
from ranking.engine.outcomes import AHEAD, LATE, NO_ROOM
from ranking.engine.settings import EngineSettings

NO_CLOCK = np.iinfo(np.int64).min // 4
"""The clock of a site without events: nothing is late."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The events of a batch that change the state, and the outcome of the others.

    Attributes
    ----------
    batch : Batch
        Events that act.
    outcome : (n_events,) uint8
        Of all events; 0 = it acts.
    clock_ms : int
        The site's clock after them.
    """

    batch: Batch
    outcome: NDArray[np.uint8]
    clock_ms: int

    @property
    def acting(self) -> NDArray[np.bool_]:
        """Which events act, (n_events,) bool."""
        return np.asarray(self.outcome == 0)


def admitted(
    batch: Batch,
    clock_ms: int,
    settings: EngineSettings,
    editions: set[str] | None = None,
) -> Admission:
    """Sort out the events of a batch.

    Parameters
    ----------
    batch : Batch
    clock_ms : int
        The site's clock before them, `NO_CLOCK` if it has none.
    settings : EngineSettings
        `late` and `ahead`.
    editions : set of str
        The only ones that there is room for, if there is no room for others.
    """
    at = batch.columns["at"]
    outcome = np.zeros(at.size, np.uint8)
    outcome[at > batch.stamp_ms + settings.ahead * 1000] = AHEAD
    if editions is not None and not editions.issuperset(batch.editions):
        unknown = np.array([name not in editions for name in batch.editions])
        of_article = np.array([edition for edition, _ in batch.articles], np.int64)
        outcome[(outcome == 0) & unknown[of_article][batch.columns["article"]]] = NO_ROOM
    clocks = np.maximum.accumulate(np.where(outcome == 0, at, NO_CLOCK)) if at.size else at
    before = np.maximum(np.concatenate([[NO_CLOCK], clocks[:-1]]), clock_ms)
    outcome[(outcome == 0) & (at < before - settings.late * 1000)] = LATE
    after = max(int(clocks[-1]) if at.size else NO_CLOCK, clock_ms)
    kept = batch.taken(outcome == 0) if outcome.any() else batch
    return Admission(kept, outcome, after)


def acting(batches: Iterable[Batch], clock_ms: int, settings: EngineSettings) -> Iterator[Batch]:
    """The events of a log that act, as the same batches."""
    for batch in batches:
        admission = admitted(batch, clock_ms, settings)
        clock_ms = admission.clock_ms
        yield admission.batch
