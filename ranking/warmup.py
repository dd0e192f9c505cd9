"""Warm-up: runs every compiled loop once, on a log with more articles than the state holds."""

import subprocess
import sys
from functools import lru_cache

import numpy as np

from ranking.backtest.backtest import replay
from ranking.backtest.visits import span_of
from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.engine.batch import Batch
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event import Event
from ranking.engine.event_columns import rows_of
from ranking.engine.settings import EngineSettings
from ranking.lists.boards import make_board
from ranking.profiles.profile import DEFAULT, profile_from
from ranking.ranker import Ranker
from ranking.read_model.value_builder import ValueBuilder

SMALL = EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024)
EDITION = "warm/en"


def warm_up() -> None:
    """Compile what a server needs, or load it from the cache."""
    ranker = Ranker(SMALL)
    batch = _views(SMALL.articles + 1)
    ranker.apply(batch, 0)
    visit = [str(i) for i in range(SMALL.articles)]
    ranker.put([Card(EDITION, page, "News", tags=("day",)) for page in visit[::2]])
    ranker.put([Card(EDITION, page, "News", tags=("news",)) for page in visit[1::2]])
    builder = ValueBuilder(ranker)
    builder.note(ranker.tick(), renewed=True)
    edition = ranker.lists.edition(EDITION)
    edition.touch(np.zeros(1, np.int32))
    ranker.lists.related(EDITION, visit[-1], 4)
    ranker.lists.for_you(EDITION, visit[-3:], 4)
    edition.tags(DEFAULT).cooccurrence.synonyms("news")
    for parameters in ({"window": 3600}, {"freshness": 0.5}):
        make_board(edition, "popular", profile_from(parameters), 5)
    edition.hourly()
    restored = Ranker.restore(ranker.checkpoint(), SMALL)
    restored.reread([(0, batch)])


def warm_up_replay() -> None:
    """Compile what a backtest needs, or load it from the cache."""
    batch = _views(3)
    replay([batch], Catalogue(), span_of([batch], 0.0, None, 1))


def _views(count: int) -> Batch:
    now = 1_700_000_000_000
    events = [Event(visitor="v", article=str(i), edition=EDITION, id=i) for i in range(count)]
    rows = rows_of(events, [now + i * i * 1000 for i in range(count)])
    return pack("warm", "warm", 0, rows.at_ms[-1], rows, Hasher(b"warm"))


@lru_cache(1)
def await_replay() -> None:
    """Let a process of its own compile what a backtest needs: this one would stand still."""
    subprocess.run([sys.executable, "-m", "ranking", "warm"], check=True, capture_output=True)
