"""Signals: those that ship, as members of the registry."""

from ranking.engine.signals.covisitation import Covisitation
from ranking.engine.signals.decayed_counts import DecayedCounts
from ranking.engine.signals.experiment_sums import ExperimentSums
from ranking.engine.signals.signal import SIGNALS
from ranking.engine.signals.window_counts import WindowCounts

__all__ = ["SIGNALS"]

SIGNALS.ship(DecayedCounts(), WindowCounts(), Covisitation(), ExperimentSums())
