"""Signal: the protocol of a statistic that grows with a site's log, and the registry of signals.

A signal is a function of the sequence of a site's events and of the engine settings: not of batch
boundaries, restarts or the time of reading. Those that ship are updated inside the view loop. Any
other one is an `ArticleSignal`: a table with a record for each article, updated after each block of
events with those that counted, in log order. Its table is in every checkpoint; where a checkpoint
has none, or one of another layout, it begins empty and the checkpoint says from which event on it
counts.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.event_kinds import EVENT_KINDS, SHIPPED, EventKind
from ranking.engine.registry import Registry, RegistryError

if TYPE_CHECKING:
    from ranking.engine.site import Site


class Signal:
    """A statistic.

    Attributes
    ----------
    name : str
    kinds : tuple of EventKind
        Events that it counts; kinds that are new are registered with the signal.
    """

    name: str = ""
    kinds: tuple[EventKind, ...] = ()

    def arrays(self, site: "Site") -> dict[str, NDArray[Any]]:
        """All state that the signal owns, uncopied."""
        raise NotImplementedError

    def readings(self, site: "Site", at_ms: int) -> dict[str, NDArray[np.float64]]:
        """All values that can be read at a moment not before the site's clock."""
        raise NotImplementedError


class ArticleSignal(Signal):
    """A statistic with a record for each article, updated by blocks.

    Attributes
    ----------
    dtype : dtype
        Of a record; zeros = an article without events.
    """

    dtype: np.dtype[Any] = np.dtype([])

    def update(self, table: NDArray[Any], events: NDArray[Any]) -> None:
        """Take the counted events of a block.

        Parameters
        ----------
        table : (n_articles,) of the signal's dtype
            By slot.
        events : (n_events,) VIEW
            Of the signal's kinds, in log order; see `view_loop`.
        """
        raise NotImplementedError

    def read(
        self, table: NDArray[Any], slots: NDArray[np.int32], at_ms: int
    ) -> NDArray[np.float64]:
        """Values of some articles at a moment, (n_slots,) float64."""
        raise NotImplementedError

    def table(self, site: "Site") -> NDArray[Any]:
        """A site's table; an empty one if the site was opened before the signal was registered."""
        own = site.tables.get(self.name)
        return np.zeros(len(site.ids), self.dtype) if own is None else own

    def values(self, site: "Site", slots: NDArray[np.int32], at_ms: int) -> NDArray[np.float64]:
        """Values of some articles of a site at a moment, (n_slots,) float64."""
        return self.read(self.table(site), slots, at_ms)

    def arrays(self, site: "Site") -> dict[str, NDArray[Any]]:
        """The table, as far as it is used."""
        return {self.name: self.table(site)[: len(site.ids)]}

    def readings(self, site: "Site", at_ms: int) -> dict[str, NDArray[np.float64]]:
        """Values of all articles."""
        return {self.name: self.values(site, np.arange(len(site.ids), dtype=np.int32), at_ms)}


def _admit(signal: Signal) -> None:
    if not isinstance(signal, ArticleSignal) and signal.name not in FUSED:
        message = f"signal {signal.name!r} must be an ArticleSignal: the view loop does not know it"
        raise RegistryError(message)
    if not signal.kinds:
        message = f"signal {signal.name!r} must name the kinds of events that it counts"
        raise RegistryError(message)
    for kind in signal.kinds:
        known = EVENT_KINDS.get(kind.name)
        if known is not None and known != kind:
            message = (
                f"signal {signal.name!r} has the kind {kind.name!r} with code {kind.code},"
                f" but its code is {known.code}"
            )
            raise RegistryError(message)
    EVENT_KINDS.register_all([kind for kind in signal.kinds if kind.name not in EVENT_KINDS])


def _dismiss(signal: Signal) -> None:
    used = {kind.name for other in SIGNALS for kind in other.kinds}
    for kind in signal.kinds:
        if kind.name not in used and kind.name not in SHIPPED:
            EVENT_KINDS.remove(kind.name)


FUSED = ("decayed_counts", "window_counts", "covisitation", "experiment_sums")
"""Signals that the view loop itself updates."""
SIGNALS: Registry[Signal] = Registry("signal", _admit, _dismiss)


def article_signals() -> list[ArticleSignal]:
    """The signals that are updated by blocks."""
    return [signal for signal in SIGNALS if isinstance(signal, ArticleSignal)]
