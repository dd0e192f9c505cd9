"""The generated log has the shares, scripts and readers that it states."""

from collections import Counter

import numpy as np

from tests.support.generated import SITE, TAGS_OF_TOPIC, TOPICS, UNTAGGED, Generated, generated
from tests.support.logs import START_MS
from tests.support.vocabulary import LANGUAGES, SHARES


def in_edition(log: Generated, lang: str) -> list[str]:
    """Ids of an edition's articles."""
    return [card.id for card in log.cards if card.edition == f"{SITE}/{lang}"]


def test_it_follows_from_its_seed() -> None:
    first, again = generated(1, days=1.0, views=500), generated(1, days=1.0, views=500)
    assert (first.cards, first.rows) == (again.cards, again.rows)
    assert generated(2, days=1.0, views=500).cards != first.cards


def test_articles_are_dated_and_tagged_as_told() -> None:
    log = generated(3, days=8.0, views=100)
    dates = [card.published_at for card in log.cards]
    assert dates == sorted(dates)
    assert START_MS / 1000 <= dates[0] < dates[-1] < log.end_ms / 1000
    cards = {card.id: card for card in log.cards}
    tagged = [id for id in in_edition(log, "ru") if cards[id].tags]
    assert abs(1 - len(tagged) / len(in_edition(log, "ru")) - UNTAGGED) < 0.05
    assert {len(cards[id].tags) for id in tagged} == {3, 4, 5, 6}
    by_topic: dict[int, Counter[str]] = {t: Counter() for t in range(TOPICS)}
    for id in tagged:
        by_topic[log.topic[id]].update(cards[id].tags)
    on_topic = [sum(n for _, n in c.most_common(TAGS_OF_TOPIC)) for c in by_topic.values()]
    share = sum(on_topic) / sum(sum(c.values()) for c in by_topic.values())
    assert 0.55 < share < 0.75  # .6, and the commonest of what is off-topic


def test_translations_share_a_story_in_scripts_of_their_own() -> None:
    log = generated(4, days=2.0, views=100)
    cards = {card.id: card for card in log.cards}
    story = sorted(log.breaking)[0]
    titles = [cards[f"{story}-{lang}"].title for lang in LANGUAGES]
    assert len(set(titles)) == len(LANGUAGES)
    assert {cards[f"{story}-{lang}"].story for lang in LANGUAGES} == {story}
    letters = {lang: title.lower() for lang, title in zip(LANGUAGES, titles, strict=True)}
    assert any("а" <= c <= "я" for c in letters["ru"])
    assert any("\u0600" <= c <= "\u06ff" for c in letters["kk-Arab"])
    assert all("\u4e00" <= c <= "\u9fff" for c in letters["zh"])


def test_readers_have_topics_and_popularity_is_steep() -> None:
    log = generated(5, days=2.0, views=20_000)
    rows = log.rows
    assert rows.at_ms == sorted(rows.at_ms)
    editions = Counter(rows.columns["edition"])
    shares = [editions[f"{SITE}/{lang}"] / len(rows) for lang in LANGUAGES]
    assert np.allclose(shares, SHARES, atol=0.02)
    assert 0 < sum(map(bool, rows.columns["agent"])) < 0.06 * len(rows)
    views = Counter(rows.columns["article"])
    heavy = sum(n for _, n in views.most_common(len(views) // 10))
    assert heavy > 0.4 * len(rows)
    published = {card.id: card.published_at for card in log.cards}
    assert all(
        at / 1000 >= published[article]
        for at, article in zip(rows.at_ms, rows.columns["article"], strict=True)
    )
    topics: dict[str, Counter[int]] = {}
    for visitor, article in zip(rows.columns["visitor"], rows.columns["article"], strict=True):
        topics.setdefault(visitor, Counter())[log.topic[article]] += 1
    loyal = [
        c.most_common(1)[0][1] / sum(c.values()) for c in topics.values() if sum(c.values()) > 9
    ]
    assert np.mean(loyal) > 0.25  # by chance about .15
