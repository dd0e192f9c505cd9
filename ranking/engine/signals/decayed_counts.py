"""Decayed counts: each article's views at every half-life, for three classes of view.

A row of the bank is (3 classes, n_rungs) float64 of forward-decayed views; a view adds its weight
2^((at - base)/h) to each rung of its class. Weights come from a table: one row for the current
second, times one row for the millisecond within it. Cost: 23 multiply-adds a view.

Invariant: a row's value decayed to a moment equals the naive sum of 2^(-age/h), to 1e-12.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.compiled import compiled, inlined
from ranking.engine.decay.bank import REBASE, RUNG_MS, RUNGS, Clock, moved_base, rebased
from ranking.engine.decay.portable_math import exp2
from ranking.engine.event_kinds import VIEW
from ranking.engine.signals.signal import Signal

if TYPE_CHECKING:
    from ranking.engine.site import Site

LANDING, ONWARD, OURS = 0, 1, 2
CLASSES = 3
NO_SECOND = np.iinfo(np.int64).min
WEIGHTS = np.dtype(
    [
        ("base_ms", np.int64, (RUNGS,)),  # where each rung's forward decay starts
        ("due_ms", np.int64),  # when the next base moves
        ("second", np.int64),  # the second that `of_second` stands for
        ("of_second", np.float64, (RUNGS,)),
    ],
    align=True,
)


def new_weights() -> NDArray[Any]:
    """Weights of a log that has not begun, (1,) WEIGHTS."""
    weights = np.zeros(1, WEIGHTS)
    weights["due_ms"] = weights["second"] = NO_SECOND
    return weights


@compiled
def millisecond_weights() -> NDArray[np.float64]:
    """Weight of each millisecond within a second, (1000, n_rungs) float64."""
    table = np.empty((1000, RUNGS))
    for ms in range(1000):
        for k in range(RUNGS):
            table[ms, k] = exp2(ms / RUNG_MS[k])
    return table


@compiled
def rebase(
    newest_ms: int,
    weights: NDArray[Any],
    mass: NDArray[np.float64],
    total: NDArray[np.float64],
    used: int,
) -> None:
    """Move the base of every rung that the log has outgrown; an exact power of two."""
    w = weights[0]
    due = newest_ms + RUNG_MS[RUNGS - 1] * REBASE
    for k in range(RUNGS):
        base = moved_base(newest_ms, w["base_ms"][k], RUNG_MS[k], REBASE)
        due = min(due, base + RUNG_MS[k] * REBASE)
        if base == w["base_ms"][k]:
            continue
        factor = rebased(w["base_ms"][k], base, RUNG_MS[k])
        w["base_ms"][k] = base
        for c in range(CLASSES):
            for slot in range(used):
                mass[slot, c, k] *= factor
            for edition in range(total.shape[0]):
                total[edition, c, k] *= factor
    w["second"] = NO_SECOND
    w["due_ms"] = due


@compiled
def weigh_second(weights: NDArray[Any], second: int) -> None:
    """Fill the table of the current second."""
    w = weights[0]
    w["second"] = second
    for k in range(RUNGS):
        w["of_second"][k] = exp2((second * 1000 - w["base_ms"][k]) / RUNG_MS[k])


@inlined
def add_mass(
    at_ms: int,
    weights: NDArray[Any],
    of_millisecond: NDArray[np.float64],
    mass: NDArray[np.float64],
    total: NDArray[np.float64],
    slot: int,
    edition: int,
    of_class: int,
) -> None:
    """Add one view to an article's masses and to its edition's."""
    second = at_ms // 1000
    if second != weights[0]["second"]:
        weigh_second(weights, second)
    of_second, within = weights[0]["of_second"], of_millisecond[at_ms - second * 1000]
    own, whole = mass[slot, of_class], total[edition, of_class]
    for k in range(RUNGS):
        weight = of_second[k] * within[k]
        own[k] += weight
        whole[k] += weight


class DecayedCounts(Signal):
    """Decayed counts as a registered signal; the view loop updates them."""

    name = "decayed_counts"
    kinds = (VIEW,)

    def arrays(self, site: "Site") -> dict[str, NDArray[Any]]:
        """Bases of the rungs, masses of articles and of editions."""
        state, used = site.state, len(site.ids)
        base_ms = state.weights["base_ms"][0]
        return {"base_ms": base_ms, "mass": state.mass[:used], "total": state.total}

    def readings(self, site: "Site", at_ms: int) -> dict[str, NDArray[np.float64]]:
        """Masses decayed to a moment: (n, 3, n_rungs) of articles and of editions."""
        state, used = site.state, len(site.ids)
        shift = Clock(at_ms, state.weights["base_ms"][0]).shift
        left = np.array([exp2(-halvings) for halvings in shift.tolist()])
        return {"mass": state.mass[:used] * left, "total": state.total * left}
