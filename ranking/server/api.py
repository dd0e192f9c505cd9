"""The API: which routes a process serves, and what it tells about itself.

An embedded server has all of them; in the cluster a collector only takes events and articles in,
and an API process only answers.
"""

from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking import __version__
from ranking.console import pages
from ranking.server.answers import Answers
from ranking.server.intake import Writing
from ranking.server.metrics import Metrics
from ranking.server.openapi import document
from ranking.server.ports import Intake, Lists
from ranking.server.problems import Problem, on_problem
from ranking.server.requests import json_response


class Api:
    """Routes of one process.

    Parameters
    ----------
    metrics : Metrics
    lists : Lists or None
        Answers questions.
    intake : Intake or None
        Takes events and articles.
    """

    def __init__(
        self, metrics: Metrics, lists: Lists | None = None, intake: Intake | None = None
    ) -> None:
        self.metrics, self.lists, self.intake = metrics, lists, intake

    def app(self, extra: list[BaseRoute] | None = None) -> Starlette:
        """Build the ASGI application."""
        routes: list[BaseRoute] = [
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics_page),
            Route("/openapi.json", self.openapi),
            *(extra or []),
        ]
        if self.intake:
            routes += Writing(self.intake, self.metrics).routes()
        if self.lists:
            routes += Answers(self.lists).routes() + pages.routes()
        handlers = {Problem: on_problem, HTTPException: on_problem}
        return Starlette(routes=routes, exception_handlers=handlers)

    async def health(self, request: Request) -> Response:
        """Say that the process lives."""
        return json_response({"status": "ok", "version": __version__})

    async def ready(self, request: Request) -> Response:
        """Say whether lists are served and events taken."""
        status: dict[str, Any] = {"status": "ready"}
        for part in (self.lists, self.intake):
            if part and (fault := part.fault()):
                raise Problem(503, "Not ready", fault)
        return json_response(status | (self.lists.status() if self.lists else {}))

    async def metrics_page(self, request: Request) -> Response:
        """Metrics for Prometheus."""
        return Response(self.metrics.page(), media_type="text/plain; version=0.0.4")

    async def openapi(self, request: Request) -> Response:
        """The API's description."""
        return json_response(document())
