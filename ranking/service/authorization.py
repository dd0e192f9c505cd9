"""Authorization: the role that a route requires, and whether a request has it.

A request has its key in `Authorization: Bearer KEY`, or in the query as `key=` where a page cannot
send headers. Until an administer key exists, a loopback host allows everything, any other host
nothing. A grace period accepts events without a key. Such events are always counted.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.service.ports import Settings
from ranking.service.problems import Problem
from ranking.service.unsigned_events import Unsigned
from ranking.settings_log.keys import Key, Role, grace_end, holder_of, is_guarded

Endpoint = Callable[[Request], Awaitable[Response]]
LEFT_OPEN = ("/v1/events", "/v1/pixel.gif")
"""Routes that a grace period leaves open; changes of articles need a key."""
CHALLENGE = {"www-authenticate": 'Bearer realm="tolqyn"'}


class Authorizer:
    """Checks the role of each request.

    Parameters
    ----------
    settings : Settings or None
        Has the keys; None = nothing is guarded.
    is_open : bool
        Whether everything is allowed until an administer key exists.
    guests : sequence of Key
        Keys of this process alone: they are in no log, and guard nothing.
    """

    def __init__(
        self, settings: Settings | None, *, is_open: bool = True, guests: Sequence[Key] = ()
    ) -> None:
        self._settings, self._is_open, self._guests = settings, is_open, guests
        self.unsigned = Unsigned()

    def routes(self, role: Role, routes: Iterable[BaseRoute]) -> list[BaseRoute]:
        """Return the routes, guarded: their requests need a role."""
        if self._settings is None:
            return list(routes)
        return [
            Route(
                route.path, self._guarded(route.endpoint, role), methods=list(route.methods or ())
            )
            for route in routes
            if isinstance(route, Route)
        ]

    def check(self, request: Request, role: Role) -> None:
        """Refuse a request whose sender lacks a role.

        Raises
        ------
        Problem
            401 without a valid key, 403 for another role, 503 if the keys are not known.
        """
        if self._settings is None:
            return
        holder = self._holder(request, role)
        if holder and not holder.role.may(role):
            detail = f"role must be {role.value}, got {holder.role.value}"
            raise Problem(403, "Not allowed", detail)
        request.state.holder = holder

    def _guarded(self, endpoint: Endpoint, role: Role) -> Endpoint:
        async def guarded(request: Request) -> Response:
            self.check(request, role)
            response = await endpoint(request)
            if role is Role.WRITE and _is_unsigned(request):
                self.unsigned.take(response)
            return response

        return guarded

    def _holder(self, request: Request, role: Role) -> Key | None:
        """The key of a request; None where none is needed."""
        settings = self._settings
        assert settings is not None
        keys = [*settings.book.held_keys(), *self._guests]
        if not is_guarded(settings.book.held_keys()) and self._is_open:
            if fault := settings.fault():
                raise Problem(503, "Not ready", fault)
            return holder_of(_key_of(request), keys) if role is Role.WRITE else None
        text = _key_of(request)
        if not text and role is Role.WRITE:
            if request.url.path in LEFT_OPEN and time.time() < grace_end(keys):
                return None
            self.unsigned.refuse()
        if not text:
            detail = "a key must come as Authorization: Bearer KEY; `tolqyn keys create` makes one"
            raise Problem(401, "Key required", detail, CHALLENGE)
        holder = holder_of(text, keys)
        if holder is None:
            raise Problem(401, "Unknown key", "the key is none of those that hold", CHALLENGE)
        return holder


def _key_of(request: Request) -> str:
    """The text of a request's key; empty without one."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else request.query_params.get("key", "")


def _is_unsigned(request: Request) -> bool:
    return getattr(request.state, "holder", None) is None


def author_of(request: Request, given: str) -> str:
    """Return the author of a decision: the key's holder, and the name given in the request."""
    holder: Key | None = getattr(request.state, "holder", None)
    named = given.strip()[:200]
    if holder is None:
        return named
    return f"{named} ({holder.label or holder.id})" if named else holder.label or holder.id
