"""Outcomes: what became of each event that reached the engine.

A code stands for each; the counts of a process are by these names.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

KNOWN, COUNTED, REPEAT, ROBOT, LATE, AHEAD, NO_ROOM = range(7)
"""The engine has applied the event before. It counted. It repeats another event. A robot sent it.
Its stamp is too far behind the site's clock, or ahead of its packing. The engine has no room for
its site or edition."""
NAMES = ("known", "counted", "repeats", "robots", "late", "ahead", "rejected")
ANSWER_NAMES = (*NAMES[:NO_ROOM], "no_room")
"""The same in the answer to a sender, whose `rejected` lists what never reached the engine."""


def outcome_counts(outcomes: Iterable[NDArray[np.uint8]]) -> dict[str, int]:
    """Events by outcome, for their sender; those that the engine has already are repeats too.

    Examples
    --------
    >>> counts = outcome_counts([np.array([KNOWN, COUNTED, REPEAT], np.uint8)])
    >>> counts["repeats"], counts["known"]
    (2, 1)
    """
    counts = np.zeros(len(NAMES), np.int64)
    for codes in outcomes:
        counts += np.bincount(codes, minlength=len(NAMES))
    counts[REPEAT] += counts[KNOWN]
    return dict(zip(ANSWER_NAMES, counts.tolist(), strict=True))
