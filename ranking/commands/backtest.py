"""`tolqyn backtest`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from rich.console import Console
from rich.progress import Progress

from ranking.commands.durations import Duration
from ranking.commands.measure_tables import (
    ablation_json,
    as_json,
    print_ablation,
    print_results,
)
from ranking.commands.settings import in_zone

if TYPE_CHECKING:
    from datetime import tzinfo

    from ranking.backtest.measures.comparison_table import ComparisonTable
    from ranking.backtest.measures.summary import Measured
    from ranking.backtest.visits import Span
    from ranking.content.catalogue import Catalogue
    from ranking.engine.batch import Batch
    from ranking.profiles.profile import Profile

Step = Callable[[str], Callable[[int, int], None]]
"""Begins a step of the progress bar."""
Show = Callable[[], None]
REPORTS = click.Choice(["table", "json", "html"])


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    from ranking.engine.timestamps import TimestampError, stamp_ms

    try:
        return None if value is None else stamp_ms(value, ctx.params.get("zone"), "it") / 1000
    except TimestampError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option("--views", type=click.Path(path_type=Path), required=True, help="The log.")
@click.option("--articles", type=click.Path(path_type=Path), help="Its articles.")
@click.option("--profile", "profiles", type=click.Path(path_type=Path), multiple=True)
@click.option(
    "--from", "since", callback=_moment, help="Start of predictions; default: after 24 h."
)
@click.option("--until", callback=_moment, help="End of predictions.")
@click.option("--every", type=click.IntRange(1), default=1, help="Predict every K-th visit.")
@click.option(
    "--refresh",
    type=Duration(),
    default="0",
    help="Log time for which lists are shown (a profile's refresh); 0 = renewed at each view.",
)
@click.option("--baselines", is_flag=True, help="Compare with simple baselines.")
@click.option("--ablation", is_flag=True, help="Measure the lists without each component.")
@click.option("--edition", default="site/und", show_default=True, help="For rows without one.")
@click.option("--columns", default="", help="Other names, as at=ts_ms,visitor=user")
@click.option("--article-columns", default="", help="Other names, as id=article_id")
@click.option("--format", "form", type=REPORTS, default="table", show_default=True)
@in_zone
def backtest(
    views: Path,
    articles: Path | None,
    profiles: tuple[Path, ...],
    since: float | None,
    until: float | None,
    every: int,
    refresh: float,
    baselines: bool,
    ablation: bool,
    edition: str,
    columns: str,
    article_columns: str,
    form: str,
    zone: "tzinfo | None",
) -> None:
    """Replay a log through the live core and measure the quality of its lists.

    Every page of a visit after its first is predicted from the views before it.
    """
    from ranking.profiles.profile import DEFAULT, read_profile

    if ablation and (len(profiles) > 1 or baselines or form == "html"):
        message = "--ablation needs one profile, no --baselines, and format table or json"
        raise click.UsageError(message)
    chosen = [read_profile(path) for path in profiles] or [DEFAULT]
    with Progress(console=Console(stderr=True), transient=True) as bar:

        def step(text: str) -> Callable[[int, int], None]:
            task = bar.add_task(text, total=None)
            return lambda done, total: bar.update(task, completed=done, total=total)

        names = columns, article_columns
        log = _read_log(views, articles, edition, names, step("reading"), zone)
        span = log.span(since, until, every, refresh)
        if ablation:
            show = _ablated(log, span, chosen[0], step, form)
        else:
            show = _measured(log, span, chosen, step, form, baselines=baselines)
    show()


class _Log(NamedTuple):
    """A log and its articles."""

    name: str
    batches: "list[Batch]"
    catalogue: "Catalogue"

    def span(self, since: float | None, until: float | None, every: int, refresh: float) -> "Span":
        from ranking.backtest.visits import span_of

        return span_of(self.batches, since, until, every, refresh)


def _read_log(
    views: Path, articles: Path | None, edition: str, names: tuple[str, str],
    reading: Callable[[int, int], None], zone: "tzinfo | None",
) -> _Log:  # fmt: skip
    from ranking.backtest import files
    from ranking.backtest.packed_log import catalogue_of, packed_views

    mapping = files.mapping_of(names[0], files.EVENT_FIELDS)
    card_mapping = files.mapping_of(names[1], files.ARTICLE_FIELDS)
    catalogue = catalogue_of(articles, card_mapping, edition, zone)
    size = views.stat().st_size if views.exists() else 0
    batches = list(packed_views(views, mapping, edition, lambda read: reading(read, size), zone))
    if not batches:
        message = f"{views} has no views"
        raise files.FileError(message)
    return _Log(views.name, batches, catalogue)


def _ablated(log: _Log, span: "Span", profile: "Profile", step: Step, form: str) -> Show:
    from ranking.backtest.ablation import ablate

    parts = ablate(log.batches, log.catalogue, span, profile, progress=step("ablation"))
    if form == "json":
        return lambda: click.echo(json.dumps(ablation_json(parts)))
    return lambda: print_ablation(f"profile {profile.name}", parts)


def _measured(
    log: _Log, span: "Span", chosen: "list[Profile]", step: Step, form: str, *, baselines: bool
) -> Show:
    from ranking.backtest.baselines.comparison import baselines as measured_baselines
    from ranking.backtest.measures.summary import measured, replays

    results: dict[str, Measured] = {}
    comparison: ComparisonTable | None = None
    for profile in chosen:
        under = step(f"replaying under {profile.name}")
        done = replays(log.batches, log.catalogue, span, profile, progress=under)
        results[profile.name] = measured(done, log.catalogue)
        if baselines and comparison is None:
            comparison = measured_baselines(done, step("baselines"))
    if form == "json":
        return lambda: click.echo(json.dumps(as_json(results, comparison)))
    if form == "html":
        from ranking.backtest.report.report import report

        text = report(log.name, span, results, comparison)
        return lambda: click.echo(text)
    return lambda: print_results(results, comparison)
