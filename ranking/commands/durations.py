"""Durations: `1h`, `30m`, `2d` or plain seconds, wherever an option is a span of time."""

import re
from typing import Any

import click

SPANS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhdw]?)\Z")


def seconds_of(text: str) -> float | None:
    """Read a duration; None if it is none.

    Examples
    --------
    >>> seconds_of("90"), seconds_of("1.5h"), seconds_of("2d"), seconds_of("soon")
    (90.0, 5400.0, 172800.0, None)
    """
    found = _SPAN.match(text.strip())
    return float(found[1]) * SPANS[found[2] or "s"] if found else None


class Duration(click.ParamType):
    """A span of time, in seconds unless it is of another unit.

    Parameters
    ----------
    least, most : float
        Seconds.
    unit : str
        What a plain number is in, one of `SPANS`; values are in it too.
    """

    name = "duration"

    def __init__(self, least: float = 0.0, most: float = float("inf"), unit: str = "s") -> None:
        self.least, self.most, self.unit = least, most, unit

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read a value of the command line."""
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
        """What help shows for a value."""
        return "DURATION"


def spoken(seconds: float) -> str:
    """Write a duration as it may be given.

    Examples
    --------
    >>> spoken(3600.0), spoken(0.1), spoken(172800.0)
    ('1h', '0.1s', '2d')
    """
    for unit in ("d", "h", "m"):
        if seconds and seconds % SPANS[unit] == 0:
            return f"{seconds / SPANS[unit]:g}{unit}"
    return f"{seconds:g}s"
