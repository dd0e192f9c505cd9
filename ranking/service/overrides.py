"""Overrides: the routes that add, preview and cancel overrides."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.engine.event import canonical_edition
from ranking.engine.timestamps import TimestampError
from ranking.lists.ranked_list import board_names
from ranking.lists.rerank.editorial import Action
from ranking.service.ports import Lists, Refused, Settings
from ranking.service.problems import Problem
from ranking.service.request_parameters import json_response
from ranking.service.settings_routes import asked, asked_and_signed, decide, withdraw
from ranking.settings_log.body_validation import moment_of
from ranking.settings_log.decisions import Decision
from ranking.settings_log.override_reach import Reached
from ranking.settings_log.overrides import Override, OverrideError, ended, override_of

KIND = "override"
FROZEN = 20
"""Positions of a board that a frozen list keeps."""


class Mourning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sections and tags that a mourning buries, in every edition.

    Attributes
    ----------
    end : float, str or None
        Seconds since the epoch, or text: a time, or a duration from now. None = in two hours.
    sections, tags : list of str
    site : str
        Empty = all sites.
    reason, author : str
    """

    end: float | str | None = None
    sections: list[str] = []
    tags: list[str] = []
    site: str = ""
    reason: str = "mourning"
    author: str = ""


@dataclass(frozen=True, slots=True)
class OverrideRoutes:
    """Routes of overrides.

    Attributes
    ----------
    lists : Lists
    settings : Settings
    """

    lists: Lists
    settings: Settings

    def reading(self) -> list[BaseRoute]:
        """Build the routes that change nothing."""
        return [
            Route("/v1/overrides", self.all),
            Route("/v1/overrides/preview", self.preview, methods=["POST"]),
        ]

    def writing(self) -> list[BaseRoute]:
        """Build the routes that add and cancel."""
        return [
            Route("/v1/overrides", self.add, methods=["POST"]),
            Route("/v1/overrides/mourning", self.mourn, methods=["POST"]),
            Route("/v1/overrides/{id}", self.end, methods=["DELETE"]),
        ]

    async def all(self, request: Request) -> Response:
        """Return the overrides that are not cancelled, ended ones too."""
        records = self.settings.book.things(KIND)
        return json_response({"overrides": [_shown(record) for record in records]})

    async def preview(self, request: Request) -> Response:
        """Return the articles that an override would affect, by edition."""
        wanted, _ = await asked_and_signed(request)
        act = self._act(wanted)
        reached = await self._reached(act)
        editions = [
            {"edition": edition, "articles": count, **_named(reached, edition)}
            for edition, count in reached.editions.items()
        ]
        named = [*act.articles, *act.stories]
        body = {
            "action": act.action.value,
            "articles": sum(reached.editions.values()),
            "editions": editions,
            "end": act.end,
            "unknown": [name for name in named if name not in reached.known],
        }
        return json_response(body)

    async def add(self, request: Request) -> Response:
        """Begin an override."""
        return await self._begin(request, *await asked_and_signed(request))

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
        signature = {"author": wanted.author, "reason": wanted.reason}
        return await self._begin(request, body, signature)

    async def end(self, request: Request) -> Response:
        """Cancel an override."""
        return await withdraw(self.settings, request, KIND)

    async def _begin(
        self, request: Request, body: dict[str, Any], signature: dict[str, str]
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
            self.settings, request, KIND, secrets.token_hex(4),
            msgspec.to_builtins(found.completed(act)), parent=0, **signature,
        )  # fmt: skip
        return json_response({**_shown(record), "reached": found.editions}, 201)

    def _act(self, body: dict[str, Any]) -> Override:
        """The override that a body asks for, with its end."""
        if body.get("action") == Action.LIST.value and not body.get("articles"):
            body["articles"] = self._present_board(body)
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
            return await self.lists.reached(act)
        except Refused as refused:
            wait = {"retry-after": str(refused.wait)}
            raise Problem(503, "Articles not available", str(refused), wait) from refused

    def _present_board(self, body: dict[str, Any]) -> list[str]:
        """The articles of a board now, for a frozen copy."""
        edition = canonical_edition(str(body.get("edition", "")))
        surface = str(body.get("surface", ""))
        board = self.lists.responses.board(edition, surface)
        if board is None:
            detail = (
                f"a list without articles freezes a board of {' or '.join(board_names())};"
                f" {edition or 'no edition'} has none of {surface or 'no surface'}"
            )
            raise Problem(400, "Override refused", detail)
        return list(board.ids[:FROZEN])


def _named(reached: Reached, edition: str) -> dict[str, list[str]]:
    """Names of sections and tags in an edition."""
    named = reached.elsewhere.get(edition)
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
