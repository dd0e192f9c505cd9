"""Chain terms: the parts of a score in Related and For this visit, which add up to it.

Each level of co-reading, what tags or the section propose, and popularity.
"""

from collections.abc import Sequence

import numpy as np

from ranking.engine.signals.covisitation import LEVELS, Graph
from ranking.lists.backoff import discount_of, share_of
from ranking.lists.composition import asked_of
from ranking.lists.edition_reader import Reading
from ranking.lists.next_article import add_neighbours
from ranking.lists.ranked_list import Terms
from ranking.profiles.profile import Profile

CO_READ = ("instant", "fast", "middle", "slow")
TERM_NAMES = {
    "instant": "co-visitation with half-life 5 min",
    "fast": "co-visitation with half-life 10 min",
    "middle": "co-visitation with half-life 1.6 h",
    "slow": "co-visitation with half-life 13 h",
    "tags": "tags and headline",
    "section": "the section",
    "popularity": "popularity",
}


def chain_terms(
    reading: Reading, pages: Sequence[str], profile: Profile, articles: Sequence[str]
) -> dict[str, Terms]:
    """Terms of some articles' scores, each by the chain with the other levels emptied."""
    read = list(dict.fromkeys(pages))
    asked = asked_of(reading, read[: profile.visit_depth], read, profile)
    question, ground = asked.question, asked.ground
    shares, broad = np.zeros((LEVELS, ground.scratch.score.size)), 0.0
    for row, weight in zip(question.rows.tolist(), question.weights.tolist(), strict=True):
        left = weight
        for level in range(LEVELS) if row >= 0 else ():
            graph, scratch = _one_level(ground.graph, row, level), ground.scratch
            left, count = add_neighbours(
                graph, 0, ground.newest_ms, weight, question.evidence, scratch, 0
            )
            touched = scratch.candidate[:count]
            shares[level, touched] += scratch.score[touched]
            scratch.score[touched] = 0.0
        broad += left
    hinted = dict(zip(question.hint.tolist(), question.hint_share.tolist(), strict=True))
    found = {}
    for article in articles:
        slot, popularity = asked.slot_of(article), ground.popularity
        known = shares[:, slot] if slot >= 0 else np.zeros(LEVELS)
        own = list(zip(CO_READ, known.tolist(), strict=True))
        own.append((asked.topic, broad * question.hint_weight * hinted.get(slot, 0.0)))
        share = share_of(popularity, slot)
        own.append(("popularity", broad * (1.0 - question.hint_weight) * share))
        discount = discount_of(popularity, slot, question.discount_rate)
        found[article] = [(name, value * discount) for name, value in own]
    return found


def _one_level(graph: Graph, row: int, level: int) -> Graph:
    """One row of the graph, with the masses of one level alone."""
    mass = np.zeros_like(graph.mass[row : row + 1])
    mass[0, :, level] = graph.mass[row, :, level]
    return Graph(graph.row[row : row + 1], graph.neighbour[row : row + 1], mass, graph.level)
