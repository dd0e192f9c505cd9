"""`tolqyn manual`: the manual in a terminal."""

from typing import Any

import click

from ranking.commands.groups import Words
from ranking.commands.output import print_json, print_markdown, with_format
from ranking.manual.contents import LINK, NAMES, topics


@with_format
@click.command()
@click.argument("name", metavar="[TOPIC]", type=Words(NAMES), required=False)
def manual(name: str | None, form: str) -> None:
    """Read the manual; without TOPIC, list its topics.

    tolqyn manual operator

    Every server shows the same pages at /manual, with a search.
    """
    if name is None:
        _list(form)
        return
    topic = topics()[name]
    if form == "json":
        print_json({"topic": name, "title": topic.title, "markdown": topic.text})
    else:
        print_markdown(LINK.sub(r"\1 (`tolqyn manual \2`)", topic.text))


def _list(form: str) -> None:
    found: list[dict[str, Any]] = [
        {"topic": topic.name, "title": topic.title, "summary": topic.summary}
        for topic in topics().values()
    ]
    if form == "json":
        print_json(found)
    else:
        print_markdown("\n".join(f"- `{topic['topic']}`: {topic['summary']}" for topic in found))
