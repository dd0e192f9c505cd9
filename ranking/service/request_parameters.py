"""Request parameters: the values of a query, path or body, each checked against its rule."""

import time
from urllib.parse import unquote_to_bytes

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ranking.engine.event import canonical_edition, edition_fault
from ranking.lists.edition_reader import LONGEST
from ranking.profiles.profile import Profile, ProfileError, profile_from
from ranking.service.cached_response import Answer, is_known
from ranking.service.ports import Lists
from ranking.service.problems import Problem
from ranking.settings_log.drafts import PREFIX as DRAFT

OPEN = {"access-control-allow-origin": "*"}
PRIVATE = {**OPEN, "cache-control": "no-store"}
MOST_DIGITS = 15
_REPLACED = "\ufffd"
"""The server's replacement for bytes that are not UTF-8."""


def now_ms() -> int:
    """Return the wall clock, ms since the epoch."""
    return int(time.time() * 1000)


def article_of(request: Request) -> tuple[str, str]:
    """Return the edition and id in a path.

    Raises
    ------
    Problem
        400 if the edition is not valid.
    """
    edition = f"{request.path_params['site']}/{request.path_params['lang']}"
    return spelt_edition(edition), request.path_params["id"]


def spelt_edition(edition: str) -> str:
    """Return an edition in canonical spelling.

    Raises
    ------
    Problem
        400 if it is not valid.
    """
    if fault := edition_fault(edition):
        raise Problem(400, "Edition refused", fault)
    return canonical_edition(edition)


def edition_of(request: Request, lists: Lists) -> str:
    """Return the edition in a query; without one, the only edition that there is.

    Raises
    ------
    Problem
        400 if it is not valid.
    """
    edition = request.query_params.get("edition", "")
    if not edition:
        known = lists.editions()
        if len(known) == 1:
            return known[0]
    return spelt_edition(edition)


def check_text(request: Request) -> None:
    """Refuse an address whose bytes are not UTF-8; it would be read as another one.

    Raises
    ------
    Problem
        400, with the position of the byte.
    """
    try:
        unquote_to_bytes(request.scope["query_string"]).decode()
    except UnicodeDecodeError as error:
        detail = f"query must be UTF-8: byte {error.start} is none"
        raise Problem(400, "Unreadable address", detail) from error
    if _REPLACED in request.scope["path"]:
        raise Problem(400, "Unreadable address", "path must be UTF-8")


def line_of(request: Request) -> str:
    """Return the request line, `path?query`."""
    return f"{request.scope['path']}?{request.url.query}"


def number_of(request: Request, name: str, default: int) -> int:
    """Return a whole number in a query, from 1 to the longest list.

    Raises
    ------
    Problem
        400 with the name, the rule and the value.
    """
    return whole_of(request, name, default, 1, LONGEST)


def whole_of(request: Request, name: str, default: int, least: int, most: int) -> int:
    """Return a whole number in a query, from `least` to `most`; `default` if it is empty.

    Raises
    ------
    Problem
        400 with the name, the rule and the value.
    """
    text = request.query_params.get(name)
    if not text:
        return default
    is_whole = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    if not (is_whole and least <= int(text) <= most):
        detail = f"{name} must be a whole number from {least} to {most}, got {text[:20]!r}"
        raise Problem(400, "Number refused", detail)
    return int(text)


async def profile_of(
    request: Request, lists: Lists, edition: str, surface: str, section: str = ""
) -> Profile:
    """Return the live profile of a list, or the one that the query names.

    Raises
    ------
    Problem
        404 for an unknown or expired draft, 400 for a window that breaks its rule.
    """
    query = request.query_params
    made = lists.profiles.of(edition, surface, section)
    name = query.get("profile") or made.name
    if name != made.name:
        draft = await lists.draft(name) if name.startswith(DRAFT) else None
        if draft is None:
            detail = f"profile must be {made.name!r} or a draft that has not expired, got {name!r}"
            raise Problem(404, "Unknown profile", detail)
        made = draft.profile(lists.profiles, edition, surface, section)
    if not query.get("window"):
        return made
    try:
        return profile_from({"window": int(query["window"])}, made)
    except ValueError as error:  # a number of thousands of digits is one too
        detail = str(error) if isinstance(error, ProfileError) else "window must be seconds"
        raise Problem(400, "Window refused", detail) from error


def ready(request: Request, answer: Answer) -> Response:
    """Answer with ready bytes, or 304 if the client has them."""
    if is_known(",".join(request.headers.getlist("if-none-match")), answer.etag):
        return Response(status_code=304, headers=dict(answer.headers))
    return Response(answer.body, headers=dict(answer.headers))


def json_response(body: object, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(body), status, PRIVATE, "application/json")
