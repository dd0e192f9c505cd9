"""Pages of the console: files that a browser runs as they are, without a build step.

This file alone knows their addresses. The pages hold no ranking rule and no secret. They use the
API with the operator's own key.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.routing import BaseRoute

from ranking.service.static_pages import KINDS, static_page

FIRST = "index.html"


def routes() -> list[BaseRoute]:
    """Build the console's routes, all under `/console`."""
    return [
        static_page(
            "/console" if name == FIRST else f"/console/{name}", content, name.rpartition(".")[2]
        )
        for name, content in sorted(_found(files(__package__).joinpath("pages"), ""))
    ]


def _found(folder: Traversable, before: str) -> list[tuple[str, bytes]]:
    """Files of a folder and its subfolders, with their paths."""
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _found(entry, f"{before}{entry.name}/")
        elif entry.name.rpartition(".")[2] in KINDS:
            found.append((f"{before}{entry.name}", entry.read_bytes()))
    return found
