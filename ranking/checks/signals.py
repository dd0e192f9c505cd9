"""Checks of signals: a signal is a function of the sequence of events, finite at all times."""

from collections.abc import Callable

import numpy as np

from ranking.checks.events import (
    DAY_MS,
    EDITIONS,
    HOUR_MS,
    ROBOT,
    SMALL,
    START_MS,
    applied,
    batches,
    cuts,
    log,
)
from ranking.checks.requirement import require, require_close, require_same
from ranking.engine.event import AHEAD_MS, EARLIEST_MS, Event
from ranking.engine.signals.signal import Signal
from ranking.engine.site import Site
from ranking.ranker import Ranker

SILENCE_MS = 400 * DAY_MS


def check_batching(signal: Signal) -> None:
    """However a log is cut into batches, the arrays are the same to the byte."""
    events = log(signal.kinds)
    whole = signal.arrays(_site(applied(events)))
    for seed in range(3):
        ranker = Ranker(SMALL)
        for position, batch in enumerate(batches(events, cuts(len(events), 40, seed))):
            ranker.apply(batch, position)
            ranker.tick()
        require_same(whole, signal.arrays(_site(ranker)), signal.name, "batching changes it")
    changed = any(any(array.tobytes()) for array in whole.values())
    require(changed, signal.name, "no event of its kinds changes it")


def check_restarts(signal: Signal) -> None:
    """A restart from a checkpoint at any place changes nothing."""
    events = log(signal.kinds)
    whole = signal.arrays(_site(applied(events)))
    parts = batches(events, cuts(len(events), 12, 7))
    ranker = Ranker(SMALL)
    for position, batch in enumerate(parts):
        ranker.apply(batch, position)
        first = ranker.reread_from()
        ranker = Ranker.restore(ranker.checkpoint(), SMALL)
        ranker.reread((p, parts[p]) for p in range(first, position + 1))
    require_same(whole, signal.arrays(_site(ranker)), signal.name, "a restart changes it")


def check_evictions(signal: Signal) -> None:
    """A slot that is evicted and given again, twice, begins at zero; cuts still change nothing."""
    events = log(signal.kinds, articles=300, step_ms=2_000)
    ranker = applied(events)
    require(_site(ranker).evictions >= 2, signal.name, "the log evicts nothing")
    whole = signal.arrays(_site(ranker))
    other = Ranker(SMALL)
    for position, batch in enumerate(batches(events, cuts(len(events), 30, 3))):
        other.apply(batch, position)
    require_same(whole, signal.arrays(_site(other)), signal.name, "evictions depend on batches")
    _require_finite(signal, ranker, _site(ranker).newest_ms)


def check_silence(signal: Signal) -> None:
    """After 400 days of silence values are finite, and the log goes on."""
    events = log(signal.kinds)
    ranker, end = applied(events), max(at for at, _ in events)
    _require_finite(signal, ranker, end + SILENCE_MS)
    later = [(at + SILENCE_MS, event) for at, event in events]
    for position, batch in enumerate(batches(later, first=len(events)), 1):
        ranker.apply(batch, position)
    _require_finite(signal, ranker, _site(ranker).newest_ms)


def check_extreme_stamps(signal: Signal) -> None:
    """The smallest and the largest stamps that are let in leave finite values."""
    names = ["view", *(kind.name for kind in signal.kinds)]
    for stamps in ((EARLIEST_MS, START_MS), (START_MS, EARLIEST_MS), (START_MS, 4 * START_MS)):
        events = [
            (at + k, Event(visitor=f"{at}{k}", article=f"a{k % 3}", edition=EDITIONS[0], kind=kind))
            for at in (*stamps, stamps[-1] + AHEAD_MS)
            for k, kind in enumerate(names * 3)
        ]
        ranker = applied(events)
        _require_finite(signal, ranker, _site(ranker).newest_ms)


def check_bases(signal: Signal) -> None:
    """Time alone, when it moves the bases of forward decay, changes no value."""
    ranker = applied(log(signal.kinds))
    site = _site(ranker)
    position, number, at = 1, int(site.log["views"]), site.newest_ms
    for wait in (HOUR_MS, 10 * HOUR_MS, 40 * HOUR_MS, 30 * DAY_MS):
        at += wait
        before = signal.readings(site, at)
        robot = Event(visitor="robot", article="a0", edition=EDITIONS[0], agent=ROBOT)
        for batch in batches([(at, robot)], first=number):
            ranker.apply(batch, position)
        position, number = position + 1, number + 1
        require_close(before, signal.readings(site, at), signal.name, "a moved base changes it")


def check_bytes(signal: Signal) -> None:
    """A checkpoint gives back the arrays to the byte."""
    ranker = applied(log(signal.kinds, articles=300))
    arrays = signal.arrays(_site(ranker))
    restored = Ranker.restore(ranker.checkpoint(), SMALL)
    require_same(arrays, signal.arrays(_site(restored)), signal.name, "a checkpoint changes it")
    same = restored.state() == ranker.state()
    require(same, signal.name, "state bytes change in a checkpoint")


def check_reading(signal: Signal) -> None:
    """Reading changes nothing."""
    ranker = applied(log(signal.kinds))
    before = ranker.state()
    signal.readings(_site(ranker), _site(ranker).newest_ms + DAY_MS)
    require(ranker.state() == before, signal.name, "a reading changes the state")


CHECKS: tuple[Callable[[Signal], None], ...] = (
    check_batching, check_restarts, check_evictions, check_silence, check_extreme_stamps,
    check_bases, check_bytes, check_reading,
)  # fmt: skip


def _site(ranker: Ranker) -> Site:
    return ranker.sites["check"]


def _require_finite(signal: Signal, ranker: Ranker, at_ms: int) -> None:
    for key, array in signal.arrays(_site(ranker)).items():
        fields = [array[name] for name in array.dtype.names] if array.dtype.names else [array]
        finite = all(np.isfinite(values).all() for values in fields)
        require(finite, signal.name, f"{key} is not finite")
    for key, values in signal.readings(_site(ranker), at_ms).items():
        require(bool(np.isfinite(values).all()), signal.name, f"{key} is not read as finite")
