"""State arrays: allocates the arrays of a site's state and enlarges them.

A table grows to twice its size, so that growing costs a constant a row; what is in it moves as it
is. Nothing here depends on when a table grows.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ranking.engine.decay.bank import RUNGS
from ranking.engine.deduplication import new_seen, rebuilt_seen
from ranking.engine.hash_tables import (
    EACH,
    FULL,
    LONG_IDS,
    MEMORY,
    READERS,
    SHORT_IDS,
    SIGHTS,
    VISITS,
    table_size,
)
from ranking.engine.sessions import new_visits, rebuilt_visits
from ranking.engine.settings import EngineSettings
from ranking.engine.signals.covisitation import new_graph
from ranking.engine.signals.decayed_counts import CLASSES, millisecond_weights, new_weights
from ranking.engine.view_loop import ARTICLE, LOG, State

LONG_AGO = np.iinfo(np.int64).min // 4
FIRST_SLOTS = 1024


def empty_articles(size: int) -> NDArray[np.void]:
    """Create records for articles without a view, (size,) ARTICLE."""
    article = np.zeros(size, ARTICLE)
    article["hour"] = article["day"] = LONG_AGO
    article["row"] = -1
    return article


def new_state(settings: EngineSettings) -> State:
    """Create the state of a site that has no view yet."""
    log = np.zeros(1, LOG)
    log["window"] = LONG_AGO // (settings.window * 1000)
    log["window_ms"] = settings.window * 1000
    log["due_ms"] = LONG_AGO
    log["generation"] = 1
    return State(
        article=empty_articles(FIRST_SLOTS),
        mass=np.zeros((FIRST_SLOTS, CLASSES, RUNGS)),
        total=np.zeros((0, CLASSES, RUNGS)),
        graph=new_graph(settings),
        weights=new_weights(),
        of_millisecond=_weights_of_milliseconds(),
        seen=tuple(new_seen() for _ in range(SIGHTS)),
        visits=new_visits(),
        ids=(new_seen(64), new_seen(64)),
        fresh=(np.zeros(64, np.uint64), np.zeros(64, np.uint64)),
        memory=new_memory(settings),
        touched=np.zeros(FIRST_SLOTS, np.int32),
        log=log,
    )


@cache
def _weights_of_milliseconds() -> NDArray[np.float64]:
    """The same table for all sites."""
    return millisecond_weights()


def new_memory(settings: EngineSettings) -> NDArray[np.void]:
    """Count nothing of any memory, (8,) MEMORY."""
    memory = np.zeros(SHORT_IDS + 1, MEMORY)
    memory["horizon"] = LONG_AGO
    memory["horizon"][LONG_IDS:] = 1
    kinds = (settings.visitors, settings.reads, settings.impressions, settings.clicks)
    memory["most"][:READERS] = kinds
    memory["most"][READERS] = memory["most"][VISITS] = settings.visitors
    memory["most"][LONG_IDS:] = settings.ids
    return memory


def with_edition(state: State) -> State:
    """Make room for one more edition."""
    total = np.zeros((state.total.shape[0] + 1, CLASSES, RUNGS))
    total[:-1] = state.total
    return state._replace(total=total)


def with_articles(state: State, count: int, most: int) -> State:
    """Make room for `count` articles, of `most` that there may be."""
    have = state.article.size
    if count <= have:
        return state
    size = max(min(2 * have, most), count)
    article = empty_articles(size)
    article[:have] = state.article
    mass = np.zeros((size, CLASSES, RUNGS))
    mass[:have] = state.mass
    touched = np.zeros(size, np.int32)
    touched[:have] = state.touched
    return state._replace(article=article, mass=mass, touched=touched)


def with_room(state: State, views: int) -> State:
    """Make room for `views` more sights and visits in the tables, dropping what is forgotten."""
    seen, memory = list(state.seen), state.memory
    for which, table in enumerate(seen):
        if _is_full(memory, which, table.size, views):
            seen[which] = new_seen(_size_for(memory, which, views))
            rebuilt_seen(table, seen[which], memory[which : which + 1])
    visits = state.visits
    if _is_full(memory, VISITS, visits.size, views):
        visits = new_visits(_size_for(memory, VISITS, views))
        rebuilt_visits(state.visits, visits, memory[VISITS : VISITS + 1])
    return state._replace(seen=tuple(seen), visits=visits)


def _is_full(memory: NDArray[np.void], which: int, size: int, views: int) -> bool:
    return bool(memory["used"][which] + EACH * views > size * FULL)


def _size_for(memory: NDArray[np.void], which: int, views: int) -> int:
    return table_size(int(memory["living"][which]) + EACH * views)
