"""Trending: articles whose rate of views rises, by (fast - slow) / sqrt(slow + floor).

Both rates are in views an hour: m·ln 2/h from the mass m under a half-life h. The divisor is the
standard deviation of the slower rate if views are a Poisson process, so that the score is about a
number of deviations. The floor keeps articles with few views from rising by noise.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ranking.engine.decay.half_life import half_life_readout
from ranking.engine.decay.portable_math import LN2
from ranking.lists.edition_reader import Reading, Scored
from ranking.lists.popular import MOST, engine_edition
from ranking.lists.ranked_list import RankedList, RankQuery, Terms
from ranking.lists.top_k import decay_of
from ranking.profiles.profile import Profile

if TYPE_CHECKING:
    from ranking.lists.edition import Edition


class Trending(RankedList):
    """What rises now."""

    name = "trending"
    title = "What rises now"
    terms = {  # noqa: RUF012
        "fast_rate": "views per hour at the short half-life",
        "slow_rate": "views per hour at the long half-life",
    }
    is_sum = False
    predicts = False

    def rank(self, reading: Reading, profile: Profile, query: RankQuery) -> Iterable[Scored]:
        """Rising articles; filled up by the leaders of each section."""
        return _with_sections(engine_edition(reading), profile, query.section)

    def explain(
        self, reading: Reading, profile: Profile, query: RankQuery, articles: Sequence[str]
    ) -> dict[str, Terms]:
        """The two rates that are compared."""
        edition = engine_edition(reading)
        return {article: _rate_terms(edition, profile, article) for article in articles}

    def follows_clock(self, profile: Profile) -> bool:
        """Always: rates fall in a silence."""
        return True


def _with_sections(edition: "Edition", profile: Profile, section: str) -> Iterator[Scored]:
    listed = set()
    for item in _rising(edition, profile, section):
        listed.add(item.id)
        yield item
    if not section and edition.has_more():
        rest = edition.of_each_section(lambda name: _rising(edition, profile, name), MOST)
        yield from (item for item in rest if item.id not in listed)


def _rising(edition: "Edition", profile: Profile, section: str) -> Iterator[Scored]:
    leaderboards = edition.leaderboards(section)
    if leaderboards is not None:
        slots, _ = leaderboards.leaders(profile.trending_fast, 1.0, profile)
        quick, usual = _rates(edition, profile, slots)
        rise = (quick - usual) / np.sqrt(usual + profile.trending_floor)
        yield from edition.scored(slots, rise)


def _rate_terms(edition: "Edition", profile: Profile, article: str) -> Terms:
    slots = edition.slots_of([article])
    if not slots.size:
        return [("fast_rate", 0.0), ("slow_rate", 0.0)]
    quick, usual = _rates(edition, profile, slots)
    return [("fast_rate", float(quick[0])), ("slow_rate", float(usual[0]))]


def _rates(
    edition: "Edition", profile: Profile, slots: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Views an hour of some articles, by the faster and the slower half-life."""
    weights, at = (1.0, profile.onward_weight, profile.ours_weight), edition.reading_ms
    leaderboards = edition.leaderboards("")
    assert leaderboards is not None
    rates = []
    for half_life in (profile.trending_fast, profile.trending_slow):
        decay = decay_of(half_life_readout(half_life), weights)
        rates.append(leaderboards.now(slots, decay, at) * (LN2 * 3600 / half_life))
    return rates[0], rates[1]
