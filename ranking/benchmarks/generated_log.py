"""Generated log: views of one edition by a fixed seed, the same on every machine.

Article n of N has a share of views that falls with n by a power law. A visit has about three pages
within some thousand views, so that deduplication, sessionisation and co-visitation all have work.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import Batch
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event_columns import Rows

SITE, EDITION = "bench", "bench/en"
BEGIN_MS = 1_700_000_000_000
BATCH, PAGES, SPREAD = 5_000, 3, 3_000
"""Views of a batch; pages of a visit; views among which a visit's pages lie."""
SKEW = 3.0
"""The newest u-th part of the articles has the u^(1/SKEW)-th part of the views."""
_HASHES = Hasher(b"bench")


@dataclass(frozen=True, slots=True)
class GeneratedLog:
    """Parameters of a log.

    Attributes
    ----------
    articles, views : int
    per_second : float
        Views a second of log time.
    seed : int
    """

    articles: int
    views: int
    per_second: float = 100.0
    seed: int = 1

    def first_views(self) -> list[Batch]:
        """One view of each article, each by a visitor of its own, before the log begins."""
        number = np.arange(self.articles)
        return list(_packed(BEGIN_MS - self.articles + number, number, -1 - number, 0))

    def batches(self) -> list[Batch]:
        """The log itself, in its order."""
        drawn, number = np.random.default_rng(self.seed), np.arange(self.views)
        article = (self.articles * drawn.random(self.views) ** SKEW).astype(np.int64)
        visitor = ((number + SPREAD * drawn.random(self.views)) / PAGES).astype(np.int64)
        at = BEGIN_MS + (1000.0 * number / self.per_second).astype(np.int64)
        return list(_packed(at, article, visitor, self.articles))


def _packed(
    at: NDArray[np.int64], article: NDArray[np.int64], visitor: NDArray[np.int64], first: int
) -> Iterator[Batch]:
    for start in range(0, at.size, BATCH):
        part = slice(start, start + BATCH)
        columns = {
            "visitor": [f"v{name}" for name in visitor[part].tolist()],
            "article": [f"a{name}" for name in article[part].tolist()],
            "edition": [EDITION] * len(article[part]),
        }
        rows = Rows(at[part].tolist(), columns)
        yield pack(SITE, SITE, first + start, rows.at_ms[-1], rows, _HASHES)
