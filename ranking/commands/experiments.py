"""`tolqyn experiments`: sample sizes, error rates, and the group of commands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress

from ranking.commands.groups import Suggesting
from ranking.commands.output import print_table, with_format
from ranking.commands.settings import in_zone
from ranking.engine.quotation import suggestion

if TYPE_CHECKING:
    from datetime import tzinfo

    from ranking.engine.batch import Batch

WHAT = {
    "aa_false_alarm": "A/A false alarms at any look, at .05",
    "srm_false_alarm": "false sample-ratio mismatch at any look, at .01",
    "power": "power: a lift of 5 % is found by the planned size",
    "coverage": "coverage: the interval contains the lift at every look",
    "naive_false_alarm": "false alarms if impressions were treated as independent",
    "fixed_horizon_false_alarm": "false alarms of a one-look test at any look",
    "interleave_ratio": "readers of A/B per reader of interleaving",
}
console = Console(highlight=False)


@click.group(cls=Suggesting)
def experiments() -> None:
    """Plan A/B experiments, run them, read them out at any time, and write reports.

    \b
    tolqyn experiments plan --effect 0.05 --spread 9 --per-day 100000
    tolqyn experiments write calm calm.plan.toml
    tolqyn experiments start calm
    tolqyn experiments status
    tolqyn experiments report calm --html calm.html
    tolqyn experiments report --verify calm.html
    tolqyn experiments stop calm
    tolqyn experiments decide calm now
    """


@experiments.command()
@click.option("--paths", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Equal seeds give equal figures.")
@click.option(
    "--views",
    type=click.Path(path_type=Path),
    help="A log for interleaving; default: the demo's.",
)
@click.option("--columns", default="", help="Other names, as at=ts_ms,visitor=user")
@click.option("--edition", default="site/und", show_default=True, help="For rows without one.")
@in_zone
def simulate(
    paths: int,
    seed: int,
    views: Path | None,
    columns: str,
    edition: str,
    form: str,
    zone: "tzinfo | None",
) -> None:
    """Simulate error rates of experiments with a known effect; a few minutes at 2000 paths.

    Also compare A/B and interleaving: the readers that each needs to distinguish half-lives of 10
    minutes and 6 hours, on a given log or on the demo's.
    """
    from ranking.backtest.interleaving_efficiency import interleave_ratio
    from ranking.experiments.simulations import simulate as simulated

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("simulating", total=None)
        done = simulated(paths, seed, lambda at, of: bar.update(task, completed=at, total=of))
        task = bar.add_task("readers", total=None)
        batches = _log_of(
            views,
            columns,
            edition,
            seed,
            zone,
            lambda at, of: bar.update(task, completed=at, total=of),
        )
        task = bar.add_task("interleaving", total=None)
        ratios = interleave_ratio(
            batches, seed, lambda at, of: bar.update(task, completed=at, total=of)
        )
    figures = {**done.rates._asdict(), "interleave_ratio": ratios.ratio}
    if form == "json":
        click.echo(json.dumps(figures))
        return
    rows = [
        (
            name, f"{value:.4g}",
            f"{done.bound(name):.4f}" if name in done.rates._fields else "", WHAT[name],
        )
        for name, value in figures.items()
    ]  # fmt: skip
    print_table(("", "of paths", "99 % bound", "what"), rows)
    console.print(f"{paths} paths each; planned size {done.planned.units:,} readers")
    console.print(ratios.text)


def _log_of(
    views: Path | None, columns: str, edition: str, seed: int, zone: "tzinfo | None",
    progress: Callable[[int, int], None],
) -> "list[Batch]":  # fmt: skip
    """Views of a file, or of the demo's agency."""
    from ranking.backtest.files import EVENT_FIELDS, mapping_of
    from ranking.backtest.packed_log import packed_views
    from ranking.demo.past_log import past_of

    if views is None:
        return past_of(seed, progress)
    return list(packed_views(views, mapping_of(columns, EVENT_FIELDS), edition, zone=zone))


@experiments.command()
@click.option("--effect", type=float, default=0.05, show_default=True, help="Relative change.")
@click.option("--spread", type=float, help="Variance that one visit adds to the log metric.")
@click.option("--from", "source", type=click.Path(path_type=Path), help="Evidence with the spread.")
@click.option("--metric", default="clicks_per_visit", show_default=True, help="Metric for --from.")
@click.option("--per-day", type=float, required=True, help="Visits of the scope per day.")
@click.option(
    "--traffic",
    type=float,
    default=1.0,
    show_default=True,
    help="Share of readers in the experiment.",
)
@click.option(
    "--shares", default="0.5,0.5", show_default=True, help="Shares of the arms, control first."
)
@click.option("--alpha", type=float, default=0.05, show_default=True)
@click.option("--power", type=float, default=0.8, show_default=True)
def plan(
    effect: float, spread: float | None, source: Path | None, metric: str, per_day: float,
    traffic: float, shares: str, alpha: float, power: float, form: str,
) -> None:  # fmt: skip
    """Compute the visits, and so the weeks, that an effect needs.

    The spread of visits is given, or taken from the control of an earlier experiment.
    """
    from ranking.experiments.sample_size import plan as planned

    if (spread is None) == (source is None):
        message = "plan needs one of --spread and --from"
        raise click.UsageError(message)
    if source is not None:
        spread = _spread_of(source, metric)
    try:
        parts = tuple(map(float, shares.split(",")))
    except ValueError as error:
        message = f"shares must be numbers as 0.5,0.5, got '{shares}'"
        raise click.UsageError(message) from error
    made = planned(
        effect, spread or 0.0, per_day, traffic=traffic, shares=parts, alpha=alpha, power=power
    )
    if form == "json":
        click.echo(json.dumps(made._asdict()))
        return
    console.print(
        f"{made.units:,} visits in {made.days:.1f} days ({made.weeks} weeks);"
        f" half of such effects are found by {made.typical:,} visits"
    )


def _spread_of(source: Path, metric: str) -> float:
    from ranking.experiments.evidence import evidence_of
    from ranking.experiments.metrics import METRICS
    from ranking.experiments.ratio_metrics import spread_of

    if metric not in METRICS:
        near = suggestion(metric, METRICS)
        message = f"metric must be one of {', '.join(METRICS)}, got '{metric}'{near}"
        raise click.UsageError(message)
    names = (METRICS[metric].over, METRICS[metric].under, "visits")
    tallies = evidence_of(content_of(source)).tallies
    over, under, visits = (tallies.column(name).sum(axis=0)[0] for name in names)
    return spread_of(over, under, visits)


for made in (simulate, plan):
    with_format(made)


def content_of(path: Path) -> bytes:
    """Read a file.

    Raises
    ------
    click.ClickException
        If it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        message = f"file {path} does not exist"
        raise click.ClickException(message) from error
    except OSError as error:
        message = f"{path} cannot be read: {(error.strerror or 'the disk fails').lower()}"
        raise click.ClickException(message) from error
