"""`tolqyn experiments`: what operators decide about experiments of a running system."""

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
    told,
    when,
)
from ranking.commands.experiments import experiments
from ranking.commands.output import print_json, print_table, print_told, with_format

UNCONFIRMED = "Confirmation needed"
AT = click.option("--at", help="ISO 8601, or a span from now such as 2h; empty = now.")


@experiments.command("list")
def list_experiments(form: str, to: str, key: str) -> None:
    """All experiments."""
    found, rows = Client(to, key).ask("GET", "/v1/experiments")["experiments"], []
    if form == "json":
        print_json(found)
        return
    for its in found:
        where = (its["edition"], its["surface"], its["section"])
        named = " ".join(part for part in where if part) or "everywhere"
        arms = ", ".join(arm["name"] for arm in its["arms"])
        start = when(its["phases"][0]["at"])
        row = (its["status"], named, arms, start, str(its["weeks"]), its["metric"], its["winner"])
        rows.append((its["name"], *row))
    print_table(("name", "status", "lists", "arms", "start", "weeks", "metric", "winner"), rows)


@experiments.command()
@click.argument("name")
@click.option("--format", "form", type=click.Choice(["json"]), default="json", show_default=True)
def show(name: str, form: str, to: str, key: str) -> None:
    """One experiment, as JSON."""
    print_json(Client(to, key).ask("GET", f"/v1/experiments/{name}"))


@experiments.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@AT
def write(
    name: str, file: Path, at: str | None, reason: str, author: str, form: str, to: str, key: str
) -> None:
    """Write a plan from a TOML file; without phases half of the readers see each of two arms."""
    body = _plan_of(file)
    if "phases" not in body:
        count = len(body.get("arms", ())) or 1
        shares = [1000 // count + (place < 1000 % count) for place in range(count)]
        body["phases"] = [{"at": moment_of(at or "0s"), "traffic": 1000, "shares": shares}]
    body |= {"reason": reason, "author": author}
    client = Client(to, key)
    hint_edition(client, str(body.get("edition", "")))
    made = client.ask("PUT", f"/v1/experiments/{name}", body)
    print_told(form, made, f"experiment {name} is {made['status']}, version {made['version']}")


@experiments.command()
@click.argument("name")
@AT
def start(name: str, at: str | None, **options: str) -> None:
    """Start an experiment; a ramp keeps its distances."""
    _step(name, "start", {"at": moment_of(at)}, **options)


@experiments.command()
@click.argument("name")
@click.option("--traffic", type=float, help="Percent of the readers; else as before.")
@click.option("--shares", help="Percents of the arms, as 50,50; else as before.")
@AT
def phase(
    name: str, traffic: float | None, shares: str | None, at: str | None, **options: str
) -> None:
    """Go on with other shares: a new phase."""
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
    """Count no more; readers keep their lists."""
    _step(name, "freeze", {}, **options)


@experiments.command()
@click.argument("name")
def resume(name: str, **options: str) -> None:
    """Count again."""
    _step(name, "resume", {}, **options)


@experiments.command()
@click.argument("name")
def stop(name: str, **options: str) -> None:
    """Give everybody the live lists again."""
    _step(name, "stop", {}, **options)


@experiments.command()
@click.argument("name")
@click.argument("winner")
@click.option("--confirm", is_flag=True, help="Decide, whatever speaks against it.")
def decide(name: str, winner: str, confirm: bool, **options: str) -> None:
    """Name the arm that won, and publish its profile.

    Before the planned size, or against what the interval says, it must be confirmed; the record
    tells so.
    """
    try:
        _step(name, "decide", {"winner": winner, "confirm": confirm}, **options)
    except RefusedError as refused:
        if refused.title != UNCONFIRMED:
            raise
        asked = refused.message.partition("; send confirm")[0]
        message = f"{asked}; say --confirm to decide nevertheless"
        raise click.ClickException(message) from refused


@experiments.command()
@click.argument("name")
def remove(name: str, reason: str, author: str, form: str, to: str, key: str) -> None:
    """Take an experiment away that no reader sees."""
    Client(to, key).ask("DELETE", f"/v1/experiments/{name}", reason=reason, author=author)
    print_told(form, {"name": name, "removed": True}, f"experiment {name} is no more")


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
        told = (isinstance(error, OSError) and error.strerror) or str(error)
        message = f"plan {file} cannot be read: {told}"
        raise click.ClickException(message) from error


def _step(name: str, step: str, body: dict[str, Any], **options: str) -> None:
    given = {its: value for its, value in body.items() if value is not None}
    given |= {its: options[its] for its in ("reason", "author")}
    made = Client(options["to"], options["key"]).ask(
        "POST", f"/v1/experiments/{name}/{step}", given
    )
    text = f"experiment {name} is {made['status']}, version {made['version']}"
    print_told(options["form"], made, text)


for made in (write, start, phase, freeze, resume, stop, decide, remove):
    told(on_system(with_format(made)))
on_system(with_format(list_experiments))
on_system(show)
