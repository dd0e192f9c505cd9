"""Keys and the audit log: the administrators' routes."""

import time
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.service.ports import Settings
from ranking.service.problems import Problem
from ranking.service.request_parameters import json_response, number_of
from ranking.service.settings_routes import asked, decide, withdraw
from ranking.service.unsigned_events import Unsigned
from ranking.settings_log.decisions import Decision
from ranking.settings_log.keys import Key, Role, first_fault, grace_end, is_guarded, new_key

KIND = "key"
LONGEST_GRACE = 7 * 86_400.0
AUDITED = 100


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request for a key.

    Attributes
    ----------
    grace : float
        Of an administer key: seconds for which events without a key are still taken.
    """

    role: Role
    label: str = ""
    grace: Annotated[float, Meta(ge=0, le=LONGEST_GRACE)] = 0.0
    reason: str = ""
    author: str = ""


class Grace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds during which events without a key are still accepted; 0 ends the grace period."""

    grace: Annotated[float, Meta(ge=0, le=LONGEST_GRACE)]
    reason: str = ""
    author: str = ""


class KeyRoutes:
    """Routes of keys and of the audit log.

    Parameters
    ----------
    settings : Settings
    unsigned : Unsigned or None
        Counts events without a key; None in processes that take no events.
    """

    def __init__(self, settings: Settings, unsigned: Unsigned | None = None) -> None:
        self._settings, self._unsigned = settings, unsigned

    def reading(self) -> list[BaseRoute]:
        """Build the route of the audit log."""
        return [Route("/v1/audit", self.audit)]

    def administering(self) -> list[BaseRoute]:
        """Build the routes of keys."""
        return [
            Route("/v1/keys", self.all),
            Route("/v1/keys", self.add, methods=["POST"]),
            Route("/v1/keys/grace", self.grace, methods=["PUT"]),
            Route("/v1/keys/{id}", self.revoke, methods=["DELETE"]),
        ]

    async def audit(self, request: Request) -> Response:
        """Return the settings log, newest first."""
        most = number_of(request, "limit", AUDITED)
        records = self._settings.book.records[-most:]
        return json_response({"records": [_audited(record) for record in reversed(records)]})

    async def all(self, request: Request) -> Response:
        """Return the valid keys, whether they guard, and counts of events without a key."""
        return json_response(self._state())

    async def add(self, request: Request) -> Response:
        """Create a key; only this answer shows it."""
        wanted = await asked(request, Wanted)
        if fault := first_fault(wanted.role, self._settings.book.held_keys()):
            raise Problem(400, "Key refused", fault)
        if wanted.grace and wanted.role is not Role.ADMINISTER:
            detail = f"grace must be given with an administer key alone, got {wanted.role.value}"
            raise Problem(400, "Key refused", detail)
        until = time.time() + wanted.grace if wanted.grace else 0.0
        key, text = new_key(wanted.role, wanted.label, until)
        body = msgspec.to_builtins(key)
        await decide(
            self._settings, request, KIND, key.id, body,
            author=wanted.author, reason=wanted.reason, parent=0,
        )  # fmt: skip
        return json_response({**self._state(), **_shown(key), "key": text}, 201)

    async def grace(self, request: Request) -> Response:
        """Set the grace period of events without a key."""
        wanted = await asked(request, Grace)
        keys = [key for key in self._settings.book.held_keys() if key.role is Role.ADMINISTER]
        if not keys:
            detail = "a key must administer first; until then every event is taken"
            raise Problem(409, "Key needed", detail)
        now = time.time()
        until = now + wanted.grace if wanted.grace else 0.0
        lasting = [key for key in keys if key.unsigned_until > now] or keys[:1]
        for key in lasting:
            await decide(
                self._settings, request, KIND, key.id,
                msgspec.to_builtins(msgspec.structs.replace(key, unsigned_until=until)),
                author=wanted.author, reason=wanted.reason or "grace for events without a key",
            )  # fmt: skip
        return json_response(self._state())

    def _state(self) -> dict[str, Any]:
        keys = self._settings.book.held_keys()
        end = grace_end(keys)
        return {
            "keys": [_shown(key) for key in keys],
            "guarded": is_guarded(keys),
            "grace_until": end if end > time.time() else None,
            "unsigned": self._unsigned.recent() if self._unsigned else None,
        }

    async def revoke(self, request: Request) -> Response:
        """Revoke a key."""
        name, keys = request.path_params["id"], self._settings.book.held_keys()
        others = [key for key in keys if key.id != name]
        if is_guarded(keys) and not is_guarded(others):
            detail = "the last administer key must stay; make another first"
            raise Problem(409, "Key needed", detail)
        return await withdraw(self._settings, request, KIND)


def _shown(key: Key) -> dict[str, Any]:
    return {"id": key.id, "role": key.role.value, "label": key.label}


def _audited(record: Decision) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(record)
    if record.kind == KIND and record.body:
        shown["body"] = {name: v for name, v in record.body.items() if name != "hash"}
    return shown
