"""Documentation: the README and the manual's topics, with their code blocks in reading order."""

import re
from dataclasses import dataclass
from pathlib import Path

from ranking.manual.contents import NAMES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "ranking" / "manual"
WALKS = (
    ("portal", "Popular on a page"),
    ("operator", "A half-life, published and rolled back"),
    ("analyst", "A running experiment and its readout"),
)
"""Sections whose blocks are run in order (`tests/support/walks.py`), each by page and heading."""
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Block:
    """One code block.

    Attributes
    ----------
    page : str
        `README`, or the name of a topic.
    language : str
        Empty for output and pictures.
    text : str
    """

    page: str
    language: str
    text: str


def pages() -> dict[str, str]:
    """Texts of the README and of all topics, by name."""
    files = {"README": ROOT / "README.md"} | {name: FOLDER / f"{name}.md" for name in NAMES}
    return {name: path.read_text(encoding="utf-8") for name, path in files.items()}


def blocks(language: str | None = None) -> list[Block]:
    """All code blocks, or those of one language."""
    found = [Block(p, *parts) for p, text in pages().items() for parts in _BLOCK.findall(text)]
    return [its for its in found if language is None or its.language == language]


def block(language: str, beginning: str = "") -> str:
    """The text of the one block of a language that begins so."""
    (found,) = {its.text for its in blocks(language) if its.text.startswith(beginning)}
    return found


def command_lines() -> list[str]:
    """All lines of shell blocks outside the walks, each once."""
    outside = {name: _without_walks(name, text) for name, text in pages().items()}
    found = [parts for text in outside.values() for parts in _BLOCK.findall(text)]
    lines = [line for its, text in found if its == "sh" for line in text.strip().splitlines()]
    return list(dict.fromkeys(lines))


def _without_walks(page: str, text: str) -> str:
    for name, heading in WALKS:
        if name == page:
            text = re.sub(rf"^## {heading}$.*?(?=^## )", "", text, flags=re.M | re.S)
    return text
