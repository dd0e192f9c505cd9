"""Impressions: impressions, clicks and reads of the demo's readers.

A reader who follows a list has seen all of it. Other readers look at some lists; each position is
seen by `BIAS` of the readers who saw the position above. Half of all pages are read. Arrays: p
pages.
"""

from dataclasses import dataclass

import numpy as np

from ranking.demo.reading_choice import Floats, Integers
from ranking.demo.visits import PAGES, POPULAR, RELATED, Pages, Walk

IMPRESSION, CLICK, READ = 0, 1, 2
LOOK, BIAS, READERS = 0.12, 0.9, 0.5
"""Share of pages with a look at a list, of readers who look one position further, of pages read."""
BEFORE, AFTER = 1.0, 3.0
"""Seconds from an impression to its click, and from the page to a look at the list."""
ENGAGED = 12.0


@dataclass(frozen=True, slots=True)
class Events:
    """Events of visits, flat: the visit, the moment (s), the kind, the article, list and slot."""

    visit: Integers
    at: Floats
    kind: Integers
    article: Integers
    surface: Integers
    slot: Integers


def events_of(random: np.random.Generator, walk: Walk, pages: Pages) -> Events:
    """Generate impressions, clicks and reads on the pages of visits.

    Parameters
    ----------
    random
        Seeded generator.
    walk : Walk
        The walk that made the pages.
    pages : Pages
    """
    taken = [_reads(random, pages), _clicks(pages)]
    for surface in (RELATED, POPULAR):
        to = np.flatnonzero(pages.surface == surface)
        whole = np.full(to.size, PAGES)
        taken.append(
            _seen(
                walk, surface, pages.visit[to], pages.at[to] - BEFORE, pages.at[to],
                pages.before[to], whole,
            )
        )  # fmt: skip
        on = np.flatnonzero(random.random(pages.at.size) < LOOK)
        depth = random.geometric(1.0 - BIAS, on.size)
        at = pages.at[on]
        taken.append(
            _seen(walk, surface, pages.visit[on], at + AFTER, at, pages.article[on], depth)
        )
    return Events(*(np.concatenate(column) for column in zip(*taken, strict=True)))


Columns = tuple[Integers, Floats, Integers, Integers, Integers, Integers]


def _reads(random: np.random.Generator, pages: Pages) -> Columns:
    on = np.flatnonzero(random.random(pages.at.size) < READERS)
    none = np.zeros(on.size, dtype=np.int64)
    return pages.visit[on], pages.at[on] + ENGAGED, none + READ, pages.article[on], none, none


def _clicks(pages: Pages) -> Columns:
    to = np.flatnonzero(pages.surface > 0)
    kind = np.full(to.size, CLICK)
    return (
        pages.visit[to], pages.at[to], kind, pages.article[to], pages.surface[to], pages.slot[to]
    )  # fmt: skip


def _seen(
    walk: Walk, surface: int, visit: Integers, at: Floats, shown_at: Floats, page: Integers,
    depth: Integers,
) -> Columns:  # fmt: skip
    """Impressions of a list's positions down to a depth; one row of the list per page."""
    shown = walk.lists(shown_at, page)[surface]
    rows, places = np.nonzero(np.arange(shown.shape[1])[None, :] < depth[:, None])
    kind, which = np.full(rows.size, IMPRESSION), np.full(rows.size, surface)
    return visit[rows], at[rows], kind, shown[rows, places], which, places + 1
