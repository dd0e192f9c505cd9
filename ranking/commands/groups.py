"""Groups: command groups, which suggest a similar word for an unknown one."""

from typing import Any

import click

from ranking.engine.quotation import suggestion


class Suggesting(click.Group):
    """A group of commands."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command at the start of the arguments."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = self.list_commands(ctx)
            message = f"no command '{args[0]}'{suggestion(args[0], known)}"
            if "?" not in message:
                message += f"; there are {', '.join(known)}"
            raise click.UsageError(message, ctx) from error

    def group(self, *args: Any, **kwargs: Any) -> Any:
        """Make a subgroup of the same class."""
        kwargs.setdefault("cls", Suggesting)
        return super().group(*args, **kwargs)


class Words(click.Choice[str]):
    """One of some words; an unknown one gets a suggestion."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse a value of the command line."""
        if value in self.choices:
            return value
        known = ", ".join(self.choices)
        asked = suggestion(value, self.choices)
        self.fail(f"must be one of {known}, got '{value}'{asked}", param, ctx)
