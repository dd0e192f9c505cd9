"""Simulated readers: the counts of an experiment on readers with known behaviour.

A reader draws a bucket, then a number of impressions by a Pareto law: most readers see one item, a
few two hundred. Each item is clicked with the reader's own probability, drawn by a beta law. So the
impressions of one reader are neither few nor independent. Each look estimates the effect as
`ratio_metrics` does, from the sums by bucket. The same seed gives the same path.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled
from ranking.experiments.ratio_metrics import TRUSTED


class ReaderModel(NamedTuple):
    """Parameters of simulated readers.

    Attributes
    ----------
    shape : float
        Shape of the Pareto law of impressions per reader; its minimum is 1.
    most : int
        Largest number of impressions.
    rarity : float
        b of the beta law B(1, b) of the click probability: mean 1 / (1 + b).
    """

    shape: float = 1.3
    most: int = 200
    rarity: float = 9.0


class Looks(NamedTuple):
    """The counts at each look: `(n_looks,)` for one path, `(n_paths, n_looks)` for many.

    Attributes
    ----------
    effect : float64
        Difference of the logarithms of clicks per impression.
    information : float64
        Inverse of its variance over buckets; 0 = no data.
    freedom : float64
        Degrees of freedom of the variance: see `ratio_metrics.Effect`.
    naive : float64
        Inverse of the variance under independent impressions.
    control, treated : float64
        Readers of the two arms.
    """

    effect: NDArray[np.float64]
    information: NDArray[np.float64]
    freedom: NDArray[np.float64]
    naive: NDArray[np.float64]
    control: NDArray[np.float64]
    treated: NDArray[np.float64]


def no_looks(*shape: int) -> Looks:
    """Empty looks."""
    return Looks(*(np.zeros(shape) for _ in Looks._fields))


def walk(
    drawn: np.random.Generator,
    arm: NDArray[np.int8],
    lift: float,
    every: int,
    looks: Looks,
    readers: ReaderModel = ReaderModel(),  # noqa: B008
) -> None:
    """Simulate readers, with a look after every `every` readers.

    Parameters
    ----------
    drawn : Generator
    arm : (n_buckets,) int8
        0 or 1 for each bucket.
    lift : float
        Relative increase of the clicks in arm 1.
    every : int
        Readers between two looks.
    looks : Looks
        Looks of one path; filled.
    readers : ReaderModel
    """
    _walk(drawn, arm, lift, every, looks, readers)


@compiled
def _walk(
    drawn: Any, arm: NDArray[np.int8], lift: float, every: int, looks: Looks, readers: ReaderModel
) -> None:
    clicks, shown = np.zeros(arm.size), np.zeros(arm.size)
    arrived = np.zeros(2)
    for look in range(looks.effect.size):
        for _ in range(every):
            bucket = int(drawn.random() * arm.size)
            count = min(int((1.0 - drawn.random()) ** (-1.0 / readers.shape)), readers.most)
            chance = 1.0 - (1.0 - drawn.random()) ** (1.0 / readers.rarity)
            if arm[bucket]:
                chance = min(chance * (1.0 + lift), 1.0)
            shown[bucket] += count
            clicks[bucket] += _clicked(drawn, count, chance)
            arrived[arm[bucket]] += 1
        looks.control[look], looks.treated[look] = arrived[0], arrived[1]
        _look(clicks, shown, arm, look, looks)


@compiled
def _clicked(drawn: Any, count: int, chance: float) -> int:
    if count > 12:
        return int(drawn.binomial(count, chance))
    clicked = 0
    for _ in range(count):
        clicked += drawn.random() < chance
    return clicked


@compiled
def _look(
    clicks: NDArray[np.float64], shown: NDArray[np.float64], arm: NDArray[np.int8],
    look: int, looks: Looks,
) -> None:  # fmt: skip
    effect, variance, naive, fourths, least, buckets = 0.0, 0.0, 0.0, 0.0, arm.size, 0
    for side in range(2):
        all_clicks, all_shown, filled = 0.0, 0.0, 0
        for bucket in range(arm.size):
            if arm[bucket] == side and shown[bucket] > 0.0:
                all_clicks += clicks[bucket]
                all_shown += shown[bucket]
                filled += 1
        if all_clicks == 0.0 or filled < 2:
            return
        rate, squares = all_clicks / all_shown, 0.0
        for bucket in range(arm.size):
            if arm[bucket] == side:
                square = ((clicks[bucket] - rate * shown[bucket]) / all_clicks) ** 2
                squares += square * filled / (filled - 1)
                fourths += (square * filled / (filled - 1)) ** 2
        variance += squares
        least, buckets = min(least, filled), buckets + filled
        naive += (1.0 - rate) / all_clicks
        effect += np.log(rate) if side else -np.log(rate)
    looks.effect[look] = effect
    looks.information[look] = 1.0 / variance if variance > 0.0 else 0.0
    if variance > 0.0:
        beyond = max(fourths / variance**2 - 1.0 / buckets, 1e-9)
        looks.freedom[look] = TRUSTED * min(2.0 / beyond, least - 1.0)
    looks.naive[look] = 1.0 / naive if naive > 0.0 else 0.0
