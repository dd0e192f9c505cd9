"""Leaderboards: the top articles of an edition or section, under each decay in use.

A leaderboard follows the touched articles, new ones, evictions and cards, at the cost of what
changed. One that nobody reads is computed anew at its next read. Only the top articles are kept, so
that a million articles cost no more memory than a thousand.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ranking.engine.decay.bank import BankReadout, Clock
from ranking.engine.decay.half_life import half_life_readout
from ranking.engine.decay.kernel import Part
from ranking.engine.decay.kernels import kernel_of
from ranking.engine.decay.portable_math import exp2
from ranking.engine.signals.window_counts import DAY_MS
from ranking.engine.site import Site
from ranking.lists.backoff import (
    FAINT,
    Popularity,
    below_heads,
    head_slots,
    level_evidence,
    level_half_lives,
    new_popularity,
    raised,
    scale_of,
    weigh,
)
from ranking.lists.eligibility import NEVER, Eligibility, Moved
from ranking.lists.score_bound import ScoreBound
from ranking.lists.top_k import (
    HEAD,
    SLACK,
    Decay,
    article_score,
    bound_of,
    decay_of,
    fading,
    leading,
    read_bounds,
    read_scores,
)
from ranking.profiles.profile import Profile

UNREAD = 1000
KEPT = 16
NEAR = 0.02
"""How much less than the last one on a list others may score to be looked at again next time."""
ADDED = 4 * HEAD
"""Touched articles besides twice as many, until all are looked at again."""
SLIGHT = 1e-9
"""What sums may differ by rounding, as a share."""
_Key = tuple[Hashable, ...]


@dataclass(slots=True)
class _Leaderboard:
    """Leaders at the levels of one popularity, and what they hold for."""

    decays: list[Decay]
    bounds: list[Decay]
    evidence: NDArray[np.float64]
    steady: bool
    popularity: Popularity
    shares: NDArray[np.float64] | None = None  # of a decay with several parts
    bases: NDArray[np.int64] | None = None
    at_ms: int = -1
    pending: list[NDArray[np.int32]] = field(default_factory=list)
    rest: ScoreBound | None = None

    def note(self, slots: NDArray[np.int32]) -> None:
        """Note articles whose scores changed, or which came."""
        if slots.size:
            self.pending.append(slots)
        if len(self.pending) > UNREAD:
            self.bases = None  # nobody reads it: scan it whole when somebody does
            self.pending.clear()


class Leaderboards:
    """Leaders of one edition or section.

    Parameters
    ----------
    site : Site
    name : str
        The edition.
    eligibility : Eligibility
    section : int
        Code of the section; None = the whole edition.
    """

    def __init__(
        self, site: Site, name: str, eligibility: Eligibility, section: int | None = None
    ) -> None:
        self._site, self._name, self._eligibility, self._section = site, name, eligibility, section
        self._leaderboards: dict[_Key, _Leaderboard] = {}
        self._index = -1

    @property
    def index(self) -> int:
        """Number of the edition in its site, -1 if no view of it came yet."""
        if self._index < 0 and self._name in self._site.editions:
            self._index = self._site.editions.index(self._name)
        return self._index

    def slots(self) -> NDArray[np.int32]:
        """Slots of the articles that may be listed, in no order."""
        slots = self._eligibility.slots(self.index)
        return slots[self._is_mine(slots)]

    def touch(self, slots: NDArray[np.int32]) -> None:
        """Note articles whose views changed; leaders follow when they are read."""
        for leaderboard in self._leaderboards.values():
            leaderboard.note(slots)

    def move(self, moved: Moved) -> None:
        """Note slots that came, went, or whose articles' cards say something else.

        What comes is scored when it is read. All is scanned anew only if a leader goes, or if it
        has another date and dates count.
        """
        was, now = self._lists(moved.before), self._lists(moved.after)
        came, gone = moved.slot[now & ~was], moved.slot[was & ~now]
        redated = moved.slot[was & now & moved.redated]
        for leaderboard in self._leaderboards.values():
            dated = redated if leaderboard.decays[0].freshness > 0.0 else redated[:0]
            if np.isin(leaderboard.popularity.slot, np.concatenate([gone, dated])).any():
                leaderboard.bases = None
            leaderboard.note(np.concatenate([came, dated]))

    def leaders(
        self, half_life: float, landing: float, profile: Profile
    ) -> tuple[NDArray[np.int32], Decay]:
        """Slots of the leaders under one half-life, best first, and its decay."""
        leaderboard = self._leaderboard(half_life, landing, 0.0, profile)
        return head_slots(leaderboard.popularity, 0), leaderboard.decays[0]

    def popularity(
        self, half_life: float, landing: float, evidence: float, profile: Profile
    ) -> Popularity:
        """Popularity under a half-life that backs off to longer ones."""
        leaderboard = self._leaderboard(half_life, landing, evidence, profile)
        mass, p = self._mass(leaderboard), leaderboard.popularity
        weigh(mass, self._scale(leaderboard), leaderboard.evidence, p.weight)
        p.unit[:] = 1.0 / mass[-1] if mass[-1] > FAINT else 0.0
        return p

    def popular(
        self, profile: Profile, sibling_evidence: float, n: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float64], float]:
        """Articles with views and their scores under a profile, and what the longest memory lacks.

        A score is the article's decayed views and, of as many more as the evidence says, the share
        that the longer half-lives give. The best `n` are among the articles for certain.

        Returns
        -------
        (n,) int32, (n,) float64, float
            Slots, scores, and the score that a whole share in the sibling editions is worth.
        """
        leaderboard = self._popular(profile)
        slots = leaderboard.popularity.slot
        worth, prior_weight = self._worth(leaderboard, profile, sibling_evidence)
        scores = self._parts(leaderboard, worth, slots).sum(0)
        limits = worth * below_heads(leaderboard.popularity) * self._fresher(profile.freshness)
        nth = np.partition(scores, -n)[-n] if scores.size >= n else 0.0
        if 0.0 < limits.sum() >= nth:  # one that leads at no half-life may stand above
            slots = np.union1d(slots, self._contenders(leaderboard, worth, limits, nth))
            scores = self._parts(leaderboard, worth, slots).sum(0)
        return slots, np.asarray(scores), prior_weight

    def popular_parts(
        self, profile: Profile, sibling_evidence: float, slots: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], float]:
        """Terms of some articles' scores, one for each half-life.

        Returns
        -------
        (n_levels, n) float64, float
            From the shortest half-life to the longest; and the prior's weight as in `popular`.
        """
        leaderboard = self._popular(profile)
        worth, prior_weight = self._worth(leaderboard, profile, sibling_evidence)
        return self._parts(leaderboard, worth, slots), prior_weight

    def decayed_views(self, profile: Profile) -> float:
        """Views of the whole edition at the log's clock, under the longest half-life of Popular."""
        p = profile
        weights = (p.landing_weight, p.onward_weight, p.ours_weight)
        decay = _longest_decay(p.half_life, p.popular_evidence, weights)
        if self.index < 0:
            return 0.0
        state, newest = self._site.state, self._site.newest_ms
        mass = float(article_score(state.total[self.index], 0.0, 0, decay))
        return mass * scale_of(decay, state.weights["base_ms"][0], newest)

    def now(self, slots: NDArray[np.int32], decay: Decay, at_ms: int) -> NDArray[np.float64]:
        """Scores of some articles at a moment not before the log's clock, (n_slots,) float64."""
        state = self._site.state
        now = decay._replace(shift=Clock(at_ms, state.weights["base_ms"][0]).shift)
        return read_scores(slots, state.mass, self._eligibility.published, at_ms, now)

    def _fresher(self, freshness: float) -> float:
        """Greatest factor between a score now and in the heads, which hold for the whole day."""
        left = DAY_MS - self._site.newest_ms % DAY_MS
        return exp2(freshness * left / DAY_MS) if freshness > 0.0 else 1.0

    def _worth(
        self, leaderboard: _Leaderboard, profile: Profile, sibling_evidence: float
    ) -> tuple[NDArray[np.float64], float]:
        """Weight of each level's forward scores in Popular, and that of the sibling prior."""
        scale = self._scale(leaderboard)
        if leaderboard.shares is not None:
            return leaderboard.shares * scale, sibling_evidence
        if len(leaderboard.decays) == 1:
            return scale, sibling_evidence
        kappa, weight, mass = leaderboard.evidence.copy(), scale.copy(), self._mass(leaderboard)
        kappa[-1] = sibling_evidence
        left = weigh(mass, scale, kappa, weight)
        whole = float(mass[0] * scale[0] + kappa[0])  # scores are shares of so many views
        return weight * whole, left * whole

    def _parts(
        self, leaderboard: _Leaderboard, worth: NDArray[np.float64], slots: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Terms of the scores of some articles, (n_levels, n) float64."""
        newest, mass = self._site.newest_ms, self._site.state.mass
        parts = np.empty((worth.size, slots.size))
        for level, decay in enumerate(leaderboard.decays):
            scores = read_scores(slots, mass, self._eligibility.published, newest, decay)
            parts[level] = worth[level] * scores
        return parts

    def _contenders(
        self, leaderboard: _Leaderboard, worth: NDArray[np.float64], limits: NDArray[np.float64],
        least: float,
    ) -> NDArray[np.int32]:  # fmt: skip
        """Slots of all articles in no head that may score so much, and of some in a head.

        `limits` is what each level adds to the score of one that is in no head, at most.
        """
        least -= SLIGHT * float(limits.sum())
        rest = leaderboard.rest
        if rest is None or rest.under(worth) >= least:
            slots, near = self.slots(), (1.0 - NEAR) * least
            others = slots[self._most(leaderboard, worth, limits, slots) >= near]
            others = np.union1d(others, leaderboard.popularity.slot)
            rest = leaderboard.rest = ScoreBound([others], others.size + ADDED, worth, near)
        slots = rest.others()
        slots = slots[self._is_mine(slots)]
        return np.asarray(slots[self._most(leaderboard, worth, limits, slots) >= least])

    def _most(
        self, leaderboard: _Leaderboard, worth: NDArray[np.float64], limits: NDArray[np.float64],
        slots: NDArray[np.int32],
    ) -> NDArray[np.float64]:  # fmt: skip
        """Upper bound of the scores of articles in no head, (n_slots,) float64."""
        units = np.array([bound.mix * fading(bound.shift) for bound in leaderboard.bounds])
        weights = leaderboard.decays[0].class_weight
        most = worth[:, None] * read_bounds(slots, self._site.state.mass, units, weights)
        for level, decay in enumerate(leaderboard.decays):
            if decay.first >= 0:  # its bound is another half-life
                most[level] *= 1.0 + SLACK
        return np.asarray(np.minimum(most, limits[:, None]).sum(0))

    def _popular(self, profile: Profile) -> _Leaderboard:
        p, kernel = profile, kernel_of(profile.value)
        if kernel.name == "half_life":
            return self._leaderboard(
                p.half_life, p.landing_weight, p.popular_evidence, p, p.freshness
            )
        weights = (p.landing_weight, p.onward_weight, p.ours_weight)
        parts = kernel.parts(p.value)
        shares = [part.share for part in parts] if len(parts) > 1 else None
        key = (kernel.name, *_part_values(parts), *weights, p.freshness)
        return self._kept(key, [part.readout for part in parts], 0.0, weights, p.freshness, shares)

    def _leaderboard(
        self, half_life: float, landing: float, evidence: float, profile: Profile,
        freshness: float = 0.0,
    ) -> _Leaderboard:  # fmt: skip
        """Leaders under a half-life that backs off to longer ones."""
        weights = (landing, profile.onward_weight, profile.ours_weight)
        key = ("half_life", half_life, evidence, *weights, freshness)
        half_lives = level_half_lives(half_life, evidence)
        readouts = list(map(half_life_readout, half_lives))
        return self._kept(key, readouts, evidence, weights, freshness)

    def _kept(
        self, key: _Key, readouts: list[BankReadout], evidence: float, weights: Sequence[float],
        freshness: float, shares: Sequence[float] | None = None,
    ) -> _Leaderboard:  # fmt: skip
        """Leaders under some read-outs, up to date; those in use are kept by their key."""
        leaderboard = self._leaderboards.pop(key, None)
        if leaderboard is None:
            while len(self._leaderboards) >= KEPT:
                del self._leaderboards[next(iter(self._leaderboards))]
            decays = [decay_of(readout, weights, freshness) for readout in readouts]
            leaderboard = _Leaderboard(
                decays, list(map(bound_of, readouts, decays)),
                level_evidence(len(decays), evidence), readouts[0].steady,
                new_popularity(len(decays)), None if shares is None else np.array(shares),
            )  # fmt: skip
        self._leaderboards[key] = leaderboard  # last, so that those asked for long ago go first
        self._refresh(leaderboard)
        return leaderboard

    def _mass(self, leaderboard: _Leaderboard) -> NDArray[np.float64]:
        """The whole edition at each level, in the units of the scores."""
        if self.index < 0:
            return np.zeros(len(leaderboard.decays))
        total = self._site.state.total[self.index]
        return np.array([article_score(total, 0.0, 0, decay) for decay in leaderboard.decays])

    def _scale(self, leaderboard: _Leaderboard) -> NDArray[np.float64]:
        """Views that a unit of each level's scores is worth now."""
        if not leaderboard.steady:  # its scores are read at the log's clock already
            return np.ones(len(leaderboard.decays))
        newest, bases = self._site.newest_ms, self._site.state.weights["base_ms"][0]
        return np.array([scale_of(decay, bases, newest) for decay in leaderboard.decays])

    def _refresh(self, leaderboard: _Leaderboard) -> None:
        state = self._site.state
        bases, day = state.weights["base_ms"][0], self._site.newest_ms // DAY_MS
        stale = leaderboard.bases is None or not np.array_equal(leaderboard.bases, bases)
        if not leaderboard.steady:
            stale = stale or self._site.newest_ms != leaderboard.at_ms
            for decay in leaderboard.decays:
                decay.shift[:] = Clock(self._site.newest_ms, bases).shift
        if leaderboard.decays[0].freshness > 0.0:
            stale = stale or day != leaderboard.at_ms // DAY_MS
        if stale:
            leaderboard.pending, leaderboard.rest = [self._leading(leaderboard)], None
            leaderboard.bases, leaderboard.at_ms = bases.copy(), self._site.newest_ms
            weight, unit = leaderboard.popularity.weight, leaderboard.popularity.unit
            leaderboard.popularity = new_popularity(weight.size)._replace(weight=weight, unit=unit)
        if leaderboard.pending:
            pending, leaderboard.pending = leaderboard.pending, []
            slots = np.unique(np.concatenate(pending))
            slots = slots[self._is_mine(slots)]
            if leaderboard.rest:
                leaderboard.rest.add(slots)
                leaderboard.rest = leaderboard.rest if leaderboard.rest.room > 0 else None
            until, published = (day + 1) * DAY_MS, self._eligibility.published
            scores = np.empty((len(leaderboard.decays), slots.size))
            for level, decay in enumerate(leaderboard.decays):
                scores[level] = read_scores(slots, state.mass, published, until, decay)
            first = foremost(scores)
            led = scores.take(first, 1)  # in C order, as the compiled loops know it
            leaderboard.popularity = raised(leaderboard.popularity, slots[first], led)

    def _is_mine(self, slots: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which slots hold an article of this edition and section that may be listed."""
        eligibility = self._eligibility
        mine = (eligibility.owner[slots] == self.index) & self._lists(eligibility.section[slots])
        return np.asarray(mine)

    def _lists(self, sections: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which sections, by their codes, this is of."""
        is_eligible = sections != NEVER if self._section is None else sections == self._section
        return np.asarray(is_eligible)

    def _leading(self, leaderboard: _Leaderboard) -> NDArray[np.int32]:
        """Articles among which the leaders of every level are; the others need no score."""
        state, newest = self._site.state, self._site.newest_ms
        shift = Clock(newest, state.weights["base_ms"][0]).shift
        decays = [decay._replace(shift=shift) for decay in leaderboard.decays]
        bounds = [bound._replace(shift=shift) for bound in leaderboard.bounds]
        published = self._eligibility.published
        return leading(self.slots(), state.mass, published, newest, decays, bounds)


def foremost(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of the articles that are among the first `HEAD` at any level, ascending.

    Parameters
    ----------
    scores : (n_levels, n) float64
        Ties stand by place.

    Examples
    --------
    >>> foremost(np.array([[1.0, 2.0, 2.0]])).tolist()
    [0, 1, 2]
    >>> foremost(np.ones((2, 2000))).tolist() == list(range(HEAD))
    True
    """
    if scores.shape[1] <= HEAD:
        return np.arange(scores.shape[1])
    found = np.zeros(scores.shape[1], np.bool_)
    for level_scores in scores:
        limit = np.partition(level_scores, -HEAD)[-HEAD]
        above = level_scores > limit
        ties = np.flatnonzero(level_scores == limit)[: HEAD - np.count_nonzero(above)]
        found |= above
        found[ties] = True
    return np.flatnonzero(found)


@lru_cache(64)
def _longest_decay(half_life: float, evidence: float, weights: tuple[float, ...]) -> Decay:
    return decay_of(half_life_readout(level_half_lives(half_life, evidence)[-1]), weights)


def _part_values(parts: Sequence[Part]) -> Iterator[Hashable]:
    """Values by which the parts of two decays differ."""
    for share, readout in parts:
        yield from (share, readout.half_life, readout.mix.tobytes())
