"""`tolqyn tune`: search of profile parameters on a log."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ranking.commands.output import print_json, print_table, with_format
from ranking.commands.settings import in_zone

if TYPE_CHECKING:
    from datetime import tzinfo

    from ranking.backtest.visits import Span
    from ranking.engine.batch import Batch
    from ranking.profiles.profile import Profile

EVERYS = (27, 9, 3)
LISTS = ("popular", "related", "foryou")


@click.command()
@click.option("--views", type=click.Path(path_type=Path), required=True, help="The log.")
@click.option("--out", type=click.Path(path_type=Path), default="tuned.toml", show_default=True)
@click.option("--profile", type=click.Path(path_type=Path), help="The profile to beat.")
@click.option(
    "--candidates",
    type=click.IntRange(3, 1000),
    default=27,
    show_default=True,
    help="Candidates of the first round; a third enters each next round.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0.1, 0.9),
    default=0.4,
    show_default=True,
    help="Last part of the log's time, as a share, that the search does not use.",
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--edition", default="site/und", show_default=True, help="For rows without one.")
@click.option("--columns", default="", help="Other names, as at=ts_ms,visitor=user")
@in_zone
def tune(
    views: Path,
    out: Path,
    profile: Path | None,
    candidates: int,
    held_out: float,
    seed: int,
    edition: str,
    columns: str,
    form: str,
    zone: "tzinfo | None",
) -> None:
    """Search a profile's parameters on a log, and write the best as a profile file.

    Each trial replays the first part of the log through the live core. Candidates that do well on
    every 27th visit are measured on more visits. The file compares the result with the profile to
    beat on the last part of the log, which the search never used. An interrupted search continues
    with the same command.
    """
    from ranking.backtest import files
    from ranking.backtest.packed_log import packed_views
    from ranking.backtest.tuning import Journal, search, trials_of, written
    from ranking.backtest.visits import Span, span_of
    from ranking.profiles.profile import DEFAULT, profile_from, read_profile

    base = read_profile(profile) if profile else DEFAULT
    mapping = files.mapping_of(columns, files.EVENT_FIELDS)
    with _bar() as bar:
        reading = bar.add_task("reading", total=views.stat().st_size if views.exists() else None)

        def read(done: int) -> None:
            bar.update(reading, completed=done)

        batches = list(packed_views(views, mapping, edition, read, zone))
        if not batches:
            message = f"{views} has no views"
            raise files.FileError(message)
        whole = span_of(batches, None, None, 1)
        cut = round(whole.until_ms - held_out * (whole.until_ms - whole.since_ms))
        size = views.stat().st_size
        about = f"{views.name}, {size} bytes, held out {held_out}, seed {seed}, {base}"
        trials = bar.add_task("trials", total=sum(trials_of(candidates, EVERYS)))
        found = search(
            _early(batches, whole.since_ms, cut), Journal(out.with_suffix(".trials"), about),
            candidates, EVERYS, base, seed, lambda trial: bar.advance(trials),
        )  # fmt: skip
        last = bar.add_task("held out", total=2)
        compared = {"before": base, "tuned": profile_from(dict(found), base)}
        rows = {}
        for name, each in compared.items():
            rows[name] = _worth(batches, Span(cut, whole.until_ms), each)
            bar.advance(last)
    notes = [f"tuned on {views.name} without its last {held_out:.0%}; there, mrr@5:"]
    for name, row in rows.items():
        text = " ".join(f"{key} {value:.4f}" for key, value in row.items())
        notes.append(f"{name}: {text}")
    out.write_text(written(out.stem, found, notes), encoding="utf-8")
    if form == "json":
        print_json({"file": str(out), "set": dict(found), "mrr@5": rows})
        return
    body = [(name, *(f"{value:.4f}" for value in row.values())) for name, row in rows.items()]
    print_table(("mrr@5, held out", *LISTS), body, str(out))


with_format(tune)


def _bar() -> Progress:
    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    return Progress(*shown, TimeRemainingColumn(), console=console, transient=True)


def _early(
    batches: "list[Batch]", since_ms: int, cut_ms: int
) -> "Callable[[Profile, int], dict[str, float]]":
    """The candidates' scores by group, on the first part of the log."""
    from ranking.backtest.visits import Span

    early = [batch for batch in batches if int(batch.columns["at"].min()) < cut_ms]

    def measure(candidate: "Profile", every: int) -> dict[str, float]:
        worth = _worth(early, Span(since_ms, cut_ms, every), candidate)
        next_pages = (worth["related"] + worth["foryou"]) / 2
        return {"popular": worth["popular"], "related": next_pages}

    return measure


def _worth(batches: "list[Batch]", span: "Span", profile: "Profile") -> dict[str, float]:
    """MRR@5 of each list."""
    from ranking.backtest.backtest import replay
    from ranking.backtest.measures.accuracy import accuracy
    from ranking.content.catalogue import Catalogue

    measures = accuracy(replay(batches, Catalogue(), span, profile))
    return {name: measures[name]["mrr@5"] for name in LISTS}
