"""Rankers that are fed, stopped and restored, on logs that make their settings overflow."""

from collections.abc import Sequence

import pytest

from ranking.engine.batch import Batch
from ranking.engine.settings import EngineSettings
from ranking.ranker import Ranker
from tests.support.logs import DAY_MS, KK, MINUTE_MS, RU, Row, random_rows

TINY = EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024, arms=8)
CROWDED = EngineSettings(window=120, visitors=256, ids=256, rows=64, neighbours=8)
TRIALS = (
    "calm", "calm.1", "calm,meter", "meter,calm.1", "wide,calm,meter.3", "", "calm,calm", "one,two",
)  # fmt: skip
"""What events say of experiments: more pairs of label and arm than the tiny engine has rows."""
ALL_SETTINGS = pytest.mark.parametrize(
    "engine", [EngineSettings(), TINY, CROWDED], ids=["default", "tiny", "crowded"]
)


def log_for(engine: EngineSettings, seed: int = 1, n_views: int = 1200) -> list[Row]:
    """A log with a little of everything that makes the given settings overflow."""
    step_ms = {TINY: 5_000, CROWDED: 100}.get(engine, MINUTE_MS)
    return random_rows(
        seed, n_views, articles=200, visitors=90 if engine == CROWDED else 25, editions=(RU, KK),
        step_ms=step_ms, late=0.2, late_ms=20 * step_ms, pause=0.0 if engine == CROWDED else 0.01,
        pause_ms=DAY_MS, others=0.1, robots=0.05, ids=0.8 if engine == CROWDED else 0.2,
        sessions=0.3, ours=0.2, trials=TRIALS,
    )  # fmt: skip


def applied(batches: Sequence[Batch], engine: EngineSettings) -> Ranker:
    """A ranker after some batches."""
    ranker = Ranker(engine)
    for position, batch in enumerate(batches):
        ranker.apply(batch, position)
    return ranker


def restarted(ranker: Ranker, log: Sequence[Batch], engine: EngineSettings) -> Ranker:
    """Another process: from the checkpoint, its memory reread from the log."""
    fresh = Ranker.restore(ranker.checkpoint(), engine)
    start = fresh.reread_from()
    assert fresh.position == ranker.position
    fresh.reread([(k, log[k]) for k in range(start, fresh.position)])
    return fresh
