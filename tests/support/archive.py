"""Related of every article of a large archive: `python -m tests.support.archive 200000`.

A generated portal whose newsroom publishes for a week, over an archive of eight years; some of its
articles are read, most never. Each article must get four others, no two of which are near-
duplicates, and on the whole fresh ones.
"""

import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ranking.lists.rerank.near_duplicates import is_near_duplicate
from ranking.ranker import Ranker
from tests.support.generated import generated

DAY = 86_400.0
DAYS, STORIES_A_DAY, VIEWS = 7.0, 100, 60_000
A_STORY = 5.6
"""Articles of a story: editions that carry it."""
WANTED = 4


@dataclass(frozen=True, slots=True)
class Survey:
    """What some articles were given.

    Attributes
    ----------
    articles, asked : int
        How many there are, and were asked about.
    short, itself, repeated : int
        Lists that are not full, hold the article asked about, or two near-duplicates.
    median_age : float
        Of all that was listed, days.
    ages : dict
        The same for each group of the articles asked about: `tagged, read` and so on.
    stale : float
        Share of lists whose median is above three days.
    seconds : float
        That the lists took.
    """

    articles: int
    asked: int
    short: int
    itself: int
    repeated: int
    median_age: float
    ages: dict[str, float]
    stale: float
    seconds: float


def survey(articles: int, every: int = 1, seed: int = 5) -> Survey:
    """Ask for Related of every so many-th of about so many articles."""
    week = round(DAYS * STORIES_A_DAY)
    archive = max(round(articles / A_STORY) - week, 0)
    log = generated(seed, days=DAYS, stories_a_day=STORIES_A_DAY, views=VIEWS, archive=archive)
    ranker = Ranker()
    ranker.put(log.cards)
    for position, batch in enumerate(log.batches()):
        ranker.apply(batch, position)
    ranker.tick()
    asked, read = log.cards[::every], set(log.rows.columns["article"])
    short = itself = repeated = 0
    ages = defaultdict[str, list[float]](list)
    medians: list[float] = []
    begun = time.perf_counter()
    for card in asked:
        items = ranker.lists.related(card.edition, card.id, WANTED).items
        cards = [item.card for item in items if item.card]
        short += len({item.id for item in items}) < WANTED
        itself += card.id in {item.id for item in items}
        pairs = combinations([c.title for c in cards], 2)
        repeated += any(is_near_duplicate(one, other) for one, other in pairs)
        its = [(log.end_ms / 1000 - c.published_at) / DAY for c in cards]
        medians.append(float(np.median(its)))
        tagged, known = "" if card.tags else "un", "read" if card.id in read else "never read"
        group = f"{tagged}tagged, {known}"
        ages[group] += its
    seconds = time.perf_counter() - begun
    stale = float(np.mean(np.array(medians) > 3.0))
    return Survey(
        len(log.cards), len(asked), short, itself, repeated,
        float(np.median(np.concatenate([*ages.values()]))),
        {group: float(np.median(found)) for group, found in ages.items()}, stale, seconds,
    )  # fmt: skip


if __name__ == "__main__":
    print(survey(*map(int, sys.argv[1:])))
