"""`tolqyn experiments`: changes of a running system's experiments."""

import tomllib
from pathlib import Path
from typing import Any

import click

from ranking.commands.client import (
    Client,
    RefusedError,
    hint_edition,
    moment_of,
    on_system,
    when,
    with_reason,
)
from ranking.commands.experiments import experiments
from ranking.commands.output import print_json, print_result, print_table, with_format

UNCONFIRMED = "Confirmation needed"
AT = click.option("--at", help="ISO 8601, or a span from now such as 2h; empty = now.")


@experiments.command("list")
def list_experiments(form: str, to: str, key: str) -> None:
    """List all experiments."""
    found, rows = Client(to, key).ask("GET", "/v1/experiments")["experiments"], []
    if form == "json":
        print_json(found)
        return
    for one in found:
        where = (one["edition"], one["surface"], one["section"])
        named = " ".join(part for part in where if part) or "everywhere"
        arms = ", ".join(arm["name"] for arm in one["arms"])
        start = when(one["phases"][0]["at"])
        row = (one["status"], named, arms, start, str(one["weeks"]), one["metric"], one["winner"])
        rows.append((one["name"], *row))
    print_table(("name", "status", "lists", "arms", "start", "weeks", "metric", "winner"), rows)


@experiments.command()
@click.argument("name")
@click.option("--format", "form", type=click.Choice(["json"]), default="json", show_default=True)
def show(name: str, form: str, to: str, key: str) -> None:
    """Show one experiment as JSON."""
    print_json(Client(to, key).ask("GET", f"/v1/experiments/{name}"))


@experiments.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@AT
def write(
    name: str, file: Path, at: str | None, reason: str, author: str, form: str, to: str, key: str
) -> None:
    """Write a plan from a TOML file; without phases, two arms get half of the readers each."""
    body = _plan_of(file)
    if "phases" not in body:
        count = len(body.get("arms", ())) or 1
        shares = [1000 // count + (place < 1000 % count) for place in range(count)]
        body["phases"] = [{"at": moment_of(at or "0s"), "traffic": 1000, "shares": shares}]
    body |= {"reason": reason, "author": author}
    client = Client(to, key)
    hint_edition(client, str(body.get("edition", "")))
    made = client.ask("PUT", f"/v1/experiments/{name}", body)
    print_result(form, made, f"experiment {name} is {made['status']}, version {made['version']}")


@experiments.command()
@click.argument("name")
@AT
def start(name: str, at: str | None, **options: str) -> None:
    """Start an experiment; the phases of a ramp keep their distances."""
    _step(name, "start", {"at": moment_of(at)}, **options)


@experiments.command()
@click.argument("name")
@click.option("--traffic", type=float, help="Percent of the readers; default: unchanged.")
@click.option("--shares", help="Percents of the arms, as 50,50; default: unchanged.")
@AT
def phase(
    name: str, traffic: float | None, shares: str | None, at: str | None, **options: str
) -> None:
    """Change the shares: add a phase."""
    try:
        parts = [round(float(part) * 10) for part in shares.split(",")] if shares else None
    except ValueError as error:
        message = f"shares must be percents as 50,50, got '{shares}'"
        raise click.UsageError(message) from error
    some = None if traffic is None else round(traffic * 10)
    _step(name, "phase", {"traffic": some, "shares": parts, "at": moment_of(at)}, **options)


@experiments.command()
@click.argument("name")
def freeze(name: str, **options: str) -> None:
    """Pause counting; readers keep their lists."""
    _step(name, "freeze", {}, **options)


@experiments.command()
@click.argument("name")
def resume(name: str, **options: str) -> None:
    """Resume counting."""
    _step(name, "resume", {}, **options)


@experiments.command()
@click.argument("name")
def stop(name: str, **options: str) -> None:
    """Stop: all readers get the live lists."""
    _step(name, "stop", {}, **options)


@experiments.command()
@click.argument("name")
@click.argument("winner")
@click.option("--confirm", is_flag=True, help="Decide despite warnings.")
def decide(name: str, winner: str, confirm: bool, **options: str) -> None:
    """Record the winning arm and publish its profile.

    A decision before the planned size, or against the intervals, needs --confirm. The record says
    so.
    """
    try:
        _step(name, "decide", {"winner": winner, "confirm": confirm}, **options)
    except RefusedError as refused:
        if refused.title != UNCONFIRMED:
            raise
        asked = refused.message.partition("; send confirm")[0]
        message = f"{asked}; add --confirm to decide anyway"
        raise click.ClickException(message) from refused


@experiments.command()
@click.argument("name")
def remove(name: str, reason: str, author: str, form: str, to: str, key: str) -> None:
    """Remove an experiment that is not running."""
    Client(to, key).ask("DELETE", f"/v1/experiments/{name}", reason=reason, author=author)
    print_result(form, {"name": name, "removed": True}, f"experiment {name} is removed")


def _plan_of(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"file {file} does not exist"
        raise click.ClickException(message) from error
    except UnicodeDecodeError as error:
        message = f"plan {file} cannot be read: byte {error.start} is not UTF-8"
        raise click.ClickException(message) from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        fault = (isinstance(error, OSError) and error.strerror) or str(error)
        message = f"plan {file} cannot be read: {fault}"
        raise click.ClickException(message) from error


def _step(name: str, step: str, body: dict[str, Any], **options: str) -> None:
    given = {one: value for one, value in body.items() if value is not None}
    given |= {one: options[one] for one in ("reason", "author")}
    made = Client(options["to"], options["key"]).ask(
        "POST", f"/v1/experiments/{name}/{step}", given
    )
    text = f"experiment {name} is {made['status']}, version {made['version']}"
    print_result(options["form"], made, text)


for made in (write, start, phase, freeze, resume, stop, decide, remove):
    with_reason(on_system(with_format(made)))
on_system(with_format(list_experiments))
on_system(show)
