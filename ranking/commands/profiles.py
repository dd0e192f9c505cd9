"""`tolqyn profiles`: profiles of a running system, from a shell."""

from itertools import zip_longest
from pathlib import Path
from typing import Any

import click
import orjson

from ranking.commands.client import (
    Client,
    console,
    hint_edition,
    of_scope,
    on_system,
    when,
    with_reason,
)
from ranking.commands.groups import Suggesting
from ranking.commands.output import print_json, print_result, print_table, with_format
from ranking.engine.durations import seconds_of
from ranking.engine.quotation import suggestion


@click.group(cls=Suggesting)
def profiles() -> None:
    """Show profiles, try drafts, publish and roll back.

    \b
    tolqyn profiles show --edition inform/ru --surface popular
    tolqyn profiles try half_life=1h --edition inform/ru --surface popular
    tolqyn profiles publish half_life=3600 --edition inform/ru --surface popular --reason "slow day"
    tolqyn profiles rollback 0 --edition inform/ru --surface popular
    """


def _changes(pairs: tuple[str, ...], file: Path | None) -> dict[str, Any]:
    from ranking.profiles.profile import parameter_names, read_changes

    found: dict[str, Any] = {}
    if file:
        found |= read_changes(file)
    known = parameter_names()
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark:
            message = f"a parameter must be given as name=value, got '{pair}'"
            raise click.UsageError(message)
        if name not in known:
            message = f"{name} is not a profile parameter{suggestion(name, known)}"
            raise click.UsageError(message)
        found[name] = _value(value)
    return found


def _value(text: str) -> Any:
    """Parse a value: a number, a duration in seconds, a word; empty removes the parameter."""
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        seconds = seconds_of(text)
        return text if seconds is None else seconds


def _pairs(changes: dict[str, Any]) -> str:
    """Parameters in the form of arguments."""
    return (
        " ".join(f"{name}={_shown(value)}" for name, value in changes.items()) or "inherited values"
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


@profiles.command("list")
def list_profiles(form: str, to: str, key: str) -> None:
    """List the own parameters of each scope, and all parameters."""
    answer = Client(to, key).ask("GET", "/v1/profiles")
    if form == "json":
        print_json(answer)
        return
    for scope in answer["scopes"]:
        named = " ".join(filter(None, (scope["edition"], scope["surface"], scope["section"])))
        console.print(
            f"{named or 'everywhere'} version {scope['version']}: {_pairs(scope['set'])}",
            markup=False,
        )
    rows = [
        (
            one["name"], one["unit"], f"{one['least']:g} - {one['most']:g}",
            f"{one['default']:g}", one["text"],
        )
        for one in answer["parameters"]
    ]  # fmt: skip
    print_table(("parameter", "unit", "range", "default", "what it does"), rows)


@profiles.command()
def show(edition: str, surface: str, section: str, form: str, to: str, key: str) -> None:
    """Show the profile of a list, and the scope of each parameter."""
    where, client = {"edition": edition, "surface": surface, "section": section}, Client(to, key)
    hint_edition(client, edition)
    answer = client.ask("GET", "/v1/profiles/effective", **where)
    if form == "json":
        print_json(answer)
        return
    rows = [
        (name, _shown(value), answer["from"].get(name, ""))
        for name, value in answer["profile"].items()
    ]
    print_table(("parameter", "value", "from"), rows)


@profiles.command("try")
@click.argument("pairs", nargs=-1)
@click.option("--file", type=click.Path(path_type=Path), help="A profile file.")
@click.option("--n", default=5, show_default=True)
def try_(
    pairs: tuple[str, ...], file: Path | None, n: int,
    edition: str, surface: str, section: str, form: str, to: str, key: str,
) -> None:  # fmt: skip
    """Compare a list under changes with the live list; publishes nothing."""
    client = Client(to, key)
    hint_edition(client, edition)
    where = {"edition": edition, "surface": surface, "section": section}
    changes = _changes(pairs, file)
    draft = client.ask("POST", "/v1/profiles/drafts", {**where, "set": changes})
    shown = {**where, "surface": surface or "popular", "n": n, "profile": draft["id"]}
    answer = client.ask("GET", "/v1/preview", **shown)
    if form == "json":
        print_json(answer)
        return
    both = zip_longest(answer["live"]["items"], answer["draft"]["items"])
    rows = [
        (str(place), *("" if item is None else str(item["title"] or item["id"]) for item in pair))
        for place, pair in enumerate(both, 1)
    ]
    print_table(("", "live", "draft"), rows)
    for kind in ("enters", "leaves", "moves"):
        for one in answer[kind]:
            console.print(f"{one['id']} {kind}: {one['why']}", markup=False)


@profiles.command()
@click.argument("pairs", nargs=-1)
@click.option("--file", type=click.Path(path_type=Path), help="A profile file.")
def publish(
    pairs: tuple[str, ...], file: Path | None, reason: str, author: str,
    edition: str, surface: str, section: str, form: str, to: str, key: str,
) -> None:  # fmt: skip
    """Publish parameters of a scope, in addition to its own; name= removes one."""
    client = Client(to, key)
    hint_edition(client, edition)
    where = {"edition": edition, "surface": surface, "section": section}
    now = client.ask("GET", "/v1/profiles/effective", **where)
    merged = {**now["set"], **_changes(pairs, file)}
    body = {
        **where, "set": {name: value for name, value in merged.items() if value is not None},
        "parent": now["version"], "reason": reason, "author": author,
    }  # fmt: skip
    made = client.ask("PUT", "/v1/profiles", body)
    print_result(form, made, f"version {made['version']} is live: {_pairs(made['set'])}")


@profiles.command()
def history(edition: str, surface: str, section: str, form: str, to: str, key: str) -> None:
    """List all versions of a scope, newest first."""
    where = {"edition": edition, "surface": surface, "section": section}
    found = Client(to, key).ask("GET", "/v1/profiles/history", **where)["versions"]
    if form == "json":
        print_json(found)
        return
    rows = [
        (str(one["version"]), when(one["at"]), one["author"], one["reason"], _pairs(one["set"]))
        for one in found
    ]
    print_table(("version", "when", "who", "why", "parameters"), rows)


@profiles.command()
@click.argument("version", type=int)
def rollback(
    version: int, reason: str, author: str,
    edition: str, surface: str, section: str, form: str, to: str, key: str,
) -> None:  # fmt: skip
    """Publish an earlier version of a scope again; 0 = before the first."""
    client = Client(to, key)
    where = {"edition": edition, "surface": surface, "section": section}
    now = client.ask("GET", "/v1/profiles/effective", **where)
    body = {**where, "version": version, "parent": now["version"], "reason": reason}
    made = client.ask("POST", "/v1/profiles/rollback", {**body, "author": author})
    print_result(form, made, f"version {made['version']} is live: {_pairs(made['set'])}")


@profiles.command()
@click.option(
    "--format", "form", type=click.Choice(["toml", "json"]), default="toml", show_default=True
)
def export(edition: str, surface: str, section: str, form: str, to: str, key: str) -> None:
    """Write the own parameters of a scope as a profile file."""
    where = {"edition": edition, "surface": surface, "section": section}
    if form == "json":
        print_json(Client(to, key).ask("GET", "/v1/profiles/effective", **where)["set"])
        return
    click.echo(Client(to, key).ask("GET", "/v1/profiles/export", **where), nl=False)


for made in (show, try_, publish, history, rollback, export):
    of_scope(made)
for made in (publish, rollback):
    with_reason(made)
for made in (list_profiles, show, try_, publish, history, rollback):
    with_format(made)
on_system(list_profiles)
