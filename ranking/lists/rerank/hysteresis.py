"""Hysteresis: a listed article keeps its place until another one exceeds it by a margin.

Incumbents belong to the boards, not to the state. Their order is decided once a second of the log's
clock; within a second only their scores change. An article that has been listed longer than the
cooldown loses half of its score for each further cooldown, so that it does not stay for ever. With
a margin and a cooldown of 0 the order is that of the ranking.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.engine.decay.portable_math import exp2
from ranking.lists.edition_reader import Scored
from ranking.lists.rerank.rule import RerankContext, RerankRule
from ranking.profiles.profile import Profile

CHALLENGERS, INCUMBENTS = 64, 20
"""Articles of a ranking that are looked at for a board, and of a board that hold their places."""


@compiled
def settled(
    held: NDArray[np.int32], scores: NDArray[np.float64], margin: float
) -> NDArray[np.int32]:
    """Order a ranking by who stands and who beats whom.

    Parameters
    ----------
    held : (n_held,) int32
        Places of the incumbents in the ranking, as they stand.
    scores : (n,) float64
        Scores of the ranking, best first.
    margin : float
        One passes another that stands before it when its score is so much greater, as a share.

    Returns
    -------
    (n,) int32
        Places in the ranking, in the new order.

    Examples
    --------
    >>> settled(np.array([1, 0], np.int32), np.array([10.4, 10.0, 9.0]), 0.05).tolist()
    [1, 0, 2]
    >>> settled(np.array([1, 0], np.int32), np.array([10.6, 10.0, 9.0]), 0.05).tolist()
    [0, 1, 2]
    """
    order = np.empty(scores.size, np.int32)
    stands = np.zeros(scores.size, np.bool_)
    used = 0
    for place in held:
        order[used] = place
        stands[place] = True
        used += 1
    for place in range(scores.size):
        if not stands[place]:
            order[used] = place
            used += 1
    for i in range(1, order.size):
        climber, to = order[i], i
        while to > 0 and scores[climber] > scores[order[to - 1]] * (1.0 + margin):
            order[to] = order[to - 1]
            to -= 1
        order[to] = climber
    return order


class Incumbents:
    """The articles that one board lists, and since when.

    Parameters
    ----------
    ids : sequence of str
        What it showed when it was published last, best first.
    at : float
        When that was, seconds of the log's clock.
    """

    def __init__(self, ids: Sequence[str] = (), at: float = 0.0) -> None:
        self._since = dict.fromkeys(ids, at)
        self._judged = at

    def steadied(self, ranking: Iterable[Scored], at: float, profile: Profile) -> Iterator[Scored]:
        """Reorder a ranking's first articles; scores stay as they are.

        Parameters
        ----------
        ranking : iterable of Scored
            Best first.
        at : float
            The log's clock, seconds.
        profile : Profile
        """
        if not (profile.steadiness or profile.cooldown):
            return iter(ranking)
        rest = iter(ranking)
        looked = list(islice(rest, CHALLENGERS))
        viewed = [item for item in looked if item.score > 0.0]
        first = self._tired(viewed, at, profile.cooldown)
        place = {item.id: i for i, (_, item) in enumerate(first)}
        held = np.array([place[id_] for id_ in self._since if id_ in place], np.int32)
        margin = profile.steadiness if math.floor(at) > math.floor(self._judged) else math.inf
        order = settled(held, np.array([score for score, _ in first]), margin)
        return chain((first[i][1] for i in order.tolist()), looked[len(viewed) :], rest)

    def __len__(self) -> int:
        """Count what it shows."""
        return len(self._since)

    def stand(self, ids: Iterable[str], at: float) -> None:
        """Take what is shown from now on."""
        kept = islice(ids, INCUMBENTS)
        self._since = {id_: self._since.get(id_, at) for id_ in kept}
        self._judged = max(self._judged, at)

    def _tired(self, first: list[Scored], at: float, cooldown: float) -> list[tuple[float, Scored]]:
        """Scores after the cooldown, best first, ties by id."""
        if not cooldown:
            return [(item.score, item) for item in first]
        ages = [at - self._since.get(item.id, at) for item in first]
        tired = [
            (item.score * exp2(-max(age - cooldown, 0.0) / cooldown), item)
            for item, age in zip(first, ages, strict=True)
        ]
        return sorted(tired, key=lambda pair: (-pair[0], pair[1].id))


class Hysteresis(RerankRule):
    """A board's articles keep their places against slight differences."""

    name = "hysteresis"
    examples = ({"steadiness": 0.3}, {"cooldown": 3600.0})
    bases = ("edition",)
    needs_cards = False
    reorders = True

    def is_on(self, profile: Profile) -> bool:
        """Whether there is a margin or a cooldown."""
        return bool(profile.steadiness or profile.cooldown)

    def rerank(self, ranking: Iterable[Scored], context: RerankContext) -> Iterable[Scored]:
        """The ranking steadied by what the board shows, if it is known."""
        held = context.incumbents
        if held is None:
            return ranking
        return held.steadied(ranking, context.reading.at, context.profile)
