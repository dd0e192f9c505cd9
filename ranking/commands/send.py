"""`tolqyn send`."""

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ranking.commands.settings import URL, in_zone

if TYPE_CHECKING:
    from datetime import tzinfo

    from ranking.backtest.files import Chunk
    from ranking.backtest.send import SendResult

SPEEDS = {"max": 0.0}


def _speed(ctx: click.Context, param: click.Parameter, value: str) -> float:
    try:
        speed = SPEEDS[value] if value in SPEEDS else float(value)
    except ValueError:
        speed = -1.0
    if not 0 <= speed < math.inf:
        message = f"speed must be max or log seconds a second, got {value!r}"
        raise click.BadParameter(message)
    return speed


@click.command()
@click.option("--views", type=click.Path(path_type=Path), help="CSV, CSV.gz or JSON lines.")
@click.option("--articles", type=click.Path(path_type=Path), help="Articles, sent first.")
@click.option(
    "--to",
    "url",
    default=URL.default,
    envvar=URL.variable,
    show_default=True,
    show_envvar=True,
    help="A running system, or kafka://HOST:PORT.",
)
@click.option("--speed", default="max", callback=_speed, help="max, 1 (real time), 60, ...")
@click.option("--shift-to-now", is_flag=True, help="Move the log so that it ends now.")
@click.option("--with-ids", is_flag=True, help="Add event ids, so retries do not count twice.")
@click.option("--anew", is_flag=True, help="Count rows again that were sent before.")
@click.option("--edition", default="site/und", show_default=True, help="For rows without one.")
@click.option("--columns", default="", help="Other names, as at=ts_ms,visitor=user")
@click.option("--article-columns", default="", help="Other names, as id=article_id")
@in_zone
def send(
    views: Path | None,
    articles: Path | None,
    url: str,
    speed: float,
    shift_to_now: bool,
    with_ids: bool,
    anew: bool,
    edition: str,
    columns: str,
    article_columns: str,
    zone: "tzinfo | None",
) -> None:
    """Replay a log of views, and articles, into a running system.

    \b
    tolqyn send --views clicks.csv.gz --columns at=ts_ms,visitor=user --to http://127.0.0.1:8080

    Sending a file again adds nothing and resumes a stopped send; --anew counts it again. Invalid
    rows are reported and skipped. If the system has keys, TOLQYN_KEY must hold one that may write.
    kafka://HOST:PORT receives batches for the workers, kafka://HOST:PORT/raw-views single JSON
    events for the packers. ?namespace=NAME selects another cluster's topics.
    """
    from ranking.backtest import files
    from ranking.backtest import send as sending
    from ranking.engine.event import canonical_edition

    if not views and not articles:
        message = "nothing to send: give --views, --articles or both"
        raise click.UsageError(message)
    mapping = files.mapping_of(columns, files.EVENT_FIELDS)
    card_mapping = files.mapping_of(article_columns, files.ARTICLE_FIELDS)
    if articles:
        faults: list[str] = []
        cards = list(files.article_rows(articles, card_mapping, edition, zone, faults))
        with _bar("articles") as bar:
            task = bar.add_task("articles", total=len(cards))
            done = sending.send_articles(cards, url, lambda n: bar.advance(task, n))
        if faults:
            done.rejected, done.first_fault = done.rejected + len(faults), faults[0]
        click.echo(f"{done.accepted} articles accepted")
        _check(done, "articles")
    if views:
        shift = 0
        if shift_to_now:
            log = files.view_chunks(views, mapping, zone=zone, keep_faults=True)
            shift = sending.shift_to_now(sending.last_stamp(log))
        chunks = files.view_chunks(views, mapping, edition, zone=zone, keep_faults=True)
        apart = [os.urandom(16)] if anew else []
        named = canonical_edition(edition)
        label = files.label_of(views, sorted(mapping.items()), named, *apart)
        taken = 0

        def progress(chunk: "Chunk") -> None:
            nonlocal taken
            taken = chunk.first + chunk.size - 1
            bar.update(task, completed=chunk.read)

        with _bar("views") as bar:
            task = bar.add_task("bytes", total=views.stat().st_size if views.exists() else None)
            try:
                sent = sending.send_views(
                    chunks, url, speed=speed, shift_ms=shift, label=label, with_ids=with_ids,
                    is_new=anew, progress=progress,
                )  # fmt: skip
            except (sending.SendError, files.FileError):
                raise
            except BaseException:  # report, then raise
                bar.stop()
                click.echo(f"{views}: {sending.goes_on(taken, is_new=anew)}", err=True)
                raise
        rate = sent.accepted / max(sent.seconds, 1e-9)
        text = f"{sent.accepted} views accepted in {sent.seconds:.2f} s ({rate:,.0f}/s)"
        if sent.known:
            text += f"; {sent.known} of them were known before"
        click.echo(text)
        _check(sent, "views")


def _check(sent: "SendResult", what: str) -> None:
    """Report rejected rows; if all are rejected, the command fails."""
    if not sent.rejected:
        return
    text = f"{sent.rejected} {what} rejected; the first: {sent.first_fault}"
    if not sent.accepted:
        raise click.ClickException(text)
    click.echo(text)


def _bar(what: str) -> Progress:
    text = TextColumn(f"sending {what}")
    return Progress(text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), transient=True)
