"""Related lists of articles that nobody has read yet share the topic, tagged or not."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from ranking.content.cards import Card
from ranking.ranker import Ranker
from tests.support.generated import SITE, Generated, generated

EDITIONS = tuple(f"{SITE}/{lang}" for lang in ("ru", "kk-Arab", "zh", "en"))
UNREAD = 0.06
DAYS = 8.0


class Portal:
    """A generated log in a ranker that never saw the views of some articles."""

    def __init__(self) -> None:
        self.log: Generated = generated(11, days=DAYS, stories_a_day=250, views=40_000)
        drawn = np.random.default_rng(1)
        self.unread = {c.id for c in self.log.cards if drawn.random() < UNREAD}
        articles = self.log.rows.columns["article"]
        kept = [i for i, article in enumerate(articles) if article not in self.unread]
        self.ranker = Ranker()
        self.ranker.put(self.log.cards)
        for position, batch in enumerate(self.log.batches(kept)):
            self.ranker.apply(batch, position)
        self.ranker.tick()

    def asked(self) -> Iterator[Card]:
        """Unread articles of some editions."""
        return (c for c in self.log.cards if c.id in self.unread and c.edition in EDITIONS)

    def share(self, asked: Card, listed: list[str]) -> float:
        """How much of a list is of an article's topic."""
        topic = self.log.topic
        return sum(topic[id] == topic[asked.id] for id in listed) / len(listed)


@pytest.fixture(scope="module")
def portal() -> Portal:
    """One for all tests."""
    return Portal()


def by_shared_tags(asked: Card, cards: list[Card]) -> list[str]:
    """The baseline: most tags in common, then newest."""
    others = (c for c in cards if c.id != asked.id)
    own = set(asked.tags)
    ranked = sorted(others, key=lambda c: (-len(own.intersection(c.tags)), -c.published_at, c.id))
    return [c.id for c in ranked[:4]]


def test_lists_of_unread_articles_share_the_topic(portal: Portal) -> None:
    """By edition: .9 of the items when tagged, .7 when not; counting shared tags is far worse."""
    shares: dict[tuple[str, bool], list[tuple[float, float]]] = defaultdict(list)
    cards = {e: [c for c in portal.log.cards if c.edition == e] for e in EDITIONS}
    for asked in portal.asked():
        listed = portal.ranker.lists.related(asked.edition, asked.id, 4).ids
        assert len(set(listed) - {asked.id}) == 4
        shares[asked.edition, bool(asked.tags)].append(
            (
                portal.share(asked, list(listed)),
                portal.share(asked, by_shared_tags(asked, cards[asked.edition])),
            )
        )
    for (edition, is_tagged), pairs in shares.items():
        ours, counted = np.mean(pairs, axis=0)
        assert len(pairs) > 20
        assert ours > (0.9 if is_tagged else 0.7), (edition, ours)
        assert counted < ours - (0.1 if is_tagged else 0.5), (edition, counted)


def test_lists_of_unread_articles_are_fresh(portal: Portal) -> None:
    ages = [
        portal.log.end_ms / 1000 - item.card.published_at
        for asked in portal.asked()
        for item in portal.ranker.lists.related(asked.edition, asked.id, 4).items
        if item.card
    ]
    assert np.median(ages) < 2 * 86_400
