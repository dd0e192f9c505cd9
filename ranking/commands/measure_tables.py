"""Measure tables: results of backtests on a terminal.

A table of one profile has one column per list; of several profiles, one column per profile. An
interval follows its mean.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ranking.commands.output import Cell, print_table

if TYPE_CHECKING:
    from ranking.backtest.ablation import Ablated
    from ranking.backtest.measures.comparison_table import ComparisonTable
    from ranking.backtest.measures.summary import Measured

Rows = Mapping[str, Mapping[str, float]]
Intervals = Mapping[str, Mapping[str, tuple[float, float]]]


def as_json(
    results: "Mapping[str, Measured]", baselines: "ComparisonTable | None"
) -> dict[str, Any]:
    """Results of a backtest as JSON: lists by name for one profile, by profile for several.

    The result also has `intervals`, `about` and, if requested, `baselines` with their own
    `intervals`.
    """
    found: dict[str, Any] = {
        name: {**result.measures, "intervals": result.intervals, "about": result.about}
        for name, result in results.items()
    }
    if len(found) == 1:
        (found,) = found.values()
    if baselines:
        found["baselines"] = {
            name: {**row, "intervals": baselines.intervals[name]}
            for name, row in baselines.measures.items()
        }
    return found


def print_results(results: "Mapping[str, Measured]", baselines: "ComparisonTable | None") -> None:
    """Print the results of a backtest."""
    if len(results) == 1:
        ((name, result),) = results.items()
        last = {list: m for list, m in result.measures.items() if list.startswith("last_item")}
        lists = {list: m for list, m in result.measures.items() if list not in last}
        print_columns(f"profile {name}", lists, result.intervals)
        print_columns("last click of a visit", last, result.intervals)
    for name in next(iter(results.values())).measures if len(results) > 1 else ():
        columns = {profile: result.measures[name] for profile, result in results.items()}
        intervals = {profile: result.intervals[name] for profile, result in results.items()}
        print_columns(name, columns, intervals)
    if baselines:
        own = {
            f"{list} ({name})" if len(results) > 1 else list: row
            for name, result in results.items()
            for list, row in result.comparison.measures.items()
        }
        print_rows("compared with baselines", {**own, **baselines.measures})


def ablation_json(rows: "Sequence[Ablated]") -> dict[str, Any]:
    """An ablation as JSON: measures, effects and intervals by component."""
    found = {
        row.name: {"measures": row.measures, "effects": row.effects, "intervals": row.intervals}
        for row in rows
    }
    return {"ablation": found}


def print_ablation(title: str, rows: "Sequence[Ablated]") -> None:
    """Print the full system, then the effect of each removal; grey if not significant."""
    whole, *others = rows
    rows_: list[list[Cell]] = [[whole.name, *map(written, whole.measures.values())]]
    for row in others:
        cells: list[Cell] = [row.name]
        for name, effect in row.effects.items():
            low, high = row.intervals.get(name, (1.0, 1.0))
            text = f"{effect:+.4f}"
            cells.append(text if low > 0.0 or high < 0.0 else Text(text, style="dim"))
        rows_.append(cells)
    print_table(["without", *whole.measures], rows_, title, end_first=True)


def print_rows(title: str, rows: Rows) -> None:
    """Print one row per name and one column per measure."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    body = [
        [key, *(written(row[name]) if name in row else "" for name in names)]
        for key, row in rows.items()
    ]
    print_table(["", *names], body, title)


def print_columns(title: str, columns: Rows, intervals: Intervals) -> None:
    """Print one row per measure and one column per name, with intervals."""
    rows: list[list[Cell]] = []
    for measure in dict.fromkeys(name for column in columns.values() for name in column):
        cells: list[Cell] = [measure]
        for name, column in columns.items():
            text = written(column[measure]) if measure in column else ""
            if measure in intervals.get(name, {}):
                low, high = intervals[name][measure]
                cells.append(Text.assemble(text, (f" {written(low)}–{written(high)}", "dim")))
            else:
                cells.append(text)
        rows.append(cells)
    print_table(["", *columns], rows, title)


def written(value: float) -> str:
    """Format a number.

    Examples
    --------
    >>> written(0.35769), written(923157.0), written(28.389)
    ('.3577', '923,157', '28.4')
    """
    if value == int(value) and abs(value) >= 10:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.4f}".removeprefix("0") if abs(value) < 1 else f"{value:.3f}"
