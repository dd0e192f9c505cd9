"""`tolqyn profiles`: what operators decide about profiles, from a shell."""

from pathlib import Path
from typing import Any

import click
import orjson
from rich.table import Table

from ranking.commands.client import Client, console, of_scope, on_system, told, when


@click.group()
def profiles() -> None:
    """Look at profiles, try drafts, publish and roll back.

    \b
    tolqyn profiles show --edition inform/ru --surface popular
    tolqyn profiles try half_life=3600 --edition inform/ru --surface popular
    tolqyn profiles publish half_life=3600 --edition inform/ru --surface popular --reason "slow day"
    tolqyn profiles rollback 0 --edition inform/ru --surface popular
    """


def _changes(pairs: tuple[str, ...], file: Path | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if file:
        from ranking.lists.profile import read_changes

        found |= read_changes(file)
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark:
            message = f"a parameter must be given as name=value, got {pair!r}"
            raise click.UsageError(message)
        try:
            found[name] = orjson.loads(value) if value else None
        except orjson.JSONDecodeError:
            found[name] = value
    return found


@profiles.command("list")
def list_profiles(to: str, key: str) -> None:
    """What each scope has of its own, and all parameters."""
    told = Client(to, key).ask("GET", "/v1/profiles")
    for scope in told["scopes"]:
        named = " ".join(filter(None, (scope["edition"], scope["surface"], scope["section"])))
        console.print(
            f"[bold]{named or 'everywhere'}[/bold] version {scope['version']}: {scope['set']}"
        )
    table = Table("parameter", "unit", "range", "default", "what it does")
    for its in told["parameters"]:
        span = f"{its['least']:g} - {its['most']:g}"
        table.add_row(its["name"], its["unit"], span, f"{its['default']:g}", its["text"])
    console.print(table)


@profiles.command()
def show(edition: str, surface: str, section: str, to: str, key: str) -> None:
    """The profile of a list, and where each parameter comes from."""
    where = {"edition": edition, "surface": surface, "section": section}
    told = Client(to, key).ask("GET", "/v1/profiles/effective", **where)
    table = Table("parameter", "value", "from")
    for name, value in told["profile"].items():
        table.add_row(name, str(value), told["from"].get(name, ""))
    console.print(table)


@profiles.command("try")
@click.argument("pairs", nargs=-1)
@click.option("--file", type=click.Path(path_type=Path), help="A profile file.")
@click.option("--n", default=5, show_default=True)
def try_(
    pairs: tuple[str, ...], file: Path | None, n: int,
    edition: str, surface: str, section: str, to: str, key: str,
) -> None:  # fmt: skip
    """What a list would show under changes, beside what it shows; publishes nothing."""
    client = Client(to, key)
    where = {"edition": edition, "surface": surface, "section": section}
    changes = _changes(pairs, file)
    draft = client.ask("POST", "/v1/profiles/drafts", {**where, "set": changes})
    shown = {**where, "surface": surface or "popular", "n": n, "profile": draft["id"]}
    told = client.ask("GET", "/v1/preview", **shown)
    table = Table("", "live", "draft")
    for place, pair in enumerate(zip(told["live"]["items"], told["draft"]["items"], strict=False)):
        table.add_row(str(place + 1), *(str(item["title"] or item["id"]) for item in pair))
    console.print(table)
    for kind in ("enters", "leaves", "moves"):
        for its in told[kind]:
            console.print(f"{its['id']} {kind}: {its['why']}")


@profiles.command()
@click.argument("pairs", nargs=-1)
@click.option("--file", type=click.Path(path_type=Path), help="A profile file.")
def publish(
    pairs: tuple[str, ...], file: Path | None, reason: str, author: str,
    edition: str, surface: str, section: str, to: str, key: str,
) -> None:  # fmt: skip
    """Let a scope have these parameters beside those that it has; name= takes one away."""
    client = Client(to, key)
    where = {"edition": edition, "surface": surface, "section": section}
    now = client.ask("GET", "/v1/profiles/effective", **where)
    merged = {**now["set"], **_changes(pairs, file)}
    body = {
        **where, "set": {name: value for name, value in merged.items() if value is not None},
        "parent": now["version"], "reason": reason, "author": author,
    }  # fmt: skip
    made = client.ask("PUT", "/v1/profiles", body)
    console.print(f"version {made['version']} holds: {made['set']}")


@profiles.command()
def history(edition: str, surface: str, section: str, to: str, key: str) -> None:
    """All versions of a scope, newest first."""
    where = {"edition": edition, "surface": surface, "section": section}
    table = Table("version", "when", "who", "why", "parameters")
    for its in Client(to, key).ask("GET", "/v1/profiles/history", **where)["versions"]:
        row = str(its["version"]), when(its["at"]), its["author"], its["reason"], str(its["set"])
        table.add_row(*row)
    console.print(table)


@profiles.command()
@click.argument("version", type=int)
def rollback(
    version: int, reason: str, author: str,
    edition: str, surface: str, section: str, to: str, key: str,
) -> None:  # fmt: skip
    """Publish an earlier version of a scope again; 0 = as it was before the first."""
    client = Client(to, key)
    where = {"edition": edition, "surface": surface, "section": section}
    now = client.ask("GET", "/v1/profiles/effective", **where)
    body = {**where, "version": version, "parent": now["version"], "reason": reason}
    made = client.ask("POST", "/v1/profiles/rollback", {**body, "author": author})
    console.print(f"version {made['version']} holds: {made['set']}")


@profiles.command()
def export(edition: str, surface: str, section: str, to: str, key: str) -> None:
    """What a scope has of its own, as a profile file."""
    where = {"edition": edition, "surface": surface, "section": section}
    click.echo(Client(to, key).ask("GET", "/v1/profiles/export", **where), nl=False)


for made in (show, try_, publish, history, rollback, export):
    of_scope(made)
for made in (publish, rollback):
    told(made)
on_system(list_profiles)
