"""Recovery: refills the deduplication window and the visits from the log after a restart.

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
        self._sites = {name: site for name, site in sites.items() if site.window_starts}
        self._begin = {name: site.reread_from().position for name, site in self._sites.items()}
        self._progress = {name: site.rereading() for name, site in self._sites.items()}

    def take(self, batch: Batch, position: int) -> None:
        """Feed the memory with the batch at a log position."""
        site = self._sites.get(batch.site)
        if site is not None and position >= self._begin[batch.site]:
            site.reread(batch, position, self._progress[batch.site])
