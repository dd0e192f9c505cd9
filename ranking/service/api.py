"""The API: the routes of a process, and its health and version.

An embedded server has all of them; in the cluster a collector only takes events and articles in,
and an API process only answers.
"""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking import __version__
from ranking.console import pages as console
from ranking.manual import pages as manual
from ranking.service.authorization import Authorizer
from ranking.service.experiment_lists import ArmLists
from ranking.service.experiments import ExperimentRoutes
from ranking.service.history import HistoryRoutes
from ranking.service.http_methods import Methods
from ranking.service.ingestion import IngestionRoutes
from ranking.service.intake import Intake
from ranking.service.keys import KeyRoutes
from ranking.service.lists import ListRoutes
from ranking.service.openapi import document
from ranking.service.overrides import OverrideRoutes
from ranking.service.ports import Lists, Past, Settings
from ranking.service.previews import PreviewRoutes
from ranking.service.problems import Problem, on_fault, on_problem
from ranking.service.profiles import ProfileRoutes
from ranking.service.prometheus import Metrics
from ranking.service.readouts import Readouts
from ranking.service.request_parameters import json_response
from ranking.service.site_settings import DEFAULT_SITE, SiteSettings
from ranking.service.webhooks import WebhookRoutes
from ranking.settings_log.keys import Key, Role


class Api:
    """Routes of one process.

    Parameters
    ----------
    metrics : Metrics
    lists : Lists or None
        Answers questions.
    intake : Intake or None
        Takes events and articles.
    settings : Settings or None
        Knows what operators decided, and who may do what.
    past : Past or None
        Knows what was.
    is_open : bool
        Whether everything is allowed until a key administers.
    guests : sequence of Key
        Keys of this process alone.
    site : SiteSettings
    """

    def __init__(
        self,
        metrics: Metrics,
        lists: Lists | None = None,
        intake: Intake | None = None,
        settings: Settings | None = None,
        past: Past | None = None,
        *,
        is_open: bool = True,
        site: SiteSettings = DEFAULT_SITE,
        guests: Sequence[Key] = (),
    ) -> None:
        self.site = site
        self.metrics, self.lists, self.intake, self.settings = metrics, lists, intake, settings
        self.past = past
        self.guard = Authorizer(settings, is_open=is_open, guests=guests)
        if intake:
            unsigned = self.guard.unsigned
            metrics.gauge(
                "tolqyn_events_unsigned", "Events taken without a key", lambda: unsigned.total
            )

    def app(self, extra: list[BaseRoute] | None = None) -> Starlette:
        """Build the ASGI application."""
        routes: list[BaseRoute] = [
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics_page),
            Route("/openapi.json", self.openapi),
            *manual.routes(),
            *(extra or []),
        ]
        if self.intake:
            writing = IngestionRoutes(self.intake, self.metrics, self.site.zone, self.site.proxies)
            routes += self.guard.routes(Role.OPERATE, writing.restoring())
            routes += self.guard.routes(Role.WRITE, writing.routes())
        if self.lists:
            routes += self._answers(self.lists) + console.routes()
        if self.settings:
            routes += self._keys(self.settings)
        handlers = {Problem: on_problem, HTTPException: on_problem, Exception: on_fault}
        middleware = [Middleware(Methods)]
        return Starlette(routes=routes, exception_handlers=handlers, middleware=middleware)

    def _answers(self, lists: Lists) -> list[BaseRoute]:
        past = HistoryRoutes(lists, self.past, self.guard, self.site.zone) if self.past else None
        arms = ArmLists(lists, self.settings) if self.settings else None
        answers, guard = ListRoutes(lists, past, arms), self.guard
        reading = [*answers.reading(), Route("/v1/traffic", self.traffic)]
        reading += past.routes() if past else []
        routes = answers.routes() + guard.routes(Role.READ, reading)
        if self.settings:
            previews = PreviewRoutes(lists, self.past)
            routes += guard.routes(Role.READ, previews.reading())
            routes += guard.routes(Role.READ, Readouts(lists, self.settings).reading())
            for parts in (ProfileRoutes, OverrideRoutes):
                made = parts(lists, self.settings)
                routes += guard.routes(Role.READ, made.reading())
                routes += guard.routes(Role.OPERATE, made.writing())
        return routes

    def _keys(self, settings: Settings) -> list[BaseRoute]:
        guard = self.guard
        keys = KeyRoutes(settings, guard.unsigned if self.intake else None)
        readouts = Readouts(self.lists, settings) if self.lists else None
        hooks, trials = WebhookRoutes(settings), ExperimentRoutes(settings, readouts)
        routes = trials.public()
        for made in (hooks, trials):
            routes += guard.routes(Role.READ, made.reading())
            routes += guard.routes(Role.OPERATE, made.writing())
        routes += guard.routes(Role.READ, keys.reading())
        return routes + guard.routes(Role.ADMINISTER, keys.administering())

    async def health(self, request: Request) -> Response:
        """Say that the process lives."""
        return json_response({"status": "ok", "version": __version__})

    async def ready(self, request: Request) -> Response:
        """Say whether lists are served and events taken."""
        status: dict[str, Any] = {"status": "ready"}
        for part in (self.lists, self.intake, self.settings):
            if part and (fault := part.fault()):
                raise Problem(503, "Not ready", fault)
        if self.settings:
            status["settings"] = self.settings.book.version
        return json_response(status | (self.lists.status() if self.lists else {}))

    async def traffic(self, request: Request) -> Response:
        """Views an hour of every edition, and what this process took and refused."""
        editions = await self.lists.traffic() if self.lists else []
        settings = self.settings.book.version if self.settings else 0
        status = self.lists.status() if self.lists else {}
        counted = self.metrics.counted()
        return json_response({"editions": editions, **counted, **status, "settings": settings})

    async def metrics_page(self, request: Request) -> Response:
        """Metrics for Prometheus."""
        return Response(self.metrics.page(), media_type="text/plain; version=0.0.4")

    async def openapi(self, request: Request) -> Response:
        """The API's description."""
        return json_response(document())
