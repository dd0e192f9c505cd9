"""Pictures: an abstract illustration for every story, drawn from its name alone.

This file alone knows how a section looks. A picture is an SVG of 960 by 540: a gradient in the
section's colours, a pale disc, and the section's motif. A story always has the same picture.
"""

import math
import random
import zlib
from collections.abc import Callable

from ranking.demo.newsroom import section_of

WIDTH, HEIGHT = 960, 540
Motif = Callable[[random.Random], str]


def picture(story: str) -> str:
    """Draw a story's picture.

    Parameters
    ----------
    story : str
        Name of the story, which begins with its section's key.

    Returns
    -------
    str
        A whole SVG document.

    Examples
    --------
    >>> picture("sport-t3k9x1") == picture("sport-t3k9x1") != picture("sport-t3k9x2")
    True
    """
    chance = random.Random(zlib.crc32(story.encode()))
    hue, motif = _LOOKS.get(section_of(story), (210, _hills))
    hue += chance.randint(-14, 14)
    x, y, radius = chance.randint(120, 840), chance.randint(60, 240), chance.randint(60, 150)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<linearGradient id="g" x1="0" y1="0" x2="{chance.random():.2f}" y2="1">'
        f'<stop stop-color="hsl({hue} 48% 62%)"/>'
        f'<stop offset="1" stop-color="hsl({hue + chance.randint(18, 44)} 52% 30%)"/>'
        f'</linearGradient><rect width="{WIDTH}" height="{HEIGHT}" fill="url(#g)"/>'
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="#fff" opacity=".28"/>'
        f"{motif(chance)}</svg>"
    )


def _columns(chance: random.Random) -> str:
    count = chance.randint(5, 8)
    wide = 620 / count
    shafts = "".join(_box(170 + k * wide, 230, wide * 0.5, 220) for k in range(count))
    roof = '<path d="M140 200 480 90 820 200z" fill="#fff" opacity=".5"/>'
    return roof + shafts + _box(130, 462, 700, 26)


def _bars(chance: random.Random) -> str:
    heights = [80 + 34 * k + chance.randint(-45, 60) for k in range(9)]
    line = " ".join(f"{120 + 90 * k},{470 - height}" for k, height in enumerate(heights))
    bars = "".join(_box(95 + 90 * k, 540 - h, 50, h) for k, h in enumerate(heights))
    return bars + f'<polyline points="{line}" {_stroke(7)}/>'


def _houses(chance: random.Random) -> str:
    shapes, x = [], -20
    while x < WIDTH:
        wide, high = chance.randint(70, 140), chance.randint(110, 330)
        shapes.append(_box(x, HEIGHT - high, wide, high, 0.18 + 0.25 * chance.random()))
        x += wide + chance.randint(4, 26)
    return "".join(shapes)


def _hills(chance: random.Random) -> str:
    layers = []
    for k in range(4):
        y, phase = 250 + 75 * k, chance.random() * 6
        tops = [
            f"{x},{y + 42 * math.sin(phase + x / (120 + 22 * k)):.0f}"
            for x in range(0, WIDTH + 1, 40)
        ]
        points = " ".join(["0,540", *tops, "960,540"])
        layers.append(f'<polygon points="{points}" fill="#0b2030" opacity=".2"/>')
    return "".join(layers)


def _orbits(chance: random.Random) -> str:
    shapes = ['<circle cx="480" cy="270" r="34" fill="#fff" opacity=".85"/>']
    for k in range(4):
        wide, turn, along = 130 + 75 * k, chance.randint(0, 180), chance.random() * 6.28
        x, y = 480 + wide * math.cos(along), 270 + wide * 0.42 * math.sin(along)
        shapes.append(
            f'<g transform="rotate({turn} 480 270)"><ellipse cx="480" cy="270" rx="{wide}" '
            f'ry="{wide * 0.42:.0f}" {_stroke(4)}/>'
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="13" fill="#fff"/></g>'
        )
    return "".join(shapes)


def _ornament(chance: random.Random) -> str:
    size = chance.choice((96, 120, 160))
    shapes = []
    for x in range(0, WIDTH + size, size):
        for y in range(0, HEIGHT + size, size):
            half = size * (0.22 + 0.2 * chance.random())
            path = f"M{x} {y - half:.0f}l{half:.0f} {half:.0f}-{half:.0f} {half:.0f}"
            shapes.append(f'<path d="{path}-{half:.0f}-{half:.0f}z" fill="#fff" opacity=".22"/>')
    return "".join(shapes)


def _lanes(chance: random.Random) -> str:
    x, y = chance.randint(-80, 240), chance.randint(430, 600)
    return "".join(
        f'<ellipse cx="{x}" cy="{y}" rx="{220 + 95 * k}" ry="{120 + 60 * k}" {_stroke(9)}/>'
        for k in range(7)
    )


def _globe(chance: random.Random) -> str:
    x = chance.randint(360, 600)
    meridians = "".join(
        f'<ellipse cx="{x}" cy="280" rx="{wide}" ry="210" {_stroke(4)}/>' for wide in (70, 145, 210)
    )
    parallels = "".join(
        f'<path d="M{x - half} {y}h{2 * half}" {_stroke(4)}/>'
        for y, half in ((175, 182), (280, 210), (385, 182))
    )
    return meridians + parallels


def _clouds(chance: random.Random) -> str:
    shapes = []
    for _ in range(5):
        x, y, size = chance.randint(60, 900), chance.randint(120, 380), chance.randint(50, 95)
        for step, part in ((-0.9, 0.7), (0, 1.0), (0.9, 0.75)):
            shapes.append(
                f'<circle cx="{x + step * size:.0f}" cy="{y - part * size * 0.3:.0f}" '
                f'r="{part * size:.0f}" fill="#fff" opacity=".26"/>'
            )
    drops = "".join(
        f'<path d="M{chance.randint(0, 960)} {chance.randint(330, 500)}l-14 40" {_stroke(4)}/>'
        for _ in range(26)
    )
    return "".join(shapes) + drops


def _box(x: float, y: float, wide: float, high: float, opacity: float = 0.42) -> str:
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{wide:.0f}" height="{high:.0f}" fill="#fff" '
        f'opacity="{opacity:.2f}"/>'
    )


def _stroke(width: int) -> str:
    return f'fill="none" stroke="#fff" stroke-opacity=".5" stroke-width="{width}"'


_LOOKS: dict[str, tuple[int, Motif]] = {
    "government": (212, _columns),
    "economy": (158, _bars),
    "society": (24, _houses),
    "regions": (96, _hills),
    "science": (256, _orbits),
    "culture": (332, _ornament),
    "sport": (4, _lanes),
    "world": (190, _globe),
    "weather": (222, _clouds),
}
