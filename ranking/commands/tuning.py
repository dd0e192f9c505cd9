"""`tolqyn tune`: searches profile parameters on a log."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

EVERYS = (27, 9, 3)


@click.command()
@click.option("--views", type=click.Path(path_type=Path), required=True, help="The log.")
@click.option("--out", type=click.Path(path_type=Path), default="tuned.toml", show_default=True)
@click.option("--profile", type=click.Path(path_type=Path), help="The profile to beat.")
@click.option(
    "--candidates",
    type=click.IntRange(3, 1000),
    default=27,
    show_default=True,
    help="Of the first round; a third goes on to each next one.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0.1, 0.9),
    default=0.4,
    show_default=True,
    help="Share of the log's time, its end, that the search does not see.",
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--edition", default="site/und", show_default=True, help="For rows without one.")
@click.option("--columns", default="", help="Other names, as at=ts_ms,visitor=user")
def tune(
    views: Path,
    out: Path,
    profile: Path | None,
    candidates: int,
    held_out: float,
    seed: int,
    edition: str,
    columns: str,
) -> None:
    """Search a profile's parameters on a log, and write the best as a profile file.

    Each trial replays the log's first part through the live core; candidates that do well on every
    27th visit are measured on more of them. The file tells how it and the profile to beat do on the
    log's last part, which the search never saw. Broken off, the same command goes on.
    """
    from ranking.lists.catalogue import Catalogue
    from ranking.lists.profile import DEFAULT, Profile, profile_from, read_profile
    from ranking.replay import files
    from ranking.replay.backtest import replay
    from ranking.replay.measures.accuracy import accuracy
    from ranking.replay.packed import packed_views
    from ranking.replay.tuning import Journal, Trial, search, trials_of, written
    from ranking.replay.visits import Span, span_of

    base = read_profile(profile) if profile else DEFAULT
    mapping = files.mapping_of(columns, files.EVENT_FIELDS)
    columns_shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns_shown, TimeRemainingColumn(), console=console, transient=True) as bar:
        reading = bar.add_task("reading", total=views.stat().st_size if views.exists() else None)
        batches = list(
            packed_views(views, mapping, edition, lambda read: bar.update(reading, completed=read))
        )
        if not batches:
            message = f"{views} has no views"
            raise files.FileError(message)
        whole = span_of(batches, None, None, 1)
        cut = round(whole.until_ms - held_out * (whole.until_ms - whole.since_ms))
        early = [batch for batch in batches if int(batch.columns["at"].min()) < cut]

        def measure(candidate: Profile, every: int) -> dict[str, float]:
            done = replay(early, Catalogue(), Span(whole.since_ms, cut, every), candidate)
            return scores_of(accuracy(done))

        size = views.stat().st_size
        about = f"{views.name}, {size} bytes, held out {held_out}, seed {seed}, {base}"
        journal = Journal(out.with_suffix(".trials"), about)
        trials = bar.add_task("trials", total=sum(trials_of(candidates, EVERYS)))

        def told(trial: Trial) -> None:
            bar.advance(trials)

        found = search(measure, journal, candidates, EVERYS, base, seed, told)
        last = bar.add_task("held out", total=2)
        rows = {}
        for name, candidate in (("before", base), ("tuned", profile_from(dict(found), base))):
            done = replay(batches, Catalogue(), Span(cut, whole.until_ms), candidate)
            rows[name] = accuracy(done)
            bar.advance(last)
    table = Table("held out", "popular mrr@5", "related mrr@5", "foryou mrr@5", title=str(out))
    notes = [f"tuned on {views.name} without its last {held_out:.0%}; measured there:"]
    for name, measures in rows.items():
        values = [f"{measures[key]['mrr@5']:.4f}" for key in ("popular", "related", "foryou")]
        table.add_row(name, *values)
        notes.append(f"{name}: popular, related, foryou mrr@5 {' '.join(values)}")
    out.write_text(written(out.stem, found, notes), encoding="utf-8")
    Console().print(table)


def scores_of(measures: dict[str, dict[str, float]]) -> dict[str, float]:
    """What decides between candidates, by group."""
    next_pages = (measures["related"]["mrr@5"] + measures["foryou"]["mrr@5"]) / 2
    return {"popular": measures["popular"]["mrr@5"], "related": next_pages}
