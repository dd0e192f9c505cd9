"""Plots: positions in a chart, in percent of its width and height.

The template turns the percents into SVG. So charts stretch with the page while their text keeps its
size, also on a phone.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

TICKS = 5
DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class AxisMark:
    """A mark on an axis: position in percent, and label."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve.

    Attributes
    ----------
    name : str
    pieces : tuple of str
        SVG points, x from 0 to 1000 and y from 0 down to 100; a piece ends at missing hours.
    """

    name: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HourMark:
    """The tooltip of one hour of a chart: position and width in percent, text."""

    at: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves over the hours of a log."""

    title: str
    note: str
    rows: tuple[AxisMark, ...]
    columns: tuple[AxisMark, ...]
    lines: tuple[Curve, ...]
    hours: tuple[HourMark, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """A mean and its interval: percents and text."""

    name: str
    kind: str
    at: float
    low: float
    high: float
    text: str
    range: str


@dataclass(frozen=True, slots=True)
class Dots:
    """Means below each other on one scale."""

    title: str
    note: str
    columns: tuple[AxisMark, ...]
    dots: tuple[Dot, ...]


def steps_over(low: float, high: float) -> list[float]:
    """Round numbers from below `low` to above `high`, about `TICKS` of them.

    Examples
    --------
    >>> steps_over(0.0, 0.83)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> steps_over(0.0, 0.0)
    [0.0, 1.0]
    """
    if high <= low:
        return [low, low + 1.0]
    rough = (high - low) / (TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * unit for unit in (1, 2, 5, 10) if power * unit >= rough * 0.8)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


def chart_of(
    title: str,
    note: str,
    hour: NDArray[np.int64],
    curves: Mapping[str, NDArray[np.float64]],
    is_share: bool = False,
) -> Chart:
    """Draw curves over hours.

    Parameters
    ----------
    title, note : str
    hour : (n_hours,) int64
        Since the epoch, ascending.
    curves : mapping of str to (n_hours,) float64
    is_share : bool
        Whether the scale may start above 0.
    """
    values = np.concatenate(list(curves.values()))
    steps = steps_over(float(values.min()) if is_share else 0.0, float(values.max()))
    first, span = int(hour[0]), max(int(hour[-1] - hour[0]), 1)
    x = (hour - first) / span
    return Chart(
        title, note,
        tuple(AxisMark(100 * (1 - _share(step, steps)), f"{step:g}") for step in steps),
        tuple(_days(first, span)),
        tuple(Curve(name, _pieces(hour, x, curve, steps)) for name, curve in curves.items()),
        tuple(_pointed(hour, x, curves, 1 / span)),
    )  # fmt: skip


def dots_of(
    title: str,
    note: str,
    rows: Sequence[tuple[str, str, float, tuple[float, float]]],
) -> Dots:
    """Draw means, given as name, kind, mean and interval, the greatest first."""
    ends = [end for _, _, mean, interval in rows for end in (mean, *interval)]
    steps = steps_over(min(0.0, *ends), max(ends))
    dots = [
        Dot(
            name, kind, 100 * _share(mean, steps), 100 * _share(low, steps),
            100 * _share(high, steps), number(mean), f"{number(low)}–{number(high)}",
        )
        for name, kind, mean, (low, high) in sorted(rows, key=lambda row: -row[2])
    ]  # fmt: skip
    ticks = (AxisMark(100 * _share(step, steps), f"{step:g}") for step in steps)
    return Dots(title, note, tuple(ticks), tuple(dots))


def number(value: float) -> str:
    """Write a number to three or four digits.

    Examples
    --------
    >>> number(0.35769), number(2.2), number(28.389), number(923157.0)
    ('0.358', '2.20', '28.4', '923,157')
    """
    size = abs(value)
    decimals = 3 if size < 1 else 2 if size < 10 else 1 if size < 100 else 0
    return f"{value:,.{decimals}f}"


def _share(value: float, steps: Sequence[float]) -> float:
    return round((value - steps[0]) / (steps[-1] - steps[0]), 5)


def _pieces(
    hour: NDArray[np.int64],
    x: NDArray[np.float64],
    curve: NDArray[np.float64],
    steps: Sequence[float],
) -> tuple[str, ...]:
    breaks = np.flatnonzero(np.diff(hour) > 1) + 1
    points = [
        f"{1000 * at:.1f},{100 * (1 - _share(value, steps)):.2f}"
        for at, value in zip(x.tolist(), curve.tolist(), strict=True)
    ]
    parts = np.split(np.arange(hour.size), breaks)
    return tuple(" ".join(points[i] for i in part.tolist()) for part in parts)


def _days(first: int, span: int) -> list[AxisMark]:
    """Midnights of a log, or hours of a short one."""
    length = next((s for s in (1, 3, 6, 12) if span / s <= 8), DAY_HOURS)
    while span / length > 10:
        length *= 2
    begin = -(-first // length) * length
    format_ = "%-d %b" if length >= DAY_HOURS else "%H:%M"
    return [
        AxisMark(
            100 * (at - first) / span, datetime.fromtimestamp(at * 3600, UTC).strftime(format_)
        )
        for at in range(begin, first + span + 1, length)
    ]


def _pointed(
    hour: NDArray[np.int64],
    x: NDArray[np.float64],
    curves: Mapping[str, NDArray[np.float64]],
    width: float,
) -> list[HourMark]:
    texts = [
        f"{datetime.fromtimestamp(at * 3600, UTC):%-d %b %H:%M} UTC\n"
        + "\n".join(f"{name} {number(float(curve[i]))}" for name, curve in curves.items())
        for i, at in enumerate(hour.tolist())
    ]
    begins = np.maximum(x - width / 2, 0.0)
    widths = np.minimum(x + width / 2, 1.0) - begins
    return [
        HourMark(100 * at, 100 * wide, text)
        for at, wide, text in zip(begins.tolist(), widths.tolist(), texts, strict=True)
    ]
