"""Settings of the server: each an option of `tolqyn serve` and an environment variable.

The manual's table lists them, and a test compares the two.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ranking.commands.durations import Duration

if TYPE_CHECKING:
    from ranking.engine.settings import EngineSettings

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
MEMORY = click.IntRange(256, 100_000_000)
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
        "Seconds between checkpoints; more where one takes long.",
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
    Setting(
        "--late", "TOLQYN_LATE", Duration(60, 366 * 86_400), "72h",
        "How far an event may be stamped before its site's clock.",
    ),
    Setting(
        "--ahead", "TOLQYN_AHEAD", Duration(0, 86_400), "5m",
        "How far an event may be stamped after its packing.",
    ),
    Setting("--sites", "TOLQYN_SITES", click.IntRange(1, 10_000), 64, "Sites that may open."),
    Setting(
        "--editions", "TOLQYN_EDITIONS", click.IntRange(1, 10_000), 256,
        "Editions of a site that may open.",
    ),
    Setting(
        "--articles", "TOLQYN_ARTICLES", click.IntRange(64, 10_000_000), 1_000_000,
        "Articles of a site that have counts; the longest unseen leave first.",
    ),
    Setting(
        "--visitors", "TOLQYN_VISITORS", MEMORY, 8_000_000,
        "Views of a site that are remembered, so that repeats do not count, and visits.",
    ),
    Setting("--reads", "TOLQYN_READS", MEMORY, 2_000_000, "Reads that are remembered likewise."),
    Setting(
        "--impressions", "TOLQYN_IMPRESSIONS", MEMORY, 8_000_000,
        "Impressions that are remembered likewise.",
    ),
    Setting("--clicks", "TOLQYN_CLICKS", MEMORY, 1_000_000, "Clicks that are remembered likewise."),
    Setting(
        "--ids", "TOLQYN_IDS", MEMORY, 20_000_000,
        "Ids of events that are remembered: of views and clicks, and as many of the other kinds.",
    ),
)  # fmt: skip
TIMEZONE, PROXIES = SETTINGS[6:8]
ENGINE = SETTINGS[9:]
"""Those that shape the state: a data folder whose log is trimmed opens under its own alone."""
URL = Setting(
    "--to", "TOLQYN_URL", click.STRING, "http://127.0.0.1:8080", "A running server or API process."
)
KEY = Setting("--key", "TOLQYN_KEY", click.STRING, "", "Key of whoever asks, if there are keys.")
EXTENSIONS = Setting(
    "--extensions", "TOLQYN_EXTENSIONS", click.STRING, "",
    "Modules that register lists, signals, kernels or re-rank rules, with commas between them.",
)  # fmt: skip
ENVIRONMENT = tuple(setting.variable for setting in (*SETTINGS, URL, KEY, EXTENSIONS))


def engine_settings(options: Mapping[str, Any]) -> "EngineSettings":
    """Engine settings out of a command's options.

    Raises
    ------
    click.UsageError
        If they do not fit each other.
    """
    from ranking.engine.settings import EngineSettings

    given: dict[str, object] = {
        its.option[2:]: int(its.kind.convert(options[its.option[2:]], None, None)) for its in ENGINE
    }
    try:
        return EngineSettings.of(given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


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
