"""The console's files: texts in three languages, contrast of colours, no foreign resources."""

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from ranking.profiles.parameters import parameters

PAGES = Path(__file__).parents[1] / "ranking" / "console" / "pages"
SCRIPTS = {path.name: path.read_text() for path in sorted(PAGES.glob("*.js"))}
STYLES = "".join(path.read_text() for path in sorted(PAGES.glob("*.css")))
LANGUAGES = ("en", "ru", "kk")
WORDS: dict[str, dict[str, Any]] = {
    lang: json.loads((PAGES / "locales" / f"{lang}.json").read_text()) for lang in LANGUAGES
}
TEXT_PAIRS = (
    *product(("ink", "soft", "brand"), ("ground", "paper", "panel", "tint")),
    *product(("up", "down"), ("paper", "tint")),
    ("on-brand", "brand"), ("flag", "paper"), ("flag", "flag-tint"), ("ink", "flag-tint"),
    ("soft", "flag-tint"), ("brand", "flag-tint"),
)  # fmt: skip
SHAPE_PAIRS = (("edge", "paper"), ("brand", "tint"), ("edge", "panel"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_catalogues_have_the_same_keys_and_gaps(lang: str) -> None:
    assert WORDS[lang].keys() == WORDS["en"].keys()
    assert WORDS[lang]["parameters"].keys() == WORDS["en"]["parameters"].keys()
    for key, text in WORDS["en"].items():
        if isinstance(text, str):
            gaps = sorted(re.findall(r"\{\w+\}", text))
            assert sorted(re.findall(r"\{\w+\}", WORDS[lang][key])) == gaps, key
            assert bool(WORDS[lang][key]) == bool(text), key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_parameter_has_a_name_and_a_sentence(lang: str) -> None:
    known = {parameter.name for parameter in parameters()}
    told = WORDS[lang]["parameters"]
    assert told.keys() == known
    assert all(name and sentence.endswith(".") for name, sentence in told.values())
    groups = {f"group.{parameter.group}" for parameter in parameters()}
    units = {f"unit.{p.unit}" for p in parameters()} - {"unit.", "unit.s", "unit.share"}
    assert groups | units <= WORDS[lang].keys()


def test_every_text_that_a_script_asks_for_is_there() -> None:
    for name, script in SCRIPTS.items():
        asked = set(re.findall(r"\bt\(\s*\"([^\"]+)\"", script))
        assert asked <= WORDS["en"].keys(), name


def test_no_text_is_left_over() -> None:
    whole = "".join(SCRIPTS.values())
    made = set(re.findall(r"`(\w+)\.\$\{", whole)) | set(re.findall(r"named\(\"(\w+)\"", whole))
    made |= {"ago", "in"}
    views = set(re.findall(r"^  (\w+): \(\) => import", SCRIPTS["console.js"], re.M))
    for key in WORDS["en"].keys() - {"parameters"}:
        first, _, last = key.partition(".")
        assert f'"{key}"' in whole or first in made or (first in views and last in ("", "lead")), (
            key
        )


def colours(style: str) -> dict[str, str]:
    """Custom properties that are plain colours."""
    found = re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", style)
    return {n: "#" + "".join(2 * c for c in v[1:]) if len(v) == 4 else v for n, v in found}


def luminance(colour: str) -> float:
    """Relative luminance (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(scheme: str) -> None:
    light, _, dark = STYLES.partition("@media (prefers-color-scheme: dark)")
    palette = colours(light) | (colours(dark) if scheme == "dark" else {})
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for ink, ground in TEXT_PAIRS:
        assert contrast(palette[ink], palette[ground]) >= 4.5, (ink, ground)
    for ink, ground in SHAPE_PAIRS:
        assert contrast(palette[ink], palette[ground]) >= 3.0, (ink, ground)


def test_pages_need_nothing_from_elsewhere() -> None:
    for path in PAGES.rglob("*.*"):
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://(?!/)\w", text.replace("(https?:", "")), path.name
        assert path.suffix == ".json" or text.count("\n") < 300, path.name
    for name, script in SCRIPTS.items():
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", script), name
        imported = re.findall(r"(?:from|import)\(? ?\"\./([^\"]+)\"", script)
        assert set(imported) <= SCRIPTS.keys(), name


def test_only_logical_sides_are_named() -> None:
    """So that a list written from right to left needs no rules of its own."""
    assert not re.findall(r"[{;]\s*(?:margin|padding|border)-(?:left|right)\b", STYLES)
    assert not re.findall(r"[{;]\s*(?:left|right|width|height):", STYLES)
