"""`tolqyn bench`: benchmarks of this checkout, or of two commits in turn."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from ranking.benchmarks.benchmark import Benchmark, BenchmarkError, Task
from ranking.benchmarks.harness import measured
from ranking.benchmarks.machine import ROOT, commit, machine
from ranking.benchmarks.registry import benchmarks
from ranking.benchmarks.time_limit import TimeLimit
from ranking.commands.bench_tables import print_comparison, print_machine, print_measured
from ranking.commands.durations import Duration
from ranking.commands.output import with_format
from ranking.engine.quotation import suggestion

BEFORE = "before"
QUICK = ("loop", "lists")
"""What two commits are compared by unless names are given."""


def _shared(command: click.Command) -> click.Command:
    """Give a command the options of both."""
    command.params += [
        click.Option(
            ["--views"], type=click.Path(path_type=Path), help="A log, for those that need one."
        ),
        click.Option(["--columns"], default="", help="Other names, as at=ts_ms,visitor=user"),
        click.Option(
            ["--seconds"], type=Duration(0.1), default="10m", show_default=True,
            help="Time for each, after its start; what it has by then is told.",
        ),
    ]  # fmt: skip
    return with_format(command)


class _Bench(click.Command):
    """A command whose first word may be another command, `before`."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **more: Any,
    ) -> click.Context:
        """Hand the arguments on if they begin with `before`."""
        if args and args[0] == BEFORE:
            return before.make_context(f"{info_name} {BEFORE}", args[1:], parent, **more)
        return super().make_context(info_name, args, parent, **more)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the benchmarks."""
        rows = [(name, its.text) for name, its in benchmarks().items()]
        with formatter.section("Benchmarks"):
            formatter.write_dl(rows)


@_shared
@click.command(cls=_Bench)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--runs", type=click.IntRange(1), help="Counted runs of each; else its own number.")
def bench(
    names: tuple[str, ...],
    views: Path | None,
    columns: str,
    seconds: float,
    runs: int | None,
    form: str,
) -> None:
    """Run benchmarks and print the median, least and greatest value of each.

    Without NAME: `visible`, and `ingest` if a log is given. `tolqyn bench before REV [NAME]...`
    compares this checkout with an older commit.
    """
    if BEFORE in names:
        message = f"{BEFORE} must be the first word, as: tolqyn bench {BEFORE} REV [NAME]..."
        raise click.UsageError(message)
    chosen = _chosen(names or ("visible", *(("ingest",) if views else ())))
    told: dict[str, Any] = {}
    ours = machine()
    for benchmark in chosen:
        limit = TimeLimit(seconds, say=partial(_say, benchmark.name))
        told[benchmark.name] = measured(benchmark, Task(views, columns, limit), runs)
    if form == "json":
        click.echo(json.dumps(told | {"machine": ours}))
        return
    print_measured(told)
    print_machine(ours)


@_shared
@click.command()
@click.argument("revision", metavar="REV")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--runs", type=click.IntRange(1), help="Pairs of runs of each.  [default: 5]")
def before(
    revision: str,
    names: tuple[str, ...],
    views: Path | None,
    columns: str,
    seconds: float,
    runs: int | None,
    form: str,
) -> None:
    """Run benchmarks on an older commit and on this checkout in turn, and print the ratios.

    Without NAME: `loop` and `lists`. The older commit is checked out into a temporary git worktree
    and runs with the dependencies that are installed. `before HEAD` measures changes that are not
    committed, or, where there are none, the noise.
    """
    from ranking.benchmarks.before import PAIRS, Options, compared, runs_on
    from ranking.benchmarks.older_tree import Tree, older_tree, renamed_modules, resolved

    chosen, options = _chosen(names or QUICK), Options(views, columns, seconds)
    older, ours = resolved(ROOT, revision), machine()
    new = Tree(ROOT, str(commit(ROOT)))
    if new.commit.endswith("+"):
        click.echo("bench before: this checkout has uncommitted changes; they count", err=True)
    told, refused = dict[str, Any](), list[str]()
    with older_tree(ROOT, older) as old:
        click.echo(f"bench before: the loops of {old.commit} are compiled", err=True)
        old.run("-m", "ranking", "warm")
        renames = renamed_modules(ROOT, older)
        for benchmark in chosen:
            sides = runs_on(old, benchmark, options, renames), runs_on(new, benchmark, options, {})
            say = partial(_say, benchmark.name)
            try:
                told[benchmark.name] = compared(benchmark, *sides, runs or PAIRS, say)
            except BenchmarkError as error:
                refused.append(str(error))
    about = {"revision": revision, "commit": older[:12]}
    if told and form == "json":
        click.echo(json.dumps(told | {"machine": ours, "before": about}))
    elif told:
        print_comparison(f"{new.commit} against {revision} ({older[:12]})", told)
        print_machine(ours)
    if refused:
        raise BenchmarkError("; ".join(refused))


def _chosen(names: Sequence[str]) -> list[Benchmark]:
    known = benchmarks()
    for name in names:
        if name not in known:
            near = suggestion(name, known) or f"; there are {', '.join(known)}"
            message = f"no benchmark '{name}'{near}"
            raise click.UsageError(message)
    return [known[name] for name in dict.fromkeys(names)]


def _say(name: str, line: str) -> None:
    """Print on standard error how far a benchmark is."""
    click.echo(f"{name}: {line}", err=True)
