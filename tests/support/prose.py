"""Prose: the texts of the tree that people read, their metaphors and their long sentences.

`python -m tests.support.prose` prints the ten longest sentences of README and manual, and each
metaphor with its place. A text is a paragraph of Markdown, a docstring, a comment, a string of
several words, a text of the console or a file's name.
"""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("ranking", "streams")
TEXTS = Path("ranking/console/pages/locales/en.json")
LONGEST = 40
"""Words of a sentence, at most."""

METAPHORS = {
    "beside": r"\bbeside\b",
    "bears": r"\b(?:bears?|bore)\b",
    "company": r"\b(?:keeps? company|company)\b",
    "desk": r"\bdesks?\b",
    "heard": r"\b(?:hear|hears|heard)\b",
    "lately": r"\blately\b",
    "lent": r"\b(?:lent|lends?)\b",
    "meter": r"\bthe meter\b",
    "mirror": r"\bmirror(?:s|ed)?\b",
    "nonsense": r"\bnonsense drives\b",
    "sayings": r"\bsayings?\b",
    "shelf": r"\bshel(?:f|ves)\b",
    "showing": r"\bshowing\b",
    "standings": r"\bstandings?\b",
    "stood": r"\bstood\b",
    "telling": r"\btelling\b",
    "voices": r"\bvoices?\b",
    "way in": r"\bway in\b(?! which)",
    "wholesale": r"\bwholesale\b",
    "worn": r"\bworn\b",
}
"""Metaphors of earlier versions, each with its pattern in lower case."""

_HEADINGS = re.compile(r"^\s*-{3,}\s*$")
_FIELD = re.compile(r"^\s*[\w*, ]+ : |^\s*(?:Parameters|Returns|Raises|Yields|Attributes|Notes)$")
_ITEM = re.compile(r"^\s*(?:[-*|>]|\d+\.) ")
_COMMENT = re.compile(r"(?:^|\s{2,})# (.*)$")
_END = re.compile(r"(?<=[.!?])[\"”')]*\s+(?=[\"“'(`A-ZА-Я0-9])")


@dataclass(frozen=True, slots=True)
class Text:
    """One text.

    Attributes
    ----------
    path : str
        File, from the root of the tree.
    line : int
        First line of the text.
    kind : str
        `markdown`, `docstring`, `comment`, `string`, `console` or `name`.
    text : str
    """

    path: str
    line: int
    kind: str
    text: str


def files() -> list[str]:
    """Paths of all files of the tree, from its root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return sorted(path for path in set(listed) if (ROOT / path).is_file())


@cache
def texts() -> tuple[Text, ...]:
    """All texts of README, manual, packages, console and file names."""
    found = [Text(path, 0, "name", re.sub(r"[_/.-]+", " ", path)) for path in files()]
    for path in files():
        folder = path.partition("/")[0]
        if path == "README.md" or (path.startswith("ranking/manual/") and path.endswith(".md")):
            found += _markdown(path)
        elif folder in PACKAGES and path.endswith(".py"):
            found += _python(path)
    console = json.loads((ROOT / TEXTS).read_text(encoding="utf-8"))
    parameters = [" ".join(words) for words in console.pop("parameters").values()]
    found += [Text(str(TEXTS), 0, "console", text) for text in [*console.values(), *parameters]]
    return tuple(found)


def names_of(text: Text) -> list[str]:
    """Metaphors of one text."""
    lower = text.text.lower()
    return [name for name, pattern in METAPHORS.items() if re.search(pattern, lower)]


@cache
def metaphors() -> tuple[tuple[Text, str], ...]:
    """Texts with a metaphor, and its name, in the order of `texts`."""
    return tuple((text, name) for text in texts() for name in names_of(text))


@cache
def sentences(kinds: tuple[str, ...]) -> tuple[tuple[int, Text, str], ...]:
    """Sentences of some kinds of text with their words, the longest first."""
    found = []
    for text in texts():
        if text.kind in kinds:
            for paragraph in _paragraphs(text.text):
                for sentence in _END.split(paragraph):
                    words = sum(any(c.isalnum() for c in word) for word in sentence.split())
                    found.append((words, text, sentence))
    return tuple(sorted(found, key=lambda one: (-one[0], one[1].path, one[1].line)))


def _markdown(path: str) -> Iterator[Text]:
    """Paragraphs without code blocks."""
    start, is_code = 0, False
    lines: list[str] = []
    for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("```"):
            is_code = not is_code
            line = ""
        if is_code or not line.strip():
            if lines:
                yield Text(path, start, "markdown", "\n".join(lines))
            lines = []
        else:
            start = start if lines else number
            lines.append(line)
    if lines:
        yield Text(path, start, "markdown", "\n".join(lines))


def _python(path: str) -> Iterator[Text]:
    source = (ROOT / path).read_text(encoding="utf-8")
    tree = ast.parse(source)
    documented = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in inside:
            parts = [p.value if isinstance(p, ast.Constant) else "x" for p in node.values]
            yield Text(path, node.lineno, "string", "".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) in documented:
                yield Text(path, node.lineno, "docstring", node.value)
            elif id(node) not in inside and " " in node.value.strip():
                yield Text(path, node.lineno, "string", node.value)
    for number, line in enumerate(source.split("\n"), 1):
        if found := _COMMENT.search(line):
            yield Text(path, number, "comment", found[1])


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of prose: no tables, lists, code, fields of numpydoc, or doctests."""
    lines: list[str] = []
    is_example = False
    for line in [*text.split("\n"), ""]:
        is_start = line.lstrip(" ").startswith((">>>", "\b"))
        is_example = line.strip() != "" and (is_example or is_start)
        is_prose = not (
            is_example or not line.strip() or _HEADINGS.match(line) or _FIELD.match(line)
            or _ITEM.match(line) or line.startswith("#")
        )  # fmt: skip
        if is_prose:
            lines.append(line.strip())
        elif lines:
            yield " ".join(lines)
            lines = []


def main() -> None:
    """Print the ten longest sentences of README and manual, and all metaphors."""
    for words, text, sentence in sentences(("markdown",))[:10]:
        print(f"{words} {text.path}:{text.line} {sentence}")
    hits = metaphors()
    for text, name in hits:
        print(f"{name}: {text.path}:{text.line} {text.kind}")
    print(f"{len(hits)} metaphors")


if __name__ == "__main__":
    main()
