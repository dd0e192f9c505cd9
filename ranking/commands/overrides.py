"""`tolqyn overrides`: pins, boosts and other overrides, from a shell."""

from typing import Any

import click

from ranking.commands.client import Client, hint_edition, moment_of, on_system, when, with_reason
from ranking.commands.groups import Suggesting, Words
from ranking.commands.output import print_json, print_result, print_table, with_format

END = "ISO 8601, or a span from now such as 30m, 7 days at most; empty = two hours"


@click.group(cls=Suggesting)
def overrides() -> None:
    """Pin, boost, bury and block articles, each until an end.

    Sections and tags apply to every edition, under their names there.

    \b
    tolqyn overrides add pin --edition inform/ru --article a1 --slot 1 --end 2h
    tolqyn overrides add list --edition inform/ru --surface popular --end 30m
    tolqyn overrides mourning --section Culture --tag concert --preview
    tolqyn overrides mourning --section Culture --tag concert --end 24h
    """


PREVIEW = click.option(
    "--preview", is_flag=True, help="Only show the affected articles, by edition."
)


@overrides.command("list")
def list_overrides(form: str, to: str, key: str) -> None:
    """List current overrides."""
    found, rows = Client(to, key).ask("GET", "/v1/overrides")["overrides"], []
    if form == "json":
        print_json(found)
        return
    for one in found:
        until = when(one["end"])
        where = f"{one['edition'] or 'everywhere'} {one['surface']}"
        named = [*one["articles"], *one["stories"], *one["tags"], *one["sections"]]
        state = one["action"] if one["active"] else f"{one['action']} (inactive)"
        rows.append((one["id"], state, where, ", ".join(named), until, one["reason"]))
    print_table(("id", "what", "where", "of", "until", "why"), rows)


@overrides.command()
@click.argument("action", type=Words(["pin", "boost", "bury", "block", "list"]))
@click.option("--edition", default="", help="site/lang, or site/* for a whole site; empty = all.")
@click.option("--surface", default="", help="Empty = all lists.")
@click.option("--article", "articles", multiple=True, help="Can be repeated.")
@click.option("--story", "stories", multiple=True, help="In all editions at once.")
@click.option("--tag", "tags", multiple=True)
@click.option("--section", "sections", multiple=True)
@click.option("--slot", default=1, show_default=True, help="Position of a pin.")
@click.option("--factor", default=2.0, show_default=True, help="Factor of a boost.")
@click.option("--start", help="ISO 8601, or a span from now such as 30m; empty = at once.")
@click.option("--end", help=f"{END}; a block ends when cancelled.")
@PREVIEW
def add(
    to: str, key: str, form: str, preview: bool, start: str | None, end: str | None, **wanted: Any
) -> None:
    """Add an override; a list without articles freezes a board."""
    body = {name: list(v) if isinstance(v, tuple) else v for name, v in wanted.items()}
    moments = {"start": moment_of(start), "end": moment_of(end)}
    client = Client(to, key)
    hint_edition(client, str(wanted["edition"]))
    if preview:
        _preview(client, body | moments, form)
        return
    made = client.ask("POST", "/v1/overrides", body | moments)
    print_result(form, made, f"{made['action']} {made['id']} is active{_until(made)}")


@overrides.command()
@click.option("--section", "sections", multiple=True)
@click.option("--tag", "tags", multiple=True)
@click.option("--site", default="", help="Empty = all sites.")
@click.option("--end", help=f"{END}.")
@PREVIEW
def mourning(to: str, key: str, form: str, preview: bool, end: str | None, **wanted: Any) -> None:
    """Bury sections and tags in every edition, until an end."""
    body = {name: list(v) if isinstance(v, tuple) else v for name, v in wanted.items()}
    client, at = Client(to, key), moment_of(end)
    if preview:
        named = {name: body[name] for name in ("sections", "tags")}
        site = f"{body['site']}/*" if body["site"] else ""
        _preview(client, {"action": "bury", "edition": site, **named, "end": at}, form)
        return
    made = client.ask("POST", "/v1/overrides/mourning", body | {"end": at})
    reached = ", ".join(f"{edition} {count}" for edition, count in made["reached"].items())
    count = sum(made["reached"].values())
    print_result(
        form, made, f"mourning {made['id']} buries {count} articles: {reached}{_until(made)}"
    )


@overrides.command()
@click.argument("id")
def end(id: str, reason: str, author: str, form: str, to: str, key: str) -> None:
    """Cancel an override."""
    Client(to, key).ask("DELETE", f"/v1/overrides/{id}", reason=reason, author=author)
    print_result(form, {"id": id, "active": False}, f"override {id} is cancelled")


def _until(made: dict[str, Any]) -> str:
    return f" until {when(made['end'])}" if made["end"] else " until it is cancelled"


def _preview(client: Client, body: dict[str, Any], form: str) -> None:
    """Show the articles that an override would affect, by edition."""
    found = client.ask("POST", "/v1/overrides/preview", body)
    if form == "json":
        print_json(found)
        return
    rows = [
        (
            one["edition"], f"{one['articles']:,}",
            ", ".join([*one.get("sections", ()), *(f"#{tag}" for tag in one.get("tags", ()))]),
        )
        for one in found["editions"]
    ]  # fmt: skip
    title = f"would {found['action']} {found['articles']:,} articles"
    print_table(("edition", "articles", "names there"), rows, title)
    if found["unknown"]:
        click.echo(f"unknown: {', '.join(found['unknown'])}")


for made in (add, mourning, end):
    with_reason(on_system(with_format(made)))
on_system(with_format(list_overrides))
