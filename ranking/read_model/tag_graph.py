"""Tag answer: a tag with its neighbours, synonyms and history, as editors see it.

A history is what the tag's live articles keep in their rings, counted views of the last 24 hours
and 28 days; of a tag that very many carry, the `MOST_CARRIERS` articles with most views now.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.content.cards import tag_key
from ranking.content.tag_graph import TagGraph
from ranking.engine.signals.window_counts import DAY_MS, DAYS, HOUR_MS, HOURS, ring_read
from ranking.read_model.values import NO_ARTICLE, ArticleValue, column

MOST_CARRIERS = 200


def tag_articles(graph: TagGraph, tag: str) -> list[str]:
    """Articles whose values a tag's history is made of."""
    return [graph.cards[place].id for place in graph.cooccurrence.carriers(tag)[:MOST_CARRIERS]]


def graph_json(
    graph: TagGraph, values: Mapping[str, ArticleValue], edition: str, tag: str, as_of: float
) -> dict[str, Any]:
    """Write a tag as the API shows it.

    Parameters
    ----------
    graph : TagGraph
    values : mapping of str to ArticleValue
        Of `tag_articles`.
    edition, tag : str
    as_of : float
        The log's clock, seconds.
    """
    tags = graph.cooccurrence
    carriers = tags.carriers(tag)
    shown = [graph.cards[place] for place in carriers[:MOST_CARRIERS]]
    keys = [{tag_key(t, edition) for t in card.tags} for card in shown]
    now = round(as_of * 1000)
    rings = np.array([_rings(values.get(card.id, NO_ARTICLE), now) for card in shown], np.int64)
    rings = rings.reshape(-1, HOURS + DAYS)
    return {
        "edition": edition,
        "tag": tag,
        "as_of": as_of,
        "articles": len(carriers),
        "weight": tags.weight_of(tag),
        "information": tags.information_of(tag),
        **_history(rings),
        "neighbours": [
            {
                "tag": n.tag,
                "weight": n.weight,
                "lift": n.lift,
                "information": tags.information_of(n.tag),
                **_history(rings[[tag_key(n.tag, edition) in own for own in keys]]),
            }
            for n in tags.neighbours(tag)
        ],
        "synonyms": [
            {"tag": s.tag, "likeness": s.likeness, "together": s.together}
            for s in tags.synonyms(tag)
        ],
    }


def _rings(value: ArticleValue, now_ms: int) -> Sequence[int]:
    hourly, daily = column(value.hourly, "<u4"), column(value.daily, "<u4")
    if not hourly.size:
        return [0] * (HOURS + DAYS)
    hours = ring_read(hourly, value.hour, now_ms // HOUR_MS)
    return hours + ring_read(daily, value.day, now_ms // DAY_MS)


def _history(rings: NDArray[np.int64]) -> dict[str, list[int]]:
    """Views an hour and a day of some articles together, oldest first."""
    total = rings.sum(0).tolist()
    return {"hourly": total[:HOURS], "daily": total[HOURS:]}
