"""Durations as options of commands."""

from typing import Any

import click

from ranking.engine.durations import SPANS, seconds_of, spoken


class Duration(click.ParamType):
    """A duration option, in seconds unless another unit is given.

    Parameters
    ----------
    least, most : float
        Seconds.
    unit : str
        Unit of plain numbers and of the values, one of `SPANS`.
    """

    name = "duration"

    def __init__(self, least: float = 0.0, most: float = float("inf"), unit: str = "s") -> None:
        self.least, self.most, self.unit = least, most, unit

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Parse a value of the command line."""
        text = str(value).strip()
        plain = text[-1:].isdigit() and self.unit != "s"
        found = seconds_of(f"{text}{self.unit}" if plain else text)
        if found is None:
            self.fail(f"must be a duration such as 90s, 30m, 1h or 2d, got '{text}'", param, ctx)
        if not self.least <= found <= self.most:
            span = f"from {spoken(self.least)} to {spoken(self.most)}"
            if self.most == float("inf"):
                span = f"at least {spoken(self.least)}"
            self.fail(f"must be {span}, got {text}", param, ctx)
        return found / SPANS[self.unit]

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Name of the value in help texts."""
        return "DURATION"
