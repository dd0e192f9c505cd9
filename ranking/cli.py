"""The command line: one command, `tolqyn`; each subcommand is loaded when it is called.

Other packages add commands by the entry point group `tolqyn.commands`, and tuples of settings by
`tolqyn.settings`. A mistake of the operator is one line on standard error and exit 2.
"""

import gc
import importlib
import os
import sys
from importlib.metadata import entry_points

import click

from ranking.commands.groups import Suggesting
from ranking.commands.settings import EXTENSIONS

COMMANDS = {
    "serve": ("ranking.commands.serve:serve", "Run the embedded server."),
    "demo": ("ranking.commands.serve:demo", "Run a simulated agency with seven editions."),
    "send": ("ranking.commands.send:send", "Replay a log into a running system."),
    "backtest": ("ranking.commands.backtest:backtest", "Measure the lists on a log."),
    "tune": ("ranking.commands.tune:tune", "Search a profile's parameters on a log."),
    "bench": ("ranking.commands.bench:bench", "Run benchmarks, or compare two commits."),
    "profiles": (
        "ranking.commands.profiles:profiles",
        "Look at profiles, try drafts, publish, roll back.",
    ),
    "overrides": ("ranking.commands.overrides:overrides", "Pin, boost, bury and block by hand."),
    "experiments": (
        "ranking.commands.readouts:experiments",
        "Plan, check and read A/B experiments.",
    ),
    "keys": ("ranking.commands.keys:keys", "Make and revoke keys."),
    "manual": ("ranking.commands.manual:manual", "Read the manual, by topic."),
    "warm": ("ranking.commands.serve:warm", "Compile the loops ahead of the first start."),
}
PREFIX = "TOLQYN_"


class Commands(Suggesting):
    """Subcommands by name, imported at their first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, ours and those of entry points."""
        return sorted([*COMMANDS, *entry_points(group="tolqyn.commands").names])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one subcommand."""
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name][0].partition(":")
            command: click.Command = getattr(importlib.import_module(module), name)
            return command
        for entry in entry_points(group="tolqyn.commands", name=cmd_name):
            loaded: click.Command = entry.load()
            return loaded
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands; of ours none is imported."""
        rows = [(name, text) for name, (_, text) in COMMANDS.items()]
        for name in sorted(entry_points(group="tolqyn.commands").names):
            command = self.get_command(ctx, name)
            rows.append((name, command.get_short_help_str(limit=80) if command else ""))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tolqyn")
@click.option(
    EXTENSIONS.option, EXTENSIONS.variable.lower(), default="", envvar=EXTENSIONS.variable,
    show_envvar=True, help=EXTENSIONS.text, metavar="MODULES",
)  # fmt: skip
def tolqyn(tolqyn_extensions: str) -> None:
    """Popular and Related lists for news portals, from a stream of page views.

    Begin with `tolqyn demo`: it opens a simulated news agency on http://127.0.0.1:8080/demo.
    `tolqyn manual` is the manual; every server shows it at /manual.
    """
    from ranking.extensions import load_extensions

    if tolqyn_extensions:
        os.environ[EXTENSIONS.variable] = tolqyn_extensions  # processes that this one starts
    load_extensions(tolqyn_extensions.split(","))


def main() -> None:
    """Run the command line; the operator's mistakes end with one line and exit 2."""
    gc.set_threshold(100_000, 20, 50)  # rows and events are many and hold no cycles
    try:
        _check_environment()
        tolqyn.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"tolqyn: {error.format_message()}", err=True)
        sys.exit(2)
    except ValueError as error:
        if not getattr(type(error), "__module__", "").startswith(("ranking.", "streams.")):
            raise
        click.echo(f"tolqyn: {error}", err=True)
        sys.exit(2)


def _check_environment() -> None:
    from ranking.commands.settings import ENVIRONMENT
    from ranking.engine.quotation import suggestion

    given = {name for name in os.environ if name.startswith(PREFIX)}
    if given <= set(ENVIRONMENT):
        return
    others = {
        setting.variable
        for entry in entry_points(group="tolqyn.settings")
        for setting in entry.load()
    }
    for name in sorted(given - set(ENVIRONMENT) - others):
        known = {*ENVIRONMENT, *others}
        known_by = "`tolqyn manual settings` lists them"
        message = f"{name} is no setting{suggestion(name, known)}; {known_by}"
        raise click.ClickException(message)
