"""Backtest reports: one self-contained file with the measured values."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from ranking.backtest.baselines.comparison import BASELINES, baselines
from ranking.backtest.measures.summary import Measured, measured, replays
from ranking.backtest.report.plots import chart_of, dots_of, steps_over
from ranking.backtest.report.report import MEASURES, NAMES, report
from ranking.backtest.visits import Span
from ranking.content.catalogue import Catalogue
from ranking.profiles.profile import DEFAULT, Profile
from tests.support.logs import packed
from tests.support.slow_backtest import log

SPAN = Span(0, 1_800_000_000_000)


def page_of(
    profiles: list[Profile], span: Span = SPAN, beside: bool = True
) -> tuple[str, Measured]:
    """A report of a random log, and what was measured under the first profile."""
    results, found = {}, None
    for profile in profiles:
        done = replays([packed(log(2, 500))], Catalogue(), span, profile)
        results[profile.name] = measured(done, Catalogue())
        found = found or (baselines(done) if beside else None)
    return report("clicks <1>.csv", span, results, found), results[profiles[0].name]


def test_it_needs_nothing_else() -> None:
    page, _ = page_of([DEFAULT])
    assert not re.findall(r"(?:src|href)\s*=|url\(|@import|https?://|<script", page)
    assert "Backtest of clicks &lt;1&gt;.csv" in page
    assert "<1>" not in page


def test_it_is_well_formed() -> None:
    page, _ = page_of([DEFAULT])
    page = re.sub(r"<(meta[^>]*)>", r"<\1/>", page.replace("<!doctype html>", ""))
    page = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    root = ElementTree.fromstring(page)
    for element in root.iter():
        for name in ("x", "y", "x1", "x2", "cx", "width"):
            value = element.get(name, "")
            if value.endswith("%"):
                assert 0.0 <= float(value.removesuffix("%")) <= 100.0


def test_it_says_what_was_measured() -> None:
    page, result = page_of([DEFAULT])
    assert f"{result.measures['foryou']['hr@5']:.3f}" in page
    low, high = result.intervals["foryou"]["hr@5"]
    assert f"{low:.3f}–{high:.3f}" in page
    for name in BASELINES:
        assert NAMES[name] in page
    for list, row in result.measures.items():
        assert NAMES[list] in page
        assert {*row} <= {*MEASURES}


def test_profiles_stand_beside_each_other() -> None:
    calm = Profile(name="calm", half_life=7200.0)
    page, _ = page_of([DEFAULT, calm], Span(0, SPAN.until_ms, 1, 3600.0), beside=False)
    assert "Profile calm" in page
    assert "Popular, calm" in page
    assert "lists frozen for 3,600 seconds" in page
    assert NAMES["last_item_as_it_came"] in page
    assert "V-SkNN" not in page


def test_curves_break_where_hours_are_missing() -> None:
    hour = np.array([100, 101, 104, 105])
    chart = chart_of("t", "n", hour, {"popular": np.array([0.0, 1.0, 0.5, 1.0])})
    (line,) = chart.lines
    assert line.pieces == ("0.0,100.00 200.0,0.00", "800.0,50.00 1000.0,0.00")
    assert [tick.text for tick in chart.rows] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert chart.hours[1].text == "5 Jan 05:00 UTC\npopular 1.00"
    assert chart.hours[-1].at + chart.hours[-1].width == pytest.approx(100.0)


@pytest.mark.parametrize("hours", [1, 2, 30, 168, 5000])
def test_marks_are_few(hours: int) -> None:
    hour = np.arange(420_000, 420_000 + hours)
    chart = chart_of("t", "n", hour, {"popular": np.zeros(hours)})
    assert len(chart.columns) <= 12
    assert all(0.0 <= tick.at <= 100.0 for tick in chart.columns)


def test_dots_stand_in_order() -> None:
    rows = [("a", "popular", 0.2, (0.1, 0.3)), ("b", "baseline", 0.4, (0.39, 0.41))]
    dots = dots_of("t", "n", rows).dots
    assert [dot.name for dot in dots] == ["b", "a"]
    assert (dots[1].low, dots[1].at, dots[1].high) == pytest.approx((20.0, 40.0, 60.0))


@pytest.mark.parametrize(("low", "high"), [(0.0, 1e-9), (0.33, 0.34), (-3.0, 12.0), (0.0, 91234.0)])
def test_steps_reach_over_what_they_measure(low: float, high: float) -> None:
    steps = steps_over(low, high)
    assert steps[0] <= low + 1e-12
    assert steps[-1] >= high - 1e-12
    assert 3 <= len(steps) <= 8
