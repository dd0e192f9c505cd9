"""Last Popular: Popular at each edition's last prediction, for compiled loops.

The same hysteresis as `Incumbents` of the live lists, by the same `settled`, applied at each
prediction.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.lists.rerank.hysteresis import INCUMBENTS, settled


class LastPopular(NamedTuple):
    """The last Popular of each edition.

    Attributes
    ----------
    held : (n_editions, INCUMBENTS) int32
        Slots in their shown order; -1 = none.
    second : (n_editions,) int64
        Time of the last update, seconds of the log's clock.
    margin : (1,) float64
        Steadiness of the profile; 0 = order by score.
    """

    held: NDArray[np.int32]
    second: NDArray[np.int64]
    margin: NDArray[np.float64]


def empty_last_popular(editions: int, margin: float) -> LastPopular:
    """Popular before it was shown."""
    held = np.full((editions, INCUMBENTS), -1, np.int32)
    return LastPopular(held, np.zeros(editions, np.int64), np.full(1, margin))


@compiled
def apply_hysteresis(
    last: LastPopular,
    edition: int,
    second: int,
    ranking: NDArray[np.int32],
    scores: NDArray[np.float64],
) -> None:
    """Apply hysteresis to a ranking, and store the result.

    Parameters
    ----------
    last : LastPopular
    edition : int
    second : int
        The log's clock.
    ranking : (n,) int32
        Slots, best first; reordered.
    scores : (n,) float64
    """
    held, count = np.empty(INCUMBENTS, np.int32), 0
    for slot in last.held[edition]:
        for place in range(ranking.size):
            if ranking[place] == slot:
                held[count] = place
                count += 1
    margin = last.margin[0] if second > last.second[edition] else np.inf
    ranking[:] = ranking[settled(held[:count], scores, margin)]
    last.second[edition] = second
    last.held[edition] = -1
    shown = min(ranking.size, INCUMBENTS)
    last.held[edition, :shown] = ranking[:shown]
