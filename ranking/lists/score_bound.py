"""Score bound: excludes the articles of an edition whose scores are certainly too low for a list.

Scores in forward units change only when an article is touched, and what a unit of each level adds
changes for all alike. So one look at all articles bounds the rest until it is not enough.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class ScoreBound:
    """An upper bound of the scores of all articles but some.

    Attributes
    ----------
    slots : list of (n,) int32
        Those that may score more, and what is touched.
    room : int
        So many may be added.
    worth : (n_levels,) float64
        What a unit of each level's scores adds.
    most : float
    """

    slots: list[NDArray[np.int32]]
    room: int
    worth: NDArray[np.float64]
    most: float

    def add(self, slots: NDArray[np.int32]) -> None:
        """Take what was touched out of the rest."""
        self.slots.append(slots)
        self.room -= slots.size

    def others(self) -> NDArray[np.int32]:
        """Slots of those that are not in the rest, ascending."""
        if len(self.slots) > 1:
            self.slots = [np.unique(np.concatenate(self.slots))]
        return self.slots[0]

    def under(self, worth: NDArray[np.float64]) -> float:
        """The upper bound under other weights of the levels."""
        grown = np.where(worth > 0.0, np.inf, 0.0)
        np.divide(worth, self.worth, out=grown, where=self.worth > 0.0)
        return self.most * float(grown.max())
