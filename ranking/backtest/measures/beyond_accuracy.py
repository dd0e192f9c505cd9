"""Beyond accuracy: coverage, novelty, age, diversity and catalogue coverage of the shown lists.

All measures use the first five of each list at each prediction. Coverage: the share of predictions
with five ranked items, before any fill. Novelty: the mean self-information -log2 of an item's share
of the log's pages so far, in bits. Age: since publication (without a date, since its first page in
the log), in hours. Diversity: one minus the mean similarity of two of the five. Catalogue: the
share of the known articles, with a page or a card, that were ever shown; it has no interval.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.backtest import Replay
from ranking.backtest.baselines.queries import Queries, asked_of
from ranking.backtest.live_predictions import unread_articles
from ranking.backtest.measures.accuracy import HOUR_MS
from ranking.backtest.measures.similarity import Likeness, compare, likeness_of
from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.engine.compiled import compiled

NAMES = ("coverage", "novelty", "age", "diversity")


class Impressions(NamedTuple):
    """The articles that lists showed at each prediction.

    Attributes
    ----------
    values : (n_asked, 4 lists, 4) float64
        Values of `NAMES`; NaN without a shown item that has the value.
    catalogue : tuple of float
        Share of the known articles, for each list.
    by_cards : bool
        Whether diversity uses tags and sections, instead of co-reading.
    """

    values: NDArray[np.float64]
    catalogue: tuple[float, ...]
    by_cards: bool


def shown_of(replay: Replay, catalogue: Catalogue) -> Impressions:
    """Measure the shown items of a replay's lists."""
    asked, cards = asked_of(replay), cards_of(replay, catalogue)
    shown, published = replay.answers.shown, _published(replay, cards)
    likeness = likeness_of(asked, cards)
    values = np.full((*shown.shape[:2], len(NAMES)), np.nan)
    _look_back(asked, shown, published, likeness, values)
    is_known = (published < replay.span.until_ms) | np.isnan(published)
    distinct = (np.unique(part[part >= 0]).size for part in shown.transpose(1, 0, 2))
    shares = tuple(n / max(int(is_known.sum()), 1) for n in distinct)
    return Impressions(values, shares, likeness.by_cards)


def cards_of(replay: Replay, catalogue: Catalogue) -> list[Card | None]:
    """Card of each article: by slot, then of articles without a page in the log."""
    site = replay.site
    editions = site.state.article["edition"][: len(site.ids)].tolist()
    read = [
        catalogue.card(site.editions[edition], id)
        for edition, id in zip(editions, site.ids, strict=True)
    ]
    return [*read, *(catalogue.card(*name) for name in unread_articles(site, catalogue))]


def _published(replay: Replay, cards: list[Card | None]) -> NDArray[np.float64]:
    """Publication or first read of each article, ms; NaN if unknown."""
    published = np.array([card.published_at * 1000 if card else 0.0 for card in cards])
    first = np.full(published.size, np.nan)
    pages = np.flatnonzero(replay.visits.is_page)[::-1]
    first[replay.plan.slot[pages]] = replay.views["at"][pages]
    return np.where(published > 0.0, published, first)


@compiled
def _look_back(
    asked: Queries,
    shown: NDArray[np.int32],
    published: NDArray[np.float64],
    likeness: Likeness,
    values: NDArray[np.float64],
) -> None:
    pages, total, k = np.zeros(published.size), 0.0, 0
    for i in range(asked.at.size):
        if k < asked.plan.asked.size and asked.plan.asked[k] == i:
            for which in range(shown.shape[1]):
                five, value = shown[k, which], values[k, which]
                size = (five >= 0).sum()
                value[0] = size == five.size
                if size > 0:
                    value[1] = np.log2((total + 1.0) / (pages[five[:size]] + 1.0)).mean()
                    value[2] = _mean_age(published[five[:size]], asked.at[i])
                    value[3] = _diversity(likeness, five[:size])
            k += 1
        if asked.is_page[i]:
            pages[asked.plan.slot[i]] += 1.0
            total += 1.0


@compiled
def _mean_age(published: NDArray[np.float64], at: int) -> float:
    age, count = 0.0, 0
    for date in published:
        if not np.isnan(date):
            age += max(at - date, 0.0) / HOUR_MS
            count += 1
    return age / count if count else np.nan


@compiled
def _diversity(likeness: Likeness, five: NDArray[np.int32]) -> float:
    alike, count = 0.0, 0
    for i in range(five.size):
        for j in range(i):
            both = compare(likeness, five[i], five[j])
            if both >= 0.0:
                alike += both
                count += 1
    return 1.0 - alike / count if count else np.nan
