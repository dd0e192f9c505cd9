"""Reading choice: the articles that an edition's readers choose from, and their appeal.

Ordinary news have an appeal of their own, log-normal by the story's name. It rises within a minute,
decays fast and then slowly, and oscillates over some minutes; some stories have a second wave hours
later. Breaking news take a share of all landings within seconds and lose it in about ten minutes.
Archive articles keep a small share. Related articles are fresh and share tags; rare tags weigh
more. Arrays: n articles, m moments.
"""

import zlib
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ranking.demo.newsroom import Article, is_breaking, section_of
from ranking.demo.wording import SECTIONS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
NEIGHBOURS = 8
TOP = 5
ARCHIVE_SHARE = 0.04
FLASH_SHARE = 0.7


class ReadingChoice:
    """The articles of one edition, as arrays.

    Parameters
    ----------
    cards : sequence of Article
        Cards of one edition, at least one, in any order.
    """

    def __init__(self, cards: Sequence[Article]) -> None:
        self.ids = [card["id"] for card in cards]
        stories = [card["story"] for card in cards]
        self.published: Floats = np.array([card["published_at"] for card in cards])
        self.section: Integers = np.array([SECTIONS.index(section_of(s)) for s in stories])
        self._flash = np.array([is_breaking(story) for story in stories])
        chance = np.array([_chances(story) for story in stories])
        self._appeal: Floats = np.exp(1.1 * chance[:, 0])
        waves = np.abs(chance[:, 1]) > 1.2
        delay = 1800.0 * 30.0 ** np.abs(np.sin(7.0 * chance[:, 1]))
        self._wave_at: Floats = np.where(waves, self.published + delay, -np.inf)
        self._period: Floats = 240.0 + 300.0 * np.abs(chance[:, 2])
        self.neighbours = _neighbours([set(card["tags"]) for card in cards], self.published)

    def draws(self, at: Floats) -> Floats:
        """Shares of the landings by article.

        Parameters
        ----------
        at : (m,) float64
            Moments, s.

        Returns
        -------
        (m, n) float64
            Rows sum to 1, or to 0 where nothing is published yet.
        """
        age = at[:, None] - self.published[None, :]
        known = age > 0.0
        age = np.where(known, age, 0.0)
        fading = np.exp(-age / 400.0) + 0.6 * np.exp(-age / 2_000.0) + 0.2 * np.exp(-age / 30_000.0)
        tide = np.exp(0.7 * np.sin(2.0 * np.pi * age / self._period))
        wave = 1.5 * np.exp(-(((at[:, None] - self._wave_at[None, :]) / 700.0) ** 2))
        push = tide * (fading * (1.0 - np.exp(-age / 30.0)) + wave)
        ordinary = _shares(self._appeal * push * known)
        lasting = _shares(self._appeal * known)
        flash = FLASH_SHARE * (1.0 - np.exp(-age / 4.0)) * np.exp(-age / 500.0)
        flash *= self._flash & known
        taken = flash.sum(axis=1, keepdims=True)
        flash *= np.minimum(1.0, 0.75 / np.maximum(taken, 1e-12))
        calm = (1.0 - ARCHIVE_SHARE) * ordinary + ARCHIVE_SHARE * lasting
        return _shares((1.0 - np.minimum(taken, 0.75)) * calm + flash)

    def leaders(self, draws: Floats) -> Integers:
        """The portal's Popular, best first: (m, 5) int64, fewer if n < 5."""
        size = min(TOP, draws.shape[1])
        some = np.argpartition(-draws, size - 1, axis=1)[:, :size]
        order = np.argsort(-np.take_along_axis(draws, some, axis=1), axis=1)
        return np.take_along_axis(some, order, axis=1)


@cache
def _chances(story: str) -> Floats:
    return np.random.default_rng(zlib.crc32(story.encode())).standard_normal(3)


def _shares(weights: Floats) -> Floats:
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(weights / np.where(total > 0.0, total, 1.0))


def _neighbours(tags: list[set[str]], published: Floats) -> Integers:
    """Closest articles of each by shared tags and freshness, best first: (n, 8) int64."""
    names = sorted(set().union(*tags))
    carried = np.array([[name in own for name in names] for own in tags], dtype=np.float64)
    rarity = np.log1p(len(tags) / carried.sum(axis=0))
    fresh = 0.02 + np.exp(-(published.max() - published) / 60_000.0)
    close = (carried * rarity) @ carried.T * fresh[None, :]
    np.fill_diagonal(close, -1.0)
    return np.argsort(-close, axis=1, kind="stable")[:, :NEIGHBOURS]
