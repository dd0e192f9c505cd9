"""Static pages: files that are served unchanged, with their policy and entity tag.

This file alone knows the headers of such pages. A browser keeps a file and revalidates it by its
entity tag, so a new version arrives at the next visit.
"""

from hashlib import blake2b

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
"""Nothing from other origins, no inline script or style, no framing."""
KINDS = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
}


def static_page(address: str, content: bytes, extension: str) -> BaseRoute:
    """Build the route of one file.

    Parameters
    ----------
    address : str
    content : bytes
    extension : str
        A key of `KINDS`.
    """
    etag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    headers = {
        "cache-control": "no-cache",
        "etag": etag,
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    kind = KINDS[extension]

    async def answer(request: Request) -> Response:
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, 200, headers, kind)

    return Route(address, answer)
