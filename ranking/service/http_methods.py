"""HTTP methods: the methods of each path (RFC 9110, section 9), and CORS.

`OPTIONS` is answered for every path. Pages of other origins may send events and read lists
(https://fetch.spec.whatwg.org/#http-cors-protocol), and nothing else: any page could otherwise
control an open server on a loopback address.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ranking.lists.ranked_list import list_names
from ranking.service.problems import Problem, allowed, problem_response
from ranking.service.request_parameters import OPEN, check_text

FOR_PAGES = (
    "/v1/events", "/v1/pixel.gif", "/v1/stream", "/v1/page", "/v1/fragments/", "/v1/feeds/",
)  # fmt: skip
"""Paths that pages of other origins may use, besides those of the lists."""
PREFLIGHT = OPEN | {
    "access-control-allow-headers": "authorization, content-type, content-encoding, if-none-match"
    ", import",
    "access-control-max-age": "86400",
}


class Methods:
    """Middleware: answers `OPTIONS`, refuses unreadable addresses, opens answers to pages.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_for_pages = _is_for_pages(scope["path"])
        answer: Response | None = None
        try:
            check_text(Request(scope))
        except Problem as problem:
            answer = problem_response(problem)
        if answer is None and scope["method"] == "OPTIONS":
            answer = _options(scope, is_for_pages=is_for_pages)

        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start" and is_for_pages:
                _open(message)
            await send(message)

        await (answer or self._app)(scope, receive, opened)


def _options(scope: Scope, *, is_for_pages: bool) -> Response | None:
    methods = allowed(scope["app"].routes, scope)
    if not methods:
        return None
    cors = PREFLIGHT | {"access-control-allow-methods": methods} if is_for_pages else {}
    return Response(status_code=204, headers={"allow": methods, **cors})


def _open(message: Any) -> None:
    headers = message.setdefault("headers", [])
    if all(name.lower() != b"access-control-allow-origin" for name, _ in headers):
        headers.append((b"access-control-allow-origin", b"*"))


def _is_for_pages(path: str) -> bool:
    """Whether pages of other origins may use a path."""
    return path.startswith(FOR_PAGES) or path.startswith(tuple(f"/v1/{n}" for n in list_names()))
