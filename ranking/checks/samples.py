"""Samples: an edition with events and cards that the checks of lists and rules share."""

from ranking.checks.events import EDITIONS, SMALL, START_MS, batches, log
from ranking.content.cards import Card
from ranking.engine.event_kinds import EVENT_KINDS, SHIPPED
from ranking.lists.ranked_list import RankedList
from ranking.ranker import Ranker

EDITION = EDITIONS[0]
TOPICS = ("river", "bridge", "harvest", "election", "market", "school", "hospital", "railway")


def sample_ranker() -> Ranker:
    """A ranker after a log with all registered kinds, and cards of 30 articles."""
    kinds = [kind for kind in EVENT_KINDS if kind.name not in SHIPPED]
    ranker, events = Ranker(SMALL), log(kinds)
    for position, batch in enumerate(batches(events)):
        ranker.apply(batch, position)
    ranker.put(_card(k) for k in range(30))
    ranker.tick()
    return ranker


def _card(k: int) -> Card:
    topic, place = TOPICS[k % len(TOPICS)], TOPICS[k // 3 % len(TOPICS)]
    return Card(
        EDITION, f"a{k}", f"The {topic} of number {k} and its {place} {k * k}",
        section=f"section {k % 4}", author=f"author {k % 6}", tags=(topic,),
        published_at=START_MS / 1000 - 3600 * k,
    )  # fmt: skip


def sample_pages(ranked: RankedList) -> list[tuple[str, ...]]:
    """Pages that a list is asked for."""
    if ranked.basis == "edition":
        return [()]
    return [("a0",), ("a7",)] if ranked.basis == "page" else [("a0", "a3", "a9"), ("a2",)]
