"""Warming up: every compiled loop run once on a log of three views."""

import numpy as np

from ranking.engine.event import Event
from ranking.engine.packing import Hasher, pack
from ranking.engine.rows import rows_of
from ranking.lists.boards import make_board
from ranking.lists.catalogue import Card
from ranking.lists.profile import profile_from
from ranking.ranker import Ranker


def warm_up() -> None:
    """Compile what a server needs, or load it from the cache."""
    ranker = Ranker()
    now = 1_700_000_000_000
    events = [Event(visitor="v", article=str(i), edition="warm/en", id=i) for i in range(3)]
    rows = rows_of(events, [now, now + 1, now + 2_000_000])
    batch = pack("warm", "warm", 0, now, rows, Hasher(b"warm"))
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
