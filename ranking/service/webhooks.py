"""Webhooks: the routes that read, add and cancel webhooks."""

import secrets
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.service.ports import Settings
from ranking.service.problems import Problem
from ranking.service.request_parameters import json_response
from ranking.service.settings_routes import asked_and_signed, decide, withdraw
from ranking.settings_log.decisions import Decision
from ranking.settings_log.webhooks import WebhookError, hook_of

KIND = "hook"


class WebhookRoutes:
    """Routes of webhooks.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def reading(self) -> list[BaseRoute]:
        """Build the routes that change nothing."""
        return [Route("/v1/hooks", self.all)]

    def writing(self) -> list[BaseRoute]:
        """Build the routes that add and cancel."""
        return [
            Route("/v1/hooks", self.add, methods=["POST"]),
            Route("/v1/hooks/{id}", self.end, methods=["DELETE"]),
        ]

    async def all(self, request: Request) -> Response:
        """Return the webhooks that are not cancelled."""
        records = self._settings.book.things(KIND)
        return json_response({"hooks": [_shown(record) for record in records]})

    async def add(self, request: Request) -> Response:
        """Add a webhook."""
        wanted, signature = await asked_and_signed(request)
        try:
            body = msgspec.to_builtins(hook_of(wanted))
        except WebhookError as error:
            raise Problem(400, "Hook refused", str(error)) from error
        name = secrets.token_hex(4)
        record = await decide(self._settings, request, KIND, name, body, parent=0, **signature)
        return json_response(_shown(record), 201)

    async def end(self, request: Request) -> Response:
        """Cancel a webhook."""
        return await withdraw(self._settings, request, KIND)


def _shown(record: Decision) -> dict[str, Any]:
    return {"id": record.name, **(record.body or {}), "author": record.author, "at": record.at}
