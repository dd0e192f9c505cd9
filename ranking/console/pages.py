"""Pages of the console: files that a browser runs as they are; there is no build step.

This file alone knows their addresses and headers. The pages hold no rule of ranking and know no
secret: what they show and change they ask of the API, with the operator's own key. A file is kept
by browsers and asked after by its etag, so that a new version is there at the next visit.
"""

from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Nothing from elsewhere, no script or style in a page's text, nothing framed."""
KINDS = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
}
FIRST = "index.html"


def routes() -> list[BaseRoute]:
    """Build the console's routes, all under `/console`."""
    return [
        _route("/console" if name == FIRST else f"/console/{name}", name, content)
        for name, content in sorted(_found(files(__package__).joinpath("pages"), ""))
    ]


def _found(folder: Traversable, before: str) -> list[tuple[str, bytes]]:
    """Files of a folder and of those in it, by their path."""
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _found(entry, f"{before}{entry.name}/")
        elif entry.name.rpartition(".")[2] in KINDS:
            found.append((f"{before}{entry.name}", entry.read_bytes()))
    return found


def _route(address: str, name: str, content: bytes) -> BaseRoute:
    etag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    headers = {
        "cache-control": "no-cache",
        "etag": etag,
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    kind = KINDS[name.rpartition(".")[2]]

    async def answer(request: Request) -> Response:
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, 200, headers, kind)

    return Route(address, answer)
