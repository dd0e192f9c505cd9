"""Keys and the audit log: the routes of who administers."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.control.keys import Key, Role, new_key
from ranking.control.records import Record
from ranking.server.deciding import asked, decide, withdraw
from ranking.server.ports import Settings
from ranking.server.problems import Problem
from ranking.server.requests import json_response, number_of

KIND = "key"
AUDITED = 100


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that is asked for."""

    role: Role
    label: str = ""
    reason: str = ""
    author: str = ""


class KeyRoutes:
    """Routes of keys and of the audit log.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def reading(self) -> list[BaseRoute]:
        """Who decided what."""
        return [Route("/v1/audit", self.audit)]

    def administering(self) -> list[BaseRoute]:
        """Routes of keys."""
        return [
            Route("/v1/keys", self.all),
            Route("/v1/keys", self.add, methods=["POST"]),
            Route("/v1/keys/{id}", self.revoke, methods=["DELETE"]),
        ]

    async def audit(self, request: Request) -> Response:
        """The settings log, newest first."""
        most = number_of(request, "limit", AUDITED)
        records = self._settings.book.records[-most:]
        return json_response({"records": [_audited(record) for record in reversed(records)]})

    async def all(self, request: Request) -> Response:
        """Keys that hold; what they are nobody can tell any more."""
        return json_response({"keys": [_shown(key) for key in self._settings.book.held_keys()]})

    async def add(self, request: Request) -> Response:
        """Make a key; it is shown this once."""
        wanted = await asked(request, Wanted)
        keys = self._settings.book.held_keys()
        if not keys and wanted.role is not Role.ADMINISTER:
            detail = f"role of the first key must be administer, got {wanted.role.value}"
            raise Problem(400, "Key refused", detail + "; without one nobody could make others")
        key, text = new_key(wanted.role, wanted.label)
        body = msgspec.to_builtins(key)
        await decide(
            self._settings, request, KIND, key.id, body,
            author=wanted.author, reason=wanted.reason, parent=0,
        )  # fmt: skip
        return json_response({**_shown(key), "key": text}, 201)

    async def revoke(self, request: Request) -> Response:
        """Let a key hold no longer."""
        name = request.path_params["id"]
        others = [key for key in self._settings.book.held_keys() if key.id != name]
        if not any(key.role is Role.ADMINISTER for key in others):
            detail = "the last administer key must stay; make another first"
            raise Problem(409, "Key needed", detail)
        return await withdraw(self._settings, request, KIND)


def _shown(key: Key) -> dict[str, Any]:
    return {"id": key.id, "role": key.role.value, "label": key.label}


def _audited(record: Record) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(record)
    if record.kind == KIND and record.body:
        shown["body"] = {name: v for name, v in record.body.items() if name != "hash"}
    return shown
