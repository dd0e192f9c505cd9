"""Durations: time spans as text, `1h`, `30m`, `2d` or plain seconds."""

import re

SPANS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_SPAN = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)([smhdw]?)\Z", re.ASCII)


def seconds_of(text: str) -> float | None:
    """Read a duration; None if it is none.

    Examples
    --------
    >>> seconds_of("90"), seconds_of("1.5h"), seconds_of("2d"), seconds_of("soon")
    (90.0, 5400.0, 172800.0, None)
    """
    found = _SPAN.match(text.strip())
    return float(found[1]) * SPANS[found[2] or "s"] if found else None


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
