"""`tolqyn keys`: who may do what."""

from pathlib import Path

import click
from rich.table import Table

from ranking.commands.client import Client, console, on_system, told


@click.group()
def keys() -> None:
    """Make and revoke keys: write, read, operate, administer.

    \b
    tolqyn keys create administer --data tolqyn-data --label ops    before the server starts
    tolqyn keys create write --label portal                         through a running one
    """


@keys.command("list")
def list_keys(to: str, key: str) -> None:
    """Keys that hold."""
    table = Table("id", "role", "whose")
    for its in Client(to, key).ask("GET", "/v1/keys")["keys"]:
        table.add_row(its["id"], its["role"], its["label"])
    console.print(table)


@keys.command()
@click.argument("role", type=click.Choice(["write", "read", "operate", "administer"]))
@click.option("--label", default="", help="Whose it is.")
@click.option("--data", type=click.Path(path_type=Path), help="Of a server that does not run.")
def create(role: str, label: str, data: Path | None, to: str, key: str) -> None:
    """Make a key and show it, this once."""
    if data:
        from ranking.embedded.keys import create_key

        text = create_key(data, role, label)
    else:
        text = Client(to, key).ask("POST", "/v1/keys", {"role": role, "label": label})["key"]
    click.echo(text)


@keys.command()
@click.argument("id")
def revoke(id: str, reason: str, author: str, to: str, key: str) -> None:
    """Let a key hold no longer."""
    Client(to, key).ask("DELETE", f"/v1/keys/{id}", reason=reason, author=author)
    console.print(f"key {id} holds no longer")


for made in (list_keys, create, revoke):
    on_system(made)
told(revoke)
