"""Last Popular: what Popular showed at each edition's last prediction, for compiled loops.

The same rule as `Incumbents` of the live lists, by the same `settled`; judged when somebody asks.
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
        Slots as they stand; -1 = nothing.
    second : (n_editions,) int64
        When it was judged last, seconds of the log's clock.
    margin : (1,) float64
        Steadiness of the profile; 0 = the order is that of the scores.
    """

    held: NDArray[np.int32]
    second: NDArray[np.int64]
    margin: NDArray[np.float64]


def nothing_stood(editions: int, margin: float) -> LastPopular:
    """Popular before it was shown."""
    held = np.full((editions, INCUMBENTS), -1, np.int32)
    return LastPopular(held, np.zeros(editions, np.int64), np.full(1, margin))


@compiled
def stand_anew(
    stood: LastPopular,
    edition: int,
    second: int,
    ranking: NDArray[np.int32],
    scores: NDArray[np.float64],
) -> None:
    """Bring a ranking into the order in which it stands, and remember that.

    Parameters
    ----------
    stood : LastPopular
    edition : int
    second : int
        The log's clock.
    ranking : (n,) int32
        Slots, best first; reordered.
    scores : (n,) float64
    """
    held, count = np.empty(INCUMBENTS, np.int32), 0
    for slot in stood.held[edition]:
        for place in range(ranking.size):
            if ranking[place] == slot:
                held[count] = place
                count += 1
    margin = stood.margin[0] if second > stood.second[edition] else np.inf
    ranking[:] = ranking[settled(held[:count], scores, margin)]
    stood.second[edition] = second
    stood.held[edition] = -1
    shown = min(ranking.size, INCUMBENTS)
    stood.held[edition, :shown] = ranking[:shown]
