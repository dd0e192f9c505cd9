"""Files of checkpoints: what a disk damaged is never taken for a state."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.embedded.checkpoints import CheckpointFiles
from ranking.engine.settings import EngineSettings
from ranking.engine.snapshot import CheckpointError, read_whole
from tests.support.logs import packed
from tests.support.restarts import applied, log_for
from tests.support.thoroughness import examples

HOUR = 3600.0


@pytest.fixture(scope="module")
def data() -> bytes:
    """A checkpoint."""
    engine = EngineSettings()
    return applied([packed(log_for(engine, n_views=60))], engine).checkpoint()


@settings(max_examples=examples(150), derandomize=True)
@given(st.booleans(), st.floats(0.0, 1.0, exclude_max=True), st.integers(1, 255))
def test_any_damage_is_noticed(data: bytes, of_hour: bool, where: float, bits: int) -> None:
    with TemporaryDirectory() as folder:
        files = CheckpointFiles(Path(folder))
        if not of_hour:
            files.keep(1, data, HOUR, 10 * HOUR)
        files.keep(2, data, HOUR, 10 * HOUR)
        newest = files.all()[0]
        assert bool(newest.wall) == of_hour
        assert newest.read() == data
        damaged = bytearray(newest.path.read_bytes())
        damaged[int(where * len(damaged))] ^= bits
        newest.path.write_bytes(damaged)
        try:
            read = read_whole(newest.read())
        except CheckpointError:
            return
        assert read == read_whole(data)


def test_a_file_of_version_0_1_0_has_no_checksum(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "00000000000000000007.checkpoint").write_bytes(data)
    assert CheckpointFiles(tmp_path).all()[0].read() == data
