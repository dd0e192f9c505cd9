"""Contents: the manual's topics, which are Markdown files, in reading order.

This file alone knows where they are. A file begins with `# Title`; its first paragraph is one
sentence that says what the topic holds. A link to another topic is `NAME.md` or `NAME.md#section`.
Comments (`<!-- ... -->`) are for the tests that run a block and are not part of the text.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NAMES = (
    "portal", "operator", "analyst", "on-call", "architecture", "glossary", "api", "settings",
    "files", "measurements", "ranking", "decisions",
)  # fmt: skip
LINK = re.compile(r"\[([^\]]+)\]\(([a-z-]+)\.md(#[a-z0-9-]+)?\)")
"""A link to a topic: its text, the topic's name, and `#section` or nothing."""
_COMMENT = re.compile(r"^<!--.*?-->\n", re.M | re.S)


@dataclass(frozen=True, slots=True)
class ManualTopic:
    """One topic of the manual.

    Attributes
    ----------
    name : str
        As in `/manual/NAME` and `tolqyn manual NAME`.
    title : str
    summary : str
        One sentence.
    text : str
        Markdown, title and summary included.
    """

    name: str
    title: str
    summary: str
    text: str


@cache
def topics() -> dict[str, ManualTopic]:
    """All topics by name, in reading order.

    Examples
    --------
    >>> list(topics())[:3], topics()["files"].title
    (['portal', 'operator', 'analyst'], 'Files')
    """
    return {name: _topic(name) for name in NAMES}


def _topic(name: str) -> ManualTopic:
    source = files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    text = _COMMENT.sub("", source)
    title, summary = text.split("\n\n", 2)[:2]
    return ManualTopic(name, title.removeprefix("# "), summary, text)
