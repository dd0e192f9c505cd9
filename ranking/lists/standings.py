"""Standings: an edition's leaders under every decay that is asked for, kept up to date.

Follows the site's touched articles, its new ones and its evictions. A standing that nobody reads
is scanned whole when somebody does; the others cost what was touched.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ranking.engine.decay import Clock
from ranking.engine.rings import DAY_MS
from ranking.engine.site import Site
from ranking.lists.catalogue import Catalogue
from ranking.lists.chain import Scratch, new_scratch
from ranking.lists.leaders import (
    Decay,
    Leaders,
    article_score,
    bound_of,
    clear_leaders,
    decay_of,
    leading,
    raise_many,
    read_scores,
)
from ranking.lists.popularity import (
    Popularity,
    grown,
    leaders_of,
    level_evidence,
    level_half_lives,
    new_popularity,
    popular_slots,
    scale_of,
    weigh,
)
from ranking.lists.profile import Profile

UNREAD = 1000
KEPT = 16


@dataclass(slots=True)
class _Standing:
    """Leaders at the levels of one popularity, and what they hold for."""

    decays: list[Decay]
    bounds: list[Decay]
    evidence: NDArray[np.float64]
    steady: bool
    popularity: Popularity
    bases: NDArray[np.int64] | None = None
    day: int = -1
    pending: list[NDArray[np.int32]] = field(default_factory=list)


class Standings:
    """Leaders of one edition.

    Parameters
    ----------
    site : Site
    name : str
        The edition.
    catalogue : Catalogue
        For dates of publication.
    """

    def __init__(self, site: Site, name: str, catalogue: Catalogue) -> None:
        self.slots = np.zeros(0, np.int32)
        """Slots of the edition's articles, in the order of their first views."""
        self.scratch: Scratch = new_scratch(0)
        self._site, self._name, self._catalogue = site, name, catalogue
        self._standings: dict[tuple[float, ...], _Standing] = {}
        self._published = np.zeros(0)
        self._known = self._evictions = self._arrivals = 0

    def touch(self, slots: NDArray[np.int32]) -> None:
        """Note articles whose views changed; leaders follow when they are read."""
        self.grow()
        for standing in self._standings.values():
            standing.pending.append(slots)
            if len(standing.pending) > UNREAD:
                standing.bases = None  # nobody reads it: scan it whole when somebody does
                standing.pending.clear()

    def card_changed(self, article: str) -> None:
        """Note that an article's card came, changed or went."""
        slot = self._site.slot(self._name, article)
        if 0 <= slot < self._published.size:
            self._published[slot] = self._published_ms(article)
        for standing in self._standings.values():
            if standing.decays[0].freshness > 0.0:
                standing.bases = None

    def leaders(self, half_life: float, landing: float, profile: Profile) -> tuple[Leaders, Decay]:
        """Leaders under one half-life, up to date."""
        standing = self._standing(half_life, landing, 0.0, profile)
        return leaders_of(standing.popularity, 0), standing.decays[0]

    def popularity(
        self, half_life: float, landing: float, evidence: float, profile: Profile
    ) -> Popularity:
        """Popularity under a half-life that backs off to longer ones."""
        standing = self._standing(half_life, landing, evidence, profile)
        scale = self._scale(standing)
        mass = self._mass(standing)
        weigh(mass * scale, standing.evidence, standing.popularity.weight)
        standing.popularity.weight[:] *= scale
        standing.popularity.unit[:] = 1.0 / mass[-1] if mass[-1] > 0.0 else 0.0
        return standing.popularity

    def popular(
        self, profile: Profile, sibling_evidence: float = 0.0
    ) -> tuple[NDArray[np.int32], NDArray[np.float64], float]:
        """Articles with views and their scores under a profile, and what the longest memory lacks.

        A score is the article's decayed views and, of as many more as the evidence says, the share
        that the longer half-lives give.

        Returns
        -------
        (n,) int32, (n,) float64, float
            Slots, scores, and the score that a whole share in the sibling editions is worth.
        """
        standing = self._popular(profile)
        slots = popular_slots(standing.popularity)
        parts, loan = self.popular_parts(profile, sibling_evidence, slots)
        return slots, np.asarray(parts.sum(0)), loan

    def popular_parts(
        self, profile: Profile, sibling_evidence: float, slots: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], float]:
        """What each half-life of the chain adds to some articles' scores.

        Returns
        -------
        (n_levels, n) float64, float
            From the shortest half-life to the longest; and the loan as of `popular`.
        """
        standing = self._popular(profile)
        if _is_mix(profile):
            shares = (1.0 - profile.mix_share, profile.mix_share)
            pairs = zip(shares, standing.decays, strict=True)
            return np.array([s * self.now(slots, decay) for s, decay in pairs]), sibling_evidence
        kappa, weight = standing.evidence.copy(), np.zeros(len(standing.decays))
        kappa[-1] = sibling_evidence
        mass = self._mass(standing) * self._scale(standing)
        left = weigh(mass, kappa, weight)
        whole = float(mass[0] + kappa[0])  # scores are shares of so many views
        if weight.size == 1:
            return np.array([self.now(slots, standing.decays[0])]), sibling_evidence
        parts = zip(standing.decays, (weight * whole).tolist(), strict=True)
        return np.array([share * self.now(slots, decay) for decay, share in parts]), left * whole

    def decayed_views(self, profile: Profile) -> float:
        """Views of the whole edition at the log's clock, under the longest half-life of Popular."""
        p = profile
        standing = self._standing(p.half_life, p.landing_weight, p.popular_evidence, p)
        return float((self._mass(standing) * self._scale(standing))[-1])

    def now(self, slots: NDArray[np.int32], decay: Decay) -> NDArray[np.float64]:
        """Scores of some articles at the log's clock, (n_slots,) float64."""
        state, newest = self._site.state, self._site.newest_ms
        now = decay._replace(shift=Clock(newest, state.weights["base_ms"][0]).shift)
        return read_scores(slots, state.mass, self._published, newest, now)

    def grow(self) -> None:
        """Follow the site's new articles and evictions."""
        state, have = self._site.state, self._published.size
        if state.article.size > have:
            published = np.zeros(state.article.size)
            published[:have] = self._published
            self._published = published
            self.scratch = new_scratch(state.article.size)
        if self._site.evictions != self._evictions:
            self._evictions = self._site.evictions
            for standing in self._standings.values():
                standing.bases = None
        if self._site.arrivals != self._arrivals and self._name in self._site.editions:
            if self._site.evictions:  # slots may have changed hands
                self._known, self.slots = 0, self.slots[:0]
            self._arrivals = self._site.arrivals
            self._follow_arrivals()

    def _popular(self, profile: Profile) -> _Standing:
        p = profile
        second = p.mix_half_life if _is_mix(p) else 0.0
        evidence = 0.0 if p.exponent or second else p.popular_evidence
        return self._standing(
            p.half_life, p.landing_weight, evidence, p, p.exponent, p.freshness, second
        )

    def _standing(
        self, half_life: float, landing: float, evidence: float, profile: Profile,
        exponent: float = 0.0, freshness: float = 0.0, second: float = 0.0,
    ) -> _Standing:  # fmt: skip
        weights = (landing, profile.onward_weight, profile.ours_weight)
        key = (half_life, evidence, exponent, *weights, freshness, second)
        standing = self._standings.pop(key, None)
        if standing is None:
            half_lives = level_half_lives(half_life, evidence) + ((second,) if second else ())
            made = [decay_of(h, exponent, weights, freshness) for h in half_lives]
            while len(self._standings) >= KEPT:
                del self._standings[next(iter(self._standings))]
            decays = [decay for _, decay in made]
            bounds = list(map(bound_of, half_lives, decays))
            standing = _Standing(
                decays, bounds, level_evidence(len(made), evidence),
                made[0][0].steady, new_popularity(len(made), 0),
            )  # fmt: skip
        self._standings[key] = standing  # last, so that those asked for long ago go first
        self._refresh(standing)
        return standing

    def _mass(self, standing: _Standing) -> NDArray[np.float64]:
        """The whole edition at each level, in the units of the scores."""
        if self._name not in self._site.editions:
            return np.zeros(len(standing.decays))
        total = self._site.state.total[self._site.editions.index(self._name)]
        return np.array([article_score(total, 0.0, 0, decay) for decay in standing.decays])

    def _scale(self, standing: _Standing) -> NDArray[np.float64]:
        """Views that a unit of each level's scores is worth now."""
        newest, bases = self._site.newest_ms, self._site.state.weights["base_ms"][0]
        return np.array([scale_of(decay, bases, newest) for decay in standing.decays])

    def _refresh(self, standing: _Standing) -> None:
        self.grow()
        state = self._site.state
        bases, day = state.weights["base_ms"][0], self._site.newest_ms // DAY_MS
        size = state.article.size
        if standing.popularity.score.shape[1] < size:
            standing.popularity = grown(standing.popularity, size)
        stale = standing.bases is None or not np.array_equal(standing.bases, bases)
        if not standing.steady:
            stale = stale or bool(standing.pending)
            standing.decays[0].shift[:] = Clock(self._site.newest_ms, bases).shift
        if standing.decays[0].freshness > 0.0:
            stale = stale or day != standing.day
        if stale:
            standing.pending = [self._leading(standing)]
            standing.bases, standing.day = bases.copy(), day
        if standing.pending:
            slots = np.unique(np.concatenate(standing.pending))
            for level, decay in enumerate(standing.decays):
                leaders = leaders_of(standing.popularity, level)
                if stale:
                    clear_leaders(leaders)
                until = (day + 1) * DAY_MS
                scores = read_scores(slots, state.mass, self._published, until, decay)
                raise_many(leaders, slots, scores)
            standing.pending.clear()

    def _leading(self, standing: _Standing) -> NDArray[np.int32]:
        """Articles among which the leaders of every level are; the others need no score."""
        state, newest = self._site.state, self._site.newest_ms
        shift = Clock(newest, state.weights["base_ms"][0]).shift
        decays = [decay._replace(shift=shift) for decay in standing.decays]
        bounds = [bound._replace(shift=shift) for bound in standing.bounds]
        return leading(self.slots, state.mass, self._published, newest, decays, bounds)

    def _follow_arrivals(self) -> None:
        known, ids = self._known, self._site.ids
        fresh = self._site.state.article[known : len(ids)]
        index = self._site.editions.index(self._name)
        mine = np.flatnonzero((fresh["edition"] == index) & (fresh["key"] != 0))
        slots = mine.astype(np.int32) + np.int32(known)
        self.slots = np.concatenate([self.slots, slots])
        for slot in slots.tolist():
            self._published[slot] = self._published_ms(ids[slot])
        self._known = len(ids)

    def _published_ms(self, article: str) -> float:
        card = self._catalogue.card(self._name, article)
        return card.published_at * 1000 if card else 0.0


def _is_mix(profile: Profile) -> bool:
    return profile.mix_share > 0.0 and not profile.exponent
