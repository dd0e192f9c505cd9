"""Tables of benchmarks: a line each, then all figures of each, on 80 columns."""

from collections.abc import Mapping
from typing import Any

import click

from ranking.commands.output import print_table
from ranking.commands.tables import print_rows, written

OWN = {"headline", "median", "min", "max", "runs", "unit", "better", "ratios", "missing"}
BETTER = {"more": "more is better", "less": "less is better"}


def print_measured(told: Mapping[str, Mapping[str, Any]]) -> None:
    """Print results: the headline of each, then its other figures and what is missing."""
    rows = [
        [name, *(_number(its[key]) for key in ("median", "min", "max", "runs")), its["unit"],
         BETTER[its["better"]]]
        for name, its in told.items()
    ]  # fmt: skip
    print_table(["", "median", "min", "max", "runs", "unit", ""], rows, "benchmarks")
    for name, its in told.items():
        figures = {key: value for key, value in its.items() if key not in OWN}
        print_rows(f"benchmark {name}", {name: figures})
        _print_missing(name, its)


def print_comparison(title: str, told: Mapping[str, Mapping[str, Any]]) -> None:
    """Print ratios of two commits: the headline of each, then its other figures."""
    rows = [
        [name, *(_number(its[key]) for key in ("median", "min", "max", "runs")),
         BETTER[its["better"]], its["verdict"]]
        for name, its in told.items()
    ]  # fmt: skip
    print_table(["", "new/old", "min", "max", "pairs", "", ""], rows, title)
    for name, its in told.items():
        values = f"{_number(its['old'])} to {_number(its['new'])} {its['headline_unit']}"
        click.echo(f"{name}: {its['headline']} {values}")
        print_rows(f"{name}, new/old", {name: its["ratios"]})
        _print_missing(name, its)


def print_machine(its: Mapping[str, Any]) -> None:
    """Print what the figures were measured on, in two lines."""
    where = f"{its['cores']} cores, {its['memory_gb']} GB, load {its['load']}"
    click.echo(f"{where}, {its['processor'] or its['system']}")
    names = [f"{name} {its[name]}" for name in ("python", "numpy", "numba", "tolqyn")]
    click.echo(", ".join(names) + (f", commit {its['commit']}" if its["commit"] else ""))


def _print_missing(name: str, its: Mapping[str, Any]) -> None:
    for line in its.get("missing", ()):
        click.echo(f"{name}: {line}")


def _number(value: float | None) -> str:
    return "" if value is None else written(value)
