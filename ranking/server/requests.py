"""Requests: what routes read out of a query, a path or a body, each against its rule."""

import time

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ranking.control.drafts import PREFIX as DRAFT
from ranking.engine.event import edition_fault
from ranking.lists.profile import Profile, ProfileError, profile_from
from ranking.lists.reading import LONGEST
from ranking.server.collector import LARGEST_BODY
from ranking.server.ports import Lists
from ranking.server.problems import Problem
from ranking.server.ready import Answer

OPEN = {"access-control-allow-origin": "*"}


async def body_of(request: Request) -> bytes:
    """Body of a request, unless it is too large."""
    length = int(request.headers.get("content-length") or 0)
    if length > LARGEST_BODY:
        raise Problem(413, "Body too large", f"body must be at most {LARGEST_BODY} bytes")
    body = await request.body()
    if len(body) > LARGEST_BODY:
        raise Problem(413, "Body too large", f"body must be at most {LARGEST_BODY} bytes")
    return body


def now_ms() -> int:
    """The clock, ms."""
    return int(time.time() * 1000)


def article_of(request: Request) -> tuple[str, str]:
    """Edition and id that a path names."""
    edition = f"{request.path_params['site']}/{request.path_params['lang']}"
    if fault := edition_fault(edition):
        raise Problem(400, "Edition refused", fault)
    return edition, request.path_params["id"]


def edition_of(request: Request, lists: Lists) -> str:
    """Edition that a query names; the only one there is if it names none."""
    edition = request.query_params.get("edition", "")
    if not edition:
        known = lists.editions()
        if len(known) == 1:
            return known[0]
    if fault := edition_fault(edition):
        raise Problem(400, "Edition refused", fault)
    return edition


def line_of(request: Request) -> str:
    """A request line, `path?query`."""
    return f"{request.scope['path']}?{request.url.query}"


def number_of(request: Request, name: str, default: int) -> int:
    """A whole number of a query."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST):
        detail = f"{name} must be a whole number from 1 to {LONGEST}, got {text[:20]!r}"
        raise Problem(400, "Number refused", detail)
    return int(text)


async def profile_of(
    request: Request, lists: Lists, edition: str, surface: str, section: str = ""
) -> Profile:
    """The live profile of a list, or the one that the query asks for."""
    query = request.query_params
    made = lists.profiles.of(edition, surface, section)
    name = query.get("profile") or made.name
    if name != made.name:
        draft = await lists.draft(name) if name.startswith(DRAFT) else None
        if draft is None:
            detail = f"profile must be {made.name!r} or a draft that has not expired, got {name!r}"
            raise Problem(404, "Unknown profile", detail)
        made = draft.profile(lists.profiles, edition, surface, section)
    if "window" not in query:
        return made
    try:
        return profile_from({"window": int(query["window"])}, made)
    except ValueError as error:
        detail = str(error) if isinstance(error, ProfileError) else "window must be seconds"
        raise Problem(400, "Window refused", detail) from error


def ready(request: Request, answer: Answer) -> Response:
    """Answer with ready bytes, or 304 to who has them."""
    if request.headers.get("if-none-match") == answer.etag:
        return Response(status_code=304, headers=dict(answer.headers))
    return Response(answer.body, headers=dict(answer.headers))


def json_response(body: object, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(body), status, OPEN, "application/json")
