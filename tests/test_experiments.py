"""Experiments: what a plan must say, and what may follow what."""

from typing import Any

import msgspec
import pytest

from ranking.experiments.plans import (
    DAY,
    Experiment,
    ExperimentError,
    changes_of,
    experiment_of,
)
from ranking.profiles.scopes import Scope
from ranking.settings_log.book import Book, name_of

NOW = 1_000_000.0
POPULAR = Scope("paper/en", surface="popular")


def body(**changes: Any) -> dict[str, Any]:
    """A plan that may start in an hour."""
    return {
        "arms": [{"name": "now", "version": 0}, {"name": "slow", "set": {"half_life": 3600}}],
        "phases": [{"at": NOW + 3600, "traffic": 1000, "shares": [500, 500]}],
        "salt": "s1", "edition": "paper/en", "surface": "popular", "status": "running", **changes,
    }  # fmt: skip


def decided(book: Book, name: str, at: float = NOW, **changes: Any) -> None:
    """Decide on an experiment, as a server does."""
    wanted = body(**changes)
    book.check_experiment(name, wanted, at)
    record = book.following("experiment", name, wanted, "anna", "why", clock=lambda: at)
    assert book.take(record)


def phases(*shares: list[int], traffic: int = 1000) -> list[dict[str, Any]]:
    """Phases an hour apart."""
    return [
        {"at": NOW + 3600 * (n + 1), "traffic": traffic, "shares": its}
        for n, its in enumerate(shares)
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"arms": [{"name": "now", "set": {}}]}, "arms: Expected `array` of length >= 2"),
        ({"arms": [{"name": "a"}, {"name": "b", "set": {}}]}, "arm 'a' must have one of set"),
        ({"arms": [{"name": "a", "set": {}}] * 2}, "arms must have names of their own"),
        ({"arms": [{"name": "A b", "set": {}}] * 2}, r"arms\[0\].name: Expected `str` matching"),
        ({"metric": "sales"}, "metric must be one of clicks_per_visit, pages_per_visit"),
        ({"guardrails": ["sales"]}, "guardrails must be one of"),
        ({"weeks": 0}, "weeks: Expected `int` >= 1"),
        ({"effect": 0}, "effect: Expected `float` > 0"),
        ({"phases": phases([500, 400])}, "shares of phase 0 must be one an arm and together 1000"),
        ({"phases": phases([1000])}, "shares of phase 0 must be one an arm"),
        ({"phases": phases([500, 500])[::-1] + phases([500, 500])}, "phases must be in the order"),
        ({"offset": 1}, "offset and traffic must be together at most 1000, got 1 and 1000"),
        ({"winner": "slow"}, "winner must be one of now, slow once decided and empty before"),
        ({"status": "decided"}, "winner must be one of now, slow once decided"),
        ({"mode": "interleave"}, "metric of mode interleave must be click_through"),
        ({"unit": "visitor"}, "unknown field `unit`"),
    ],
)
def test_plans_that_cannot_be(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ExperimentError, match=told):
        experiment_of(body(**changes))


def test_an_arm_is_a_profile_that_exists() -> None:
    book = Book()
    book.take(book.following("profile", name_of(POPULAR), {"half_life": 900}, "", ""))
    for version, told in ((7, "arm 'b': version must be one of.*0 to 1.*got 7"), (1, "")):
        arms = [{"name": "a", "version": 0}, {"name": "b", "version": version}]
        if told:
            with pytest.raises(ExperimentError, match=told):
                book.check_experiment("e", body(arms=arms), NOW)
        else:
            decided(book, "e", arms=arms)
    (experiment,) = book.experiments().values()
    changes = [dict(changes_of(experiment, arm, book.published)) for arm in experiment.arms]
    assert changes == [{}, {"half_life": 900}]
    arms = [{"name": "a", "set": {}}, {"name": "b", "set": {"half_lief": 1}}]
    with pytest.raises(ExperimentError, match="arm 'b': half_lief is no profile parameter"):
        book.check_experiment("f", body(arms=arms, layer="other"), NOW)


def test_overlapping_experiments_in_a_layer() -> None:
    book = Book()
    decided(book, "first", phases=phases([500, 500], traffic=600))
    for wrong in (body(), body(section="Sport"), body(edition="", offset=599, phases=few(401))):
        with pytest.raises(ExperimentError, match="'second' must not overlap 'first' in layer"):
            book.check_experiment("second", wrong, NOW)
    for right in (
        body(surface="trending"), body(edition="paper/kk"), body(status="draft"),
        body(offset=600, phases=few(400)),
    ):  # fmt: skip
        book.check_experiment("second", right, NOW)


def few(traffic: int) -> list[dict[str, Any]]:
    """One phase with part of the readers."""
    return phases([500, 500], traffic=traffic)


def test_layers_vary_different_things() -> None:
    book = Book()
    decided(book, "first")
    with pytest.raises(ExperimentError, match="must not vary half_life, which 'first' of layer"):
        book.check_experiment("second", body(layer="other"), NOW)
    arms = [{"name": "a", "set": {}}, {"name": "b", "set": {"section_cap": 2}}]
    decided(book, "second", layer="other", arms=arms)
    hold = [{"name": "a", "set": {}}, {"name": "none", "holdout": True}]
    decided(book, "third", layer="whole", arms=hold)


def test_what_decides_is_fixed_before_the_start() -> None:
    book = Book()
    decided(book, "e", status="draft")
    decided(book, "e", status="draft", metric="pages_per_visit")
    decided(book, "e", metric="pages_per_visit")
    for change in (
        {"metric": "bounce"}, {"weeks": 3}, {"salt": "s2"}, {"effect": 0.1}, {"layer": "other"},
        {"alpha": 0.1},
        {"arms": [{"name": "now", "version": 0}, {"name": "slow", "set": {}}]},
    ):  # fmt: skip
        wanted = body(**{"metric": "pages_per_visit", **change})
        with pytest.raises(ExperimentError, match="must stay as fixed before the start"):
            book.check_experiment("e", wanted, NOW)


def test_shares_change_by_a_new_phase_alone() -> None:
    book = Book()
    decided(book, "e")
    with pytest.raises(ExperimentError, match="to change shares of a running experiment, add"):
        book.check_experiment("e", body(phases=phases([300, 700])), NOW)
    grown = phases([500, 500], [300, 700])
    with pytest.raises(ExperimentError, match="phase 1 must not be in the past, got"):
        book.check_experiment("e", body(phases=grown), NOW + DAY)
    decided(book, "e", phases=grown)
    late = [*grown, {"at": NOW + 20 * DAY, "traffic": 1000, "shares": [500, 500]}]
    with pytest.raises(ExperimentError, match="phase 2 must start within the 2 weeks"):
        book.check_experiment("e", body(phases=late), NOW)
    (experiment,) = book.experiments().values()
    assert [experiment.phase_at(NOW + 3600 * n) for n in (0, 1, 2)] == [-1, 0, 1]
    assert (experiment.is_live(NOW), experiment.is_counted(NOW + 3600)) == (False, True)


def test_a_start_in_the_past() -> None:
    with pytest.raises(ExperimentError, match="start must not be in the past"):
        Book().check_experiment("e", body(), NOW + 7200)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (["running", "stopped", "stopped"], "to become stopped, it is already stopped"),
        (["stopped"], "'e' must be running or frozen to become stopped, it is draft"),
        (["running", "stopped", "running"], "must be draft or running or frozen to become running"),
        (["running", "decided"], "'e' must be stopped to become decided, it is running"),
        (
            ["running", "frozen", "running", "stopped", "decided", "decided"],
            "it is already decided",
        ),
    ],
)
def test_ways_of_life(steps: list[str], told: str) -> None:
    book = Book()

    def winner(status: str) -> dict[str, Any]:
        return {"status": status, "winner": "slow" if status == "decided" else ""}

    for status in steps[:-1]:
        decided(book, "e", **winner(status))
    with pytest.raises(ExperimentError, match=told):
        book.check_experiment("e", body(**winner(steps[-1])), NOW)


def test_a_running_one_is_not_taken_away() -> None:
    book = Book()
    decided(book, "e")
    with pytest.raises(ExperimentError, match="must not be running to remove it; stop it first"):
        book.check_experiment("e", None, NOW)
    decided(book, "e", status="stopped")
    assert book.take(book.following("experiment", "e", None, "", ""))
    assert book.experiments() == {}


def test_of_two_that_start_at_once_the_second_is_told_and_nothing_is_broken() -> None:
    book = Book()
    first = book.following("experiment", "a", body(), "", "", clock=lambda: NOW)
    second = book.following("experiment", "b", body(), "", "", clock=lambda: NOW)
    assert (book.take(first), book.take(second)) == (True, False)
    assert "'b' must not overlap 'a'" in book.conflict("experiment", "b", 0)
    assert book.faults == []
    assert list(book.experiments()) == ["a"]


def test_a_plan_as_the_log_keeps_it() -> None:
    made = experiment_of(body())
    assert isinstance(made, Experiment)
    assert experiment_of(msgspec.to_builtins(made)) == made
    assert (made.start, made.end, made.traffic) == (NOW + 3600, NOW + 3600 + 14 * DAY, 1000)
