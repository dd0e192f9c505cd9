"""Output: data on a terminal as tables or cards, or as JSON.

No cell is cut off. A table wider than the terminal becomes one card per row, and long lines wrap.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import click
import orjson
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

FORMATS = click.Choice(["table", "json"])
Cell = str | Text


def with_format(command: click.Command) -> click.Command:
    """Add the option for the output format to a command."""
    option = click.Option(
        ["--format", "form"], type=FORMATS, default="table", show_default=True,
        help="For reading, or for programs.",
    )  # fmt: skip
    command.params.append(option)
    return command


def print_json(value: Any) -> None:
    """Print data as JSON."""
    click.echo(orjson.dumps(value, None, orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))


def print_markdown(text: str) -> None:
    """Print Markdown, formatted for the terminal."""
    from rich.markdown import Markdown

    Console(highlight=False).print(Markdown(text, code_theme="ansi_dark"))


def print_result(form: str, value: Any, text: str) -> None:
    """Print the result of a change: JSON data, or a sentence."""
    if form == "json":
        print_json(value)
    else:
        Console(highlight=False).print(Text(text))


def print_table(
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    title: str = "",
    *,
    end_first: bool = False,
) -> None:
    """Print rows under headings.

    Parameters
    ----------
    heads : sequence of str
    rows : iterable of sequence of str or Text
        Plain text; square brackets have no special meaning.
    title : str
    end_first : bool
        Draw a line after the first row.
    """
    console, body = Console(highlight=False), [[_cell(cell) for cell in row] for row in rows]
    table = Table(*heads, title=Text(title) if title else None, box=SIMPLE_HEAD)
    for number, row in enumerate(body):
        table.add_row(*row, end_section=end_first and number == 0)
    if Measurement.get(console, console.options, table).maximum <= console.width and not any(
        "\n" in cell.plain for row in body for cell in row
    ):
        widest = max((cell.cell_len for row in body for cell in row), default=0)
        if _natural(heads, body) <= console.width and widest <= console.width:
            console.print(table)
            return
    if title:
        console.print(Text(title, style="italic"))
    for row in body:
        _print_card(console, heads, row)


def _natural(heads: Sequence[str], body: Sequence[Sequence[Text]]) -> int:
    """Width without wrapped cells."""
    columns = [max([len(head), *(row[k].cell_len for row in body)]) for k, head in enumerate(heads)]
    return sum(columns) + 3 * len(columns) + 1


def _print_card(console: Console, heads: Sequence[str], row: Sequence[Text]) -> None:
    first, *rest = zip(heads, row, strict=True)
    name = Text.assemble((f"{first[0]} " if first[0] else "", "dim"), first[1])
    name.stylize("bold")
    console.print(name, overflow="fold")
    card = Table.grid(padding=(0, 2, 0, 0))
    card.add_column(no_wrap=True)
    card.add_column(overflow="fold")
    for head, cell in rest:
        if cell.plain:
            card.add_row(Text(f"  {head}", style="dim"), cell)
    if card.row_count:
        console.print(card)


def _cell(cell: Cell) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)
