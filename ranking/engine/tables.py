"""Tables: the arrays of a site's state, made empty and made larger.

A table grows to twice its size, so that growing costs a constant a row; what is in it moves as it
is. Nothing here depends on when a table grows.
"""

import numpy as np
from numpy.typing import NDArray

from ranking.engine.coread import new_graph
from ranking.engine.decay import RUNGS
from ranking.engine.masses import CLASSES, millisecond_weights, new_weights
from ranking.engine.repeats import FULL, living, new_seen, rebuilt_seen
from ranking.engine.settings import EngineSettings
from ranking.engine.views import ARTICLE, LOG, State
from ranking.engine.visits import new_visits, rebuilt_visits

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
    log["forgotten_ms"] = LONG_AGO
    log["window_ms"] = settings.window * 1000
    return State(
        article=empty_articles(FIRST_SLOTS),
        mass=np.zeros((FIRST_SLOTS, CLASSES, RUNGS)),
        total=np.zeros((0, CLASSES, RUNGS)),
        graph=new_graph(settings),
        weights=new_weights(),
        of_millisecond=millisecond_weights(),
        seen=new_seen(),
        visits=new_visits(),
        touched=np.zeros(FIRST_SLOTS, np.int32),
        log=log,
    )


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
    """Make room for `views` more keys and visits, dropping the forgotten."""
    log, horizon = state.log[0], int(state.log[0]["forgotten_ms"])
    if log["seen_used"] + 3 * views + 3 > state.seen.size * FULL:
        seen = new_seen(_room(living(state.seen, horizon).size + 3 * views))
        rebuilt_seen(state.seen, seen, state.log)
        state = state._replace(seen=seen)
    if log["visits_used"] + views + 1 > state.visits.size * FULL:
        visits = new_visits(_room(living(state.visits, horizon).size + views))
        rebuilt_visits(state.visits, visits, state.log)
        state = state._replace(visits=visits)
    return state


def _room(entries: int) -> int:
    size = 1 << 12
    while entries > size * FULL / 2:
        size *= 2
    return size
