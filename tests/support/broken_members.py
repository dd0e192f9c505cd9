"""Broken members: each breaks one rule of its protocol, to show that its check can fail.

They are not registered.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ranking.checks import kernels, lists, rules, signals
from ranking.engine.decay.half_life import HalfLife
from ranking.engine.decay.kernel import Lookup
from ranking.engine.signals.decayed_counts import DecayedCounts
from ranking.engine.site import Site
from ranking.lists.edition_reader import Reading, Scored
from ranking.lists.lists import LISTS
from ranking.lists.popular import Popular
from ranking.lists.ranked_list import RankQuery, Terms
from ranking.lists.rerank.caps import Caps
from ranking.lists.rerank.rule import RerankContext
from ranking.lists.rerank.rules import RULES
from ranking.profiles.profile import Profile


class CountsBatches(DecayedCounts):
    """Counts how often it is read: not a function of the log."""

    reads = 0

    def arrays(self, site: Site) -> dict[str, NDArray[Any]]:
        """Another array at each call."""
        self.reads += 1
        return {"reads": np.array([self.reads])}


class NeverForgets(DecayedCounts):
    """Values that are infinite after a long silence."""

    def readings(self, site: Site, at_ms: int) -> dict[str, NDArray[np.float64]]:
        """Growing with time."""
        return {"mass": np.array([np.inf if at_ms - site.newest_ms > 1e9 else 1.0])}


class ForgetsAtReading(DecayedCounts):
    """A reading that changes the state."""

    def readings(self, site: Site, at_ms: int) -> dict[str, NDArray[np.float64]]:
        """Zeros, from now on."""
        site.state.mass[:] = 0.0
        return {"mass": site.state.mass}


class DoubleWeight(HalfLife):
    """A new view weighs 2."""

    def weight(self, value: Lookup, age: float) -> float:
        """Twice what is read."""
        return 2.0 * super().weight(value, age)


class Ageless(HalfLife):
    """A view never loses weight, though what is read does."""

    def weight(self, value: Lookup, age: float) -> float:
        """1 at every age."""
        return 1.0


class Repeats(Popular):
    """Lists each article twice."""

    def rank(self, reading: Reading, profile: Profile, query: RankQuery) -> Iterable[Scored]:
        """Every article and again."""
        for item in super().rank(reading, profile, query):
            yield item
            yield item


class Worst(Popular):
    """Worst first."""

    def rank(self, reading: Reading, profile: Profile, query: RankQuery) -> Iterable[Scored]:
        """Reversed."""
        return reversed(list(super().rank(reading, profile, query)))


class HalfExplained(Popular):
    """Terms that add up to half of the score."""

    def explain(
        self, reading: Reading, profile: Profile, query: RankQuery, articles: Sequence[str]
    ) -> dict[str, Terms]:
        """Half of each term."""
        terms = super().explain(reading, profile, query, articles)
        return {id_: [(name, value / 2) for name, value in its] for id_, its in terms.items()}


class Inflates(Caps):
    """Raises scores."""

    def rerank(self, ranking: Iterable[Scored], context: RerankContext) -> Iterable[Scored]:
        """Every score and 1."""
        return [Scored(item.id, item.score + 1.0) for item in ranking]


class Invents(Caps):
    """Lists articles that were not ranked."""

    def place(self, chosen: list[Scored], context: RerankContext) -> list[Scored]:
        """One more."""
        return [*chosen, Scored("invented", 0.0)]


BROKEN = [
    pytest.param(check, member, id=type(member).__name__)
    for check, member in (
        (signals.check_batching, CountsBatches()),
        (signals.check_silence, NeverForgets()),
        (signals.check_reading, ForgetsAtReading()),
        (kernels.check_weights, DoubleWeight()),
        (kernels.check_naive_sum, Ageless()),
        (lists.check_order, Worst()),
        (lists.check_order, Repeats()),
    )
]
EXCHANGED = [
    pytest.param(registry, check, member, id=type(member).__name__)
    for registry, check, member in (
        (LISTS, lists.check_explanation, HalfExplained()),
        (RULES, rules.check_contents, Inflates()),
        (RULES, rules.check_contents, Invents()),
    )
]
"""Those that stand in for the member of their name."""
