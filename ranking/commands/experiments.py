"""`tolqyn experiments`: what can be known of experiments before, during and after, from a shell."""

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
    "aa_false_alarm": "false alarms at any look, arms alike, at .05",
    "srm_false_alarm": "mismatch of arms imagined at any look, at .01",
    "power": "a lift of 5 % found by the planned size",
    "coverage": "the interval covers the lift at every look",
    "naive_false_alarm": "false alarms if impressions passed for independent",
    "fixed_horizon_false_alarm": "false alarms of a test for one look, at any look",
    "interleave_ratio": "readers that A/B needs for one that interleaving needs",
}
console = Console(highlight=False)


@click.group(cls=Suggesting)
def experiments() -> None:
    """Plan A/B experiments, run them, look at them at any time, and freeze what was found.

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
@click.option("--seed", default=1, show_default=True, help="The same gives the same figures.")
@click.option(
    "--views",
    type=click.Path(path_type=Path),
    help="A log to interleave lists on; else the demo's.",
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
    """How often experiments mislead where the truth is known; a few minutes at 2000 paths.

    And how many readers A/B needs for one that interleaving needs, to tell popularity of a
    half-life of 10 minutes from one of 6 hours: on a log of yours, else on the demo's agency.
    """
    from ranking.backtest.interleaving import interleave_ratio
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
        told = interleave_ratio(
            batches, seed, lambda at, of: bar.update(task, completed=at, total=of)
        )
    figures = {**done.rates._asdict(), "interleave_ratio": told.ratio}
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
    console.print(told.text)


def _log_of(
    views: Path | None, columns: str, edition: str, seed: int, zone: "tzinfo | None",
    progress: Callable[[int, int], None],
) -> "list[Batch]":  # fmt: skip
    """Views of a file, or those of the demo's agency."""
    from ranking.backtest.files import EVENT_FIELDS, mapping_of
    from ranking.backtest.packed_log import packed_views
    from ranking.demo.past_log import past_of

    if views is None:
        return past_of(seed, progress)
    return list(packed_views(views, mapping_of(columns, EVENT_FIELDS), edition, zone=zone))


@experiments.command()
@click.option("--effect", type=float, default=0.05, show_default=True, help="Relative change.")
@click.option("--spread", type=float, help="Variance that one visit gives to the log metric.")
@click.option("--from", "source", type=click.Path(path_type=Path), help="Evidence to take it from.")
@click.option("--metric", default="clicks_per_visit", show_default=True, help="With --from.")
@click.option("--per-day", type=float, required=True, help="Visits of the scope a day.")
@click.option("--traffic", type=float, default=1.0, show_default=True, help="Share taking part.")
@click.option("--shares", default="0.5,0.5", show_default=True, help="Of arms, control first.")
@click.option("--alpha", type=float, default=0.05, show_default=True)
@click.option("--power", type=float, default=0.8, show_default=True)
def plan(
    effect: float, spread: float | None, source: Path | None, metric: str, per_day: float,
    traffic: float, shares: str, alpha: float, power: float, form: str,
) -> None:  # fmt: skip
    """How many visits, and so how many weeks, an effect needs to be seen.

    How much visits differ is given, or taken from the control of an earlier experiment.
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
        f"{made.units:,} visits take part in {made.days:.1f} days ({made.weeks} weeks);"
        f" one in two such effects is seen by {made.typical:,}"
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
