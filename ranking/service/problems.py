"""Problems: errors as RFC 9457 documents, with whose fault it is and what to do."""

import logging
from collections.abc import Iterable
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

log = logging.getLogger("tolqyn")


class Problem(Exception):
    """An answer other than success.

    Parameters
    ----------
    status : int
    title : str
        What kind of problem, always the same for one kind.
    detail : str
        Name, rule, value got.
    headers : dict
        Added to the answer.
    more : dict
        Further members of the document.
    """

    def __init__(
        self, status: int, title: str, detail: str, headers: dict[str, str] | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status, self.title, self.detail = status, title, detail
        self.headers, self.more = headers or {}, more or {}


def problem_response(problem: Problem) -> Response:
    """Write a problem document."""
    body = {**problem.more, "type": "about:blank", "title": problem.title, "status": problem.status}
    return Response(
        orjson.dumps(body | {"detail": problem.detail}),
        problem.status,
        problem.headers,
        "application/problem+json",
    )


def allowed(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """Methods that some route takes at a path, as `Allow` lists them; empty if it is unknown."""
    found: set[str] = set()
    for route in routes:
        if route.matches(scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return ", ".join(sorted({*found, "OPTIONS"})) if found else ""


async def on_problem(request: Request, error: Exception) -> Response:
    """Answer a problem that a route raised."""
    if isinstance(error, Problem):
        return problem_response(error)
    if isinstance(error, HTTPException):
        detail = f"{request.method} {request.url.path}"
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.status_code == 405:
            headers["allow"] = allowed(request.app.routes, request.scope)
        return problem_response(Problem(error.status_code, error.detail, detail, headers))
    raise error


async def on_fault(request: Request, error: Exception) -> Response:
    """Answer a fault of our own; the traceback is for the log."""
    where = f"{request.method} {request.url.path}"
    log.error("%s failed", where, exc_info=error)
    detail = f"{where} failed by a fault of this server; its log has the traceback"
    return problem_response(Problem(500, "Internal error", detail))
