"""The preview at a half-life is the board of a system that ran with it from the beginning."""

from pathlib import Path

import pytest

from ranking.backtest.packed_log import packed_views
from ranking.benchmarks.preview import BETWEEN, ON_RUNGS, compare
from ranking.engine.decay.bank import HALF_LIVES
from tests.support.thoroughness import scaled

pytestmark = pytest.mark.data
MOMENTS = scaled(15, 200)


def test_previews_equal_systems_that_ran_with_that_decay(g1: Path) -> None:
    """`tolqyn bench preview` looks at a thousand moments of the week; here are some of two days."""
    columns = {"at": "ts_ms", "visitor": "user"}
    whole = list(packed_views(g1 / "clicks.csv.gz", columns, "site/und"))
    batches = whole[: len(whole) // scaled(4, 1)]
    compared = compare(batches, MOMENTS, power_laws=5)
    assert len(ON_RUNGS) == len(compared.on_rungs) == 23
    assert all(beside.same == beside.moments == MOMENTS for beside in compared.on_rungs.values())
    assert len(compared.between) == len(BETWEEN) == 10
    assert not set(BETWEEN) & set(HALF_LIVES)
    same = sum(beside.same for beside in compared.between.values())
    assert same >= 0.97 * MOMENTS * len(BETWEEN)
    assert min(beside.least for beside in compared.between.values()) >= 0.99
    for beside in compared.power_laws.values():
        assert beside.least >= 0.95
