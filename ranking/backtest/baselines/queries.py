"""Queries: the input of every baseline, and the rank that it returns.

A baseline predicts the same pages as the lists, from the same views (`Plan.seen`). It omits pages
read in the visit and ranks articles of the page's edition only. It is one compiled loop over the
log: predict the due pages, then learn from the next page.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.backtest import Replay
from ranking.backtest.predictions import Plan


class Queries(NamedTuple):
    """The pages of a log, and the queries.

    Attributes
    ----------
    plan : Plan
    at : (n_views,) int64
        Stamps, ms.
    is_page : (n_views,) bool
    first : (n_views,) int64
        The visit's first view.
    edition : (n_articles,) int64
        Edition of each slot.
    """

    plan: Plan
    at: NDArray[np.int64]
    is_page: NDArray[np.bool_]
    first: NDArray[np.int64]
    edition: NDArray[np.int64]


def asked_of(replay: Replay) -> Queries:
    """The queries of a replay's lists."""
    articles = len(replay.site.ids)
    edition = replay.site.state.article["edition"][:articles].astype(np.int64)
    at = np.ascontiguousarray(replay.views["at"])
    return Queries(replay.plan, at, replay.visits.is_page, replay.visits.first, edition)
