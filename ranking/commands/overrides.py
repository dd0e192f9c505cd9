"""`tolqyn overrides`: what editors decide by hand, from a shell."""

from typing import Any

import click
from rich.table import Table

from ranking.commands.client import Client, console, moment_of, on_system, told, when


@click.group()
def overrides() -> None:
    """Pin, boost, bury and block by hand, each until an end.

    \b
    tolqyn overrides add pin --edition inform/ru --article a1 --slot 1 --end 2h
    tolqyn overrides add list --edition inform/ru --surface popular --end 30m
    tolqyn overrides mourning --section Culture --tag concert --end 24h
    """


@overrides.command("list")
def list_overrides(to: str, key: str) -> None:
    """Overrides that are not cancelled."""
    table = Table("id", "what", "where", "of", "until", "why")
    for its in Client(to, key).ask("GET", "/v1/overrides")["overrides"]:
        until = when(its["end"])
        where = f"{its['edition'] or 'everywhere'} {its['surface']}"
        named = [*its["articles"], *its["stories"], *its["tags"], *its["sections"]]
        state = its["action"] if its["active"] else f"{its['action']} (not now)"
        table.add_row(its["id"], state, where, ", ".join(named), until, its["reason"])
    console.print(table)


@overrides.command()
@click.argument("action", type=click.Choice(["pin", "boost", "bury", "block", "list"]))
@click.option("--edition", default="", help="site/lang, or site/* for all of a site; empty = all.")
@click.option("--surface", default="", help="Empty = all lists.")
@click.option("--article", "articles", multiple=True, help="May be given several times.")
@click.option("--story", "stories", multiple=True, help="In all editions at once.")
@click.option("--tag", "tags", multiple=True)
@click.option("--section", "sections", multiple=True)
@click.option("--slot", default=1, show_default=True, help="Of a pin.")
@click.option("--factor", default=2.0, show_default=True, help="Of a boost.")
@click.option("--start", help="ISO 8601, or a span from now such as 30m; empty = at once.")
@click.option("--end", help="The same; empty = until it is cancelled.")
def add(to: str, key: str, start: str | None, end: str | None, **wanted: Any) -> None:
    """Begin an override; a list without articles freezes what a board shows."""
    body = {name: list(v) if isinstance(v, tuple) else v for name, v in wanted.items()}
    moments = {"start": moment_of(start), "end": moment_of(end)}
    made = Client(to, key).ask("POST", "/v1/overrides", body | moments)
    console.print(f"{made['action']} {made['id']} holds")


@overrides.command()
@click.option("--section", "sections", multiple=True)
@click.option("--tag", "tags", multiple=True)
@click.option("--site", default="", help="Empty = all sites.")
@click.option("--end", required=True, help="ISO 8601, or a span from now such as 24h.")
def mourning(to: str, key: str, end: str, **wanted: Any) -> None:
    """Bury sections and tags in every edition, until an end."""
    body = {name: list(v) if isinstance(v, tuple) else v for name, v in wanted.items()}
    made = Client(to, key).ask("POST", "/v1/overrides/mourning", body | {"end": moment_of(end)})
    console.print(f"mourning {made['id']} holds")


@overrides.command()
@click.argument("id")
def end(id: str, reason: str, author: str, to: str, key: str) -> None:
    """Cancel an override."""
    Client(to, key).ask("DELETE", f"/v1/overrides/{id}", reason=reason, author=author)
    console.print(f"override {id} holds no longer")


for made in (add, mourning, end):
    told(on_system(made))
on_system(list_overrides)
