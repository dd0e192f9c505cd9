"""Diversity: maximal marginal relevance against its definition, and its effect on a list."""

import math
import random

import pytest

from ranking.content.cards import Card
from ranking.content.tfidf import hashes_of
from ranking.lists.edition_reader import Scored
from ranking.lists.rerank.diversity import diversified
from ranking.profiles.profile import DEFAULT, Profile
from ranking.profiles.scopes import Profiles
from ranking.ranker import Ranker
from tests.support.logs import RU, START_MS

NOW = START_MS / 1000


def newsroom(seed: int) -> Ranker:
    """Thirty cards of few tags and sections."""
    drawn = random.Random(seed)
    ranker = Ranker()
    ranker.put(
        Card(
            RU, f"{k:02}", drawn.choice(["", "Snow in the hills", "Snow on the roads"]),
            drawn.choice(["", "law", "sport"]),
            tuple(drawn.sample(["oil", "gas", "snow", "chess"], drawn.randint(0, 2))), NOW - k,
        )
        for k in range(30)
    )  # fmt: skip
    ranker.tick()
    return ranker


def alike(one: Card | None, other: Card | None) -> float:
    """The cosine of what two cards say."""
    if one is None or other is None:
        return 0.0
    a, b = set(hashes_of(one).tolist()), set(hashes_of(other).tolist())
    return len(a & b) / math.sqrt(len(a) * len(b)) if a and b else 0.0


@pytest.mark.parametrize("d", [0.0, 0.1, 0.5, 1.0])
def test_the_next_one_is_the_greatest(d: float) -> None:
    ranker, drawn = newsroom(1), random.Random(2)
    reading = ranker.lists.edition(RU)
    ranking = [Scored(f"{k:02}", drawn.random() + 0.01) for k in range(25)]
    ranking.sort(key=lambda item: -item.score)
    ranking += [Scored("28", 0.0), Scored("x", 0.0)]
    gone = ranking[3].id
    ranker.remove(RU, gone)
    profile = Profile(diversity=d)
    found = list(diversified(ranking, reading, profile, 20))
    if d == 0.0:
        assert found == ranking
        return
    waiting = [item for item in ranking[:21] if item.id != gone]
    assert len(waiting) == 20
    assert found[20:] == ranking[21:]
    listed: list[Scored] = []
    for taken in found[: len(waiting)]:
        worth = {
            item.id: (1 - d) * item.score / ranking[0].score
            - d * max((alike(reading.card(item.id), reading.card(o.id)) for o in listed), default=0)
            for item in waiting
        }
        assert worth[taken.id] == pytest.approx(max(worth.values()))
        waiting.remove(taken)
        listed.append(taken)


def test_articles_of_one_kind_give_way() -> None:
    """Related of an article with two tags, of which one alone would fill the list."""
    ranker = Ranker()
    ranker.put([Card(RU, "asked", tags=("oil", "chess"), published_at=NOW)])
    ranker.put([Card(RU, f"oil {k}", tags=("oil",), published_at=NOW - k) for k in range(6)])
    ranker.put([Card(RU, f"chess {k}", tags=("chess",), published_at=NOW - k) for k in range(6)])
    ranker.put([Card(RU, f"{k}", tags=(f"tag {k}",), published_at=NOW - k) for k in range(30)])
    ranker.put([Card(RU, "oil x", tags=("oil",), published_at=NOW)])
    ranker.tick()
    plain = ranker.lists.related(RU, "asked", 4).ids
    ranker.lists.govern(Profiles(Profile(diversity=0.5)))
    varied = ranker.lists.related(RU, "asked", 4).ids
    assert {id.split()[0] for id in varied} >= {"oil", "chess"}
    assert varied[0] == plain[0]
    ranker.lists.govern(Profiles(DEFAULT))
    assert ranker.lists.related(RU, "asked", 4).ids == plain
