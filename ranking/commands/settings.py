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
        "Address to listen on; without keys only loopback.",
    ),
    Setting("--port", "TOLQYN_PORT", click.IntRange(1, 65535), 8080, "Port to listen on."),
    Setting(
        "--profile", "TOLQYN_PROFILE", click.Path(path_type=Path), None,
        "TOML file of the live profile.",
    ),
    Setting(
        "--checkpoint-every", "TOLQYN_CHECKPOINT_EVERY", Duration(1, 3600), 20.0,
        "Seconds between checkpoints; more if one takes long.",
    ),
    Setting(
        "--keep-hours", "TOLQYN_KEEP_HOURS", Duration(3600, 8760 * 3600, "h"), 48.0,
        "Hours of history: log, hourly checkpoints, boards.",
    ),
    Setting(
        "--timezone", "TOLQYN_TIMEZONE", click.STRING, "",
        "Zone of times without one, such as Asia/Almaty; if empty, such times are refused.",
    ),
    Setting(
        "--proxies", "TOLQYN_PROXIES", click.STRING, "127.0.0.0/8,::1",
        "Proxies whose X-Forwarded-For or Forwarded is trusted for the reader's address.",
    ),
    Setting(
        "--durable", "TOLQYN_DURABLE", click.Choice(["full", "normal"]), "full",
        "full: each 202 waits for the disk; normal: the system writes later.",
    ),
    Setting(
        "--late", "TOLQYN_LATE", Duration(60, 366 * 86_400), "72h",
        "Maximum age of an event against its site's clock.",
    ),
    Setting(
        "--ahead", "TOLQYN_AHEAD", Duration(0, 86_400), "5m",
        "Maximum time of an event after its packing.",
    ),
    Setting("--sites", "TOLQYN_SITES", click.IntRange(1, 10_000), 64, "Maximum number of sites."),
    Setting(
        "--editions", "TOLQYN_EDITIONS", click.IntRange(1, 10_000), 256,
        "Maximum number of editions per site.",
    ),
    Setting(
        "--articles", "TOLQYN_ARTICLES", click.IntRange(64, 10_000_000), 1_000_000,
        "Maximum number of articles with counts per site.",
    ),
    Setting(
        "--visitors", "TOLQYN_VISITORS", MEMORY, 8_000_000,
        "Remembered views per site, for deduplication and sessionisation.",
    ),
    Setting("--reads", "TOLQYN_READS", MEMORY, 2_000_000, "Remembered reads, for deduplication."),
    Setting(
        "--impressions", "TOLQYN_IMPRESSIONS", MEMORY, 8_000_000,
        "Remembered impressions, for deduplication.",
    ),
    Setting(
        "--clicks", "TOLQYN_CLICKS", MEMORY, 1_000_000,
        "Remembered clicks, for deduplication.",
    ),
    Setting(
        "--ids", "TOLQYN_IDS", MEMORY, 20_000_000,
        "Remembered event ids: of views and clicks, and the same number of other kinds.",
    ),
)  # fmt: skip
TIMEZONE, PROXIES = SETTINGS[6:8]
ENGINE = SETTINGS[9:]
"""Settings that shape the state: a data folder with a trimmed log opens only with its own values.
"""
URL = Setting(
    "--to", "TOLQYN_URL", click.STRING, "http://127.0.0.1:8080", "A running server or API process."
)
KEY = Setting("--key", "TOLQYN_KEY", click.STRING, "", "Your key, if the system has keys.")
EXTENSIONS = Setting(
    "--extensions", "TOLQYN_EXTENSIONS", click.STRING, "",
    "Modules that register lists, signals, kernels or re-rank rules, with commas between them.",
)  # fmt: skip
ENVIRONMENT = tuple(setting.variable for setting in (*SETTINGS, URL, KEY, EXTENSIONS))


def engine_settings(options: Mapping[str, Any]) -> "EngineSettings":
    """Engine settings from a command's options.

    Raises
    ------
    click.UsageError
        If the settings contradict each other.
    """
    from ranking.engine.settings import EngineSettings

    given: dict[str, object] = {
        setting.option[2:]: int(setting.kind.convert(options[setting.option[2:]], None, None))
        for setting in ENGINE
    }
    try:
        return EngineSettings.of(given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def in_zone(command: T) -> T:
    """Add the option for the time zone of files to a command, as `zone`."""
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
