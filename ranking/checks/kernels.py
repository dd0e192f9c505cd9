"""Checks of kernels: weights fall from 1 to 0, and what is read is the naive sum of weights."""

from collections.abc import Callable, Iterator

import numpy as np

from ranking.checks.events import DAY_MS, HOUR_MS, applied, batches, log
from ranking.checks.requirement import require
from ranking.engine.decay.kernel import KERNELS, Kernel, Lookup, kernel_of
from ranking.engine.outcomes import COUNTED
from ranking.engine.site import Site
from ranking.profiles.profile import Profile, profile_from
from ranking.ranker import Ranker

AGES = np.concatenate([[0.0], np.geomspace(1.0, 400 * 86_400.0, 400)])
"""Seconds."""
FAINT = 1e-6
"""Views below which relative errors are not looked at."""


def check_weights(kernel: Kernel) -> None:
    """A view weighs 1 at age 0, then never more than before, never less than 0."""
    for value in _values(kernel):
        weights = np.array([kernel.weight(value, age) for age in AGES.tolist()])
        require(abs(weights[0] - 1.0) < 1e-9, kernel.name, "a new view does not weigh 1")
        require(bool((np.diff(weights) <= 1e-12).all()), kernel.name, "a weight rises with age")
        finite = np.isfinite(weights).all() and (weights >= 0.0).all()
        require(bool(finite), kernel.name, "a weight is negative or not finite")


def check_parts(kernel: Kernel) -> None:
    """Shares are not negative and sum to 1; mixes have no negative weight."""
    for value in _values(kernel):
        parts = kernel.parts(value)
        shares = [part.share for part in parts]
        right = not parts or (min(shares) >= 0.0 and abs(sum(shares) - 1.0) < 1e-9)
        require(right, kernel.name, "shares do not sum to 1")
        mixes = [part.readout.mix for part in parts if part.readout.first < 0]
        require(all((mix >= 0.0).all() for mix in mixes), kernel.name, "a mix is negative")


def check_naive_sum(kernel: Kernel) -> None:
    """What is read of an article is the sum of the weights of its counted views."""
    site, stamps = _counted()
    slots = np.arange(len(site.ids), dtype=np.int32)
    for value in _values(kernel):
        for wait in (0, HOUR_MS // 6, 7 * HOUR_MS, 3 * DAY_MS):
            at_ms = _end_of_period(site.newest_ms + wait)
            found = kernel.read(value, site.state, slots, at_ms)
            for slot in slots.tolist():
                ages = (at_ms - np.array(stamps[slot])) / 1000
                naive = sum(kernel.weight(value, age) for age in ages.tolist())
                off = abs(found[slot] - naive)
                right = off <= max(kernel.tolerance * naive, FAINT)
                message = f"reads {found[slot]:g} views, the naive sum is {naive:g}"
                require(right, kernel.name, message)


def check_order(kernel: Kernel) -> None:
    """A steady kernel leaves the order of articles as it is, whatever time passes."""
    site: Site = applied(log(())).sites["check"]
    slots = np.arange(len(site.ids), dtype=np.int32)
    for value in _values(kernel):
        if not kernel.is_steady(value) or len(kernel.parts(value)) > 1:
            continue  # its parts keep their orders, their sum need not
        now, then = (
            kernel.read(value, site.state, slots, site.newest_ms + wait)
            for wait in (0, 6 * HOUR_MS)
        )
        same = np.array_equal(np.argsort(-now, kind="stable"), np.argsort(-then, kind="stable"))
        require(same, kernel.name, "time changes the order")


def check_choice(kernel: Kernel) -> None:
    """Its examples choose it, and the default profile does not, unless it is the last resort."""
    for value in _values(kernel):
        require(kernel_of(value) is kernel, kernel.name, "an example does not choose it")
    is_last = next(iter(KERNELS)) is kernel
    chosen = kernel.is_chosen(Profile().value)
    require(chosen == is_last, kernel.name, "the default profile chooses it")


CHECKS: tuple[Callable[[Kernel], None], ...] = (
    check_weights, check_parts, check_naive_sum, check_order, check_choice,
)  # fmt: skip


def _values(kernel: Kernel) -> Iterator[Lookup]:
    require(bool(kernel.examples), kernel.name, "examples must choose it, got none")
    for example in kernel.examples:
        yield profile_from(dict(example)).value


def _counted() -> tuple[Site, list[list[int]]]:
    """A site, and the stamps of each article's counted views, by slot."""
    ranker, events = Ranker(), log(())
    (batch,) = batches(events)
    outcomes = ranker.apply(batch, 0)
    site: Site = ranker.sites["check"]
    stamps: list[list[int]] = [[] for _ in site.ids]
    for (at, event), outcome in zip(events, outcomes.tolist(), strict=True):
        if outcome == COUNTED:
            stamps[site.slot(event.edition, str(event.article))].append(at)
    return site, stamps


def _end_of_period(at_ms: int) -> int:
    """The last millisecond of a day: hard windows count whole periods."""
    return at_ms // DAY_MS * DAY_MS + DAY_MS - 1
