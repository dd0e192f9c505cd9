"""Interleaving efficiency: the readers that A/B and interleaving need for two profiles.

The readers come from a log. Each page shows Popular under one profile, or both profiles interleaved
in one list, and in addition Related. A reader clicks the page that he opened next if a list shows
it and he notices it, with probability .6^slot in each list. Both methods use the same sequential
test, planned for the true effect. Readers arrive in many random orders, and a method needs the
number of readers by which four of five orders end. A/B is measured by clicks on all lists per
visit, since one list must not win clicks that another loses, and also by clicks on Popular alone.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.backtest import BacktestError, replay
from ranking.backtest.predictions import POPULAR, RELATED
from ranking.backtest.visits import span_of
from ranking.content.catalogue import Catalogue
from ranking.engine.batch import Batch
from ranking.engine.compiled import compiled
from ranking.experiments.confidence_sequences import log_evidence, mixture, needed_information
from ranking.experiments.interleaving import DRAWINGS, drafted
from ranking.profiles.profile import profile_from

HALF_LIVES = (600.0, 21_600.0)
EYE = 0.6
NEIGHBOURS = 4
"""Positions of Related on a page."""
ALPHA, POWER = 0.05, 0.8
DRAWS, ORDERS = 8, 50
"""Number of click draws, and of arrival orders per draw."""
LONG = 4.0
"""Largest number of readers, as a multiple of the plan."""
EVERY = 8
"""One visit of so many sees lists."""
Progress = Callable[[int, int], None]


class ShownLists(NamedTuple):
    """The lists that readers saw, and the pages that they opened next.

    Attributes
    ----------
    popular : (2, n, SHOWN) int32
        Lists under either profile.
    related : (n, NEIGHBOURS) int32
    next : (n,) int32
    reader, visit : (n,) int64
        Numbered from 0.
    """

    popular: NDArray[np.int32]
    related: NDArray[np.int32]
    next: NDArray[np.int32]
    reader: NDArray[np.int64]
    visit: NDArray[np.int64]


class Sums(NamedTuple):
    """Clicks of each reader under either profile, each (n_readers,) float64.

    Attributes
    ----------
    one, other
    under : or None
        Denominator of the clicks; None if both belong to the same reader and list.
    """

    one: NDArray[np.float64]
    other: NDArray[np.float64]
    under: NDArray[np.float64] | None


class Needed(NamedTuple):
    """Readers that each method needs.

    Attributes
    ----------
    interleaved, all_lists, popular : int
        Interleaving; A/B by clicks on all lists; A/B by clicks on Popular.
    """

    interleaved: int
    all_lists: int
    popular: int

    @property
    def ratio(self) -> float:
        """Readers of A/B by its main metric, per reader of interleaving."""
        return self.all_lists / self.interleaved

    @property
    def text(self) -> str:
        """The readers of each method, as a sentence."""
        return (
            f"readers needed: interleaved {self.interleaved:,}, A/B by clicks on all lists"
            f" {self.all_lists:,} ({self.ratio:.1f} times), by clicks on Popular alone"
            f" {self.popular:,} ({self.popular / self.interleaved:.1f} times)"
        )


def interleave_ratio(
    batches: list[Batch], seed: int = 1, progress: Progress = lambda at, of: None
) -> Needed:
    """Measure both methods on a log.

    Parameters
    ----------
    batches : list of Batch
        Views of one site, in the order of the log.
    seed : int
    progress : callable
        Called with the replayed views and their total.

    Raises
    ------
    BacktestError
        If the log has no visits to predict.
    """
    return needed(shown_to(batches, progress), seed)


def shown_to(batches: list[Batch], progress: Progress) -> ShownLists:
    """Replay a log under both profiles."""
    if not batches:
        message = "the log has no views"
        raise BacktestError(message)
    span = span_of(batches, None, None, EVERY)
    total = len(HALF_LIVES) * sum(batch.columns["at"].size for batch in batches)
    done = [
        replay(
            batches, Catalogue(), span, profile_from({"half_life": half_life}),
            progress=_from(k * total // 2, total, progress),
        )
        for k, half_life in enumerate(HALF_LIVES)
    ]  # fmt: skip
    plan, seen = done[0].plan, done[0].views[done[0].plan.asked]
    if not plan.asked.size:
        message = "the log has no visits of two pages after its first day"
        raise BacktestError(message)
    return ShownLists(
        np.stack([each.answers.shown[:, POPULAR] for each in done]),
        done[0].answers.shown[:, RELATED, :NEIGHBOURS],
        plan.slot[plan.asked],
        np.unique(seen["visitor"], return_inverse=True)[1],
        np.unique(done[0].visits.first[plan.asked], return_inverse=True)[1],
    )


def needed(shown: ShownLists, seed: int = 1) -> Needed:
    """Simulate clicks, and count the readers that each method needs."""
    drawn = np.random.default_rng(seed)
    visits = np.bincount(shown.reader[np.unique(shown.visit, return_index=True)[1]])
    pages = np.bincount(shown.reader)
    found: list[list[NDArray[np.int64]]] = [[], [], []]
    for _ in range(DRAWS):
        chance = drawn.random((3, shown.next.size))
        own, all_lists = [], []
        for popular in shown.popular:
            clicked, clicked_related, _ = _clicks(shown, popular, chance)
            own.append(_by_reader(shown, clicked))
            all_lists.append(_by_reader(shown, clicked | clicked_related))
        one, other = _followed(shown, chance, drawn.integers(0, DRAWINGS, shown.next.size))
        methods = (
            Sums(one, other, None),
            Sums(all_lists[0], all_lists[1], visits.astype(np.float64)),
            Sums(own[0], own[1], pages.astype(np.float64)),
        )
        for method, stops in zip(methods, found, strict=True):
            stops.append(_stops(method, drawn))
    return Needed(*(int(np.quantile(np.concatenate(stops), POWER)) for stops in found))


def _from(before: int, total: int, progress: Progress) -> Callable[[int], None]:
    return lambda at: progress(before + at, total)


def _clicks(
    shown: ShownLists, popular: NDArray[np.int32], chance: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    """Clicks on Popular and Related, and the next page's position in Popular."""
    noticed, places = [], []
    for listed, luck in zip((popular, shown.related), chance[:2], strict=True):
        hit = listed == shown.next[:, None]
        place = hit.argmax(axis=1)
        noticed.append(hit.any(axis=1) & (luck < EYE**place))
        places.append(place)
    first = chance[2] < 0.5  # the choice of a reader who notices both
    clicked = noticed[0] & (first | ~noticed[1])
    return clicked, noticed[1] & ~clicked, places[0]


def _followed(
    shown: ShownLists, chance: NDArray[np.float64], drawing: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clicks of each reader on either profile's items of the interleaved list."""
    listed = np.full(shown.popular[0].shape, -1, np.int32)
    teams = np.full(listed.shape, -1, np.int8)
    _draft(shown.popular, drawing, listed, teams)
    clicked, _, place = _clicks(shown, listed, chance)
    team = np.where(clicked, teams[np.arange(place.size), place], -1)
    return _by_reader(shown, team == 0), _by_reader(shown, team == 1)


def _by_reader(shown: ShownLists, clicked: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.bincount(shown.reader, clicked).astype(np.float64)


@compiled
def _draft(
    popular: NDArray[np.int32], drawing: NDArray[np.int64],
    listed: NDArray[np.int32], teams: NDArray[np.int8],
) -> None:  # fmt: skip
    for k in range(drawing.size):
        drafted(popular[0, k], popular[1, k], drawing[k], listed[k], teams[k])


def _stops(sums: Sums, drawn: np.random.Generator) -> NDArray[np.int64]:
    """Readers by which the better profile is found, by order: (ORDERS,) int64."""
    everybody = np.arange(sums.one.size)
    truth = float(np.log(sums.one.sum() / sums.other.sum()))
    information = needed_information(abs(truth), ALPHA, POWER)
    spread = everybody.size * float(_seen(sums, everybody, everybody % 2 == 0)[1][-1])
    length, rho = int(LONG * information * spread), mixture(information, ALPHA)
    stops = np.full(ORDERS, length)
    for number in range(ORDERS):
        order = drawn.integers(0, everybody.size, length)
        effect, variances = _seen(sums, order, drawn.random(length) < 0.5)
        is_known = (variances > 0.0) & np.isfinite(variances)
        known = 1.0 / np.where(is_known, variances, np.inf)
        evidence = log_evidence(np.where(is_known, effect, 0.0), known, rho)
        found = (evidence >= -np.log(ALPHA)) & (effect * np.sign(truth) > 0.0)
        if found.any():
            stops[number] = int(found.argmax()) + 1
    return stops


@np.errstate(divide="ignore", invalid="ignore")
def _seen(
    sums: Sums, order: NDArray[np.int64], is_first: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Effect and its variance after each reader, who is in one arm if there are arms."""
    one, other = sums.one[order], sums.other[order]
    if sums.under is None:
        a, b = np.cumsum(one), np.cumsum(other)
        squares = np.cumsum(one**2) / a**2 + np.cumsum(other**2) / b**2
        return np.log(a / b), squares - 2.0 * np.cumsum(one * other) / (a * b)
    under = sums.under[order]
    a, variance_a = _logarithms(one * is_first, under * is_first)
    b, variance_b = _logarithms(other * ~is_first, under * ~is_first)
    return a - b, variance_a + variance_b


def _logarithms(
    over: NDArray[np.float64], under: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithm of a ratio of sums after each reader, and its variance."""
    x, y = np.cumsum(over), np.cumsum(under)
    ratio = x / y
    squares = np.cumsum(over**2) - 2.0 * ratio * np.cumsum(over * under)
    return np.log(ratio), (squares + ratio**2 * np.cumsum(under**2)) / x**2
