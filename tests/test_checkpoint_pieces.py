"""Pieces of checkpoints: the changed ones, laid over the earlier ones, are the whole state."""

import random

import pytest

from ranking.engine.settings import EngineSettings
from ranking.engine.snapshot import CheckpointError, Marks, piece_names
from ranking.ranker import Ranker
from tests.support.logs import DAY_MS, KK, RU, chopped, random_rows

TINY = EngineSettings(articles=600, rows=64, neighbours=8, visitors=1024)


@pytest.mark.parametrize("engine", [EngineSettings(), TINY], ids=["default", "tiny"])
@pytest.mark.parametrize("seed", range(4))
def test_changed_pieces_over_those_before(engine: EngineSettings, seed: int) -> None:
    """Through new articles, freed rows, evictions and bases that move."""
    rows = random_rows(
        seed, 3000, articles=1500, visitors=40, editions=(RU, KK), step_ms=20_000, late=0.1,
        late_ms=600_000, pause=0.004, pause_ms=3 * DAY_MS,
    )  # fmt: skip
    drawn, ranker = random.Random(seed), Ranker(engine)
    pieces: dict[str, bytes] = {}
    marks: Marks | None = None
    written = total = 0
    for position, batch in enumerate(
        chopped(rows, sorted({*range(0, 3000, 150), *range(1, 3000, 150)}))
    ):
        ranker.apply(batch, position)
        if len(batch) == 1 or drawn.random() < 0.6:
            snapshot = ranker.snapshot(marks)
            changed = dict(snapshot.pieces())
            pieces, marks = pieces | changed, snapshot.marks
            written, total = written + len(changed), total + len(piece_names(snapshot.header()))
            restored = Ranker(engine).restored(snapshot.header(), pieces)
            assert restored.state() == ranker.state()
            assert restored.position == ranker.position
    assert written < total, "no piece was ever left out"
    assert ranker.sites["inform"].evictions > 0 or engine is not TINY


def test_a_missing_piece_is_refused() -> None:
    ranker = Ranker()
    ranker.apply(chopped(random_rows(1, 300), [])[0], 0)
    snapshot = ranker.snapshot()
    pieces = dict(snapshot.pieces())
    for name in piece_names(snapshot.header()):
        with pytest.raises(CheckpointError, match="lacks 1 pieces"):
            Ranker().restored(snapshot.header(), {n: p for n, p in pieces.items() if n != name})
