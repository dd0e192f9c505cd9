"""Lists follow removals, ticks and evictions."""

from ranking.content.cards import Card
from ranking.engine.settings import EngineSettings
from ranking.profiles.profile import DEFAULT, Profile, profile_from
from ranking.ranker import Ranker
from tests.support.live import EDITIONS, Live, apart, dated, portal
from tests.support.logs import KK, RU, START_MS, chopped, packed, random_rows, view


def test_removed_articles_are_never_listed() -> None:
    """At once, on every surface and in every list's fill, until they are reinstated."""
    live = Live()
    live.put([Card(RU, f"card {k}") for k in range(6)])
    live.feed(portal(25, 400, articles=40))
    articles = live.popular(RU, DEFAULT, 100).ids
    for article in [*articles[:25], "card 1", "never seen"]:
        assert live.ranker.remove(RU, article) == article.startswith("card")
        live.gone.add((RU, article))
        gone = {a for _, a in live.gone}
        boards = [
            live.popular(RU, DEFAULT, 100),
            live.popular(RU, Profile(window=604_800), 100),
            live.ranker.lists.board(RU, "trending", DEFAULT, 100, ""),
            live.ranker.lists.related(RU, articles[-1], 100),
            live.ranker.lists.related(RU, article, 100),
            live.ranker.lists.for_you(RU, [articles[-1], articles[-2]], 100),
        ]
        assert not any(set(board.ids) & gone for board in boards)
        assert len(live.ranker.lists.related(RU, articles[-1], 4).ids) == 4
    back = articles[0]
    live.ranker.put([Card(RU, back)])
    assert back not in live.popular(RU, DEFAULT, 100).ids
    assert live.ranker.reinstate(RU, back)
    live.put([Card(RU, back)])
    assert back in live.popular(RU, DEFAULT, 100).ids
    assert set(live.ranker.lists.board(KK, "popular", DEFAULT, 100, "").ids) == set(
        live.articles(KK)
    )


def test_boards_are_made_for_what_changed() -> None:
    """A tick makes both boards of the editions with views or cards since the last one."""
    ranker = Ranker(profile=profile_from({"sibling_evidence": 0}))
    ranker.apply(packed([view(START_MS, "a"), view(START_MS, "b", edition=KK)]), 0)
    assert [(b.edition, b.surface) for b in ranker.tick().boards] == [
        (KK, "popular"), (RU, "popular"), (KK, "trending"), (RU, "trending")
    ]  # fmt: skip
    assert ranker.tick().boards == []
    ranker.put([Card("inform/uz", "c")])
    assert {b.edition for b in ranker.tick().boards} == {"inform/uz"}
    ranker.remove(RU, "a")
    (popular, _) = ranker.tick().boards
    assert (popular.edition, popular.ids) == (RU, ())
    assert ranker.lists.editions() == [KK, RU, "inform/uz"]


def test_small_editions_follow_their_siblings() -> None:
    """Those that share stories; an edition of another site does not."""
    ranker = Ranker()
    ranker.apply(packed([view(START_MS, "a"), view(START_MS, "b", edition=KK)]), 0)
    ranker.tick()
    ranker.put([Card("inform/uz", "c", story="s"), Card("paper/uz", "d", story="s")])
    assert {b.edition for b in ranker.tick().boards} == {KK, RU, "inform/uz", "paper/uz"}


def test_ticks_change_no_list() -> None:
    """A ranker that ticks after every batch, and one that ticks once, show the same."""
    rows = portal(26, 600)
    cards = dated(rows, 26)
    often, once = Ranker(), Ranker()
    for ranker in (often, once):
        ranker.put(cards)
    for position, batch in enumerate(chopped(rows, range(0, 600, 6))):
        often.apply(batch, position)
        once.apply(batch, position)
        often.tick()
    once.tick()
    profiles = (
        DEFAULT, Profile(window=86_400), Profile(exponent=1.0), Profile(freshness=3.0),
        Profile(half_life=5000.0),
    )  # fmt: skip
    for edition in EDITIONS:
        for profile in profiles:
            boards = [r.lists.board(edition, "popular", profile, 100, "") for r in (often, once)]
            assert boards[0] == boards[1]
        for article in ("ru 0", "kk 1", "unknown"):
            assert often.lists.related(edition, article, 20) == once.lists.related(
                edition, article, 20
            )


def test_lists_follow_evictions() -> None:
    """With room for 64 articles, ticked all the time: slots go from one edition to the other."""
    settings = EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024)
    rows = apart(random_rows(27, 900, articles=300, visitors=50, editions=EDITIONS, step_ms=60_000))
    ranker = Ranker(settings)
    profiles = (DEFAULT, Profile(window=86_400), Profile(exponent=1.0))
    for position, batch in enumerate(chopped(rows, range(0, 900, 2))):
        ranker.apply(batch, position)
        ranker.tick()
        if position % 9:
            continue
        fresh = Ranker.restore(ranker.checkpoint(), settings)
        fresh.tick()
        for edition in EDITIONS:
            for profile in profiles:
                boards = [
                    r.lists.board(edition, "popular", profile, 100, "") for r in (ranker, fresh)
                ]
                assert boards[0] == boards[1]
                assert all(article.startswith(edition[-2:]) for article in boards[0].ids)
    assert ranker.sites["inform"].evictions > 20
