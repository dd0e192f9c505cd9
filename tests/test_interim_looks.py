"""Interim looks: when one is due, and which the settings log keeps."""

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ranking.embedded.live import Live
from ranking.embedded.log import SqliteLog
from ranking.embedded.ports import EmbeddedLists, EmbeddedSettings
from ranking.experiments.bucket_sums import no_tallies
from ranking.experiments.duration_forecast import ENOUGH, Habits, expected, habits_of
from ranking.experiments.effect_history import path_of
from ranking.experiments.evidence import Look
from ranking.experiments.interim_looks import is_due, look_at
from ranking.experiments.plans import DAY, Experiment, Status, experiment_of
from ranking.experiments.readout import readout
from ranking.profiles.profile import DEFAULT
from ranking.service.experiment_schedule import look
from ranking.settings_log.book import Book
from ranking.settings_log.decisions import Decision, packed, record_of
from tests.test_experiment_report import START, counted, evidence, plan

HOUR = 3600.0


def its(**changes: Any) -> Experiment:
    """A running experiment."""
    return experiment_of(plan(**changes))


def due_at(its: Experiment, until: float) -> list[float]:
    """Seconds after the start at which looks are due, asked each second."""
    looks: list[Look] = []
    for second in range(int(until)):
        if is_due(its, looks, START + second):
            looks.append(Look(START + second, [(0.0, 0.0, 0.0)]))
    return [look.at - START for look in looks]


def test_looks_are_a_minute_apart_at_first_and_an_hour_at_last() -> None:
    moments = due_at(its(), DAY)
    assert moments[:3] == [60.0, 120.0, 180.0]
    pauses = [later - one for one, later in pairwise(moments)]
    assert sorted(pauses) == pauses, "never more often than before"
    assert pauses[-1] == HOUR
    late = moments[moments.index(next(at for at in moments if at > 2 * HOUR))]
    after = moments[moments.index(late) + 1]
    assert after - late == pytest.approx(0.1 * after, abs=1.0)
    assert len(moments) < 80


def test_nothing_is_due_while_nothing_is_counted() -> None:
    for status in (Status.DRAFT, Status.FROZEN, Status.STOPPED):
        assert not is_due(msgspec.structs.replace(its(), status=status), [], START + DAY)
    assert not is_due(its(), [], START - 1)
    assert is_due(its(), [], START + 60)


def decided(book: Book, kind: str, name: str, body: dict[str, Any] | None) -> Decision:
    """Write a record that follows what holds, and take it."""
    record = book.following(kind, name, body, "", "", clock=lambda: START)
    assert book.take(record)
    return record


def test_of_two_looks_at_once_the_first_is_kept_and_removal_takes_all() -> None:
    book = Book()
    draft = plan(status="draft")
    decided(book, "experiment", "calm", draft)
    one = {"at": START + 60, "effects": [[0.1, 9.0, 4.0]]}
    first = book.following("look", "calm", one, "", "")
    assert not book.take(first), "a draft is not looked at"
    decided(book, "experiment", "calm", plan())
    second = book.following("look", "calm", {**one, "at": START + 61}, "", "")
    assert (book.take(first), book.take(second)) == (True, False)
    assert book.looks("calm") == [Look(START + 60, [(0.1, 9.0, 4.0)])]
    decided(book, "look", "calm", {**one, "at": START + 120})
    assert [record.kind for record in book.records] == ["experiment"] * 2, "looks decide nothing"
    wrong = book.following("look", "calm", {"at": START, "effects": []}, "", "")
    assert not book.take(record_of(packed(wrong)))
    decided(book, "experiment", "calm", plan(status="stopped"))
    decided(book, "experiment", "calm", None)
    assert book.looks("calm") == []
    assert not book.take(book.following("look", "calm", one, "", "")), "nothing is left to look at"
    assert book.latest("look", "calm") == 0
    again = book.following("experiment", "calm", draft, "", "")
    assert not book.take(again), "events of its readers are still in the log"
    assert book.faults == []


def test_who_looks_at_the_same_moment_is_told(tmp_path: Path) -> None:
    """Two processes over one settings log: the second has a conflict, and the log one look."""
    with SqliteLog(tmp_path, durable=False) as log:
        live = Live(log, DEFAULT)
        live.start()
        live.started.wait()
        lists, settings = EmbeddedLists(live), EmbeddedSettings(live)

        async def both() -> list[BaseException | None]:
            for body in (plan(status="draft"), plan()):
                await settings.write(decision(live.book, body))
            looks = (look(lists, settings, "calm", its()) for _ in range(2))
            return await asyncio.gather(*looks, return_exceptions=True)

        try:
            told = asyncio.run(both())
        finally:
            live.stop()
        assert sorted(type(one).__name__ for one in told) == ["ConflictError", "NoneType"]
        assert len(live.book.looks("calm")) == 1
        kinds = [record_of(body).kind for body in log.settings()]
        assert kinds == ["experiment", "experiment", "look"]


def decision(book: Book, body: dict[str, Any]) -> Decision:
    """Decide on the experiment at its start."""
    return book.following("experiment", "calm", body, "", "", clock=lambda: START)


def test_a_path_ends_where_the_readout_stands() -> None:
    given = evidence(0.1)
    plan_of, told = given.experiment, readout(given)
    path = path_of(plan_of, [*given.looks, look_at(plan_of, given.tallies, given.at)])
    (last,) = path[-1].arms
    (main,) = told.main
    assert (last.lift, last.low, last.high, last.p) == (main.lift, main.low, main.high, main.p)
    chances = [point.arms[0].p for point in path]
    assert chances == sorted(chances, reverse=True), "what was once shown stays shown"


def test_what_is_expected_follows_the_rate_that_was_seen() -> None:
    plan_of = its(phases=[{"at": START, "traffic": 500, "shares": [500, 500]}])
    tallies = counted(plan_of_body(500), 0.0)
    visits = int(tallies.column("visits").sum())
    habits = habits_of(plan_of, tallies, "clicks_per_visit", START + 2 * DAY)
    assert habits is not None
    assert habits.a_day == pytest.approx(visits / 2 / 0.5)
    assert habits.spread == pytest.approx(2.0, rel=0.1), "clicks of half of the visits: 1 / 0.5"
    needed = expected(plan_of, habits, visits, START + 2 * DAY)
    assert needed.visits is not None
    left = max(needed.visits - visits, 0) / (visits / 2)
    assert needed.days == pytest.approx(2 + left)
    assert not needed.is_rough


def test_before_there_are_enough_visits_nothing_is_told() -> None:
    few = no_tallies(1, 2)
    plan_of = experiment_of(plan_of_body(1000))
    assert habits_of(plan_of, few, "clicks_per_visit", START + DAY) is None
    few.sums[0, 0, :, :] = ENOUGH // 1000 - 1
    assert habits_of(plan_of, few, "clicks_per_visit", START + DAY) is None
    assert expected(plan_of, Habits(10.0, 0.0)).days is None


def plan_of_body(traffic: int) -> dict[str, Any]:
    """A plan of one phase."""
    return plan(phases=[{"at": START, "traffic": traffic, "shares": [500, 500]}])
