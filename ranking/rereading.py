"""Rereading: the memory of repeats and visits, fed anew after a restart.

A checkpoint holds no row of that memory, only where in the log to begin; the batches from there up
to the checkpoint's position are read once more, into the memory alone.
"""

from collections.abc import Mapping

from ranking.engine.batch import Batch
from ranking.engine.site import Site


class Rereading:
    """Takes the batches before a restored ranker's position.

    Parameters
    ----------
    sites : mapping of str to Site
    """

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._sites = sites
        self._starts = {name: site.reread_from() for name, site in sites.items() if site.turns}
        self._views = {name: turn.views for name, turn in self._starts.items()}
        self._sequences = {name: dict(turn.sequences) for name, turn in self._starts.items()}

    def take(self, batch: Batch, position: int) -> None:
        """Feed the memory with the batch at a log position."""
        start = self._starts.get(batch.site)
        if start is not None and position >= start.position:
            self._views[batch.site] += self._sites[batch.site].reread(
                batch, self._views[batch.site], self._sequences[batch.site]
            )
