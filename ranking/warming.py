"""Warming up: every compiled loop run once on a log of three views."""

import subprocess
import sys
from functools import lru_cache

import numpy as np

from ranking.engine.batch import Batch
from ranking.engine.event import Event
from ranking.engine.packing import Hasher, pack
from ranking.engine.rows import rows_of
from ranking.lists.boards import make_board
from ranking.lists.cards import Card
from ranking.lists.catalogue import Catalogue
from ranking.lists.profile import profile_from
from ranking.ranker import Ranker
from ranking.replay.backtest import replay
from ranking.replay.visits import span_of


def warm_up() -> None:
    """Compile what a server needs, or load it from the cache."""
    ranker = Ranker()
    batch = _views()
    ranker.apply(batch, 0)
    ranker.put([Card("warm/en", str(i), "News of the day", tags=("day",)) for i in range(2)])
    ranker.tick()
    edition = ranker.edition("warm/en")
    edition.touch(np.zeros(1, np.int32))
    ranker.related("warm/en", "0", 4)
    ranker.for_you("warm/en", ["0", "1"], 4)
    make_board(edition, "popular", profile_from({"window": 3600}), 5)
    edition.hourly()
    restored = Ranker.restore(ranker.checkpoint())
    restored.reread([(0, batch)])


def warm_up_replay() -> None:
    """Compile what a backtest needs, or load it from the cache."""
    batch = _views()
    replay([batch], Catalogue(), span_of([batch], 0.0, None, 1))


def _views() -> Batch:
    now = 1_700_000_000_000
    events = [Event(visitor="v", article=str(i), edition="warm/en", id=i) for i in range(3)]
    rows = rows_of(events, [now, now + 1, now + 2_000_000])
    return pack("warm", "warm", 0, rows.at_ms[-1], rows, Hasher(b"warm"))


@lru_cache(1)
def await_replay() -> None:
    """Let a process of its own compile what a backtest needs: this one would stand still."""
    subprocess.run([sys.executable, "-m", "ranking", "warm"], check=True, capture_output=True)
