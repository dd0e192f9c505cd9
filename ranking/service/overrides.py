"""Overrides: the routes that pin, boost, bury and block, and that end an override."""

import secrets
import time
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.engine.event import canonical_edition
from ranking.engine.timestamps import TimestampError
from ranking.lists.boards import SURFACES
from ranking.lists.rerank.editorial import Action
from ranking.service.ports import Lists, Refused, Settings
from ranking.service.problems import Problem
from ranking.service.request_parameters import json_response
from ranking.service.settings_routes import asked, decide, withdraw
from ranking.settings_log.body_validation import moment_of
from ranking.settings_log.decisions import Decision
from ranking.settings_log.override_reach import Reached
from ranking.settings_log.overrides import Override, OverrideError, ended, override_of

KIND = "override"
FROZEN = 20
"""Places of a board that a freeze holds."""


class Mourning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sections and tags that a mourning buries, in every edition.

    Attributes
    ----------
    end : float, str or None
        Wall clock, seconds, or as text a time or a span from now; None = in two hours.
    site : str
        Empty = all sites.
    """

    end: float | str | None = None
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
        return [
            Route("/v1/overrides", self.all),
            Route("/v1/overrides/preview", self.preview, methods=["POST"]),
        ]

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

    async def preview(self, request: Request) -> Response:
        """Which articles an override would mean in each edition, before it holds."""
        wanted, _ = _told(await asked(request, dict[str, Any]))
        act = self._act(wanted)
        told = await self._reached(act)
        editions = [
            {"edition": edition, "articles": count, **_named(told, edition)}
            for edition, count in told.editions.items()
        ]
        named = [*act.articles, *act.stories]
        body = {
            "action": act.action.value,
            "articles": sum(told.editions.values()),
            "editions": editions,
            "end": act.end,
            "unknown": [name for name in named if name not in told.known],
        }
        return json_response(body)

    async def add(self, request: Request) -> Response:
        """Begin an override."""
        return await self._begin(request, *_told(await asked(request, dict[str, Any])))

    async def mourn(self, request: Request) -> Response:
        """Bury sections and tags in every edition, until a moment."""
        wanted = await asked(request, Mourning)
        body = {
            "action": Action.BURY.value,
            "edition": f"{wanted.site}/*" if wanted.site else "",
            "sections": wanted.sections,
            "tags": wanted.tags,
            **({} if wanted.end is None else {"end": wanted.end}),
        }
        told = {"author": wanted.author, "reason": wanted.reason}
        return await self._begin(request, body, told)

    async def end(self, request: Request) -> Response:
        """Cancel an override."""
        return await withdraw(self._settings, request, KIND)

    async def _begin(
        self, request: Request, body: dict[str, Any], told: dict[str, str]
    ) -> Response:
        act = self._act(body)
        found = await self._reached(act)
        named = [*act.articles, *act.stories]
        if unknown := [name for name in named if name not in found.known]:
            where = act.edition or "any edition"
            detail = (
                "articles and stories must be known by a card or a view in"
                f" {where}, got {', '.join(unknown[:5])}"
            )
            raise Problem(404, "Unknown article", detail)
        record = await decide(
            self._settings, request, KIND, secrets.token_hex(4),
            msgspec.to_builtins(found.completed(act)), parent=0, **told,
        )  # fmt: skip
        return json_response({**_shown(record), "reached": found.editions}, 201)

    def _act(self, body: dict[str, Any]) -> Override:
        """The act that a body asks for, with its end."""
        if body.get("action") == Action.LIST.value and not body.get("articles"):
            body["articles"] = self._standing(body)
        try:
            if "elsewhere" in body:
                message = "elsewhere must be left out: it is found by the stories of the editions"
                raise OverrideError(message)
            now = time.time()
            for name in ("start", "end"):
                if isinstance(body.get(name), str):
                    body = {**body, name: moment_of(body[name], name, now)}
            return ended(override_of(body), now)
        except (OverrideError, TimestampError) as error:
            raise Problem(400, "Override refused", str(error)) from error

    async def _reached(self, act: Override) -> Reached:
        try:
            return await self._lists.reached(act)
        except Refused as refused:
            wait = {"retry-after": str(refused.wait)}
            raise Problem(503, "Articles not available", str(refused), wait) from refused

    def _standing(self, body: dict[str, Any]) -> list[str]:
        """The articles of a board now, for a frozen copy."""
        edition = canonical_edition(str(body.get("edition", "")))
        surface = str(body.get("surface", ""))
        board = self._lists.responses.board(edition, surface)
        if board is None:
            detail = (
                f"a list without articles freezes a board of {' or '.join(SURFACES)};"
                f" {edition or 'no edition'} has none of {surface or 'no surface'}"
            )
            raise Problem(400, "Override refused", detail)
        return list(board.ids[:FROZEN])


def _told(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Reads an override, its author and its reason."""
    told = {name: str(body.pop(name, "") or "") for name in ("author", "reason")}
    return {name: value for name, value in body.items() if value is not None}, told


def _named(told: Reached, edition: str) -> dict[str, list[str]]:
    """Names of sections and tags in an edition."""
    named = told.elsewhere.get(edition)
    return {"sections": named.sections, "tags": named.tags} if named else {}


def _shown(record: Decision) -> dict[str, Any]:
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
