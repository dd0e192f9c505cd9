"""Decay: our own powers and logarithms, and the kernels that read the bank of half-lives."""

import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.engine.decay.bank import (
    FRACTION,
    HALF_LIVES,
    LOWER,
    POINTS,
    RUNG_MS,
    RUNGS,
    Clock,
    read_mass,
)
from ranking.engine.decay.half_life import half_life_readout
from ranking.engine.decay.portable_math import exp2, log2
from ranking.engine.decay.power_law import power_law_readout
from tests.support.logs import DAY_MS, START_MS
from tests.support.thoroughness import examples

MANY = settings(deadline=None, max_examples=examples(200), derandomize=True)
BETWEEN = [math.sqrt(low * high) for low, high in pairwise(HALF_LIVES[1:])]


@MANY
@given(st.floats(-1000.0, 1000.0))
def test_exp2_is_that_of_the_library(x: float) -> None:
    assert exp2(x) == pytest.approx(2.0**x, rel=1e-14)


@MANY
@given(st.floats(1e-300, 1e300))
def test_log2_is_that_of_the_library(x: float) -> None:
    assert log2(x) == pytest.approx(math.log2(x), rel=1e-14, abs=1e-15)


def test_whole_powers_are_exact() -> None:
    for power in range(-1074, 1024):
        assert exp2(float(power)) == math.ldexp(1.0, power)
        assert log2(math.ldexp(1.0, power)) == power


def test_what_is_too_small_or_too_great() -> None:
    assert (exp2(-1074.5), exp2(-1e9), exp2(1e9)) == (0.0, 0.0, math.inf)
    assert (log2(0.0), log2(-1.0)) == (-math.inf, -math.inf)


@MANY
@given(st.floats(-1000.0, 1000.0), st.floats(1e-12, 1.0))
def test_exp2_rises(x: float, step: float) -> None:
    assert exp2(x + step) > exp2(x)


@MANY
@given(st.floats(1e-300, 1e300), st.floats(1e-12, 1.0))
def test_log2_rises(x: float, step: float) -> None:
    assert log2(x * (1.0 + step)) >= log2(x)


def test_both_rise_across_the_seams_of_their_tables() -> None:
    """exp2 changes its table entry every 1/64, log2 its exponent at sqrt(1/2)."""
    seams = (np.arange(-128, 128) + 0.5) / 64
    for seam in seams.tolist():
        near = [exp2(seam + k * 2.0**-44) for k in range(-4, 5)]
        assert near == sorted(near)
    for power in range(-5, 6):
        seam = math.ldexp(math.sqrt(0.5), power)
        near = [log2(seam * (1.0 + k * 2.0**-44)) for k in range(-4, 5)]
        assert near == sorted(near)


@pytest.mark.parametrize("rung", range(RUNGS))
def test_a_kernel_on_a_rung_reads_that_rung_alone(rung: int) -> None:
    kernel = half_life_readout(float(HALF_LIVES[rung]))
    assert kernel.first == -1
    assert kernel.steady
    assert kernel.mix.tolist() == [float(k == rung) for k in range(RUNGS)]


@pytest.mark.parametrize("half_life", [301.0, *BETWEEN, 2_400_000.0, 2_592_000.0])
def test_a_kernel_between_rungs_is_a_quintic_around_them(half_life: float) -> None:
    kernel = half_life_readout(half_life)
    assert kernel.steady
    assert not kernel.mix.any()
    lagrange = kernel.between[:POINTS]
    assert lagrange.sum() == pytest.approx(1.0, abs=1e-12)
    nodes = np.log2(HALF_LIVES[kernel.first : kernel.first + POINTS])
    assert nodes.size == POINTS
    for power in range(1, POINTS):  # a polynomial is exact for its like
        assert (lagrange * nodes**power).sum() == pytest.approx(
            math.log2(half_life) ** power, rel=1e-9
        )
    if HALF_LIVES[0] < half_life < HALF_LIVES[-1]:
        inner = np.searchsorted(HALF_LIVES, half_life) - 1
        assert kernel.first <= inner <= kernel.first + POINTS - 2


@pytest.mark.parametrize("half_life", [*HALF_LIVES, *BETWEEN, 2_592_000.0])
def test_a_row_of_equal_fresh_views_reads_as_their_number(half_life: float) -> None:
    """Views of this very moment weigh 1 at every half-life, whatever the bases."""
    bases = START_MS - RUNG_MS * np.arange(RUNGS)
    shift = Clock(START_MS, bases).shift
    row = 7.0 * 2.0**shift
    kernel = half_life_readout(float(half_life))
    read = read_mass(row, kernel.first, kernel.between, kernel.mix, shift)
    assert read == pytest.approx(7.0, rel=1e-12)


@MANY
@given(st.floats(0.1, 4.0), st.floats(300.0, 2_592_000.0))
def test_a_power_law_is_a_mix_without_negative_weights(exponent: float, scale: float) -> None:
    kernel = power_law_readout(exponent, scale)
    assert kernel.first == -1
    assert not kernel.steady
    assert (kernel.mix >= 0.0).all()
    assert kernel.mix.sum() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("exponent", [0.8, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("scale", [1800.0, 7200.0, 86_400.0])
def test_a_power_law_is_within_five_percent(exponent: float, scale: float) -> None:
    """Ages from nothing to a day."""
    mix = power_law_readout(exponent, scale).mix
    clock = Clock(START_MS, np.full(RUNGS, START_MS, np.int64))
    for age_ms in range(0, DAY_MS + 1, DAY_MS // 200):
        row = 2.0 ** (-age_ms / RUNG_MS)  # one view of that age
        read = read_mass(row, -1, np.zeros(4), mix, clock.shift)
        assert read == pytest.approx((1.0 + age_ms / 1000 / scale) ** -exponent, rel=0.05)


@pytest.mark.parametrize("half_life", [301.0, 310.0, 599.0, *BETWEEN, 2_000_000.0, 2_592_000.0])
def test_a_kernel_knows_the_two_rungs_next_to_its_half_life(half_life: float) -> None:
    """What the linear interpolation goes by where the quintic has nothing to go by."""
    kernel = half_life_readout(half_life)
    low = kernel.first + int(kernel.between[LOWER])
    assert HALF_LIVES[low] < half_life
    assert half_life < HALF_LIVES[low + 1] or low + 2 == RUNGS
    share = math.log(half_life / HALF_LIVES[low]) / math.log(HALF_LIVES[low + 1] / HALF_LIVES[low])
    assert kernel.between[FRACTION] == pytest.approx(share, rel=1e-12)
    assert 0.0 < kernel.between[FRACTION] < (1.2 if low + 2 == RUNGS else 1.0)


@pytest.mark.parametrize("half_life", [301.0, 310.0, 420.0])
def test_a_mass_that_faded_on_a_lower_rung_lies_between_its_neighbours(half_life: float) -> None:
    row = np.ones(RUNGS)
    row[0], row[1], row[2] = 0.0, 2.0**-40, 2.0**-20
    kernel = half_life_readout(half_life)
    read = read_mass(row, kernel.first, kernel.between, kernel.mix, np.zeros(RUNGS))
    assert row[1] < read < row[2]


MATHS = re.compile(
    r"np\.(log|log2|log1p|exp|exp2|expm1|power)\b|math\.(log|log2|log1p|exp|exp2|expm1|pow)\b"
)


def test_lists_and_kernels_use_no_library_whose_bits_differ_between_machines() -> None:
    root = Path(__file__).parents[1] / "ranking"
    folders = (root / name for name in ("lists", "content", "profiles", "engine/decay"))
    files = [file for folder in folders for file in folder.rglob("*.py")]
    assert len(files) > 30
    found = [file.name for file in files if MATHS.search(file.read_text(encoding="utf-8"))]
    assert found == []
