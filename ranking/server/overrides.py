"""Overrides: the routes by which editors pin, boost, bury and block, and end it again."""

import secrets
import time
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.control.overrides import Override, OverrideError, override_of
from ranking.control.records import Record
from ranking.engine.event import canonical_edition
from ranking.lists.boards import SURFACES
from ranking.lists.edits import Action
from ranking.server.deciding import asked, decide, withdraw
from ranking.server.ports import Lists, Settings
from ranking.server.problems import Problem
from ranking.server.requests import json_response

KIND = "override"
FROZEN = 20
"""Places of a board that a freeze holds."""


class Mourning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must not stand beside news of grief, in any edition.

    Attributes
    ----------
    end : float
        Wall clock, seconds.
    site : str
        Empty = all sites.
    """

    end: float
    sections: list[str] = []
    tags: list[str] = []
    site: str = ""
    reason: str = "mourning"
    author: str = ""


class OverrideRoutes:
    """Routes of overrides.

    Parameters
    ----------
    lists : Lists
    settings : Settings
    """

    def __init__(self, lists: Lists, settings: Settings) -> None:
        self._lists, self._settings = lists, settings

    def reading(self) -> list[BaseRoute]:
        """Routes that change nothing."""
        return [Route("/v1/overrides", self.all)]

    def writing(self) -> list[BaseRoute]:
        """Routes that decide."""
        return [
            Route("/v1/overrides", self.add, methods=["POST"]),
            Route("/v1/overrides/mourning", self.mourn, methods=["POST"]),
            Route("/v1/overrides/{id}", self.end, methods=["DELETE"]),
        ]

    async def all(self, request: Request) -> Response:
        """Overrides that are not cancelled, those that ended too."""
        records = self._settings.book.things(KIND)
        return json_response({"overrides": [_shown(record) for record in records]})

    async def add(self, request: Request) -> Response:
        """Begin an override."""
        wanted = await asked(request, dict[str, Any])
        told = {name: str(wanted.pop(name, "") or "") for name in ("author", "reason")}
        return await self._begin(request, {k: v for k, v in wanted.items() if v is not None}, told)

    async def mourn(self, request: Request) -> Response:
        """Bury sections and tags in every edition, until a moment."""
        wanted = await asked(request, Mourning)
        body = {
            "action": Action.BURY.value,
            "edition": f"{wanted.site}/*" if wanted.site else "",
            "sections": wanted.sections,
            "tags": wanted.tags,
            "end": wanted.end,
        }
        told = {"author": wanted.author, "reason": wanted.reason}
        return await self._begin(request, body, told)

    async def end(self, request: Request) -> Response:
        """Cancel an override."""
        return await withdraw(self._settings, request, KIND)

    async def _begin(
        self, request: Request, body: dict[str, Any], told: dict[str, str]
    ) -> Response:
        if body.get("action") == Action.LIST.value and not body.get("articles"):
            body["articles"] = self._standing(body)
        try:
            act = override_of(body)
        except OverrideError as error:
            raise Problem(400, "Override refused", str(error)) from error
        if act.end is not None and act.end <= time.time():
            raise Problem(400, "Override refused", f"end must be in the future, got {act.end}")
        body = msgspec.to_builtins(act)
        record = await decide(
            self._settings, request, KIND, secrets.token_hex(4), body, parent=0, **told
        )
        return json_response(_shown(record), 201)

    def _standing(self, body: dict[str, Any]) -> list[str]:
        """What a board shows now, to freeze it so."""
        edition = canonical_edition(str(body.get("edition", "")))
        surface = str(body.get("surface", ""))
        board = self._lists.shelf.board(edition, surface)
        if board is None:
            detail = (
                f"a list without articles freezes a board of {' or '.join(SURFACES)};"
                f" {edition or 'no edition'} has none of {surface or 'no surface'}"
            )
            raise Problem(400, "Override refused", detail)
        return list(board.ids[:FROZEN])


def _shown(record: Record) -> dict[str, Any]:
    act: Override = override_of(record.body or {})
    return {
        "id": record.name,
        **msgspec.to_builtins(act),
        "reason": record.reason,
        "author": record.author,
        "at": record.at,
        "version": record.version,
        "active": act.holds(time.time()),
    }
