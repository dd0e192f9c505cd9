"""What lists may show: nothing early, unlisted, expired or taken down, whatever else is said."""

from collections.abc import Mapping
from typing import Any

import pytest

from ranking.content.cards import Card
from ranking.lists.explanation import Explained
from ranking.lists.rerank.editorial import ActiveOverrides
from ranking.profiles.profile import DEFAULT, Profile, profile_from
from ranking.profiles.scopes import Profiles
from ranking.ranker import Ranker
from ranking.settings_log.overrides import override_of
from tests.support.logs import RU, START_MS, packed, view

NOW = START_MS / 1000
WORDS = [
    "Opera", "Cyclists", "Orchestra", "Rowers", "Painter", "Goalkeeper", "Library", "Marathon",
    "Eagles", "Wrestlers",
]  # fmt: skip
NAMES = [f"a{k}" for k in range(len(WORDS))]


def card_of(name: str, **fields: Any) -> Card:
    """An article of the Russian edition, published an hour ago."""
    word = WORDS[int(name[1:])]
    given: dict[str, Any] = {"published_at": NOW - 3600, "section": "news", "tags": ("x", "y")}
    return Card(RU, name, f"{word} {word.lower()}s everywhere this week", **given | fields)


def ranker_of(*cards: Card) -> Ranker:
    """Ten articles, all read after one another by everybody."""
    ranker = Ranker(profile=profile_from({"steadiness": 0}))
    given = {card.id: card for card in cards}
    ranker.put(given.get(name) or card_of(name) for name in NAMES)
    rows = [
        view(START_MS + 1000 * k + n, name, f"r{n}")
        for k, name in enumerate(NAMES)
        for n in range(30 - k)
    ]
    ranker.apply(packed(sorted(rows, key=lambda row: row.at_ms)), 0)
    return ranker


def shown(ranker: Ranker) -> list[tuple[str, ...]]:
    """Every list in which an article might stand."""
    exposed = profile_from({"exposure": 0.2})
    return [
        ranker.lists.live_board(RU, "popular").ids,
        *(
            ranker.lists.board(RU, "popular", profile, 20, section).ids
            for profile in (DEFAULT, Profile(window=86_400), exposed, Profile(exponent=1.0))
            for section in ("", "news")
        ),
        ranker.lists.board(RU, "trending", DEFAULT, 20, "").ids,
        ranker.lists.related(RU, "a1", 20).ids,
        ranker.lists.next(RU, "related", ["a1"], 20, profile_from({"diversity": 0.4})).ids,
        ranker.lists.for_you(RU, ["a1", "a2"], 20).ids,
        tuple(card.id for card in ranker.lists.edition(RU).tags(DEFAULT).cards),
    ]


def overrides_of(*bodies: Mapping[str, Any]) -> ActiveOverrides:
    """Edits that hold."""
    return ActiveOverrides(tuple(override_of(dict(body)).scoped_edit() for body in bodies))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"published_at": NOW + 600}, "it is not yet published"),
        ({"listable": False}, "it is unlisted"),
        ({"expires_at": NOW + 20}, "it has expired"),
    ],
)
def test_what_may_not_be_listed_is_nowhere(fields: dict[str, Any], reason: str) -> None:
    """Neither pinned nor boosted nor to fill a list."""
    ranker = ranker_of(card_of("a5", **fields))
    pin, boost = {"action": "pin"}, {"action": "boost", "factor": 50}
    overrides = overrides_of(*({**act, "articles": ["a5"]} for act in (pin, boost)))
    for edits in (ActiveOverrides(), overrides):
        ranker.lists.govern(ranker.lists.profiles, edits)
        ranker.tick(wall=NOW + 60)
        assert all("a5" not in ids for ids in shown(ranker))
        assert all(len(ids) > 3 for ids in shown(ranker))
    (told,) = ranker.lists.explain(RU, "popular", Explained(("a5",)), DEFAULT)
    assert told.kept_out == reason


def test_an_article_enters_and_leaves_by_time_alone() -> None:
    """No view, no card: a tick at the moment makes the boards anew."""
    ranker = ranker_of(card_of("a5", published_at=NOW + 600, expires_at=NOW + 900))
    ranker.tick(wall=NOW + 60)
    assert ranker.tick(wall=NOW + 61).boards == []
    for wall, is_in in ((NOW + 600, True), (NOW + 900, False)):
        assert not [b for b in ranker.tick(wall=wall - 0.1).boards if b.surface == "popular"]
        boards = ranker.tick(wall=wall).boards
        popular = next(board for board in boards if board.surface == "popular")
        assert ("a5" in popular.ids) is is_in
        assert ("a5" in ranker.lists.related(RU, "a1", 20).ids) is is_in


def test_the_log_dates_lists_where_there_is_no_wall_clock() -> None:
    ranker = ranker_of(card_of("a5", published_at=NOW + 600))
    ranker.tick()
    assert all("a5" not in ids for ids in shown(ranker))
    later = view(START_MS + 600_000, "a1", "late")
    ranker.apply(packed([later], source="later"), 1)
    (popular, _) = ranker.tick().boards
    assert "a5" in popular.ids


def test_an_edition_without_a_view_has_no_clock() -> None:
    ranker = Ranker()
    ranker.put([card_of("a1", published_at=NOW + 10**6)])
    assert ranker.tick().boards[0].ids == ("a1",)
    assert ranker.tick(wall=NOW).boards == []
    assert ranker.lists.board(RU, "popular", DEFAULT, 5, "").ids == ()


def test_precedence_of_all_rules() -> None:
    """Taken down, blocked, unlisted, buried, pinned: what is stronger holds."""
    ranker = ranker_of(card_of("a3", listable=False))
    ranker.remove(RU, "a1")
    pins = [{"action": "pin", "articles": [f"a{k}"], "slot": k} for k in (1, 2, 3, 4, 5)]
    block = {"action": "block", "articles": ["a2"]}
    bury = {"action": "bury", "articles": ["a4"]}
    ranker.lists.govern(Profiles(DEFAULT), overrides_of(*pins, block, bury))
    ids = ranker.lists.board(RU, "popular", DEFAULT, 10, "").ids
    assert not {"a1", "a2", "a3"} & set(ids)
    assert ids[-1] == "a4"
    assert ids[4] == "a5"


def test_a_tick_tells_where_other_articles_may_be_listed() -> None:
    """After cards changed, and when a time has come; not after views alone."""
    ranker = ranker_of(card_of("a1", expires_at=NOW + 100))
    assert ranker.tick(wall=NOW).listed == {RU}
    ranker.apply(packed([view(START_MS + 60_000, "a2", "late")], 1000), 1)
    assert ranker.tick(wall=NOW + 1).listed == set()
    assert ranker.tick(wall=NOW + 101).listed == {RU}
    ranker.remove(RU, "a3")
    assert ranker.tick(wall=NOW + 102).listed == {RU}


@pytest.mark.parametrize("diversity", [0.0, 0.4])
@pytest.mark.parametrize(
    "fields", [{"published_at": NOW + 10**6}, {"listable": False}, {"expires_at": NOW}, {}]
)
def test_what_may_not_be_listed_takes_no_place_in_related(
    fields: dict[str, Any], diversity: float
) -> None:
    """However many of what is read next it is; the last of them were taken down."""
    ranker, rows, at = Ranker(), [], START_MS
    ranker.put(Card(RU, f"{k:02}", f"{k:02}", **fields if 0 < k <= 45 else {}) for k in range(60))
    for k in range(1, 60):
        for n in range(65 - k):
            rows += [view(at, "00", f"{k} {n}"), view(at + 1, f"{k:02}", f"{k} {n}")]
            at += 10
    ranker.apply(packed(rows), 0)
    for k in range(1, 46) if not fields else ():
        ranker.remove(RU, f"{k:02}")
    ranker.tick(wall=at / 1000)
    board = ranker.lists.next(RU, "related", ["00"], 10, profile_from({"diversity": diversity}))
    assert board.ids == tuple(f"{k:02}" for k in range(46, 56))
    assert min(item.score for item in board.items) > 0.0


def test_lists_go_on_below_leaders_that_editors_bury() -> None:
    """All articles that lead are of one section: whatever is buried, the next best follow."""
    names = [f"c{k:03}" for k in range(600)] + [f"o{k}" for k in range(9)]
    ranker = Ranker(profile=profile_from({"steadiness": 0}))
    ranker.put(
        Card(RU, name, name, "Culture" if name[0] == "c" else "Other", published_at=NOW - 60)
        for name in names
    )
    rows = [
        view(START_MS + k, name, f"r{n}")
        for k, name in enumerate(names)
        for n in range(4 if name[0] == "c" else 1 + (name in ("o3", "o5")))
    ]
    ranker.apply(packed(rows), 0)
    bury = {"action": "bury", "sections": ["Culture"]}
    ranker.lists.govern(Profiles(profile_from({"steadiness": 0})), overrides_of(bury))
    wanted = ("o5", "o3", "o8", "o7", "o6")  # two views, then one; of these the latest
    assert (
        ranker.lists.board(RU, "popular", ranker.lists.profile(RU, "popular"), 5, "").ids == wanted
    )
    assert set(ranker.lists.board(RU, "trending", DEFAULT, 5, "").ids[:2]) == {"o3", "o5"}
