"""Experiment reports: the readout from sums alone, and verification."""

import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from ranking import __version__
from ranking.commands.readouts import experiments
from ranking.experiments.assignment import OUTSIDE, arms_of
from ranking.experiments.bucket_sums import (
    Tallies,
    TalliesError,
    add,
    csv_of,
    merged,
    no_tallies,
    sums_of,
)
from ranking.experiments.confidence_sequences import interval
from ranking.experiments.decision_warnings import doubts
from ranking.experiments.effect_history import path_of
from ranking.experiments.evidence import Evidence, Look, evidence_of
from ranking.experiments.interim_looks import look_at
from ranking.experiments.metrics import COLUMN
from ranking.experiments.plans import DAY, experiment_of
from ranking.experiments.readout import effects_of, readout
from ranking.experiments.report import report, verified

START = 1_700_000_000.0


def plan(**changes: Any) -> dict[str, Any]:
    """An experiment of two weeks with a ramp."""
    return {
        "arms": [{"name": "now", "set": {}}, {"name": "slow", "set": {"half_life": 3600}}],
        "phases": [
            {"at": START, "traffic": 100, "shares": [500, 500]},
            {"at": START + DAY, "traffic": 1000, "shares": [500, 500]},
        ],
        "salt": "s1", "surface": "popular", "status": "running", **changes,
    }  # fmt: skip


def counted(body: dict[str, Any], lift: float, lost: float = 0.0, seed: int = 1) -> Tallies:
    """Readers of an experiment whose second arm clicks more and loses some of them."""
    its, drawn = experiment_of(body), np.random.default_rng(seed)
    tallies = no_tallies(len(its.phases), len(its.arms))
    for number, phase in enumerate(its.phases):
        arm = arms_of(its.layer, its.salt, phase.shares, phase.traffic, its.offset)
        (buckets,) = np.nonzero(arm != OUTSIDE)
        own = arm[buckets]
        visits = drawn.poisson(400 * (1 - lost * (own == 1)))
        clicks = drawn.poisson(visits * 0.5 * (1 + lift * (own == 1)))
        for name, amount in (
            ("visitors", visits), ("visits", visits), ("views", 3 * visits), ("reads", visits),
            ("bounces", visits // 4), ("impressions", 5 * visits), ("clicks", clicks // 2),
            ("all_clicks", clicks),
        ):  # fmt: skip
            add(tallies, number, own, buckets, name, amount)
    tallies.slots[..., 0, 0] = 1000
    tallies.slots[..., 0, 1] = 100
    return tallies


def evidence(lift: float = 0.1, lost: float = 0.0, days: float = 15.0, **changes: Any) -> Evidence:
    """What a server would keep of it."""
    body = plan(**changes)
    tallies, its = counted(body, lift, lost), experiment_of(body)
    effects = effects_of(its, tallies, its.metric)
    return Evidence(
        name="calm <1>", plan=body, version=3,
        profiles={arm.name: {"half_life": 300.0, "arm": arm.name} for arm in its.arms},
        code=__version__, offsets={"page-views/0": (10, 4000)}, at=START + days * DAY,
        sums=csv_of(tallies, its.names), slots=tallies.slots.tolist(),
        looks=[
            Look(START + n * DAY, [(e, i * n / 14, f) for e, i, f in effects]) for n in range(15)
        ],
    )  # fmt: skip


def test_a_lift_is_found_and_the_interval_covers_it() -> None:
    told = readout(evidence(0.1))
    (one,) = told.main
    assert one.low < 0.1 < one.high
    assert one.p < 0.05
    assert told.verdict == "slow is better than now."
    assert told.mismatch > 0.01
    assert told.slots["now"][0] == 0.1


def test_no_lift_is_not_found() -> None:
    told = readout(evidence(0.0))
    assert told.main[0].low < 0 < told.main[0].high
    assert "No arm differs significantly" in told.verdict


def test_an_arm_that_loses_readers_proves_nothing() -> None:
    told = readout(evidence(0.2, lost=0.05))
    assert told.mismatch < 0.01
    assert "Sample-ratio mismatch" in told.verdict


def test_before_its_weeks_are_over_nothing_is_decided() -> None:
    assert "not over" in readout(evidence(0.2, days=3)).verdict


def thin(clicks: tuple[int, int], visits: int = 3, **changes: Any) -> Evidence:
    """Evidence of a few buckets with so many clicks in each arm."""
    body = plan(**changes)
    its, tallies = experiment_of(body), no_tallies(2, 2)
    for arm, count in enumerate(clicks):
        buckets = np.flatnonzero(its.assigned(1) == arm)[:4]
        add(tallies, 1, arm, buckets, "visits", visits)
        add(tallies, 1, arm, buckets[: max(count, 1)], "all_clicks", min(count, 1))
    given = evidence(**changes)
    return msgspec.structs.replace(
        given, sums=csv_of(tallies, its.names), looks=[], slots=tallies.slots.tolist()
    )


@pytest.mark.parametrize("clicks", [(1, 1), (0, 1), (2, 1), (3, 2)])
def test_what_few_readers_did_is_not_known_yet(clicks: tuple[int, int]) -> None:
    given = thin(clicks)
    (one,) = readout(given).main
    assert (one.low, one.high) == (-1.0, np.inf)
    (row,) = path_of(given.experiment, [look_at(given.experiment, given.tallies, 0.0)])[0].arms
    assert (row.low, row.high) == (-1.0, np.inf)
    page = report(given)
    assert "no estimate yet" in page
    assert max(map(len, re.findall(r"[\d.,]+ %", page))) < 12
    assert verified(page).main == readout(given).main


def test_an_interval_that_is_wide_but_far_from_zero_is_told() -> None:
    low, high = interval(np.log(1000.0), 4.0, 1.0, 0.05)
    assert 0 < low < 999 < high < np.inf


@pytest.mark.parametrize("status", ["stopped", "decided"])
@pytest.mark.parametrize("lift", [0.0, 0.2])
def test_one_that_has_ended_has_no_weeks_to_come(status: str, lift: float) -> None:
    winner = "slow" if status == "decided" else ""
    told = readout(evidence(lift, days=3, status=status, winner=winner))
    assert told.verdict == (
        "slow is better than now." if lift else "No arm differs significantly from now."
    )


@pytest.mark.parametrize(
    ("given", "winner", "kinds"),
    [
        (evidence(0.2), "slow", []),
        (evidence(0.2), "now", ["better"]),
        (evidence(-0.2), "slow", ["worse"]),
        (evidence(-0.2), "now", []),
        (evidence(0.2, metric="bounce"), "now", []),
        (evidence(0.2, lost=0.05), "slow", ["mismatch"]),
        (thin((1, 1)), "slow", ["size"]),
        (msgspec.structs.replace(evidence(0.2), events=10_000_000, left_out=300_000), "slow",
         ["misplaced"]),
    ],
)  # fmt: skip
def test_what_speaks_against_a_decision(given: Evidence, winner: str, kinds: list[str]) -> None:
    its, told = given.experiment, readout(given)
    found = doubts(its, told, winner)
    assert [doubt.kind for doubt in found] == kinds
    assert all(doubt.text for doubt in found)


def test_sums_of_a_bucket_in_another_arm_are_left_out_of_a_page() -> None:
    given = evidence(0.1)
    its = given.experiment
    bucket = int(np.flatnonzero(its.assigned(1) == 0)[0])
    stray = f"1,slow,{bucket},9,9,9,9,9,9,9,9,900000\n"
    told = readout(msgspec.structs.replace(given, sums=given.sums + stray))
    assert told.main == readout(given).main
    assert 0.0 < told.left_out < 1.0
    page = report(given).replace("</pre>", stray + "</pre>")
    with pytest.raises(TalliesError, match="left_out must be"):
        verified(page)


def test_a_page_of_an_older_version_is_still_verified() -> None:
    """Its digits must follow; what is said of them, and limits that are not known, may differ."""
    old = msgspec.structs.replace(evidence(0.1), code="0.1.0")
    page = re.sub(r',"left_out":[^}]*}</script>', "}</script>", report(old))
    page = page.replace('"verdict":"', '"verdict":"In other words: ')
    assert verified(page).main == readout(old).main
    with pytest.raises(TalliesError, match="lift must be"):
        verified(page.replace('"lift":0.', '"lift":1.', 1))


def test_a_hold_out_has_no_click_through() -> None:
    arms = [{"name": "now", "set": {}}, {"name": "none", "holdout": True}]
    body = plan(arms=arms)
    tallies = counted(body, 0.0)
    for name in ("impressions", "clicks"):
        tallies.sums[:, 1, :, COLUMN[name]] = 0
    given = msgspec.structs.replace(evidence(arms=arms), sums=csv_of(tallies, ["now", "none"]))
    told = readout(given)
    assert told.rates["click_through"]["none"] is None
    assert [one.high for one in told.others if one.metric == "click_through"] == [np.inf]
    assert "no list" in report(msgspec.structs.replace(given, profiles={}))


def test_an_interleaved_list_is_judged_by_whose_picks_were_followed() -> None:
    body = plan(mode="interleave", metric="click_through")
    its, drawn = experiment_of(body), np.random.default_rng(2)
    tallies = no_tallies(2, 2)
    buckets = np.arange(1000)
    add(tallies, 1, 0, buckets, "impressions", 50)
    for team, rate in enumerate((4.0, 5.0)):
        add(tallies, 1, team, buckets, "clicks", drawn.poisson(rate, 1000))
    (effect,) = effects_of(its, tallies, "click_through")
    clicks = tallies.column("clicks")[1].sum(axis=1)
    assert effect.lift == pytest.approx(clicks[1] / clicks[0] - 1)
    assert effect.information == pytest.approx(1 / (1 / clicks).sum(), rel=0.1)
    given = msgspec.structs.replace(
        evidence(mode="interleave", metric="click_through"), sums=csv_of(tallies, its.names)
    )
    assert readout(given).main[0].p < 0.05


def test_the_page_needs_nothing_else_and_proves_itself() -> None:
    given = evidence()
    page = report(given)
    assert not re.findall(r"(?:src|href)\s*=|url\(|@import|https?://", page)
    assert "<1>" not in page
    assert verified(page) == readout(given)
    assert page.count("<polyline") == 1
    assert "10 to 4000" in page


@pytest.mark.parametrize(
    ("was", "is_", "told"),
    [
        (r"\n1,slow,(\d+),\d+", r"\n1,slow,\1,9999", "must be .* by the sums, got"),
        (r"slow is better than now\.</p>", "now is better.</p>", "its text was changed"),
        (r'"lift":0\.', '"lift":1.', r"main\.0\.lift must be 0\.\d+ by the sums, got 1\."),
        (r'"weeks":', '"wekes":', "unknown field `wekes`"),
        (r'id="sums"', 'id="sum"', "must be a report of an experiment"),
        (r"\n1,slow,", r"\n9,slow,", "line .* must be a phase, an arm, a bucket and sums"),
    ],
)
def test_a_page_that_was_changed(was: str, is_: str, told: str) -> None:
    page = report(evidence(weeks=2))
    changed = re.sub(was, is_, page, count=1)
    assert changed != page
    with pytest.raises(ValueError, match=told):
        verified(changed)


def test_sums_are_the_same_in_any_order_and_in_parts() -> None:
    body = plan()
    one, other = counted(body, 0.0, seed=1), counted(body, 0.1, seed=2)
    both = merged([one, other])
    assert (both.sums == merged([other, one]).sums).all()
    assert (both.sums == one.sums + other.sums).all()
    text = csv_of(both, ["now", "slow"])
    assert (sums_of(text, 2, ["now", "slow"]) == both.sums).all()
    with pytest.raises(TalliesError, match="same arms"):
        merged([one, no_tallies(1, 3)])
    with pytest.raises(TalliesError, match="the first line must be phase,arm,bucket"):
        sums_of("a,b\n", 1, ["now"])


def test_from_a_shell(tmp_path: Path) -> None:
    source, page, sums = (tmp_path / name for name in ("e.json", "e.html", "e.csv"))
    source.write_bytes(msgspec.json.encode(evidence()))
    assert evidence_of(source.read_bytes()) == evidence()
    asked = ["report", "--from", str(source), "--out", str(page), "--csv", str(sums)]
    done = CliRunner().invoke(experiments, asked, catch_exceptions=False)
    assert done.exit_code == 0
    assert sums.read_text() == evidence().sums
    done = CliRunner().invoke(experiments, ["report", "--verify", str(page)])
    assert "slow is better than now." in done.output
    asked = ["plan", "--from", str(source), "--per-day", "10000", "--format", "json"]
    made = msgspec.json.decode(CliRunner().invoke(experiments, asked).output)
    assert made["units"] == pytest.approx(made["information"] * 4 * 2.0, rel=0.15)  # 2 = 1 / 0.5
    page.write_text(re.sub(r"\n1,slow,(\d+),\d+", r"\n1,slow,\1,9999", page.read_text(), count=1))
    done = CliRunner().invoke(experiments, ["report", "--verify", str(page)])
    assert isinstance(done.exception, TalliesError)
