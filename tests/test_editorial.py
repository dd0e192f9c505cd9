"""Edits on real boards: places held, scores multiplied, news buried, and no trace when it ends."""

from collections.abc import Mapping
from typing import Any

import pytest

from ranking.content.cards import Card
from ranking.lists.boards import Board
from ranking.lists.rerank.editorial import NO_OVERRIDES, ActiveOverrides
from ranking.profiles.profile import Profile
from ranking.profiles.scopes import Profiles
from ranking.ranker import Ranker
from ranking.settings_log.overrides import override_of
from tests.support.logs import KK, RU, START_MS, chopped, view

HEADLINES = [
    "Opera house opens its autumn season", "Cyclists finish the mountain stage",
    "Orchestra plays in the old square", "Rowers train before the regatta",
    "Painter shows portraits of villagers", "Goalkeeper signs for three years",
    "Library lends instruments to pupils", "Marathon closes streets on Sunday",
    "Film about steppe eagles wins prize", "Young wrestlers travel to Ankara",
    "Museum restores bronze age jewellery", "Chess team draws with champions",
]  # fmt: skip
SECTIONS = ("Culture", "Sport")


def board_of(ranker: Ranker, edition: str = RU, surface: str = "popular") -> Board:
    """The live board of a tick."""
    (found,) = (b for b in ranker.tick().boards if (b.edition, b.surface) == (edition, surface))
    return found


def overrides_of(*bodies: Mapping[str, Any]) -> ActiveOverrides:
    """Edits that hold."""
    return ActiveOverrides(tuple(override_of(dict(body)).scoped_edit() for body in bodies))


@pytest.fixture
def ranker() -> Ranker:
    """Twelve articles in two editions; a0 is read most."""
    made, rows = Ranker(profile=Profile(steadiness=0.2)), []
    for edition in (RU, KK):
        made.put(
            Card(
                edition, f"a{k}", HEADLINES[k],
                SECTIONS[k % 2], ("concert",) if k == 2 else ("law",), START_MS / 1000 - 60 + k,
                story=f"story {k}",
            )
            for k in range(12)
        )  # fmt: skip
        for k in range(12):
            rows += [
                view(START_MS + i, f"a{k}", f"{edition} {k} {i}", edition=edition)
                for i in range(40 - 3 * k)
            ]
    rows.sort(key=lambda row: row.at_ms)
    for part in chopped(rows, []):
        made.apply(part, made.position)
    return made


def test_pins_hold_their_places(ranker: Ranker) -> None:
    before = board_of(ranker).ids
    pins: list[dict[str, Any]] = [
        {"action": "pin", "articles": ["a9"], "slot": 2},
        {"action": "pin", "stories": ["story 11"]},
    ]
    ranker.lists.govern(ranker.lists.profiles, overrides_of(*pins))
    assert board_of(ranker).ids[:5] == ("a11", "a9", *before[:3])
    assert board_of_related(ranker)[:2] == ("a11", "a9")


def board_of_related(ranker: Ranker) -> tuple[str, ...]:
    """Related of an article."""
    return ranker.lists.related(RU, "a0", 4).ids


def test_an_override_that_ended_leaves_no_trace(ranker: Ranker) -> None:
    """Steadiness must not hold what an editor put there."""
    before = board_of(ranker)
    acts: list[dict[str, Any]] = [
        {"action": "pin", "articles": ["a11"]},
        {"action": "boost", "articles": ["a8"], "factor": 50},
    ]
    ranker.lists.govern(ranker.lists.profiles, overrides_of(*acts))
    assert board_of(ranker).ids[:2] == ("a11", "a8")
    ranker.lists.govern(ranker.lists.profiles, NO_OVERRIDES)
    assert board_of(ranker) == before


def test_boosts_multiply_and_press_down(ranker: Ranker) -> None:
    boost = {"action": "boost", "tags": ["CONCERT "], "factor": 0.5}
    plain = Profile(steadiness=0.0)
    ranker.lists.govern(Profiles(plain), overrides_of(boost))
    scores = {
        item.id: item.score for item in ranker.lists.board(RU, "popular", plain, 12, "").items
    }
    scores["a2"] *= 0.5
    wanted = sorted(scores, key=lambda id_: (-scores[id_], id_))
    assert list(board_of(ranker).ids) == wanted


def test_what_is_blocked_is_nowhere(ranker: Ranker) -> None:
    ranker.lists.govern(
        ranker.lists.profiles, overrides_of({"action": "block", "sections": ["Culture"]})
    )
    for ids in (
        board_of(ranker).ids,
        board_of(ranker_again(ranker), KK).ids,
        board_of_related(ranker),
    ):
        assert ids
        assert all(int(id_[1:]) % 2 for id_ in ids)


def ranker_again(ranker: Ranker) -> Ranker:
    """The same ranker, with all its boards due."""
    ranker.lists.govern(Profiles(ranker.lists.profiles.base), ranker.lists.overrides)
    return ranker


def test_mourning_buries_in_every_edition_until_it_ends(ranker: Ranker) -> None:
    """Buried articles come last, and only where a list were short without them."""
    before = board_of(ranker).ids
    ranker.lists.govern(
        ranker.lists.profiles,
        overrides_of({"action": "bury", "sections": ["Culture"], "tags": ["concert"]}),
    )
    boards = {edition: board_of(ranker_again(ranker), edition).ids for edition in (RU, KK)}
    for ids in boards.values():
        assert len(ids) == 12
        assert [int(id_[1:]) % 2 for id_ in ids] == [1] * 6 + [0] * 6
    assert all(int(id_[1:]) % 2 for id_ in ranker.lists.related(RU, "a0", 4).ids)
    ranker.lists.govern(ranker.lists.profiles, NO_OVERRIDES)
    assert board_of(ranker).ids == before


def test_a_list_freezes_while_counting_goes_on(ranker: Ranker) -> None:
    frozen = board_of(ranker).ids[:5]
    body: dict[str, Any] = {
        "action": "list",
        "edition": RU,
        "surface": "popular",
        "articles": list(frozen),
    }
    ranker.lists.govern(ranker.lists.profiles, overrides_of(body))
    rows = [view(START_MS + 60_000 + i, "a11", f"new {i}") for i in range(500)]
    for part in chopped(rows, [], source="later"):
        ranker.apply(part, ranker.position)
    board = board_of(ranker)
    assert board.ids[:5] == frozen
    assert board.ids[5] == "a11"
    ranker.lists.govern(ranker.lists.profiles, NO_OVERRIDES)
    assert board_of(ranker).ids[0] == "a11"


def test_caps_and_duplicates_hold_over_pins(ranker: Ranker) -> None:
    ranker.put([Card(RU, "copy", HEADLINES[0], "Sport")])
    pins: list[dict[str, Any]] = [
        {"action": "pin", "articles": ["copy"]},
        {"action": "pin", "articles": ["a1"], "slot": 2},
    ]
    ranker.lists.govern(Profiles(Profile(section_cap=1)), overrides_of(*pins))
    ids = board_of(ranker).ids
    assert ids[0] == "copy"
    assert "a0" not in ids[:2]
    assert "a1" not in ids  # its section's one place is taken


def test_no_state_changes(ranker: Ranker) -> None:
    before = ranker.state()
    ranker.lists.govern(
        Profiles(Profile(half_life=86400.0)), overrides_of({"action": "bury", "tags": ["law"]})
    )
    ranker.tick()
    assert ranker.state() == before
