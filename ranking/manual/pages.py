"""Pages of the manual: each topic as HTML, and the index that the search reads.

This file alone knows their addresses, and imports markdown-it. Topics are rendered once, when a
server starts. The search runs in the browser: no request carries what a reader looks for.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from itertools import pairwise

import orjson
from markdown_it import MarkdownIt
from markdown_it.token import Token
from starlette.routing import BaseRoute

from ranking.manual.contents import LINK, ManualTopic, topics
from ranking.service.static_pages import static_page
from ranking.templates import templates_of

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_APART = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class ManualSection:
    """One section of a topic, as the search finds it.

    Attributes
    ----------
    topic, title : str
        Name and title of the topic.
    heading : str
        The topic's title for the text before its first heading.
    anchor : str
        The heading's id in the page; empty for the text before the first one.
    text : str
        Plain text.
    """

    topic: str
    title: str
    heading: str
    anchor: str
    text: str


def routes() -> list[BaseRoute]:
    """Build the manual's routes, all under `/manual`."""
    template = templates_of(__package__).get_template("page.html")
    known, pages, sections = list(topics().values()), dict[str, str](), list[ManualSection]()
    for topic in known:
        tokens = _tokens(topic)
        found = _sections(topic, tokens)
        body = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
        pages[f"/manual/{topic.name}"] = template.render(
            topic=topic, topics=known, body=body, sections=[s for s in found if s.anchor]
        )
        sections += found
    pages["/manual"] = template.render(topic=None, topics=known, body="", sections=[])
    index = orjson.dumps([asdict(section) for section in sections])
    own, console = files(__package__).joinpath("pages"), files("ranking.console").joinpath("pages")
    return [
        *(static_page(address, page.encode(), "html") for address, page in pages.items()),
        static_page("/manual/search.json", index, "json"),
        static_page("/manual/search.js", own.joinpath("search.js").read_bytes(), "js"),
        static_page("/manual/colours.css", console.joinpath("colours.css").read_bytes(), "css"),
        static_page("/manual/manual.css", own.joinpath("manual.css").read_bytes(), "css"),
        static_page("/manual/wave.svg", console.joinpath("wave.svg").read_bytes(), "svg"),
    ]


def slug(heading: str) -> str:
    """Make the id of a heading.

    Examples
    --------
    >>> slug("Two ways to run, one core")
    'two-ways-to-run-one-core'
    """
    return _APART.sub("-", heading.lower()).strip("-")


def _tokens(topic: ManualTopic) -> list[Token]:
    """A topic's tokens: headings have ids, and links lead to pages."""
    tokens = _MARKDOWN.parse(LINK.sub(r"[\1](/manual/\2\3)", topic.text))
    for token, following in pairwise(tokens):
        if token.type == "heading_open" and token.tag != "h1":
            token.attrSet("id", slug(_plain(following)))
    return tokens


def _sections(topic: ManualTopic, tokens: Sequence[Token]) -> list[ManualSection]:
    heading, anchor, texts, found = topic.title, "", list[str](), list[ManualSection]()
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before and before.type == "heading_open" and before.tag != "h1":
            found.append(ManualSection(topic.name, topic.title, heading, anchor, " ".join(texts)))
            heading, anchor, texts = _plain(token), str(before.attrGet("id")), []
        elif token.type in ("inline", "fence") and not (before and before.tag == "h1"):
            texts.append(_plain(token))
    return [*found, ManualSection(topic.name, topic.title, heading, anchor, " ".join(texts))]


def _plain(token: Token) -> str:
    """Text of a token without its marks."""
    if token.children is None:
        return " ".join(token.content.split())
    parts = (" " if its.type == "softbreak" else its.content for its in token.children)
    return "".join(parts)
