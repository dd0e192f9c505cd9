"""Decayed counts: every article and class of view against the plain sum over its views."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from ranking.engine.decay.bank import HALF_LIVES, RUNGS, Clock, read_mass
from ranking.engine.decay.half_life import half_life_readout
from ranking.engine.decay.portable_math import exp2
from ranking.engine.signals.decayed_counts import CLASSES
from ranking.engine.site import Site
from ranking.ranker import Ranker
from tests.support.logs import (
    DAY_MS,
    HOUR_MS,
    KK,
    LANDING,
    MINUTE_MS,
    ONWARD,
    OURS,
    RU,
    START_MS,
    Row,
    Truth,
    chopped,
    random_rows,
    view,
)

UNDERFLOW = 1e-280
BETWEEN = [(low * high) ** 0.5 for low, high in pairwise(HALF_LIVES[1:])]


def clock_of(site: Site) -> Clock:
    """The site's newest stamp against the bases of its bank."""
    return Clock(site.newest_ms, site.state.weights["base_ms"][0])


def read(site: Site, row: NDArray[np.float64], half_life: float) -> float:
    """Mass of one row of the bank."""
    kernel = half_life_readout(half_life)
    return read_mass(row, kernel.first, kernel.between, kernel.mix, clock_of(site).shift)


def check_rungs(site: Site, truth: Truth, pages: set[tuple[str, str]]) -> None:
    """Compare every rung of some articles, and of all editions."""
    for of_class in range(CLASSES):
        for half_life in HALF_LIVES:
            for edition, article in pages:
                row = site.state.mass[site.slot(edition, article), of_class]
                exact = truth.mass((edition, article), half_life, of_class)
                if exact > UNDERFLOW:
                    assert read(site, row, half_life) == pytest.approx(exact, rel=1e-9)
                else:
                    assert read(site, row, half_life) <= 2 * UNDERFLOW
            for index, edition in enumerate(site.editions):
                row = site.state.total[index, of_class]
                exact = truth.total(edition, half_life, of_class)
                if exact > UNDERFLOW:
                    assert read(site, row, half_life) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_every_rung_is_the_plain_sum(seed: int) -> None:
    """Late views, repeats, all classes, and pauses of days that move every base many times."""
    rows = random_rows(
        seed, 600, articles=8, editions=(RU, KK), late=0.3, late_ms=6 * HOUR_MS, pause=0.04,
        pause_ms=9 * DAY_MS, others=0.05, robots=0.05, ours=0.3, sessions=0.3,
    )  # fmt: skip
    ranker, truth = Ranker(), Truth()
    bases = set()
    for position, batch in enumerate(chopped(rows, range(0, 600, 75))):
        ranker.apply(batch, position)
        truth.add_all(rows[batch.first : batch.first + len(batch)])
        site = ranker.sites["inform"]
        bases.add(site.state.weights["base_ms"][0].tobytes())
        check_rungs(site, truth, set(truth.accepted))
    assert len(bases) > 4
    classes = {of_class for views in truth.views.values() for _, of_class in views}
    assert classes == {LANDING, ONWARD, OURS}


def test_every_rung_is_the_plain_sum_after_every_view() -> None:
    rows = random_rows(5, 60, articles=3, late=0.3, late_ms=HOUR_MS, pause=0.2, ours=0.2)
    ranker, truth = Ranker(), Truth()
    for position, batch in enumerate(chopped(rows, range(60))):
        ranker.apply(batch, position)
        truth.add(rows[position])
        check_rungs(ranker.sites["inform"], truth, set(truth.accepted))


def flow(seed: int, n_views: int) -> list[Row]:
    """Two days of a portal: articles come all the time, take off and fade, more by day."""
    rng = np.random.default_rng(seed)
    hours = rng.uniform(0.0, 48.0, 3 * n_views)
    hours = hours[rng.random(hours.size) < 0.6 - 0.4 * np.cos(hours * np.pi / 12)][:n_views]
    hours.sort()
    born = np.sort(rng.uniform(-24.0, 48.0, 700))
    rise, charm = rng.uniform(0.2, 6.0, born.size), rng.pareto(1.2, born.size) + 0.1
    rows = []
    for i, hour in enumerate(hours.tolist()):
        recent = slice(int(np.searchsorted(born, hour - 24.0)), int(np.searchsorted(born, hour)))
        pull = np.cumsum(charm[recent] * np.exp((born[recent] - hour) / rise[recent]))
        article = recent.start + int(np.searchsorted(pull, rng.random() * pull[-1]))
        rows.append(view(START_MS + round(hour * HOUR_MS), str(article), str(i)))
    return rows


def test_between_rungs_the_heaviest_are_within_two_percent() -> None:
    """The twenty heaviest at every midpoint, at five moments of a realistic flow."""
    rows = flow(1, 12_000)
    ranker = Ranker()
    batches = chopped(rows, range(0, len(rows), len(rows) // 5))
    stamps: dict[str, list[int]] = {}
    errors = []
    for position, batch in enumerate(batches):
        ranker.apply(batch, position)
        for at, event in rows[batch.first : batch.first + len(batch)]:
            stamps.setdefault(str(event.article), []).append(at)
        site = ranker.sites["inform"]
        ages = {a: (site.newest_ms - np.array(at)) / 1000 for a, at in stamps.items()}
        for half_life in [*BETWEEN, 700.0, 2_592_000.0]:
            exact = {a: float((0.5 ** (age / half_life)).sum()) for a, age in ages.items()}
            for article in sorted(exact, key=lambda a: -exact[a])[:20]:
                row = site.state.mass[site.slot(RU, article), LANDING]
                errors.append(abs(read(site, row, half_life) / exact[article] - 1.0))
    assert max(errors) < 0.02
    assert float(np.median(errors)) < 0.002


@pytest.mark.parametrize("half_life", [*BETWEEN, *HALF_LIVES, 301.0, 2_592_000.0])
def test_no_article_without_true_mass_has_any(half_life: float) -> None:
    """An article of old views only, beside one that is read now; and one that was never counted."""
    site = Site("inform", Ranker().settings)
    old = [view(START_MS + k * HOUR_MS, "old", f"{k}") for k in range(50)]
    new = [view(START_MS + 12 * DAY_MS + k * MINUTE_MS, "new", f"{k}") for k in range(50)]
    robot = view(START_MS + 12 * DAY_MS, "robot", agent="Googlebot/2.1")
    rows = [*old, robot, *new]
    truth = Truth().add_all([*old, *new])
    for position, batch in enumerate(chopped(rows, range(0, len(rows), 10))):
        site.apply(batch, position)
    unread = site.state.mass[site.slot(RU, "robot")]
    assert [read(site, row, half_life) for row in unread] == [0.0] * CLASSES
    exact = truth.mass((RU, "old"), half_life, LANDING)
    mass = read(site, site.state.mass[site.slot(RU, "old"), LANDING], half_life)
    assert mass <= 2.0 * exact + 1e-9
    assert read(site, site.state.mass[site.slot(RU, "new"), LANDING], half_life) > 1.0


def test_the_masses_of_one_view_are_a_row_of_exact_powers() -> None:
    ranker = Ranker()
    ranker.apply(chopped([view(START_MS, "a"), view(START_MS + 3_600_000, "b")], [])[0], 0)
    site = ranker.sites["inform"]
    row = site.state.mass[site.slot(RU, "a"), LANDING]
    decayed = [float(row[k]) * exp2(-float(clock_of(site).shift[k])) for k in range(RUNGS)]
    assert decayed == pytest.approx([2.0 ** (-3600 / h) for h in HALF_LIVES], rel=1e-13)
