"""`tolqyn keys`: access keys and roles, and the first keys."""

import time
from pathlib import Path
from typing import Any

import click

from ranking.commands.client import Client, console, on_system, when, with_reason
from ranking.commands.durations import Duration
from ranking.commands.groups import Suggesting, Words
from ranking.commands.output import print_json, print_result, print_table, with_format
from ranking.engine.durations import spoken

GRACE = Duration(0, 7 * 86_400)


@click.group(cls=Suggesting)
def keys() -> None:
    """Create and revoke keys: write, read, operate, administer.

    \b
    tolqyn keys first --grace 24h            the portal's key, then yours
    tolqyn keys create write --label portal  one more, through a running system
    tolqyn keys create administer --data tolqyn-data --label ops
                                             before the server starts
    tolqyn keys grace 0                      from now on refuse events without a key
    """


@keys.command("list")
def list_keys(form: str, to: str, key: str) -> None:
    """List active keys, and count events without a key."""
    found = Client(to, key).ask("GET", "/v1/keys")
    if form == "json":
        print_json(found)
        return
    rows = [(one["id"], one["role"], one["label"]) for one in found["keys"]]
    print_table(("id", "role", "label"), rows)
    for line in _state(found):
        console.print(line)


@keys.command()
@click.argument("role", type=Words(["write", "read", "operate", "administer"]))
@click.option("--label", default="", help="Name of the owner.")
@click.option(
    "--grace", type=GRACE, default="0", show_default=True,
    help="For an administer key: how long events without a key are accepted.",
)  # fmt: skip
@click.option("--data", type=click.Path(path_type=Path), help="Data folder of a stopped server.")
def create(
    role: str, label: str, grace: float, data: Path | None, form: str, to: str, key: str
) -> None:
    """Create a key and show it once."""
    if data:
        from ranking.embedded.first_keys import create_key

        if grace and role != "administer":
            message = f"--grace needs an administer key, got {role}"
            raise click.UsageError(message)
        text = create_key(data, role, label, time.time() + grace if grace else 0.0)
        print_result(form, {"role": role, "label": label, "key": text}, text)
        return
    made = _made(Client(to, key), role, label, grace)
    print_result(form, made, made["key"])


@keys.command()
@click.option("--portal", default="portal", show_default=True, help="Label of the portal's key.")
@click.option("--label", default="administer", show_default=True, help="Label of your key.")
@click.option(
    "--grace", type=GRACE, default="24h", show_default=True,
    help="How long events without a key are accepted; 0 = refused at once.",
)  # fmt: skip
def first(portal: str, label: str, grace: float, form: str, to: str, key: str) -> None:
    """Create the first keys: the portal's, then yours, so the portal's events continue to arrive.

    After that every action requires a key. Events without a key are counted and accepted until the
    grace period ends, then refused.
    """
    before = Client(to, key).ask("GET", "/v1/keys")
    if before["guarded"]:
        message = "an administer key exists already; tolqyn keys create adds more"
        raise click.ClickException(message)
    portals = _made(Client(to, key), "write", portal, 0.0)
    own = _made(Client(to, key), "administer", label, grace)
    if form == "json":
        print_json({"portal": portals, "administer": own})
        return
    console.print("The portal's key, for its events and articles:", soft_wrap=True)
    console.print(f"  {portals['key']}", soft_wrap=True)
    console.print("Your key, with full access:", soft_wrap=True)
    console.print(f"  {own['key']}", soft_wrap=True)
    for line in _state({**own, "unsigned": before["unsigned"]}):
        console.print(line)


@keys.command("grace")
@click.argument("duration", type=GRACE)
def grace_(duration: float, reason: str, author: str, form: str, to: str, key: str) -> None:
    """Accept events without a key for a duration from now; 0 = refuse them at once."""
    body = {"grace": duration, "reason": reason, "author": author}
    made = Client(to, key).ask("PUT", "/v1/keys/grace", body)
    words = "are refused now" if not duration else f"are accepted for {spoken(duration)}"
    print_result(form, made, f"events without a key {words}")


@keys.command()
@click.argument("id")
def revoke(id: str, reason: str, author: str, form: str, to: str, key: str) -> None:
    """Revoke a key."""
    Client(to, key).ask("DELETE", f"/v1/keys/{id}", reason=reason, author=author)
    print_result(form, {"id": id, "revoked": True}, f"key {id} is revoked")


def _made(client: Client, role: str, label: str, grace: float) -> dict[str, Any]:
    body = {"role": role, "label": label, **({"grace": grace} if grace else {})}
    made: dict[str, Any] = client.ask("POST", "/v1/keys", body)
    return made


def _state(found: dict[str, Any]) -> list[str]:
    """Describe the events without a key, and until when they are accepted."""
    lines, unsigned = [], found["unsigned"]
    if unsigned:
        lines.append(f"{unsigned['last_minutes']:,} events without a key in the last two minutes.")
    if not found["guarded"]:
        lines.append("No administer key exists: anyone who can reach the system has full access.")
    elif found["grace_until"]:
        lines.append(f"Events without a key are accepted until {when(found['grace_until'])}.")
    else:
        lines.append("Events without a key are refused.")
    return lines


for made in (list_keys, create, first, grace_, revoke):
    on_system(with_format(made))
for made in (grace_, revoke):
    with_reason(made)
