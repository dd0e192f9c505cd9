"""Tables of benchmarks: a line each, then all figures of each, on 80 columns."""

from collections.abc import Mapping
from typing import Any

import click

from ranking.commands.measure_tables import written
from ranking.commands.output import print_table

OWN = {"headline", "median", "min", "max", "runs", "unit", "better", "ratios", "missing"}


def print_measured(told: Mapping[str, Mapping[str, Any]]) -> None:
    """Print results: the headline of each, then its other figures and what is missing."""
    heads = ("", "median", "min", "max", "runs", "unit", "better")
    print_table(
        heads, [[name, *(_cell(its[key]) for key in heads[1:])] for name, its in told.items()]
    )
    for name, its in told.items():
        figures = {key: value for key, value in its.items() if key not in OWN}
        _print_figures(f"benchmark {name}", figures, its)


def print_comparison(title: str, told: Mapping[str, Mapping[str, Any]]) -> None:
    """Print ratios of two commits: the headline of each, then its other figures."""
    keys = ("median", "min", "max", "runs", "better", "verdict")
    heads = ("new/old", "median", "min", "max", "pairs", "better", "verdict")
    print_table(
        heads, [[name, *(_cell(its[k]) for k in keys)] for name, its in told.items()], title
    )
    for name, its in told.items():
        old, new = _cell(its["old"]), _cell(its["new"])
        click.echo(f"{name}: {its['headline']} {old} before, {new} now ({its['headline_unit']})")
        _print_figures(f"benchmark {name}, new/old", its["ratios"], its)


def print_machine(its: Mapping[str, Any]) -> None:
    """Print what the figures were measured on, in two lines."""
    where = f"{its['cores']} cores, {its['memory_gb']} GB, load {its['load']}"
    click.echo(f"{where}, {its['processor'] or its['system']}")
    names = [f"{name} {its[name]}" for name in ("python", "numpy", "numba", "tolqyn")]
    click.echo(", ".join(names) + (f", commit {its['commit']}" if its["commit"] else ""))


def _print_figures(title: str, figures: Mapping[str, float], its: Mapping[str, Any]) -> None:
    print_table((title, ""), [[key, _cell(value)] for key, value in figures.items()])
    for line in its.get("missing", ()):
        click.echo(f"{title}: {line}")


def _cell(value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 1000 else written(value)
