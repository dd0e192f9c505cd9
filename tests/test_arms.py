"""Arms: what a list is made under for who is in one, or in one of each of several layers."""

from typing import Any

import pytest

from ranking.experiments.arms import Listed, has_own_lists, listed
from ranking.experiments.plans import ExperimentError
from ranking.profiles.scopes import Scope
from ranking.settings_log.book import Book, name_of
from tests.test_experiments import NOW, POPULAR, body, decided, phases

STARTED = NOW + 3600
NO_LIST = [{"name": "now", "set": {}}, {"name": "none", "holdout": True}]


def book_of(**own: Any) -> Book:
    """A book where all lists are unsteady, and Popular has changes of its own if any are given."""
    book = Book()
    book.take(book.following("profile", name_of(Scope()), {"steadiness": 0}, "", ""))
    if own:
        book.take(book.following("profile", name_of(POPULAR), own, "", ""))
    return book


def found(book: Book, asked: str, surface: str = "popular", now: float = STARTED) -> Listed | None:
    """What is asked for, if readers see it."""
    where = ("paper/en", surface, "")
    return listed(asked, book.experiments(), book.profiles, book.published, where, now)


def made(book: Book, asked: str, surface: str = "popular", now: float = STARTED) -> Listed:
    """What is asked for."""
    its = found(book, asked, surface, now)
    assert its is not None
    return its


def caps(layer: str = "wide", **changes: Any) -> dict[str, Any]:
    """An experiment of another layer, on the caps."""
    arms = [{"name": "a", "set": {}}, {"name": "b", "set": {"section_cap": 2}}]
    return {"layer": layer, "arms": arms, **changes}


def refused(book: Book, asked: str, surface: str = "popular") -> str:
    """Why it is refused."""
    with pytest.raises(ExperimentError) as told:
        found(book, asked, surface)
    return str(told.value)


def test_one_arm() -> None:
    book = book_of()
    shares = [phases([500, 300, 200])[0]]
    decided(book, "e", arms=[*body()["arms"], NO_LIST[1]], phases=shares, metric="pages_per_visit")
    (slow,) = made(book, "e:slow").profiles
    assert (slow.half_life, slow.steadiness, slow.name) == (3600, 0, "e:slow")
    live = book.profiles.of("paper/en")
    assert made(book, "e:now").profiles[0].half_life == live.half_life
    assert made(book, "e:none").profiles == ()
    assert made(book, "e:slow")[:3] == ("e", "slow", "e:slow")
    assert refused(book, "e").startswith("arm must be EXPERIMENT:ARM of a known experiment")
    assert refused(book, "f:now").startswith("arm must be EXPERIMENT:ARM of a known experiment")
    assert refused(book, "e:fast") == "arm of 'e' must be one of now, slow, none, got 'fast'"
    assert "must be requested on lists of paper/en popular" in refused(book, "e:slow", "trending")


def test_drawings() -> None:
    book = book_of()
    decided(book, "both", surface="trending", mode="interleave", metric="click_through")
    drawn = made(book, "both:15", "trending")
    assert [its.half_life for its in drawn.profiles] == [300, 3600]
    assert (drawn.drawing, drawn.teams, drawn.arm) == (15, ("now", "slow"), "15")
    for wrong in ("16", "-1", "slow", "", "1.0"):
        assert "must be a drawing from 0 to 15" in refused(book, f"both:{wrong}", "trending")


def test_layers_apply_together() -> None:
    book = book_of()
    decided(book, "calm")
    decided(book, "wide", **caps())
    for asked in ("calm:slow,wide:b", "wide:b,calm:slow"):
        both = made(book, asked)
        (profile,) = both.profiles
        assert (profile.half_life, profile.section_cap, profile.steadiness) == (3600, 2, 0)
        assert both[:3] == ("calm,wide", "slow,b", "calm:slow,wide:b")
    (profile,) = made(book, "calm:now,wide:b").profiles
    assert (profile.half_life, profile.section_cap) == (300, 2)
    (profile,) = made(book, "calm:slow,wide:a").profiles
    assert (profile.half_life, profile.section_cap) == (3600, 0)


def test_what_neither_varies_is_there_once_and_a_parameter_is_of_who_varies_it() -> None:
    book = book_of(freshness=2.0)
    fresh = {"freshness": 2.0}
    decided(book, "calm", arms=[
        {"name": "now", "set": fresh}, {"name": "slow", "set": fresh | {"half_life": 3600}},
    ])  # fmt: skip
    capped = {"section_cap": 2, "half_life": 900}
    decided(book, "wide", layer="wide", arms=[
        {"name": "a", "set": {"half_life": 900}}, {"name": "b", "set": capped},
    ])  # fmt: skip
    told = {
        asked: (its.freshness, its.half_life, its.section_cap)
        for asked in ("calm:now,wide:b", "calm:slow,wide:b", "wide:b")
        for its in made(book, asked).profiles
    }
    assert told == {
        "calm:now,wide:b": (2.0, 300, 2),
        "calm:slow,wide:b": (2.0, 3600, 2),
        "wide:b": (0.0, 900, 2),
    }


def test_no_list_in_one_layer_is_no_list() -> None:
    book = book_of()
    decided(book, "calm")
    decided(book, "hold", layer="hold", arms=NO_LIST, metric="pages_per_visit")
    assert made(book, "calm:slow,hold:none").profiles == ()
    assert made(book, "calm:slow,hold:now").profiles[0].half_life == 3600


def test_what_does_not_go_together() -> None:
    book = book_of()
    decided(book, "calm", phases=phases([500, 500], traffic=300))
    few = phases([500, 500], traffic=300)
    decided(book, "near", offset=300, phases=few)
    decided(book, "mix", offset=600, phases=few, mode="interleave", metric="click_through")
    assert "one experiment per layer, got 'calm' and 'near' of layer" in refused(
        book, "calm:now,near:now"
    )
    assert "one experiment per layer" in refused(book, "calm:now,calm:slow")
    assert refused(book, "calm:now,mix:3").startswith("'mix' must be requested alone")
    assert "at most 8 experiments, got 9" in refused(book, ",".join(["calm:now"] * 9))
    assert "EXPERIMENT:ARM" in refused(book, "calm:now,")


def test_labels_follow_phases_and_are_nothing_while_frozen() -> None:
    book = book_of()
    decided(book, "calm", phases=phases([500, 500], [300, 700]))
    decided(book, "wide", **caps())
    both = "calm:slow,wide:b"
    assert found(book, both, now=NOW) is None
    assert made(book, both).experiment == "calm,wide"
    assert made(book, both, now=NOW + 7200)[:2] == ("calm.1,wide", "slow,b")
    decided(book, "wide", NOW + 7300, **caps(status="frozen"))
    frozen = made(book, both, now=NOW + 7300)
    assert frozen[:3] == ("calm.1", "slow", "calm:slow,wide:b")
    assert frozen.profiles[0].section_cap == 2
    decided(book, "wide", NOW + 7400, **caps(status="stopped"))
    stopped = made(book, both, now=NOW + 7400)
    assert (stopped.name, stopped.profiles[0].section_cap) == ("calm:slow", 0)


def test_an_a_a_of_the_live_lists_has_none_of_its_own() -> None:
    both = [{"name": "a", "set": {}}, {"name": "b", "set": {}}]
    for own, arms, wanted in (
        ({}, both, False),
        ({"freshness": 2.0}, both, False),
        ({}, [{"name": n, "set": {"freshness": 2.0}} for n in "ab"], True),
        ({"freshness": 2.0}, [{"name": n, "set": {"freshness": 2.0}} for n in "ab"], False),
        ({}, body()["arms"], True),
        ({}, NO_LIST, True),
    ):
        book = book_of(**own)
        decided(book, "e", arms=arms, metric="pages_per_visit")
        its = book.experiments()["e"]
        assert has_own_lists(its, book.profiles, book.published) is wanted


def test_an_a_a_runs_beside_an_interleaved_one_and_keeps_what_is_published() -> None:
    book = book_of(freshness=2.0)
    arms = [{"name": "a", "set": {}}, {"name": "b", "set": {}}]
    decided(book, "meter", arms=arms, layer="meter", edition="", surface="")
    decided(book, "mix", mode="interleave", metric="click_through")
    (profile,) = made(book, "meter:b").profiles
    assert (profile.freshness, profile.steadiness) == (2.0, 0)
    assert made(book, "mix:0").experiment == "mix"
    with pytest.raises(ExperimentError, match="must not be interleaved on the lists of 'mix'"):
        book.check_experiment("third", body(layer="third"), NOW)
