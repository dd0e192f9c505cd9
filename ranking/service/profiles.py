"""Profiles: the routes that read, preview and publish profiles."""

import time
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.engine.event import canonical_edition
from ranking.lists.ranked_list import list_names
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


class ProfileDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The scope of a decision on a profile, and who makes it.

    Attributes
    ----------
    parent : int
        The scope's latest version that the author has seen.
    edition, section, surface : str
        The scope; empty = all.
    reason, author : str
    """

    parent: int
    edition: str = ""
    section: str = ""
    surface: str = ""
    reason: str = ""
    author: str = ""

    @property
    def scope(self) -> Scope:
        """The scope, its edition in canonical spelling."""
        return Scope(canonical_edition(self.edition), self.section, self.surface)


class Publication(ProfileDecision, frozen=True, kw_only=True):
    """A publication: all parameters that a scope sets itself."""

    set: dict[str, Any]


class Return(ProfileDecision, frozen=True, kw_only=True):
    """A rollback: the version of a scope that is published again."""

    version: int


@dataclass(frozen=True, slots=True)
class ProfileRoutes:
    """Routes of profiles.

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
            Route("/v1/profiles", self.all),
            Route("/v1/profiles/effective", self.effective),
            Route("/v1/profiles/history", self.history),
            Route("/v1/profiles/export", self.export),
        ]

    def writing(self) -> list[BaseRoute]:
        """Build the routes of drafts and publications."""
        return [
            Route("/v1/profiles", self.publish, methods=["PUT"]),
            Route("/v1/profiles/drafts", self.draft, methods=["POST"]),
            Route("/v1/profiles/rollback", self.roll_back, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """Return all parameters, and those that each scope sets itself."""
        scopes = [_version(record) for record in self.settings.book.things(KIND)]
        return json_response(
            {
                "settings": self.settings.book.version,
                "parameters": [msgspec.to_builtins(parameter) for parameter in parameters()],
                "scopes": [scope for scope in scopes if scope["set"]],
            }
        )

    async def effective(self, request: Request) -> Response:
        """Return the profile of a list, and the scope that sets each parameter."""
        scope = _scope_of(request)
        where = scope.edition, scope.surface, scope.section
        profile = await profile_of(request, self.lists, *where)
        origins = self.lists.profiles.origins(*where)
        return json_response(
            {
                "profile": settings_of(profile),
                "from": {name: str(origin) for name, origin in origins.items()},
                "set": self.lists.profiles.changes.get(scope, {}),
                "version": self.settings.book.latest(KIND, name_of(scope)),
            }
        )

    async def history(self, request: Request) -> Response:
        """Return all versions of a scope, newest first."""
        records = self.settings.book.history(KIND, name_of(_scope_of(request)))
        return json_response({"versions": [_version(record) for record in reversed(records)]})

    async def export(self, request: Request) -> Response:
        """Return the parameters that a scope sets, as a profile file."""
        scope = _scope_of(request)
        text = toml_of(self.lists.profiles.changes.get(scope, {}), str(scope))
        return Response(text, media_type="application/toml")

    async def draft(self, request: Request) -> Response:
        """Keep a draft; any list accepts its id at once."""
        question = await asked(request, DraftRequest)
        try:
            draft = draft_of(question, self.lists.profiles, time.time())
        except ProfileError as error:
            raise Problem(400, "Profile refused", str(error)) from error
        await self.lists.keep(draft)
        scope = draft.scope
        profile = draft.profile(self.lists.profiles, scope.edition, scope.surface, scope.section)
        shown = {
            "id": draft.id,
            "expires_at": draft.expires_at,
            **msgspec.to_builtins(scope),
            "set": draft.changes,
            "profile": settings_of(profile),
        }
        return json_response(shown, 201)

    async def publish(self, request: Request) -> Response:
        """Publish the parameters of a scope."""
        wanted = await asked(request, Publication)
        return await self._publish(request, wanted.set, wanted)

    async def roll_back(self, request: Request) -> Response:
        """Publish an earlier version of a scope again; version 0 sets nothing."""
        wanted = await asked(request, Return)
        scope = wanted.scope
        known = {
            record.version: record for record in self.settings.book.history(KIND, name_of(scope))
        }
        if wanted.version and wanted.version not in known:
            detail = f"version must be one of {scope}'s {len(known)} versions, got {wanted.version}"
            raise Problem(404, "Unknown version", detail)
        changes = (known[wanted.version].body or {}) if wanted.version else {}
        return await self._publish(request, changes, wanted)

    async def _publish(
        self, request: Request, changes: dict[str, Any], wanted: ProfileDecision
    ) -> Response:
        scope = wanted.scope
        if scope.surface not in ("", *list_names()):
            detail = f"surface must be one of {', '.join(list_names())}, got {scope.surface[:20]!r}"
            raise Problem(400, "Profile refused", detail)
        try:
            self.lists.profiles.with_changes(scope, changes)
        except ProfileError as error:
            raise Problem(400, "Profile refused", str(error)) from error
        record = await decide(
            self.settings, request, KIND, name_of(scope), changes or None,
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
