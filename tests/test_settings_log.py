"""The settings log: who was first, what is refused, what holds when."""

from typing import Any

import pytest

from ranking.profiles.profile import DEFAULT, ProfileError
from ranking.profiles.scopes import Profiles, Scope
from ranking.settings_log.book import Book, ConflictError, name_of, scope_of
from ranking.settings_log.decisions import FORMAT, Decision, RecordError, packed, record_of
from ranking.settings_log.drafts import DraftRequest, draft_of
from ranking.settings_log.keys import Role, holder_of, new_key
from ranking.settings_log.overrides import OverrideError, override_of

POPULAR = Scope("paper/en", surface="popular")


def profile(book: Book, changes: dict[str, Any], scope: Scope = POPULAR) -> Decision:
    """Decide on a scope's parameters."""
    return book.following("profile", name_of(scope), changes, "anna", "why", clock=lambda: 1.0)


def test_of_two_that_follow_the_same_version_the_first_holds() -> None:
    book = Book()
    first, second = profile(book, {"half_life": 600}), profile(book, {"half_life": 900})
    assert (book.take(first), book.take(second)) == (True, False)
    assert book.profiles.of("paper/en", "popular").half_life == 600
    with pytest.raises(ConflictError, match=r"parent must be 1, which anna made \(why\), got 0"):
        book.following("profile", name_of(POPULAR), {}, "", "", parent=0)
    assert [record.version for record in book.history("profile", name_of(POPULAR))] == [1]


def test_every_reader_of_the_log_holds_the_same() -> None:
    book, log = Book(), []
    for changes in ({"half_life": 600}, {"freshness": 1.0}, {"half_life": 900}):
        for _ in range(2):  # somebody else decides at the same moment
            log.append(packed(profile(book, changes)))
        book.take(record_of(log[-2]))
    other = Book()
    assert [other.take(record_of(data)) for data in log] == [True, False] * 3
    assert other.records == book.records
    assert other.profiles.of("paper/en", "popular") == book.profiles.of("paper/en", "popular")


def test_a_record_of_a_newer_version_is_passed_over_and_told() -> None:
    book = Book()
    newer = Decision(
        kind="profile", name=name_of(POPULAR), version=1, parent=0, author="", at=0.0, reason="",
        body={"half_life": 600}, format=FORMAT + 1,
    )  # fmt: skip
    assert not book.take(newer)
    assert book.profiles.of("paper/en", "popular") == DEFAULT
    assert "newer version" in book.faults[0]


def test_a_record_with_a_broken_body_is_passed_over_and_told() -> None:
    book = Book()
    assert not book.take(profile(book, {"half_life": 1}))
    assert "half_life must be between 300 and 2592000, got 1" in book.faults[0]
    with pytest.raises(RecordError):
        record_of(b"{}")


def test_narrower_scopes_win_and_inherit() -> None:
    live = Profiles()
    for scope, changes in (
        (Scope(), {"steadiness": 0.0, "half_life": 600}),
        (Scope(surface="popular"), {"half_life": 900}),
        (Scope("paper/en"), {"half_life": 1200, "section_cap": 2}),
        (Scope("paper/en", "Sport", "popular"), {"section_cap": 0}),
    ):
        live = live.with_changes(scope, changes)
    made = {
        where: live.of(*where)
        for where in (
            ("paper/en", "popular", "Sport"), ("paper/en", "popular", ""),
            ("paper/kk", "popular", ""), ("paper/kk", "trending", ""),
        )
    }  # fmt: skip
    told = [(p.half_life, p.section_cap, p.steadiness) for p in made.values()]
    assert told == [(1200, 0, 0.0), (1200, 2, 0.0), (900, 0, 0.0), (600, 0, 0.0)]
    assert live.origins("paper/en", "popular", "Sport")["section_cap"] == Scope(
        "paper/en", "Sport", "popular"
    )
    assert live.of("paper/en", "popular") is live.of("paper/en", "popular")
    assert scope_of(name_of(POPULAR)) == POPULAR


def test_a_draft_is_what_publishing_would_give() -> None:
    live = Profiles().with_changes(POPULAR, {"half_life": 900, "steadiness": 0})
    draft = draft_of(
        DraftRequest("paper/en", surface="popular", set={"half_life": None}), live, 5.0
    )
    published = live.with_changes(POPULAR, draft.changes)
    assert draft.changes == {"steadiness": 0}
    assert draft.profile(live, "paper/en", "popular").half_life == DEFAULT.half_life
    assert published.of("paper/en", "popular").steadiness == 0
    assert draft.profile(live, "paper/kk", "popular").half_life == DEFAULT.half_life
    with pytest.raises(ProfileError, match="half_lief is no profile parameter"):
        draft_of(DraftRequest(set={"half_lief": 1}), live, 0.0)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"action": "pin", "articles": []}, "pin must name articles or stories"),
        ({"action": "pin", "articles": ["a"], "tags": ["t"]}, "pin must name articles or stories"),
        (
            {"action": "raise", "articles": ["a"]},
            "action: must be one of pin, boost, bury, block, l",
        ),
        ({"action": "boost", "articles": ["a"], "factor": 0}, "factor: Expected `float` > 0"),
        ({"action": "bury"}, "must name something"),
        ({"action": "bury", "tags": ["t"], "edition": "no edition"}, "edition must be"),
        ({"action": "bury", "tags": ["t"], "surface": "front"}, "surface must be one of"),
        ({"action": "list", "articles": ["a"]}, "list must name an edition, a surface"),
        ({"action": "block", "articles": ["a"], "start": 9, "end": 8}, "end must be after start"),
        ({"action": "block", "articles": ["a"], "until": 8}, "unknown field `until`"),
    ],
)
def test_overrides_that_cannot_be(body: dict[str, Any], told: str) -> None:
    with pytest.raises(OverrideError, match=told):
        override_of(body)


def test_overrides_hold_between_two_moments() -> None:
    book = Book()
    body = {"action": "block", "edition": "paper/*", "articles": ["a"], "start": 10.0, "end": 20.0}
    book.take(book.following("override", "o1", body, "", ""))
    held = [
        bool(book.active_overrides(now).of("paper/en", "related"))
        for now in (9.9, 10.0, 19.9, 20.0)
    ]
    assert held == [False, True, True, False]
    assert not book.active_overrides(15.0).of("other/en", "related") or book.active_overrides(
        15.0
    ) == book.active_overrides(20.0)
    book.take(book.following("override", "o2", body | {"end": None}, "", ""))
    assert book.active_overrides(30.0).of("paper/en", "popular")
    book.take(book.following("override", "o2", None, "", "", parent=1))
    assert not book.active_overrides(30.0).of("paper/en", "popular")


def test_keys_are_known_by_their_hash_alone() -> None:
    key, text = new_key(Role.OPERATE, "ops")
    other, _ = new_key(Role.WRITE, "portal")
    assert text not in repr(key)
    assert holder_of(text, [other, key]) == key
    assert holder_of(text + "x", [other, key]) is None
    may = {role: {act for act in Role if role.may(act)} for role in Role}
    assert may[Role.ADMINISTER] == set(Role)
    assert may[Role.OPERATE] == {Role.READ, Role.OPERATE}
    assert may[Role.WRITE] == {Role.WRITE}
