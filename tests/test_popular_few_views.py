"""Popular where views are few: the default profile compared with every single half-life.

On the G1 log thinned to a hundredth of its visitors, and at its nights.
"""

import gzip
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ranking.backtest.backtest import replay
from ranking.backtest.measures.accuracy import HOUR_MS, next_gains
from ranking.backtest.packed_log import packed_views
from ranking.backtest.predictions import POPULAR
from ranking.backtest.visits import span_of
from ranking.content.catalogue import Catalogue
from ranking.engine.batch import Batch
from ranking.engine.decay.bank import HALF_LIVES
from ranking.profiles.profile import DEFAULT, Profile, profile_from
from tests.support.thoroughness import scaled

pytestmark = pytest.mark.data

PART = 100
NIGHT = range(5, 10)
"""Hours, UTC, of the night where the readers live."""


@pytest.fixture(scope="module")
def thin(g1: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Batch]:
    """The week of every hundredth visitor."""
    path = tmp_path_factory.mktemp("thin") / "clicks.csv"
    with gzip.open(g1 / "clicks.csv.gz", "rt") as whole, path.open("w") as part:
        head = next(whole)
        user = head.strip().split(",").index("user")
        part.write(head)
        for line in whole:
            if zlib.crc32(line.rstrip("\n").split(",")[user].encode()) % PART == 0:
                part.write(line)
    return list(packed_views(path, {"at": "ts_ms", "visitor": "user"}, "site/und"))


def hits(batches: list[Batch], profile: Profile) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Whether each click was among Popular's five, and whether it was at night."""
    done = replay(batches, Catalogue(), span_of(batches, None, None, 1), profile)
    asked = done.plan.asked
    is_night = np.isin(done.views["at"][asked] // HOUR_MS % 24, NIGHT)
    gain = next_gains(done.answers.place[:, POPULAR])["hr@5"]
    return gain, is_night


def test_no_single_half_life_is_better(thin: list[Batch]) -> None:
    """Neither over the week nor at night is any as good."""
    own, is_night = hits(thin, DEFAULT)
    assert own.size > 5000
    assert is_night.sum() > 200
    for half_life in HALF_LIVES[1 :: scaled(3, 1)]:  # the first is there to interpolate with
        profile = profile_from({"half_life": half_life})
        assert profile.popular_evidence == 0.0
        alone, _ = hits(thin, profile)
        assert own.mean() > alone.mean(), half_life
        assert own[is_night].mean() > alone[is_night].mean(), half_life
