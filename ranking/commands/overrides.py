"""`tolqyn overrides`: what editors decide by hand, from a shell."""

from typing import Any

import click

from ranking.commands.client import Client, hint_edition, moment_of, on_system, told, when
from ranking.commands.groups import Suggesting, Words
from ranking.commands.output import print_json, print_table, print_told, with_format

END = "ISO 8601, or a span from now such as 30m, 7 days at most; empty = two hours"


@click.group(cls=Suggesting)
def overrides() -> None:
    """Pin, boost, bury and block by hand, each until an end.

    Sections and tags are meant in every edition, whatever they are called there.

    \b
    tolqyn overrides add pin --edition inform/ru --article a1 --slot 1 --end 2h
    tolqyn overrides add list --edition inform/ru --surface popular --end 30m
    tolqyn overrides mourning --section Culture --tag concert --preview
    tolqyn overrides mourning --section Culture --tag concert --end 24h
    """


PREVIEW = click.option(
    "--preview", is_flag=True, help="Only tell which articles it would mean, by edition."
)


@overrides.command("list")
def list_overrides(form: str, to: str, key: str) -> None:
    """Overrides that are not cancelled."""
    found, rows = Client(to, key).ask("GET", "/v1/overrides")["overrides"], []
    if form == "json":
        print_json(found)
        return
    for its in found:
        until = when(its["end"])
        where = f"{its['edition'] or 'everywhere'} {its['surface']}"
        named = [*its["articles"], *its["stories"], *its["tags"], *its["sections"]]
        state = its["action"] if its["active"] else f"{its['action']} (not now)"
        rows.append((its["id"], state, where, ", ".join(named), until, its["reason"]))
    print_table(("id", "what", "where", "of", "until", "why"), rows)


@overrides.command()
@click.argument("action", type=Words(["pin", "boost", "bury", "block", "list"]))
@click.option("--edition", default="", help="site/lang, or site/* for all of a site; empty = all.")
@click.option("--surface", default="", help="Empty = all lists.")
@click.option("--article", "articles", multiple=True, help="May be given several times.")
@click.option("--story", "stories", multiple=True, help="In all editions at once.")
@click.option("--tag", "tags", multiple=True)
@click.option("--section", "sections", multiple=True)
@click.option("--slot", default=1, show_default=True, help="Of a pin.")
@click.option("--factor", default=2.0, show_default=True, help="Of a boost.")
@click.option("--start", help="ISO 8601, or a span from now such as 30m; empty = at once.")
@click.option("--end", help=f"{END}; a block until it is cancelled.")
@PREVIEW
def add(
    to: str, key: str, form: str, preview: bool, start: str | None, end: str | None, **wanted: Any
) -> None:
    """Begin an override; a list without articles freezes what a board shows."""
    body = {name: list(v) if isinstance(v, tuple) else v for name, v in wanted.items()}
    moments = {"start": moment_of(start), "end": moment_of(end)}
    client = Client(to, key)
    hint_edition(client, str(wanted["edition"]))
    if preview:
        _preview(client, body | moments, form)
        return
    made = client.ask("POST", "/v1/overrides", body | moments)
    print_told(form, made, f"{made['action']} {made['id']} holds{_until(made)}")


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
    print_told(
        form, made, f"mourning {made['id']} buries {count} articles: {reached}{_until(made)}"
    )


@overrides.command()
@click.argument("id")
def end(id: str, reason: str, author: str, form: str, to: str, key: str) -> None:
    """Cancel an override."""
    Client(to, key).ask("DELETE", f"/v1/overrides/{id}", reason=reason, author=author)
    print_told(form, {"id": id, "active": False}, f"override {id} holds no longer")


def _until(made: dict[str, Any]) -> str:
    return f" until {when(made['end'])}" if made["end"] else " until it is cancelled"


def _preview(client: Client, body: dict[str, Any], form: str) -> None:
    """Tell which articles an override would mean, by edition."""
    found = client.ask("POST", "/v1/overrides/preview", body)
    if form == "json":
        print_json(found)
        return
    rows = [
        (
            its["edition"], f"{its['articles']:,}",
            ", ".join([*its.get("sections", ()), *(f"#{tag}" for tag in its.get("tags", ()))]),
        )
        for its in found["editions"]
    ]  # fmt: skip
    title = f"would {found['action']} {found['articles']:,} articles"
    print_table(("edition", "articles", "named there"), rows, title)
    if found["unknown"]:
        click.echo(f"nobody knows {', '.join(found['unknown'])}")


for made in (add, mourning, end):
    told(on_system(with_format(made)))
on_system(with_format(list_overrides))
