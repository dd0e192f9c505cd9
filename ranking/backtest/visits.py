"""Visits of a log: the pages of each visit, and the predicted ones.

A visit is a session of the portal, with any pauses; without one, a visitor's views up to a pause of
the repeat window. Every page of a visit after its first can be predicted: from the views before it
or, if lists are frozen, from the views before its period of log time.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import Batch

WARM_UP = 86_400
NEVER_MS = 1 << 60
MINUTE_MS = 60_000
MOST_LOOKS = 8_000_000
"""Approximate number of samples over all editions: 20 bytes each."""


@dataclass(frozen=True, slots=True)
class Span:
    """The predicted views.

    Attributes
    ----------
    since_ms, until_ms : int
        Bounds of the predicted views; all views are applied.
    every : int
        Predict every `every`-th visit.
    refresh : float
        Seconds of log time for which lists are frozen; 0 = renewed at each view.
    by_visit : bool
        Move every page of a visit into the period of its start (`in_windows`).
    """

    since_ms: int
    until_ms: int
    every: int = 1
    refresh: float = 0.0
    by_visit: bool = False


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits of a log: the visit of each view.

    Attributes
    ----------
    is_page : (n_views,) bool
        Whether the view opened a page, by a reader.
    previous : (n_views,) int64
        Previous view of the visit; -1 = first.
    first : (n_views,) int64
        The visit's first view.
    is_last : (n_views,) bool
        Whether the view is the visit's last page.
    """

    is_page: NDArray[np.bool_]
    previous: NDArray[np.int64]
    first: NDArray[np.int64]
    is_last: NDArray[np.bool_]


def span_of(
    batches: list[Batch], since: float | None, until: float | None, every: int, refresh: float = 0.0
) -> Span:
    """Span of a log; without `since` (s), the first 24 hours are warm-up."""
    first = min(int(batch.columns["at"].min()) for batch in batches)
    last = max(int(batch.columns["at"].max()) for batch in batches)
    since_ms = first + WARM_UP * 1000 if since is None else round(since * 1000)
    return Span(since_ms, last + 1 if until is None else round(until * 1000), every, refresh)


def visits_of(views: NDArray[Any], window_ms: int) -> Visits:
    """Find the visits of a log, (n_views,) VIEW."""
    is_page = (views["kind"] == 0) & (views["robot"] == 0)
    pages = np.flatnonzero(is_page)
    has_session = views["chain"] != views["visitor"]  # sessions of the portal
    pause = np.where(has_session[pages], NEVER_MS, window_ms)
    before, ends = visit_links(views["chain"][pages], views["at"][pages], pause)
    previous, is_last = np.full(views.size, -1), np.zeros(views.size, np.bool_)
    previous[pages] = np.where(before >= 0, pages[before], -1)
    is_last[pages] = ends
    return Visits(is_page, previous, first_of(previous), is_last)


def visit_links(
    chain: NDArray[np.uint64], at: NDArray[np.int64], pause_ms: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each view the previous one of its visit (-1 = none), and whether it is the last.

    Parameters
    ----------
    chain : (n,) uint64
    at : (n,) int64
    pause_ms : (n,) int64
        Pause after which a view starts a new visit.

    Examples
    --------
    >>> at, pause = np.array([0, 1, 2, 99]), np.full(4, 50)
    >>> visit_links(np.array([7, 8, 7, 7], np.uint64), at, pause)
    (array([-1, -1,  0, -1]), array([False,  True,  True,  True]))
    """
    order = np.argsort(chain, kind="stable")
    same = (chain[order][1:] == chain[order][:-1]) & (np.diff(at[order]) < pause_ms[order][1:])
    previous = np.full(chain.size, -1)
    previous[order[1:][same]] = order[:-1][same]
    last = np.ones(chain.size, np.bool_)
    last[order[:-1][same]] = False
    return previous, last


def first_of(previous: NDArray[np.int64]) -> NDArray[np.int64]:
    """First view of each view's visit.

    Examples
    --------
    >>> first_of(np.array([-1, -1, 0, 2, 1]))
    array([0, 1, 0, 0, 1])
    """
    first = np.where(previous < 0, np.arange(previous.size), previous)
    while not np.array_equal(further := first[first], first):  # the distance doubles at each step
        first = further
    return first


def is_due(views: NDArray[Any], visits: Visits, span: Span) -> NDArray[np.bool_]:
    """Views that are predicted, (n_views,) bool."""
    within = (views["at"] >= span.since_ms) & (views["at"] < span.until_ms)
    due = within & (visits.previous >= 0)
    if span.every > 1:
        due &= views["chain"] % np.uint64(span.every) == 0
    return np.asarray(due)


def seen_from(at: NDArray[np.int64], refresh: float) -> NDArray[np.int64]:
    """For each view the first one that its lists have not seen, (n_views,) int64.

    Parameters
    ----------
    at : (n_views,) int64
    refresh : float
        Seconds between two refreshes, on a grid from the epoch of the log's clock.

    Examples
    --------
    >>> seen_from(np.array([0, 900, 1000, 999, 2500]), 1.0)
    array([0, 0, 2, 2, 4])
    >>> seen_from(np.array([0, 900, 1000]), 0.0)
    array([0, 1, 2])
    """
    if refresh <= 0.0:
        return np.arange(at.size)
    period = np.maximum.accumulate(at) // round(refresh * 1000)
    begins = np.concatenate([[True], period[1:] != period[:-1]])
    return np.asarray(np.flatnonzero(begins)[np.cumsum(begins) - 1])


def looks_at(at: NDArray[np.int64], span: Span, editions: int) -> tuple[NDArray[np.int64], int]:
    """Number of views before each sample of Popular, (n_looks,) int64, and the stride of minutes.

    A sample is taken at each second of the log's clock, or at each refresh: for a part of the
    visits, in a part of the minutes, as for a very long log.

    Examples
    --------
    >>> looks_at(np.array([0, 900, 1000, 999, 2500]), Span(0, 9999), 1)
    (array([0, 2, 4]), 1)
    """
    clock = np.maximum.accumulate(at)
    looks = np.unique(seen_from(at, max(span.refresh, 1.0)))
    looks = looks[(clock[looks] >= span.since_ms) & (clock[looks] < span.until_ms)]
    if span.refresh > 1.0:
        return looks, 1
    stride = max(span.every, -(-looks.size * editions // MOST_LOOKS))
    return looks[clock[looks] // MINUTE_MS % stride == 0], stride


def in_windows(views: NDArray[Any], first: NDArray[np.int64], refresh: float) -> NDArray[Any]:
    """Move every visit as a whole into the period of its start, (n_views,) VIEW.

    Views after the period's end count as read at its end. Papers with hourly training cut logs in
    this way: lists of an hour know all of every visit that started before, and predict all pages of
    the visits that start in it.

    Parameters
    ----------
    views : (n_views,) VIEW
    first : (n_views,) int64
        First views of their visits.
    refresh : float
        Length of a period, seconds.
    """
    length = round(refresh * 1000)
    window = views["at"][first] // length
    end = (window + 1) * length - 1
    order = np.lexsort((views["at"] > end, window))  # otherwise in log order
    moved = views[order]
    moved["at"] = np.minimum(views["at"], end)[order]
    return moved
