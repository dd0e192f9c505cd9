"""Interleaving: both rankings in one list, so each reader compares them.

Team draft (Radlinski, Kurup and Joachims 2008): in each round a coin decides which ranking picks
first. Each ranking picks its best article that is not listed yet. A click counts for the ranking
that contributed the article. `DRAWINGS` lists are drawn in advance; the bits of a drawing's number
are its coins. All coin sequences are equally frequent, and serving needs no random numbers. A
common prefix of both rankings belongs to neither, and its clicks count for neither (Chapelle et al.
2012).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled

COINS = 4
DRAWINGS = 1 << COINS
NOBODY = -1


class Interleaved(NamedTuple):
    """One list out of two.

    Attributes
    ----------
    ids : tuple of str
    teams : tuple of int
        The ranking of each article: 0, 1 or `NOBODY`.
    """

    ids: tuple[str, ...]
    teams: tuple[int, ...]


def team_draft(first: Sequence[str], second: Sequence[str], n: int, drawing: int) -> Interleaved:
    """Draft one list.

    Parameters
    ----------
    first, second : sequence of str
        Best first.
    n : int
        Maximum number of articles.
    drawing : int
        0 to `DRAWINGS` - 1.

    Examples
    --------
    >>> team_draft(["a", "b", "c"], ["a", "c", "d"], 3, drawing=0)
    Interleaved(ids=('a', 'b', 'c'), teams=(-1, 0, 1))
    >>> team_draft(["a", "b", "c"], ["a", "c", "d"], 3, drawing=15)
    Interleaved(ids=('a', 'c', 'b'), teams=(-1, 1, 0))
    """
    number = {id: place for place, id in enumerate(dict.fromkeys((*first, *second)))}
    known = list(number)
    one, other = (np.array([number[id] for id in ids], np.int32) for ids in (first, second))
    listed, teams = np.full(n, -1, np.int32), np.full(n, NOBODY, np.int8)
    drafted(one, other, drawing, listed, teams)
    count = int((listed >= 0).sum())
    return Interleaved(tuple(known[k] for k in listed[:count]), tuple(teams[:count].tolist()))


def drawings(first: Sequence[str], second: Sequence[str], n: int) -> list[Interleaved]:
    """All drawings, by their number."""
    return [team_draft(first, second, n, drawing) for drawing in range(DRAWINGS)]


@compiled
def drafted(
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    drawing: int,
    listed: NDArray[np.int32],
    teams: NDArray[np.int8],
) -> None:
    """Draft one list of numbered articles.

    Parameters
    ----------
    first, second : (n_first,), (n_second,) int32
        Best first; negative = no article.
    drawing : int
    listed : (n,) int32
        Filled; remaining elements keep their values.
    teams : (n,) int8
        Filled in the same way.
    """
    count = 0
    while count < min(listed.size, first.size, second.size) and first[count] == second[count] >= 0:
        listed[count], teams[count] = first[count], NOBODY
        count += 1
    turn = 0
    while count < listed.size:
        leads = drawing >> ((turn // 2) % COINS) & 1
        team = leads if turn % 2 == 0 else 1 - leads
        ranking = second if team else first
        for article in ranking:
            if article >= 0 and not (listed[:count] == article).any():
                listed[count], teams[count] = article, team
                count += 1
                break
        else:
            if turn % 2 and not _picks(first, second, listed[:count]):
                return
        turn += 1


@compiled
def _picks(first: NDArray[np.int32], second: NDArray[np.int32], listed: NDArray[np.int32]) -> bool:
    for ranking in (first, second):
        for article in ranking:
            if article >= 0 and not (listed == article).any():
                return True
    return False
