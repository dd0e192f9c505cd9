"""`tolqyn send`."""

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

SPEEDS = {"max": 0.0}


def _speed(ctx: click.Context, param: click.Parameter, value: str) -> float:
    try:
        speed = SPEEDS[value] if value in SPEEDS else float(value)
    except ValueError:
        speed = -1.0
    if speed < 0:
        message = f"speed must be max or log seconds a second, got {value!r}"
        raise click.BadParameter(message)
    return speed


@click.command()
@click.option("--views", type=click.Path(path_type=Path), help="CSV, CSV.gz or JSON lines.")
@click.option("--articles", type=click.Path(path_type=Path), help="Articles, sent first.")
@click.option(
    "--to", "url", required=True, help="Such as http://127.0.0.1:8080 or kafka://127.0.0.1:9092"
)
@click.option("--speed", default="max", callback=_speed, help="max, 1 (as it happened), 60, ...")
@click.option("--shift-to-now", is_flag=True, help="Move the log so that it ends now.")
@click.option("--with-ids", is_flag=True, help="Give events ids: nothing counts twice on a retry.")
@click.option("--edition", default="site/und", show_default=True, help="For rows without one.")
@click.option("--columns", default="", help="Other names, as at=ts_ms,visitor=user")
@click.option("--article-columns", default="", help="Other names, as id=article_id")
def send(
    views: Path | None,
    articles: Path | None,
    url: str,
    speed: float,
    shift_to_now: bool,
    with_ids: bool,
    edition: str,
    columns: str,
    article_columns: str,
) -> None:
    """Replay a log of views, and articles, into a running system.

    \b
    tolqyn send --views clicks.csv.gz --columns at=ts_ms,visitor=user --to http://127.0.0.1:8080

    A system with keys needs one that may write, in TOLQYN_KEY. To kafka://HOST:PORT go batches for
    the workers; to kafka://HOST:PORT/raw-views single JSON events for the packers;
    ?namespace=NAME names another cluster's topics.
    """
    from ranking.replay import files
    from ranking.replay import send as sending

    if not views and not articles:
        message = "nothing to send: give --views, --articles or both"
        raise click.UsageError(message)
    mapping = files.mapping_of(columns, files.EVENT_FIELDS)
    card_mapping = files.mapping_of(article_columns, files.ARTICLE_FIELDS)
    if articles:
        cards = list(files.read_articles(articles, card_mapping, edition))
        with _bar("articles") as bar:
            task = bar.add_task("articles", total=len(cards))
            taken = sending.send_articles(cards, url, lambda n: bar.advance(task, n))
        click.echo(f"{taken} articles taken")
    if views:
        shift = 0
        if shift_to_now:
            shift = sending.shift_to_now(sending.last_stamp(files.view_chunks(views, mapping)))
        chunks = files.view_chunks(views, mapping, edition)
        with _bar("views") as bar:
            task = bar.add_task("bytes", total=views.stat().st_size if views.exists() else None)
            sent = sending.send_views(
                chunks, url, speed=speed, shift_ms=shift, with_ids=with_ids,
                progress=lambda chunk: bar.update(task, completed=chunk.read),
            )  # fmt: skip
        rate = sent.accepted / max(sent.seconds, 1e-9)
        click.echo(f"{sent.accepted} views accepted in {sent.seconds:.2f} s ({rate:,.0f}/s)")
        if sent.rejected:
            click.echo(f"{sent.rejected} views rejected; the first: {sent.first_fault}")


def _bar(what: str) -> Progress:
    text = TextColumn(f"sending {what}")
    return Progress(text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), transient=True)
