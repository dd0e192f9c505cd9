"""Settings of the server: each an option of `tolqyn serve` and an environment variable.

The README's table lists them, and a test compares the two.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from ranking.commands.durations import Duration

T = TypeVar("T", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes
    ----------
    option : str
    variable : str
    kind : click.ParamType
    default : object
    text : str
    """

    option: str
    variable: str
    kind: click.ParamType
    default: object
    text: str


FOLDER = click.Path(path_type=Path, file_okay=False)
SETTINGS = (
    Setting("--data", "TOLQYN_DATA", FOLDER, "tolqyn-data", "Folder of log and checkpoints."),
    Setting("--host", "TOLQYN_HOST", click.STRING, "127.0.0.1",
        "Address to listen on; while there are no keys, a loopback one.",
    ),
    Setting("--port", "TOLQYN_PORT", click.IntRange(1, 65535), 8080, "Port to listen on."),
    Setting(
        "--profile", "TOLQYN_PROFILE", click.Path(path_type=Path), None,
        "TOML file of the live profile.",
    ),
    Setting(
        "--checkpoint-every", "TOLQYN_CHECKPOINT_EVERY", Duration(1, 3600), 20.0,
        "Seconds between checkpoints.",
    ),
    Setting(
        "--keep-hours", "TOLQYN_KEEP_HOURS", Duration(3600, 8760 * 3600, "h"), 48.0,
        "Hours that can be looked back: log, hourly checkpoints, boards.",
    ),
    Setting(
        "--timezone", "TOLQYN_TIMEZONE", click.STRING, "",
        "Zone of times that name none, such as Asia/Almaty; without it they are refused.",
    ),
    Setting(
        "--proxies", "TOLQYN_PROXIES", click.STRING, "127.0.0.0/8,::1",
        "Proxies that name the reader's address in X-Forwarded-For or Forwarded.",
    ),
    Setting(
        "--durable", "TOLQYN_DURABLE", click.Choice(["full", "normal"]), "full",
        "Wait for the disk before each 202 (full), or leave it to the system (normal).",
    ),
)  # fmt: skip
TIMEZONE, PROXIES = SETTINGS[6:8]
URL = Setting(
    "--to", "TOLQYN_URL", click.STRING, "http://127.0.0.1:8080", "A running server or API process."
)
KEY = Setting("--key", "TOLQYN_KEY", click.STRING, "", "Key of whoever asks, if there are keys.")
ENVIRONMENT = tuple(setting.variable for setting in (*SETTINGS, URL, KEY))


def in_zone(command: T) -> T:
    """Give a command that reads files the option of the zone of their times, as `zone`."""
    return click.option(
        TIMEZONE.option, "zone", default="", envvar=TIMEZONE.variable, callback=_zone,
        is_eager=True, help=TIMEZONE.text,
    )(command)  # fmt: skip


def _zone(ctx: click.Context, param: click.Parameter, value: str) -> Any:
    from ranking.engine.timestamps import zone_of

    return zone_of(value)


def option_of(setting: Setting) -> click.Option:
    """Make the command line option of a setting."""
    return click.Option(
        [setting.option], type=setting.kind, default=setting.default, help=setting.text,
        envvar=setting.variable, show_default=True, show_envvar=True,
    )  # fmt: skip
