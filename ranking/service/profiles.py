"""Profiles: the routes that read, preview and publish profiles."""

import time
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.engine.event import canonical_edition
from ranking.profiles.parameters import parameters
from ranking.profiles.profile import ProfileError, settings_of
from ranking.profiles.scopes import Scope
from ranking.service.ports import Lists, Settings
from ranking.service.problems import Problem
from ranking.service.request_parameters import json_response, profile_of
from ranking.service.settings_routes import asked, decide
from ranking.settings_log.book import name_of
from ranking.settings_log.decisions import Decision
from ranking.settings_log.drafts import DraftRequest, draft_of
from ranking.settings_log.profile_files import toml_of

KIND = "profile"


class Publication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A publication: all parameters that a scope sets itself."""

    set: dict[str, Any]
    parent: int
    edition: str = ""
    section: str = ""
    surface: str = ""
    reason: str = ""
    author: str = ""


class Return(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which version of a scope is published again."""

    version: int
    parent: int
    edition: str = ""
    section: str = ""
    surface: str = ""
    reason: str = ""
    author: str = ""


class ProfileRoutes:
    """Routes of profiles.

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
            Route("/v1/profiles", self.all),
            Route("/v1/profiles/effective", self.effective),
            Route("/v1/profiles/history", self.history),
            Route("/v1/profiles/export", self.export),
        ]

    def writing(self) -> list[BaseRoute]:
        """Routes that try and publish."""
        return [
            Route("/v1/profiles", self.publish, methods=["PUT"]),
            Route("/v1/profiles/drafts", self.draft, methods=["POST"]),
            Route("/v1/profiles/rollback", self.roll_back, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """All parameters, and what each scope has of its own."""
        scopes = [_version(record) for record in self._settings.book.things(KIND)]
        return json_response(
            {
                "settings": self._settings.book.version,
                "parameters": [msgspec.to_builtins(its) for its in parameters()],
                "scopes": [scope for scope in scopes if scope["set"]],
            }
        )

    async def effective(self, request: Request) -> Response:
        """The profile of a list, and where each of its parameters comes from."""
        scope = _scope_of(request)
        where = scope.edition, scope.surface, scope.section
        profile = await profile_of(request, self._lists, *where)
        origins = self._lists.profiles.origins(*where)
        return json_response(
            {
                "profile": settings_of(profile),
                "from": {name: str(origin) for name, origin in origins.items()},
                "set": self._lists.profiles.changes.get(scope, {}),
                "version": self._settings.book.latest(KIND, name_of(scope)),
            }
        )

    async def history(self, request: Request) -> Response:
        """All versions of a scope, newest first."""
        records = self._settings.book.history(KIND, name_of(_scope_of(request)))
        return json_response({"versions": [_version(record) for record in reversed(records)]})

    async def export(self, request: Request) -> Response:
        """The parameters that a scope sets, as a profile file."""
        scope = _scope_of(request)
        text = toml_of(self._lists.profiles.changes.get(scope, {}), str(scope))
        return Response(text, media_type="application/toml")

    async def draft(self, request: Request) -> Response:
        """Keep a draft, which any list takes by its id at once."""
        question = await asked(request, DraftRequest)
        try:
            draft = draft_of(question, self._lists.profiles, time.time())
        except ProfileError as error:
            raise Problem(400, "Profile refused", str(error)) from error
        await self._lists.keep(draft)
        scope = draft.scope
        profile = draft.profile(self._lists.profiles, scope.edition, scope.surface, scope.section)
        shown = {
            "id": draft.id,
            "expires_at": draft.expires_at,
            **msgspec.to_builtins(scope),
            "set": draft.changes,
            "profile": settings_of(profile),
        }
        return json_response(shown, 201)

    async def publish(self, request: Request) -> Response:
        """Let a scope have these parameters from now on."""
        wanted = await asked(request, Publication)
        scope = Scope(canonical_edition(wanted.edition), wanted.section, wanted.surface)
        return await self._publish(request, scope, wanted.set, wanted)

    async def roll_back(self, request: Request) -> Response:
        """Publish an earlier version of a scope again; version 0 is the one before the first."""
        wanted = await asked(request, Return)
        scope = Scope(canonical_edition(wanted.edition), wanted.section, wanted.surface)
        known = {
            record.version: record for record in self._settings.book.history(KIND, name_of(scope))
        }
        if wanted.version and wanted.version not in known:
            detail = f"version must be one of {scope}'s {len(known)} versions, got {wanted.version}"
            raise Problem(404, "Unknown version", detail)
        changes = (known[wanted.version].body or {}) if wanted.version else {}
        return await self._publish(request, scope, changes, wanted)

    async def _publish(
        self, request: Request, scope: Scope, changes: dict[str, Any], wanted: Publication | Return
    ) -> Response:
        try:
            self._lists.profiles.with_changes(scope, changes)
        except ProfileError as error:
            raise Problem(400, "Profile refused", str(error)) from error
        record = await decide(
            self._settings, request, KIND, name_of(scope), changes or None,
            author=wanted.author, reason=wanted.reason, parent=wanted.parent,
        )  # fmt: skip
        return json_response(_version(record), 201)


def _scope_of(request: Request) -> Scope:
    query = request.query_params
    edition = canonical_edition(query.get("edition", ""))
    return Scope(edition, query.get("section", ""), query.get("surface", ""))


def _version(record: Decision) -> dict[str, Any]:
    edition, surface, section = record.name.split("|", 2)
    return {
        "edition": edition,
        "section": section,
        "surface": surface,
        "version": record.version,
        "parent": record.parent,
        "author": record.author,
        "at": record.at,
        "reason": record.reason,
        "set": record.body or {},
    }
