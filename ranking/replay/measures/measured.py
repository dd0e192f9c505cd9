"""Measured: all measures of one profile on one log.

Where lists are frozen the log is replayed twice: as it came, and in the windows of papers that
train hour by hour, in which a visit belongs to the hour in which it began (`in_windows`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ranking.engine.batch import Batch
from ranking.engine.settings import EngineSettings
from ranking.lists.catalogue import Catalogue
from ranking.lists.profile import DEFAULT, Profile
from ranking.replay.backtest import Replay, replay
from ranking.replay.measures.accuracy import Measures, accuracy
from ranking.replay.visits import Span

Progress = Callable[[int, int], None]
"""Told how much is done, of how much."""


@dataclass(frozen=True, slots=True)
class Replays:
    """A log under one profile.

    Attributes
    ----------
    plain : Replay
        As it came: what next clicks are measured on.
    moved : Replay
        In windows, where lists are frozen: what last clicks are measured on; else the same.
    """

    plain: Replay
    moved: Replay


def replays(
    batches: list[Batch],
    catalogue: Catalogue,
    span: Span,
    profile: Profile = DEFAULT,
    settings: EngineSettings | None = None,
    progress: Progress = lambda done, total: None,
) -> Replays:
    """Replay a log of one site, all of whose batches are given in their order."""
    size = sum(len(batch) for batch in batches)
    total = 2 * size if span.refresh > 0.0 else size
    plain = replay(batches, catalogue, span, profile, settings, lambda n: progress(n, total))
    if span.refresh <= 0.0:
        return Replays(plain, plain)
    windows = replace(span, by_visit=True)
    moved = replay(
        batches, catalogue, windows, profile, settings, lambda n: progress(size + n, total)
    )
    return Replays(plain, moved)


def measured(done: Replays) -> Measures:
    """Measure the lists of a profile.

    Returns
    -------
    dict
        Of `accuracy`; where lists are frozen `last_item` is of the windows, `last_item_as_it_came`
        of the log as it came.
    """
    measures = accuracy(done.plain)
    if done.moved is not done.plain:
        measures["last_item_as_it_came"] = measures["last_item"]
        measures["last_item"] = accuracy(done.moved)["last_item"]
    return measures
