"""Checkpoints that are cut, of other settings or of another version are refused."""

import pytest

from ranking.engine.settings import EngineSettings
from ranking.engine.snapshot import VERSION, CheckpointError
from ranking.ranker import Ranker
from tests.support.logs import START_MS, packed, view
from tests.support.restarts import applied, log_for


@pytest.mark.parametrize(
    "other",
    [
        EngineSettings(window=900),
        EngineSettings(neighbours=64),
        EngineSettings(coread_forward=(0.5, 0.3, 0.5, 0.5)),
        EngineSettings(articles=64),
    ],
)
def test_other_engine_settings_are_refused(other: EngineSettings) -> None:
    data = applied([packed(log_for(EngineSettings(), n_views=50))], EngineSettings()).checkpoint()
    with pytest.raises(CheckpointError, match="settings"):
        Ranker.restore(data, other)


def test_another_version_is_refused() -> None:
    data = Ranker().checkpoint()
    length = int.from_bytes(data[:8], "little")
    head = data[8 : 8 + length]
    assert head[1] == VERSION
    with pytest.raises(CheckpointError, match="version"):
        Ranker.restore(data[:8] + head[:1] + bytes([VERSION + 1]) + head[2:])


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"\0" * 8, b"garbage" * 9, b"\xff" * 64, (5).to_bytes(8, "little") + b"12345"],
)
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(CheckpointError):
        Ranker.restore(data)


def test_a_cut_checkpoint_is_refused_at_every_length() -> None:
    data = applied([packed(log_for(EngineSettings(), n_views=12))], EngineSettings()).checkpoint()
    lengths = [*range(0, 1200), *range(1200, len(data), 97), len(data) - 1]
    for length in lengths:
        with pytest.raises(CheckpointError):
            Ranker.restore(data[:length])
    Ranker.restore(data)


def test_a_checkpoint_of_nothing() -> None:
    ranker = Ranker.restore(Ranker().checkpoint())
    assert (ranker.position, ranker.reread_from(), ranker.state()) == (0, 0, b"")
    batch = packed([view(START_MS, "a")])
    ranker.apply(batch, 0)
    assert ranker.state() == applied([batch], EngineSettings()).state()
