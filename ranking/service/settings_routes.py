"""Settings routes: the parts that the operators' routes share, from a body to a decision."""

from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ranking.engine.validation import UNREADABLE, fault_of, rule_of
from ranking.service.authorization import author_of
from ranking.service.ports import Refused, Settings
from ranking.service.problems import Problem
from ranking.service.request_bodies import body_of
from ranking.settings_log.book import ConflictError
from ranking.settings_log.decisions import Decision

T = TypeVar("T")


async def asked(request: Request, kind: type[T]) -> T:
    """Read a request's body.

    Raises
    ------
    Problem
        400, naming the field and the rule.
    """
    body = await body_of(request) or b"{}"
    try:
        return _without_nulls(msgspec.json.decode(body, type=dict[str, Any]), kind)
    except msgspec.ValidationError as error:
        field, rule = rule_of(error, kind)
        detail = f"{field}: {rule}" if field else rule
        raise Problem(400, "Unreadable question", detail) from error
    except UNREADABLE as error:
        detail = f"body must be JSON: {fault_of(error, body)}"
        raise Problem(400, "Unreadable question", detail) from error


def _without_nulls(body: dict[str, Any], kind: type[T]) -> T:
    """Read a body; `null` in an optional field equals an absent field."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        optional = {field.name for field in msgspec.structs.fields(kind) if not field.required}
        body = {n: value for n, value in body.items() if value is not None or n not in optional}
    return msgspec.convert(body, kind)


async def asked_and_signed(request: Request) -> tuple[dict[str, Any], dict[str, str]]:
    """Read a body of any fields; returns it without its author and reason, and these two.

    Raises
    ------
    Problem
        400 if the body is no JSON object.
    """
    body = await asked(request, dict[str, Any])
    signature = {name: str(body.pop(name, "") or "") for name in ("author", "reason")}
    return {name: value for name, value in body.items() if value is not None}, signature


async def decide(
    settings: Settings, request: Request, kind: str, name: str, body: dict[str, Any] | None,
    *, author: str, reason: str, parent: int | None = None,
) -> Decision:  # fmt: skip
    """Write a decision and return when it holds.

    Raises
    ------
    Problem
        409 if another decision was first, 503 if the log does not take it.
    """
    try:
        record = settings.book.following(
            kind, name, body, author_of(request, author), reason.strip()[:1000], parent
        )
        await settings.write(record)
    except ConflictError as error:
        raise Problem(409, "Version conflict", str(error)) from error
    except Refused as refused:
        wait = {"retry-after": str(refused.wait)}
        raise Problem(503, "Settings not available", str(refused), wait) from refused
    return record


async def withdraw(settings: Settings, request: Request, kind: str) -> Response:
    """Cancel the decision that the path names.

    Raises
    ------
    Problem
        404 if there is none, else as `decide`.
    """
    name, query = request.path_params["id"], request.query_params
    if settings.book.current(kind, name) is None:
        raise Problem(404, f"Unknown {kind}", f"no {kind} {name!r} holds or held")
    author, reason = query.get("author", ""), query.get("reason", "")
    await decide(settings, request, kind, name, None, author=author, reason=reason)
    return Response(status_code=204)
