"""Warm-up: a ready server compiles nothing more."""

import multiprocessing
import random

from ranking.engine.compiled import compiled_for
from ranking.engine.settings import EngineSettings
from ranking.lists.boards import make_board
from ranking.profiles.profile import DEFAULT, profile_from
from ranking.ranker import Ranker
from ranking.warmup import warm_up
from tests.support.logs import KK, RU, chopped, random_rows
from tests.test_read_model import Copy, assert_same_lists, cards_of

PROFILES = [
    DEFAULT,
    profile_from({"window": 7200}),
    profile_from({"half_life": 5000, "freshness": 0.2, "section_cap": 2, "diversity": 0.3}),
    profile_from({"exponent": 1.2}),
    profile_from({"mix_share": 0.4, "mix_half_life": 86_400}),
]
"""Of every kind of decay and rule."""


def serve_a_day() -> dict[str, int]:
    """Loops that a day of every kind of work compiles after warming up."""
    warm_up()
    warm = compiled_for()
    rows = random_rows(
        3, 3000, articles=120, visitors=30, editions=(RU, KK), step_ms=40_000, late=0.1,
        late_ms=600_000, pause=0.005, robots=0.02, others=0.05, ours=0.1,
    )  # fmt: skip
    tiny = EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024)
    ranker = Ranker(tiny, DEFAULT)
    copy, drawn, cards = Copy(ranker), random.Random(4), cards_of(5, 130)
    for position, batch in enumerate(chopped(rows, range(0, 3000, 300))):
        ranker.apply(batch, position)
        ranker.put(drawn.sample(cards, 40))
        ranker.remove(RU, str(drawn.randrange(130)))
        copy.follow()
        assert_same_lists(ranker, copy, position)
        for profile in PROFILES:
            for surface in ("popular", "trending"):
                for section in ("", "a"):
                    make_board(ranker.lists.edition(RU), surface, profile, 20, section)
        ranker.lists.edition(RU).hourly()
        restored = Ranker.restore(ranker.checkpoint(), tiny)
        assert restored.state() == ranker.state()
    after = compiled_for()
    return {name: count for name, count in after.items() if count > warm.get(name, 0)}


def test_a_warm_server_compiles_nothing() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as fresh:
        assert fresh.apply(serve_a_day) == {}
