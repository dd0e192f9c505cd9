"""Visits: the pages of many simulated visits at once, from the landing to the last click.

This file alone knows how a reader picks the next page: usually a related article (with shared
tags), a popular one, or another headline, and sometimes the same page again. Of three headlines a
reader takes the one closest to the own interests. Except for reloads, a visit has no article twice.
Arrays: v visits, 8 pages, m moments.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.demo.reading_choice import Floats, Integers, ReadingChoice

PAGES = 8
STAY = 0.55
"""Probability of one more page."""

MEAN_PAGES = (1.0 - STAY**PAGES) / (1.0 - STAY)
HEADLINE, RELATED, POPULAR = 0, 1, 2
_RELATED, _POPULAR, _RELOAD = 0.42, 0.70, 0.74
_LISTED = 4
_ATTENTION = np.array([0.34, 0.24, 0.18, 0.13, 0.11])


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages of visits, flat: visit, time (s), article, its list and slot (or 0), previous article
    (or -1).
    """

    visit: Integers
    at: Floats
    article: Integers
    surface: Integers
    slot: Integers
    before: Integers


class Walk:
    """Random walks of visits over one edition's articles.

    Parameters
    ----------
    random
        Seeded generator.
    choice : ReadingChoice
        The edition's articles.
    moments : (m,) float64
        Ascending moments, s, with known choices.
    """

    def __init__(self, random: np.random.Generator, choice: ReadingChoice, moments: Floats) -> None:
        self._random = random
        self._choice = choice
        self._moments = moments
        draws = choice.draws(moments)
        self._leaders = choice.leaders(draws)
        self.open = draws.sum(axis=1) > 0.0
        """(m,) bool: whether anything is published at a moment."""
        self._steps = np.cumsum(draws, axis=1)
        self._steps /= np.maximum(self._steps[:, -1:], 1e-300)
        self._steps += np.arange(len(moments))[:, None]

    def pages(self, at: Floats, interest: Floats) -> Pages:
        """Walk through visits.

        Parameters
        ----------
        at : (v,) float64
            Start of each visit, s.
        interest : (v, n_sections) float64
            Logarithm of each reader's interest in each section.

        Returns
        -------
        Pages
            All pages of all visits, unordered.
        """
        lengths = np.minimum(self._random.geometric(1.0 - STAY, at.size), PAGES)
        seen = np.full((at.size, PAGES), -1)
        seen[:, 0] = self._headline(at, interest, seen)
        everyone = np.arange(at.size)
        nothing = np.zeros(at.size, dtype=np.int64)
        taken = [(everyone, at, seen[:, 0], nothing, nothing, nothing - 1)]
        for k in range(1, PAGES):
            on = np.flatnonzero(lengths > k)
            at = at + np.clip(self._random.lognormal(3.3, 0.8, at.size), 4.0, 240.0)
            article, surface, slot = self._next(at[on], interest[on], seen[on], k)
            seen[on, k] = article
            taken.append((on, at[on], article, surface, slot, seen[on, k - 1]))
        return Pages(*(np.concatenate(column) for column in zip(*taken, strict=True)))

    def lists(self, at: Floats, article: Integers) -> dict[int, Integers]:
        """The lists of an article's page at a moment, best first.

        Parameters
        ----------
        at : (p,) float64
        article : (p,) int64

        Returns
        -------
        dict of int to (p, n) int64
            Articles by list, `RELATED` and `POPULAR`.
        """
        related = self._choice.neighbours[article, :_LISTED]
        return {RELATED: related, POPULAR: self._leaders[self._row(at)]}

    def _next(
        self, at: Floats, interest: Floats, seen: Integers, k: int
    ) -> tuple[Integers, Integers, Integers]:
        size = at.size
        mood = self._random.random(size)
        article = self._headline(at, interest, seen)
        surface = np.zeros(size, dtype=np.int64)
        slot = np.zeros(size, dtype=np.int64)
        near, near_slot = self._near(seen[:, k - 1])
        follows = (mood < _RELATED) & self._unread(near, at, seen)
        article[follows] = near[follows]
        listed = follows & (near_slot <= _LISTED)
        surface[listed], slot[listed] = RELATED, near_slot[listed]
        top, top_slot = self._top(at)
        follows = (mood >= _RELATED) & (mood < _POPULAR) & self._unread(top, at, seen)
        article[follows], surface[follows], slot[follows] = top[follows], POPULAR, top_slot[follows]
        reloads = (mood >= _POPULAR) & (mood < _RELOAD)
        article[reloads] = seen[reloads, k - 1]
        return article, surface, slot

    def _headline(self, at: Floats, interest: Floats, seen: Integers) -> Integers:
        row = self._row(at)
        aims = row[:, None] + self._random.random((at.size, 3)) * (1.0 - 1e-12)
        width = self._steps.shape[1]
        found = np.searchsorted(self._steps.ravel(), aims, side="right") - row[:, None] * width
        found = np.clip(found, 0, width - 1)
        liking = np.take_along_axis(interest, self._choice.section[found], axis=1)
        liking = liking + self._random.gumbel(size=found.shape)
        liking[(found[:, :, None] == seen[:, None, :]).any(axis=2)] -= 50.0
        return np.take_along_axis(found, liking.argmax(axis=1)[:, None], axis=1)[:, 0]

    def _near(self, current: Integers) -> tuple[Integers, Integers]:
        neighbours = self._choice.neighbours
        eager = self._random.random(current.size) ** 1.6
        place = (eager * neighbours.shape[1]).astype(np.int64)
        return neighbours[current, place], place + 1

    def _top(self, at: Floats) -> tuple[Integers, Integers]:
        width = self._leaders.shape[1]
        weights = _ATTENTION[:width] / _ATTENTION[:width].sum()
        place = self._random.choice(width, at.size, p=weights)
        return self._leaders[self._row(at), place], place + 1

    def _unread(self, article: Integers, at: Floats, seen: Integers) -> NDArray[np.bool_]:
        read = (seen == article[:, None]).any(axis=1)
        return np.asarray(~read & (self._choice.published[article] < at))

    def _row(self, at: Floats) -> Integers:
        return np.maximum(np.searchsorted(self._moments, at, side="right") - 1, 0)
