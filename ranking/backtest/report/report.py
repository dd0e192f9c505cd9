"""Report: a backtest's result as one page, to read, print or send.

It has charts, with lists and baselines next to each other, then every measure in a table, then the
course over the hours of the log. A page of several profiles has a part for each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from ranking.backtest.measures.accuracy import HOUR_MS
from ranking.backtest.measures.comparison_table import ComparisonTable
from ranking.backtest.measures.summary import Measured
from ranking.backtest.report.plots import Chart, Dots, chart_of, dots_of, number
from ranking.backtest.visits import Span
from ranking.lists.lists import LISTS
from ranking.templates import templates_of

NAMES = {
    "popular": "Popular",
    "related": "Related",
    "foryou": "For this visit",
    "foryou_browser": "For this visit, mixed in the browser",
    "all_time": "All-time popular",
    "one_hour": "Popular of one hour",
    "last_1000": "Last 1000 clicks",
    "cooccurrence": "Co-occurrence",
    "vsknn": "V-SkNN",
    "last_item": "Last click of a visit",
    "last_item_as_it_came": "Last click, in log order",
    "changes": "Other articles",
    "order_changes": "Other articles or order",
}
MEASURES = {
    "hr@5": ("HR@5", "share of next clicks among the first five"),
    "mrr@5": ("MRR@5", "mean reciprocal rank of the next click among the first five"),
    "hr@20": ("HR@20", "share of next clicks among the first twenty"),
    "ndcg@20": (
        "NDCG@20",
        "normalised discounted cumulative gain of the click among the first twenty",
    ),
    "clicks": ("Clicks", "number of predictions"),
    "coverage": ("Coverage", "share of predictions with five ranked articles"),
    "novelty": ("Novelty", "mean self-information of the shown articles, bits"),
    "age": ("Age", "mean age of the shown articles, hours"),
    "diversity": ("Diversity", "one minus the mean similarity of two of the five"),
    "catalogue": ("Catalogue", "share of the known articles that were ever shown"),
    "exposed": ("Exposed", "share of the shown articles placed by first exposure"),
    "changes": ("Changes of the first five", "per minute"),
    "order_changes": ("Changes of their order", "per minute"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A measure's value in a table, and its interval, if it has one."""

    value: str
    range: str


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure of all lists."""

    name: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ProfileSection:
    """The section of a page about one profile."""

    profile: str
    lists: tuple[str, ...]
    rows: tuple[MeasureRow, ...]
    charts: tuple[Chart, ...]


def report(
    log: str, span: Span, results: Mapping[str, Measured], baselines: ComparisonTable | None
) -> str:
    """Write the page.

    Parameters
    ----------
    log : str
        Name of the log.
    span : Span
    results : mapping of str to Measured
        By profile.
    baselines : ComparisonTable or None
    """
    page = templates_of("ranking.backtest.report").get_template("report.html")
    return page.render(
        log=log,
        names=NAMES,
        since=_moment(span.since_ms),
        until=_moment(span.until_ms),
        clicks=f"{next(iter(results.values())).measures['popular']['clicks']:,.0f}",
        every=span.every,
        refresh=f"{span.refresh:,g}" if span.refresh else "",
        about=next(iter(results.values())).about,
        figures=_figures(results, baselines),
        parts=[_part(name, result, baselines) for name, result in results.items()],
    )


def title_of(surface: str) -> str:
    """What a list is called in a report."""
    return NAMES[surface] if surface in NAMES else LISTS[surface].title


def _figures(results: Mapping[str, Measured], baselines: ComparisonTable | None) -> list[Dots]:
    selected = {
        "hr@5": ("Next click: HR@5", "share of next clicks among the first five"),
        "mrr@5": ("Next click: MRR@5", "mean reciprocal rank of the next click"),
        "last_ndcg@20": ("Last click of a visit: NDCG@20", "mean over the hours of the log"),
        "last_hr@20": ("Last click of a visit: HR@20", "mean over the hours of the log"),
    }
    groups = [(name, result.comparison) for name, result in results.items()]
    groups += [("", baselines)] if baselines else []
    several = len(results) > 1
    return [
        dots_of(
            title,
            note,
            [
                (
                    f"{title_of(list)}, {profile}" if profile and several else title_of(list),
                    list if profile else "baseline",
                    row[measure],
                    group.intervals[list][measure],
                )
                for profile, group in groups
                for list, row in group.measures.items()
            ],
        )
        for measure, (title, note) in selected.items()
    ]


def _part(name: str, result: Measured, baselines: ComparisonTable | None) -> ProfileSection:
    lists = tuple(result.measures)
    rows = [
        MeasureRow(*MEASURES[measure], tuple(_cell(result, list, measure) for list in lists))
        for measure in MEASURES
        if any(measure in row for row in result.measures.values())
    ]
    return ProfileSection(
        name, tuple(map(title_of, lists)), tuple(rows), _charts(result, baselines)
    )


def _charts(result: Measured, baselines: ComparisonTable | None) -> tuple[Chart, ...]:
    if not result.hours.size:
        return ()
    hits = dict(result.comparison.hits)
    if baselines:
        hits["last_1000"] = baselines.hits["last_1000"]
    changes = result.changes
    charts = [
        chart_of("HR@5 over the hours", "next clicks, by the hour", result.hours, hits, True),
        chart_of("Age of the shown articles", "mean, hours", result.hours, result.ages),
    ]
    if changes.hour.size:
        minutes = np.maximum(changes.minutes, 1e-9)
        rates = {"changes": changes.five / minutes, "order_changes": changes.order / minutes}
        note = "of Popular's first five, per minute"
        charts.append(chart_of("Changes per minute", note, changes.hour, rates))
    return tuple(charts)


def _cell(result: Measured, list: str, measure: str) -> Cell:
    if measure not in result.measures[list]:
        return Cell("", "")
    interval = result.intervals[list].get(measure)
    between = f"{number(interval[0])}–{number(interval[1])}" if interval else ""
    value = result.measures[list][measure]
    return Cell(f"{value:,.0f}" if measure == "clicks" else number(value), between)


def _moment(at_ms: int) -> str:
    """A stamp's hour in a readable form."""
    return f"{datetime.fromtimestamp(at_ms // HOUR_MS * 3600, UTC):%-d %B %Y, %H:%M} UTC"
