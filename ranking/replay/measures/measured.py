"""Measured: all measures of one profile on one log.

Where lists are frozen the log is replayed twice: as it came, and in the windows of papers that
train hour by hour, in which a visit belongs to the hour in which it began (`in_windows`).
"""

from collections.abc import Callable
from dataclasses import replace

from ranking.engine.batch import Batch
from ranking.lists.catalogue import Catalogue
from ranking.lists.profile import DEFAULT, Profile
from ranking.replay.backtest import replay
from ranking.replay.measures.accuracy import Measures, accuracy
from ranking.replay.visits import Span

Progress = Callable[[int, int], None]


def measured(
    batches: list[Batch],
    catalogue: Catalogue,
    span: Span,
    profile: Profile = DEFAULT,
    progress: Progress = lambda done, total: None,
) -> Measures:
    """Replay a log and measure its lists.

    Parameters
    ----------
    batches : list of Batch
        All of one site, in the order of the log.
    catalogue : Catalogue
    span : Span
    profile : Profile
    progress : callable
        Told the views done so far, and how many there are to do.

    Returns
    -------
    dict
        Of `accuracy`; where lists are frozen `last_item` is of the windows, `last_item_as_it_came`
        of the log as it came.
    """
    size = sum(len(batch) for batch in batches)
    total = 2 * size if span.refresh > 0.0 else size
    plain = replay(batches, catalogue, span, profile, progress=lambda n: progress(n, total))
    measures = accuracy(plain)
    if span.refresh > 0.0:
        windows = replace(span, by_visit=True)
        moved = replay(
            batches, catalogue, windows, profile, progress=lambda n: progress(size + n, total)
        )
        measures["last_item_as_it_came"] = measures["last_item"]
        measures["last_item"] = accuracy(moved)["last_item"]
    return measures
