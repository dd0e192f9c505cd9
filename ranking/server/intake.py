"""Intake: the routes that bring events and articles in. 202 means that the log has them."""

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.engine.event import Unreadable
from ranking.engine.rows import Rows
from ranking.lists.cards import Card, read_cards
from ranking.server.bundles import NOTHING
from ranking.server.collector import Admitted, admit, admit_query
from ranking.server.metrics import Metrics
from ranking.server.ports import Intake, Refused
from ranking.server.problems import Problem
from ranking.server.requests import OPEN, article_of, body_of, now_ms

PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)


class Writing:
    """Routes over whoever writes the log.

    Parameters
    ----------
    intake : Intake
    metrics : Metrics
    """

    def __init__(self, intake: Intake, metrics: Metrics) -> None:
        self.intake, self.metrics = intake, metrics

    def routes(self) -> list[BaseRoute]:
        """Build the routes."""
        one = "/v1/articles/{site}/{lang}/{id:path}"
        return [
            Route("/v1/events", self.events, methods=["POST"]),
            Route("/v1/pixel.gif", self.pixel),
            Route("/v1/articles", self.put_articles, methods=["POST"]),
            Route(one, self.put_article, methods=["PUT"]),
            Route(one, self.remove_article, methods=["DELETE"]),
        ]

    async def events(self, request: Request) -> Response:
        """Take events."""
        body = await body_of(request)
        try:
            admitted = admit(body, now_ms(), request.headers.get("user-agent", ""))
        except Unreadable as error:
            raise Problem(400, "Unreadable events", str(error)) from error
        return await self._log(admitted)

    async def pixel(self, request: Request) -> Response:
        """Take one event from an image's query."""
        address = request.client.host if request.client else ""
        agent = request.headers.get("user-agent", "")
        try:
            admitted = admit_query(dict(request.query_params), now_ms(), agent, address)
        except Unreadable as error:
            raise Problem(400, "Unreadable event", str(error)) from error
        if admitted.rejected:
            raise Problem(400, "Event refused", admitted.rejected[0].reason)
        await self._log(admitted)
        return Response(PIXEL, 200, {"cache-control": "no-store"}, "image/gif")

    async def put_articles(self, request: Request) -> Response:
        """Add or replace cards, one or many."""
        return await self._put(await body_of(request), "")

    async def put_article(self, request: Request) -> Response:
        """Add or replace one card."""
        edition, article = article_of(request)
        try:
            fields = orjson.loads(await body_of(request))
        except orjson.JSONDecodeError as error:
            raise Problem(400, "Unreadable article", f"body must be JSON: {error}") from error
        if not isinstance(fields, dict):
            raise Problem(400, "Unreadable article", "body must be an object")
        response = await self._put(orjson.dumps({**fields, "id": article}), edition)
        rejected = orjson.loads(bytes(response.body))["rejected"]
        if rejected:
            raise Problem(400, "Article refused", rejected[0]["reason"])
        return response

    async def remove_article(self, request: Request) -> Response:
        """Take an article down."""
        await self._take(removed=[article_of(request)])
        return Response(status_code=204)

    async def _log(self, admitted: Admitted) -> Response:
        accepted = len(admitted.rows)
        if accepted:
            await self._take(admitted.rows)
        self.metrics.accepted.inc(accepted)
        self.metrics.rejected.inc(len(admitted.rejected))
        body = {"accepted": accepted, "rejected": admitted.rejected}
        return Response(msgspec.json.encode(body), 202, OPEN, "application/json")

    async def _put(self, body: bytes, edition: str) -> Response:
        try:
            cards, rejected = read_cards(body, edition)
        except Unreadable as error:
            raise Problem(400, "Unreadable articles", str(error)) from error
        if cards:
            await self._take(cards=cards)
        answer = {"accepted": len(cards), "rejected": rejected}
        return Response(msgspec.json.encode(answer), 202, OPEN, "application/json")

    async def _take(
        self,
        rows: Rows = NOTHING,
        cards: list[Card] | None = None,
        removed: list[tuple[str, str]] | None = None,
    ) -> None:
        try:
            await self.intake.take(rows, cards or [], removed or [])
        except Refused as refused:
            self.metrics.refused.inc()
            status = 429 if refused.is_busy else 503
            title = "Too much at once" if refused.is_busy else "Log not available"
            wait = {"retry-after": str(refused.wait)}
            raise Problem(status, title, str(refused), wait) from refused
