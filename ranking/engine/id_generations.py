"""Generations of event ids: one per period; old generations are dropped whole.

The loop enters ids into the newest generation; this file begins and forgets generations, between
two views, and has the tables grow. What it does follows from the log alone.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.deduplication import new_seen
from ranking.engine.event_ids import (
    SPANS_MS,
    Generation,
    largest_generation,
    next_period_ms,
    put_ids,
)
from ranking.engine.hash_tables import EACH, FULL, LONG_IDS, table_size
from ranking.engine.view_loop import State

LONG_AGO = np.iinfo(np.int64).min // 4
FIRST = 64


class Generations:
    """Generations of a site's ids: of views and clicks, and of reads and impressions."""

    def __init__(self) -> None:
        self._closed: tuple[list[Generation], list[Generation]] = ([], [])
        self._begun = [LONG_AGO, LONG_AGO]

    def due_ms(self) -> int:
        """When the next generation begins."""
        return min(next_period_ms(which, self._begun[which]) for which in range(len(SPANS_MS)))

    def begin_ms(self, memory: int) -> int:
        """Since when one of the memories of ids remembers."""
        which = memory - LONG_IDS
        return self._closed[which][0].begin_ms if self._closed[which] else self._begun[which]

    def all(self, state: State) -> list[tuple[int, Generation]]:
        """All generations, oldest first, each with which of the two memories it is of."""
        return [
            (which, generation)
            for which, closed in enumerate(self._closed)
            for generation in (*closed, self._newest(state, which))
        ]

    def begin_due(self, state: State, at_ms: int) -> State:
        """Begin the generations that are due at a moment, and forget those that are too old."""
        for which, span in enumerate(SPANS_MS):
            due_ms = next_period_ms(which, self._begun[which])
            if at_ms < due_ms:
                continue
            state = self._close(state, which, due_ms, at_ms)
            while self._closed[which] and self._closed[which][0].end_ms <= at_ms - span:
                self._forget_oldest(state, which)
        return state

    def with_room(self, state: State) -> State:
        """Make room for one more id of either kind, at the cost of the oldest ones."""
        for which in range(len(SPANS_MS)):
            memory, log = state.memory[LONG_IDS + which], state.log[0]
            largest = largest_generation(int(memory["most"]))
            if log["fresh"][which] >= largest:
                newest_ms = int(log["newest_ms"])
                state = self._close(state, which, newest_ms, newest_ms)
            elif log["fresh"][which] == state.fresh[which].size:
                grown = np.zeros(min(2 * state.fresh[which].size, largest), np.uint64)
                grown[: state.fresh[which].size] = state.fresh[which]
                state = state._replace(fresh=_put(state.fresh, which, grown))
            while memory["living"] + EACH > memory["most"]:
                self._forget_oldest(state, which)
            if memory["used"] + EACH > state.ids[which].size * FULL:
                state = self._rebuilt(state, which)
        return state

    def restore(self, state: State, found: list[tuple[int, Generation]]) -> State:
        """Put generations in place of none, oldest first."""
        for which in range(len(SPANS_MS)):
            *closed, newest = [generation for of, generation in found if of == which]
            self._closed[which][:] = closed
            self._begun[which] = newest.begin_ms
            fresh = np.zeros(max(FIRST, newest.keys.size), np.uint64)
            fresh[: newest.keys.size] = newest.keys
            state.log[0]["fresh"][which] = newest.keys.size
            state.log[0]["generation"][which] = newest.number
            oldest = closed[0].number if closed else newest.number
            state.memory[LONG_IDS + which]["horizon"] = oldest
            state = self._rebuilt(state._replace(fresh=_put(state.fresh, which, fresh)), which)
        return state

    def _newest(self, state: State, which: int) -> Generation:
        log = state.log[0]
        keys = state.fresh[which][: log["fresh"][which]].copy()
        return Generation(int(log["generation"][which]), self._begun[which], 0, keys)

    def _close(self, state: State, which: int, end_ms: int, begin_ms: int) -> State:
        """End a generation and begin one; one that has no id yet begins anew."""
        newest = self._newest(state, which)
        self._begun[which] = begin_ms
        if not newest.keys.size:
            return state
        self._closed[which].append(replace(newest, end_ms=end_ms))
        state.log[0]["generation"][which] = newest.number + 1
        state.log[0]["fresh"][which] = 0
        return state._replace(fresh=_put(state.fresh, which, np.zeros(FIRST, np.uint64)))

    def _forget_oldest(self, state: State, which: int) -> None:
        gone = self._closed[which].pop(0)
        following = self._closed[which][0].number if self._closed[which] else gone.number + 1
        memory = state.memory[LONG_IDS + which]
        memory["horizon"] = following
        memory["living"] -= gone.keys.size

    def _rebuilt(self, state: State, which: int) -> State:
        generations = [*self._closed[which], self._newest(state, which)]
        entries = sum(generation.keys.size for generation in generations)
        table, memory = new_seen(table_size(entries + 1)), state.memory[LONG_IDS + which :][:1]
        memory["used"] = memory["living"] = 0
        for generation in generations:
            put_ids(table, generation.keys, generation.number, memory)
        return state._replace(ids=_put(state.ids, which, table))


def _put(
    arrays: tuple[NDArray[Any], ...], which: int, array: NDArray[Any]
) -> tuple[NDArray[Any], ...]:
    return (*arrays[:which], array, *arrays[which + 1 :])
