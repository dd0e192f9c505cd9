"""Import progress: which rows of a file the log has, so that a second import adds nothing.

A sender labels each event with the digest of its file's content and with its row number. A site
keeps the next row of each of the last `MOST` imports; events of earlier rows are known.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import Batch

MOST = 1000


def known_rows(batch: Batch, following: dict[str, int]) -> NDArray[np.bool_]:
    """Say which events of a batch are known by their row, (n_events,) bool.

    Parameters
    ----------
    batch : Batch
    following : dict of str to int
        Next row of each import, the one used last at the end; moved on.
    """
    known = np.zeros(len(batch), np.bool_)
    label, row = batch.columns["import"], batch.columns["row"].astype(np.int64)
    if not label.any():
        return known
    bounds = np.flatnonzero(np.diff(label, prepend=label[0] - 1, append=label[-1] - 1))
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if label[start]:
            name = batch.imports[int(label[start])]
            rows, due = row[start:stop], following.pop(name, 0)
            newest = np.maximum.accumulate(rows)
            known[start:stop] = rows < np.maximum(np.concatenate([[0], newest[:-1] + 1]), due)
            following[name] = max(due, int(newest[-1]) + 1)
            while len(following) > MOST:
                del following[next(iter(following))]
    return known


def as_pairs(following: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The same as a constant."""
    return tuple(following.items())
