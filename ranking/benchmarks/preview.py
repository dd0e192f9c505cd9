"""Preview accuracy: a draft's list compared with a system that always ran with its decay.

At sampled moments of a log the first five of Popular are read from the bank under many decays. They
are compared with exact sums that do not use the bank. Under a half-life this sum is one number for
each article, which halves with every half-life and grows with every counted view. Under a power law
it is the sum over all views so far. On a rung the five must be the same. Elsewhere the result is
how often they are the same, and the exact mass of the least of the five, as a share of the true
fifth.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.files import EVENT_FIELDS, FileError, mapping_of
from ranking.backtest.packed_log import packed_views
from ranking.benchmarks.benchmark import Run, Task, repeated
from ranking.benchmarks.time_limit import TimeLimit
from ranking.engine.admission import acting
from ranking.engine.batch import Batch
from ranking.engine.compiled import compiled
from ranking.engine.decay.bank import HALF_LIVES, SHORTEST
from ranking.engine.site import Site, WindowStart
from ranking.engine.view_loop import DONE, State, apply_view, interruption, views_of
from ranking.profiles.profile import Profile, profile_from
from ranking.ranker import Ranker

MOMENTS, SEED, FIVE = 1000, 1, 5
TOGETHER = 12
"""Half-lives compared in one replay: an edition keeps leaders under no more than sixteen."""
PLAIN = {"popular_evidence": 0.0, "sibling_evidence": 0.0, "steadiness": 0.0}
ON_RUNGS = tuple(float(h) for h in HALF_LIVES if h >= SHORTEST)
BETWEEN = tuple(float(round(h)) for h in np.geomspace(7 * 60, 6 * 86_400, 10))
POWER_LAWS = (
    (0.5, 3600.0),
    (1.0, 600.0),
    (1.0, 3600.0),
    (1.5, 1800.0),
    (2.0, 600.0),
    (2.0, 7200.0),
)
"""Exponents and scales (s)."""


@dataclass(slots=True)
class DecayAgreement:
    """One decay: how often the same five were listed, and the least share of the true fifth."""

    same: int = 0
    moments: int = 0
    least: float = 1.0

    def take(self, shown: NDArray[np.int32], true: NDArray[np.int32], mass: Any) -> None:
        """Compare the five that are shown with those that should be, given all exact masses."""
        self.moments += 1
        self.same += np.array_equal(shown, true)
        if true.size:
            least = min((float(mass[slot]) for slot in shown), default=0.0)
            self.least = min(self.least, least / float(mass[true[-1]]))


@dataclass(slots=True)
class AllAgreements:
    """All decays, by half-life or by exponent and scale."""

    on_rungs: dict[float, DecayAgreement] = field(default_factory=dict)
    between: dict[float, DecayAgreement] = field(default_factory=dict)
    power_laws: dict[tuple[float, float], DecayAgreement] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Counted:
    """The log's counted views, and how many views of the log come before each moment."""

    at: NDArray[np.int64]
    slot: NDArray[np.int32]
    weight: NDArray[np.float64]
    place: NDArray[np.int64]  # in the log


@repeated
def preview(task: Task) -> Run:
    """Compare previews at a thousand moments of a log of one edition.

    Of each kind the moments are fewer where there is no time for more.

    Raises
    ------
    FileError
        If there is no log.
    """
    views, columns, limit = task.views, task.columns, task.limit
    if views is None:
        message = "preview needs a log: give --views FILE"
        raise FileError(message)
    batches = list(packed_views(views, mapping_of(columns, EVENT_FIELDS), "site/und"))
    limit.restart()
    size = sum(len(batch) for batch in batches)
    return Run(figures(compare(batches, min(MOMENTS, size), limit=limit)))


def figures(compared: AllAgreements) -> dict[str, float]:
    """Sum a comparison up: shares of moments with the same five, least share of the fifth."""
    figures: dict[str, float] = {}
    kinds = {
        "rungs": list(compared.on_rungs.values()),
        "between": list(compared.between.values()),
        "power_laws": list(compared.power_laws.values()),
    }
    for name, found in kinds.items():
        figures[f"{name}_same"] = sum(b.same for b in found) / sum(b.moments for b in found)
        figures[f"{name}_same_least"] = min(b.same / b.moments for b in found)
        figures[f"{name}_least_share"] = min(b.least for b in found)
    return figures


def compare(
    batches: Sequence[Batch], moments: int, power_laws: int = 1, limit: TimeLimit | None = None
) -> AllAgreements:
    """Compare at moments drawn from a log; power laws at every so many-th of them."""
    limit = limit or TimeLimit(math.inf)
    size = sum(len(batch) for batch in batches)
    drawn = np.random.default_rng(SEED).choice(np.arange(1, size + 1), moments, replace=False)
    drawn.sort()
    counted, site = _counted(batches)
    order, compared = np.argsort(np.argsort(np.array(site.ids))), AllAgreements()
    half_lives = (*ON_RUNGS, *BETWEEN)
    firsts = range(0, len(half_lives), TOGETHER)
    for number, first in enumerate(firsts, 1):
        part = half_lives[first : first + TOGETHER]
        exact = _Exact(counted, part, len(site.ids), order)
        share = number / (len(firsts) + 1)
        for ranker, seen in limit.of(_at_moments(batches, drawn), "moments of half-lives", share):
            _take_half_lives(ranker, seen, exact, part, compared)
    exact = _Exact(counted, (), len(site.ids), order)
    for ranker, seen in limit.of(_at_moments(batches, drawn[::power_laws]), "of power laws"):
        _take_power_laws(ranker, seen, exact, compared)
    return compared


def _take_half_lives(
    ranker: Ranker, seen: int, exact: "_Exact", half_lives: Sequence[float], compared: AllAgreements
) -> None:
    (site,) = ranker.sites.values()
    exact.follow(seen, site.newest_ms)
    for index, half_life in enumerate(half_lives):
        kind = compared.on_rungs if half_life in ON_RUNGS else compared.between
        shown = _five(ranker, site, profile_from({"half_life": half_life} | PLAIN))
        mass = exact.masses(index)
        kind.setdefault(half_life, DecayAgreement()).take(shown, exact.five(mass), mass)


def _take_power_laws(ranker: Ranker, seen: int, exact: "_Exact", compared: AllAgreements) -> None:
    (site,) = ranker.sites.values()
    exact.follow(seen, site.newest_ms)
    for law in POWER_LAWS:
        wanted = {"exponent": law[0], "half_life": law[1]} | PLAIN
        shown, mass = _five(ranker, site, profile_from(wanted)), exact.power_law(*law)
        compared.power_laws.setdefault(law, DecayAgreement()).take(shown, exact.five(mass), mass)


def _five(ranker: Ranker, site: Site, profile: Profile) -> NDArray[np.int32]:
    (edition,) = site.editions
    board = ranker.lists.board(edition, "popular", profile, FIVE, "")
    return np.array([site.slot(edition, article) for article in board.viewed], np.int32)


def _at_moments(
    batches: Sequence[Batch], moments: NDArray[np.int64]
) -> Iterator[tuple[Ranker, int]]:
    """A ranker after so many views of the log, for every moment."""
    ranker, before, waiting = Ranker(), 0, moments.tolist()
    for position, batch in enumerate(batches):
        done = 0
        while waiting and waiting[0] <= before + len(batch):
            stop = waiting.pop(0) - before
            ranker.apply(batch.part(done, stop), position)
            done = stop
            ranker.tick(renew=False)
            yield ranker, before + stop
        ranker.apply(batch.part(done, len(batch)), position)
        before += len(batch)


def _counted(batches: Sequence[Batch]) -> tuple[_Counted, Site]:
    """Which views count, and as views of which class, by the engine's rule."""
    site = Site(batches[0].site, Ranker().settings)
    acting_ones = acting(batches, site.clock_ms, site.settings)
    views = np.concatenate([views_of(batch, site.give_slots(batch)) for batch in acting_ones])
    of_class = np.full(views.size, -1)
    done, reason = classify(site.state, views, 0, of_class)
    while reason != DONE:
        site.settle(reason, int(views["at"][done]), WindowStart(0, 0, 0, ()))
        done, reason = classify(site.state, views, done, of_class)
    p, place = Profile(), np.flatnonzero(of_class >= 0)
    weights = np.array([p.landing_weight, p.onward_weight, p.ours_weight])
    chosen = views[place]
    return _Counted(
        chosen["at"].copy(), chosen["slot"].copy(), weights[of_class[place]], place
    ), site


@compiled
def classify(
    s: State, views: NDArray[Any], start: int, of_class: NDArray[np.int64]
) -> tuple[int, int]:
    """Apply views and write down which class each added to; -1 = none."""
    for i in range(start, views.size):
        reason = interruption(s, views[i]["at"])
        if reason != DONE:
            return i, reason
        edition = s.article[views[i]["slot"]]["edition"]
        before = s.total[edition, :, -1].copy()  # its base never moves within a log of a week
        if apply_view(s, views, i) and views[i]["kind"] == 0:
            for c in range(before.size):
                if s.total[edition, c, -1] > before[c]:
                    of_class[i] = c
    return views.size, DONE


class _Exact:
    """Every article's mass under every half-life, as a plain number."""

    def __init__(
        self,
        counted: _Counted,
        half_lives: Sequence[float],
        articles: int,
        order: NDArray[np.int64],
    ) -> None:
        self._counted, self._order = counted, order
        self._half_lives = np.array(half_lives) * 1000.0
        self._mass = np.zeros((articles, self._half_lives.size))
        self._last = np.zeros(articles, np.int64)
        self._done = self._at = 0

    def follow(self, seen: int, at: int) -> None:
        """Take the counted ones of the first views of the log; `at` is its clock, ms."""
        c, stop = self._counted, int(np.searchsorted(self._counted.place, seen))
        part = slice(self._done, stop)
        grow(self._mass, self._last, self._half_lives, c.at[part], c.slot[part], c.weight[part])
        self._done, self._at = stop, at

    def masses(self, which: int) -> NDArray[np.float64]:
        """Masses now under one half-life, (n_articles,) float64."""
        return decayed(self._mass[:, which], self._last, self._half_lives[which], self._at)

    def power_law(self, exponent: float, scale: float) -> NDArray[np.float64]:
        """Sums of (1 + age/scale)^-exponent over all views, (n_articles,) float64."""
        c = self._counted
        ages = np.maximum(self._at - c.at[: self._done], 0) / 1000.0
        weights = c.weight[: self._done] * (1.0 + ages / scale) ** -exponent
        return np.asarray(np.bincount(c.slot[: self._done], weights, self._last.size), np.float64)

    def five(self, mass: NDArray[np.float64]) -> NDArray[np.int32]:
        """Slots of the five greatest, ties by id."""
        first = np.flatnonzero((mass >= np.partition(mass, -FIVE)[-FIVE]) & (mass > 0.0))
        return first[np.lexsort((self._order[first], -mass[first]))][:FIVE].astype(np.int32)


@compiled
def grow(
    mass: NDArray[np.float64], last: NDArray[np.int64], half_lives: NDArray[np.float64],
    at: NDArray[np.int64], slot: NDArray[np.int32], weight: NDArray[np.float64],
) -> None:  # fmt: skip
    """Let masses decay to each view and grow by it; a late one adds what is left of it."""
    for i in range(at.size):
        own, since = mass[slot[i]], at[i] - last[slot[i]]
        for k in range(half_lives.size):
            left = 2.0 ** (-abs(since) / half_lives[k])
            own[k] = own[k] * left + weight[i] if since >= 0 else own[k] + weight[i] * left
        last[slot[i]] = max(last[slot[i]], at[i])


@compiled
def decayed(
    mass: NDArray[np.float64], last: NDArray[np.int64], half_life: float, at: int
) -> NDArray[np.float64]:
    """Masses at one moment."""
    now = np.empty(mass.size)
    for slot in range(mass.size):
        now[slot] = mass[slot] * 2.0 ** ((last[slot] - at) / half_life)
    return now
