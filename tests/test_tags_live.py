"""What tags propose in a running portal: today's news for the archive, at once and by edition."""

import pytest

from ranking.content.cards import Card
from ranking.content.tag_cooccurrence import SHRINK
from ranking.profiles.profile import DEFAULT, Profile
from ranking.profiles.scopes import Profiles
from ranking.ranker import Ranker
from tests.support.logs import DAY_MS, KK, RU, START_MS, chopped, packed, view
from tests.test_tags import DAY, NOW, card


def newsroom() -> Ranker:
    """Forty articles with views, two of which are of oil, and an archive article of oil."""
    ranker = Ranker()
    ranker.put([card(f"n{k}", f"tag {k}", age=k * 60.0) for k in range(40)])
    ranker.put(
        [card("oil one", "oil"), card("oil two", "oil"), card("archive", "oil", age=900 * DAY)]
    )
    rows = [view(START_MS + k, f"n{k % 40}", f"{k}") for k in range(400)]
    rows += [view(START_MS + 500 + k, "oil one", f"reader {k}") for k in range(9)]
    for position, batch in enumerate(chopped(rows, [100, 200])):
        ranker.apply(batch, position)
    ranker.tick()
    return ranker


def test_an_archive_article_gets_todays_news_of_its_tags() -> None:
    ranker = newsroom()
    assert ranker.lists.related(RU, "archive", 4).ids[:2] == ("oil one", "oil two")
    assert len(ranker.lists.related(RU, "archive", 4).ids) == 4


def test_related_backs_off_to_tags_and_popularity() -> None:
    """Without co-reading a score is the tag's share and what is left of popularity."""
    ranker = newsroom()
    edition = ranker.lists.edition(RU)
    asked = ranker.catalogue.card(RU, "archive")
    assert asked is not None
    found, shares, _ = edition.tags(DEFAULT).hints(asked, edition.at, DEFAULT.tag_freshness)
    shared = {c.id: share for c, share in zip(found, shares.tolist(), strict=True)}
    board = ranker.lists.related(RU, "archive", 20)
    for item in board.items:
        views = ranker.sites["inform"].state.article["counted"][
            ranker.sites["inform"].slot(RU, item.id), 0
        ]
        popularity = int(views) / 409 if item.id != "oil two" else 0.0
        wanted = DEFAULT.tag_share * shared.get(item.id, 0.0) + (1 - DEFAULT.tag_share) * popularity
        assert item.score == pytest.approx(wanted, rel=1e-3)


def test_retagging_shows_at_once() -> None:
    """The next question, without a tick, sees the new tags on either side."""
    ranker = newsroom()
    before = ranker.lists.related(RU, "archive", 4).ids
    ranker.put([card("n7", "oil", "tenge", age=0.0)])
    assert ranker.lists.related(RU, "archive", 4).ids[0] == "n7"
    ranker.put([card("n7", "tag 7", age=7 * 60.0)])
    assert ranker.lists.related(RU, "archive", 4).ids == before
    ranker.put([card("archive", "tag 3", age=900 * DAY)])
    assert ranker.lists.related(RU, "archive", 4).ids[0] == "n3"
    ranker.put([card("fresh", "tag 3", age=0.0)])
    assert set(ranker.lists.related(RU, "archive", 4).ids[:2]) == {"fresh", "n3"}


def test_what_was_taken_down_is_proposed_no_more() -> None:
    ranker = newsroom()
    ranker.remove(RU, "oil one")
    assert ranker.lists.related(RU, "archive", 4).ids[0] == "oil two"
    assert "oil one" not in ranker.lists.related(RU, "archive", 100).ids


def test_tags_are_of_an_edition() -> None:
    ranker = newsroom()
    ranker.put([Card(KK, "kk oil", tags=("oil",), published_at=NOW)])
    assert "kk oil" not in ranker.lists.related(RU, "archive", 100).ids
    assert ranker.lists.related(KK, "kk oil", 4).ids == ()


def test_without_a_share_tags_say_nothing() -> None:
    ranker = newsroom()
    with_tags = ranker.lists.related(RU, "archive", 4).ids
    ranker.lists.govern(Profiles(Profile(tag_share=0.0, section_share=0.0)))
    by_views = ranker.lists.board(RU, "popular", DEFAULT, 4, "").ids
    assert ranker.lists.related(RU, "archive", 4).ids == by_views != with_tags


def test_the_graph_follows_the_log() -> None:
    """Renewed within some seconds of log time: tags weigh what is read now."""
    ranker = newsroom()
    edition = ranker.lists.edition(RU)

    def weight() -> float:
        graph = edition.tags(DEFAULT)
        return graph.cooccurrence.weight_of("tag 5")

    before = weight()
    rows = [view(START_MS + 60_000 + k, "n5", f"late {k}") for k in range(50)]
    ranker.apply(packed(rows, 1000), 5)
    ranker.tick()
    assert weight() == pytest.approx(before + 50, rel=0.02)


def test_a_draft_decay_has_a_graph_of_its_own() -> None:
    """Asked in turn, each profile sees its own weights."""
    ranker = Ranker()
    ranker.put([card(f"{k}", "oil" if k % 2 else "snow") for k in range(10)])
    ranker.apply(packed([view(START_MS - DAY_MS + k, f"{k % 10}", f"{k}") for k in range(50)]), 0)
    ranker.apply(packed([view(START_MS + k, "0", f"now {k}") for k in range(5)], 50), 1)
    ranker.tick()
    edition = ranker.lists.edition(RU)
    for _ in range(2):
        for half_life in (21_600.0, 300.0, 864_000.0):
            tags = edition.tags(Profile(tag_half_life=half_life)).cooccurrence
            exact = 25 * 0.5 ** (DAY / half_life) + 5 / SHRINK
            assert tags.weight_of("oil") == pytest.approx(exact, rel=0.03)
