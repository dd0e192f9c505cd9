"""Statistics of experiments: confidence sequences, p-values, sample sizes, sample ratio."""

import math

import numpy as np
import pytest

from ranking.experiments.confidence_sequences import (
    half_width,
    log_evidence,
    mixture,
    needed_information,
)
from ranking.experiments.ratio_metrics import UNKNOWN, effect_of, spread_of
from ranking.experiments.sample_ratio import dispersion, mismatch_evidence
from ranking.experiments.sample_size import PlanningError, plan
from ranking.experiments.simulated_readers import Looks, no_looks, walk
from ranking.experiments.simulations import Rates, paths_of, simulate


def test_interval_and_p_value_say_the_same() -> None:
    """The interval leaves out no effect exactly when the e-value passes 1 / alpha."""
    drawn = np.random.default_rng(5)
    information, effect = drawn.uniform(1, 9000, 500), drawn.normal(0, 0.1, 500)
    freedom = drawn.choice([3.0, 20.0, np.inf], 500)
    apart = np.abs(effect) > half_width(information, 700.0, 0.05, freedom)
    proven = log_evidence(effect, information, 700.0, freedom) > math.log(20)
    assert apart.any()
    assert (apart == proven).all()


def test_the_mixture_is_narrowest_where_it_is_meant_to_be() -> None:
    rho = mixture(5000.0, 0.01)
    best = half_width(5000.0, rho, 0.01)
    assert best < half_width(5000.0, rho * 1.2, 0.01)
    assert best < half_width(5000.0, rho / 1.2, 0.01)


def test_evidence_is_a_martingale_of_a_brownian_motion() -> None:
    """Its mean over many paths without an effect is 1 at every amount of information."""
    drawn = np.random.default_rng(6)
    steps = np.full(5, 2.0)
    score = np.cumsum(drawn.normal(0, np.sqrt(steps), (400_000, 5)), axis=1)
    known = np.cumsum(steps)
    mean = np.exp(log_evidence(score / known, known, 20.0)).mean(axis=0)
    np.testing.assert_allclose(mean, 1.0, atol=0.01)


def test_the_effect_is_the_same_whatever_the_phases_are_cut_into() -> None:
    drawn = np.random.default_rng(7)
    under = drawn.integers(5, 40, (1, 2, 1000))
    over = drawn.binomial(under, 0.2)
    whole = effect_of(over, under, 1, 0)
    zeros = np.zeros_like(over)
    assert effect_of(np.concatenate([over, zeros]), np.concatenate([under, zeros]), 1, 0) == whole
    half = np.concatenate([over, over]), np.concatenate([under, under])
    doubled = effect_of(*half, 1, 0)  # the same readers once more prove nothing
    assert doubled.effect == pytest.approx(whole.effect)
    assert doubled.information == pytest.approx(whole.information)


def test_changed_shares_do_not_pass_for_an_effect() -> None:
    """Arm 1 grows from 10 to 90 percent on the day on which everybody clicks more."""
    under = np.array([[[900] * 500, [100] * 500], [[100] * 500, [900] * 500]])
    over = (under * np.array([0.1, 0.3])[:, None, None]).astype(np.int64)
    over += np.arange(500) % 3 - 1
    naive = effect_of(over.sum(axis=0)[None], under.sum(axis=0)[None], 1, 0)
    assert naive.effect > 0.5
    assert abs(effect_of(over, under, 1, 0).effect) < 0.01


def test_nothing_counted_is_nothing_known() -> None:
    nothing = np.zeros((1, 2, 1000), np.int64)
    assert effect_of(nothing, nothing, 1, 0) == UNKNOWN
    assert half_width(0.0, 1.0) == np.inf
    assert spread_of(nothing[0, 0], nothing[0, 0], nothing[0, 0]) == np.inf


def test_the_compiled_look_is_that_of_the_readout() -> None:
    """One path of simulated readers, counted again by the same seed."""
    arm = (np.arange(1000) % 2).astype(np.int8)
    looks = no_looks(1)
    walk(np.random.default_rng(3), arm, 0.0, 5000, looks)
    drawn = np.random.default_rng(3)
    over, under = np.zeros((2, 1, 2, 1000), np.int64)
    for _ in range(5000):
        bucket = int(drawn.random() * 1000)
        count = min(int((1.0 - drawn.random()) ** (-1 / 1.3)), 200)
        chance = 1.0 - (1.0 - drawn.random()) ** (1 / 9)
        under[0, arm[bucket], bucket] += count
        many = count > 12
        clicks = drawn.binomial(count, chance) if many else sum(drawn.random(count) < chance)
        over[0, arm[bucket], bucket] += clicks
    told = effect_of(over, under, 1, 0)
    assert looks.effect[0] == pytest.approx(told.effect)
    assert looks.information[0] == pytest.approx(told.information)
    assert looks.freedom[0] == pytest.approx(told.freedom)


def test_readers_who_return_raise_no_alarms() -> None:
    """A thousand readers with habits of their own come again and again: information stands still.

    A bound that counts views for independent evidence would cross it sooner or later.
    """
    drawn, false, paths = np.random.default_rng(8), 0, 100
    arm = np.arange(1000) % 2
    for _ in range(paths):
        habit = drawn.beta(1, 9, 3000)
        home = drawn.integers(0, 1000, 3000)
        over, under = np.zeros((2, 1, 2, 1000), np.int64)
        most = -np.inf
        for _ in range(40):
            seen = drawn.poisson(1.0, 3000)
            clicks = drawn.binomial(seen, habit)
            for sums, amount in ((under, seen), (over, clicks)):
                sums[0, arm, np.arange(1000)] += np.bincount(home, amount, 1000).astype(np.int64)
            told = effect_of(over, under, 1, 0)
            known = log_evidence(told.effect, told.information, mixture(200.0), told.freedom)
            most = max(most, float(known))
        false += most > math.log(20)
    assert false <= 10  # 5 % of 100, and what chance adds in one run of a hundred


@pytest.mark.parametrize("buckets", [10, 50])
def test_an_arm_of_few_buckets_of_heavy_readers_raises_no_alarms(buckets: int) -> None:
    looks = no_looks(200, 60)
    for path, own in enumerate(np.random.default_rng(buckets).spawn(200)):
        arm = (own.permutation(1000) < buckets).astype(np.int8)
        walk(own, arm, 0.0, 500, Looks(*(its[path] for its in looks)))
    rho = mixture(float(np.median(looks.information[:, -1])))
    told = log_evidence(looks.effect, looks.information, rho, looks.freedom).max(axis=1)
    unsure = log_evidence(looks.effect, looks.information, rho).max(axis=1)
    assert (told > math.log(20)).mean() <= 0.085
    assert buckets > 10 or (unsure > math.log(20)).mean() > 0.15


def test_mismatch_is_found_and_not_imagined() -> None:
    drawn = np.random.default_rng(9)
    shares = np.array([0.5, 0.3, 0.2])
    fair = np.cumsum(drawn.multinomial(100, shares, (500, 200)), axis=1)
    assert (mismatch_evidence(fair, shares).max(axis=1) > math.log(100)).mean() <= 0.02
    lossy = np.cumsum(drawn.multinomial(100, [0.52, 0.29, 0.19], (100, 200)), axis=1)
    assert (mismatch_evidence(lossy, shares).max(axis=1) > math.log(100)).mean() > 0.9
    arm = np.arange(1000) % 2
    assert dispersion(drawn.poisson(20, 1000), arm) < 1.15
    assert dispersion(3 * drawn.poisson(20, 1000), arm) == pytest.approx(3.0, rel=0.15)


def test_plans() -> None:
    small, large = plan(0.02, 10.0, 1000.0), plan(0.05, 10.0, 1000.0)
    assert small.units > 5 * large.units
    assert plan(0.05, 10.0, 1000.0, traffic=0.1).days == pytest.approx(10 * large.days)
    assert plan(0.05, 10.0, 1000.0, shares=(0.9, 0.1)).units > 2 * large.units
    assert plan(0.05, 10.0, 1000.0, shares=(0.4, 0.3, 0.3)).units > large.units
    assert needed_information(0.05, 0.05, 0.9) > needed_information(0.05, 0.05, 0.8)
    with pytest.raises(PlanningError, match="traffic must be above 0 and at most 1, got 2"):
        plan(0.05, 10.0, 1000.0, traffic=2)


def test_the_same_seed_gives_the_same_path() -> None:
    one, other = paths_of(2, 3, 100, 0.0, 4), paths_of(2, 3, 100, 0.0, 4)
    assert all((a == b).all() for a, b in zip(one, other, strict=True))
    assert (one.effect[0] != one.effect[1]).any()


def test_simulations_with_few_paths() -> None:
    done = simulate(40, seed=11)
    rates = done.rates
    assert rates.aa_false_alarm <= 0.1
    assert rates.srm_false_alarm <= 0.05
    assert rates.power >= 0.7
    assert rates.coverage >= 0.9
    assert rates.naive_false_alarm > 0.3
    assert rates.fixed_horizon_false_alarm > 0.2
    assert set(Rates._fields) < {*Rates._fields, "interleave_ratio"}
    assert 0 < done.bound("aa_false_alarm") < 1
