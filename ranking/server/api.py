"""The API: routes of events, articles and lists.

Routes read the query, ask the engine and answer bytes; they hold no rule of ranking. What takes
the engine's lock runs in a worker thread, so that ready answers never wait for it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, TypeVar

import msgspec
import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from ranking import __version__
from ranking.engine.event import UNREADABLE, Unreadable, edition_fault
from ranking.engine.rings import DAY_MS, HOUR_MS, ring_read
from ranking.lists.boards import SURFACES, card_json, render
from ranking.lists.catalogue import read_cards
from ranking.lists.edition import LONGEST
from ranking.lists.profile import Profile, ProfileError, profile_from
from ranking.server import live as engine
from ranking.server.collector import LARGEST_BODY, Admitted, admit, admit_query
from ranking.server.log import LogFull
from ranking.server.metrics import Metrics
from ranking.server.openapi import document
from ranking.server.problems import Problem, on_problem
from ranking.server.shelf import Answer
from ranking.server.stream import Listeners

T = TypeVar("T")
PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
LONG_VISIT = 50


class Api:
    """Routes over one live engine.

    Parameters
    ----------
    live : Live
    """

    def __init__(self, live: engine.Live) -> None:
        self.live = live
        self.metrics = Metrics(live)
        self.listeners = Listeners(live.shelf)

    def app(self, extra: list[BaseRoute]) -> Starlette:
        """Build the ASGI application."""
        edition = "{site}/{lang}"
        routes = [
            Route("/v1/events", self.events, methods=["POST"]),
            Route("/v1/pixel.gif", self.pixel),
            Route("/v1/articles", self.put_articles, methods=["POST"]),
            Route(f"/v1/articles/{edition}/{{id:path}}", self.put_article, methods=["PUT"]),
            Route(f"/v1/articles/{edition}/{{id:path}}", self.remove_article, methods=["DELETE"]),
            Route(f"/v1/articles/{edition}/{{id:path}}", self.article),
            Route("/v1/popular", self.popular),
            Route("/v1/trending", self.trending),
            Route("/v1/related/{id:path}", self.related),
            Route("/v1/foryou", self.for_you, methods=["POST"]),
            Route("/v1/stream", self.stream),
            Route("/v1/boards", self.boards),
            Route("/v1/graph", self.graph),
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics_page),
            Route("/openapi.json", self.openapi),
            *extra,
        ]
        handlers = {Problem: on_problem, HTTPException: on_problem}
        return Starlette(routes=routes, exception_handlers=handlers)

    async def events(self, request: Request) -> Response:
        """Take events; 202 when the log has them."""
        body = await _body(request)
        try:
            admitted = admit(body, _now_ms(), request.headers.get("user-agent", ""))
        except Unreadable as error:
            raise Problem(400, "Unreadable events", str(error)) from error
        return await self._log(admitted)

    async def pixel(self, request: Request) -> Response:
        """Take one event from an image's query."""
        address = request.client.host if request.client else ""
        agent = request.headers.get("user-agent", "")
        try:
            admitted = admit_query(dict(request.query_params), _now_ms(), agent, address)
        except Unreadable as error:
            raise Problem(400, "Unreadable event", str(error)) from error
        if admitted.rejected:
            raise Problem(400, "Event refused", admitted.rejected[0].reason)
        await self._log(admitted)
        return Response(PIXEL, 200, {"cache-control": "no-store"}, "image/gif")

    async def put_articles(self, request: Request) -> Response:
        """Add or replace cards, one or many."""
        return await self._put(await _body(request), "")

    async def put_article(self, request: Request) -> Response:
        """Add or replace one card."""
        edition, article = _path(request)
        try:
            fields = orjson.loads(await _body(request))
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
        pair = _path(request)
        await self._submit(engine.Request(_future(), removed=[pair]))
        return Response(status_code=204)

    async def article(self, request: Request) -> Response:
        """Show an article's card and counts."""
        edition, article = _path(request)
        body = await run_in_threadpool(self._locked, lambda: self._article(edition, article))
        if body is None:
            raise Problem(404, "Unknown article", f"no card and no view of {article!r}")
        return _json(body)

    async def popular(self, request: Request) -> Response:
        """Popular, or one section of it."""
        return await self._board(request, "popular")

    async def trending(self, request: Request) -> Response:
        """What rises now."""
        return await self._board(request, "trending")

    async def related(self, request: Request) -> Response:
        """Related of one article."""
        edition, n = self._edition(request), _number(request, "n", 4)
        n = max(n, _number(request, "candidates", n))
        article = request.path_params["id"]
        _profile(request, self.live.ranker.profile)
        board = await run_in_threadpool(
            self._locked, lambda: self.live.ranker.related(edition, article, n)
        )
        return _ready(request, self.live.shelf.keep(_line(request), render(board, n)))

    async def for_you(self, request: Request) -> Response:
        """For this visit, from the last pages read, newest first."""
        try:
            asked = msgspec.json.decode(await _body(request), type=_ForYou)
        except UNREADABLE as error:
            raise Problem(400, "Unreadable question", str(error)) from error
        if fault := edition_fault(asked.edition):
            raise Problem(400, "Edition refused", fault)
        recent, n = [str(page) for page in asked.recent[:LONG_VISIT]], asked.n
        board = await run_in_threadpool(
            self._locked, lambda: self.live.ranker.for_you(asked.edition, recent, n)
        )
        return Response(render(board, n), media_type="application/json")

    async def stream(self, request: Request) -> Response:
        """Send a board whenever it changes."""
        edition = self._edition(request)
        surface = request.query_params.get("surface", "popular")
        if surface not in SURFACES:
            raise Problem(400, "Surface refused", f"surface must be of {SURFACES}, got {surface!r}")
        events: AsyncIterator[bytes] = self.listeners.listen(
            edition, surface, _number(request, "n", 5)
        )
        headers = {"cache-control": "no-store", "access-control-allow-origin": "*"}
        return StreamingResponse(events, 200, headers, "text/event-stream")

    async def boards(self, request: Request) -> Response:
        """All boards that are shown."""
        parts = [render(board, len(board.items)) for board in self.live.shelf.boards()]
        return Response(b'{"boards":[' + b",".join(parts) + b"]}", media_type="application/json")

    async def graph(self, request: Request) -> Response:
        """A tag's neighbours."""
        edition, tag = self._edition(request), request.query_params.get("tag", "")
        if not tag:
            raise Problem(400, "Tag refused", "tag must not be empty")
        body = await run_in_threadpool(self._locked, lambda: self._graph(edition, tag))
        return _json(body)

    async def health(self, request: Request) -> Response:
        """Say that the process lives."""
        return _json({"status": "ok", "version": __version__})

    async def ready(self, request: Request) -> Response:
        """Say whether lists are served and events taken."""
        if self.live.failure or not self.live.started.is_set():
            raise Problem(503, "Not ready", repr(self.live.failure or "the engine is starting"))
        profile = self.live.ranker.profile.name
        return _json({"status": "ready", "position": self.live.ranker.position, "profile": profile})

    async def metrics_page(self, request: Request) -> Response:
        """Metrics for Prometheus."""
        return Response(self.metrics.page(), media_type="text/plain; version=0.0.4")

    async def openapi(self, request: Request) -> Response:
        """The API's description."""
        return _json(document())

    async def _log(self, admitted: Admitted) -> Response:
        accepted = len(admitted.rows)
        if accepted:
            await self._submit(engine.Request(_future(), admitted.rows))
        self.metrics.accepted.inc(accepted)
        self.metrics.rejected.inc(len(admitted.rejected))
        body = {"accepted": accepted, "rejected": admitted.rejected}
        return Response(msgspec.json.encode(body), 202, _OPEN, "application/json")

    async def _put(self, body: bytes, edition: str) -> Response:
        try:
            cards, rejected = read_cards(body, edition)
        except Unreadable as error:
            raise Problem(400, "Unreadable articles", str(error)) from error
        if cards:
            await self._submit(engine.Request(_future(), cards=cards))
        answer = {"accepted": len(cards), "rejected": rejected}
        return Response(msgspec.json.encode(answer), 202, _OPEN, "application/json")

    async def _submit(self, request: engine.Request) -> None:
        if self.live.failure:
            self.metrics.refused.inc()
            raise Problem(503, "Engine stopped", repr(self.live.failure), {"retry-after": "5"})
        if self.live.is_full:
            self.metrics.refused.inc()
            raise Problem(429, "Too much at once", "send again in a second", {"retry-after": "1"})
        self.live.submit(request)
        try:
            await request.done
        except LogFull as error:
            self.metrics.refused.inc()
            raise Problem(503, "Log full", str(error), {"retry-after": "5"}) from error

    async def _board(self, request: Request, surface: str) -> Response:
        edition, n = self._edition(request), _number(request, "n", 5)
        section = request.query_params.get("section", "")
        profile = _profile(request, self.live.ranker.profile)
        plain = not section and profile is self.live.ranker.profile
        answer = plain and self.live.shelf.ask(_line(request), edition, surface, n)
        if not answer:
            board = await run_in_threadpool(
                self._locked,
                lambda: self.live.ranker.board(edition, surface, profile, n, section),
            )
            answer = self.live.shelf.keep(_line(request), render(board, n))
        return _ready(request, answer)

    def _locked(self, read: Callable[[], T]) -> T:
        with self.live.lock:
            return read()

    def _edition(self, request: Request) -> str:
        edition = request.query_params.get("edition", "")
        if not edition:
            known = self.live.ranker.editions()
            if len(known) == 1:
                return known[0]
        if fault := edition_fault(edition):
            raise Problem(400, "Edition refused", fault)
        return edition

    def _article(self, edition: str, article: str) -> dict[str, object] | None:
        model = self.live.ranker.edition(edition)
        card = self.live.ranker.catalogue.card(edition, article)
        slot = model.site.slot(edition, article)
        if card is None and slot < 0:
            return None
        shown: dict[str, object] = {"edition": edition, "id": article, "as_of": model.at}
        if card:
            shown |= card_json(card) | {"author": card.author, "story": card.story}
        counts: dict[str, object] = {"views": 0, "accepted": 0, "hourly": [], "daily": []}
        if slot >= 0:
            record = model.site.state.article[slot]
            now = model.site.newest_ms
            counts = {
                "views": int(record["counted"][0]),
                "accepted": int(record["accepted"]),
                "hourly": ring_read(record["hourly"], int(record["hour"]), now // HOUR_MS),
                "daily": ring_read(record["daily"], int(record["day"]), now // DAY_MS),
            }
        return shown | counts

    def _graph(self, edition: str, tag: str) -> dict[str, object]:
        model = self.live.ranker.edition(edition)
        neighbours = model.tags(self.live.ranker.profile).neighbours(tag)
        shown = [{"tag": n.tag, "weight": n.weight, "lift": n.lift} for n in neighbours]
        return {"edition": edition, "tag": tag, "as_of": model.at, "neighbours": shown}


class _ForYou(msgspec.Struct, frozen=True):
    edition: str
    recent: list[str | int]
    n: Annotated[int, msgspec.Meta(ge=1, le=LONGEST)] = 5


_OPEN = {"access-control-allow-origin": "*"}


async def _body(request: Request) -> bytes:
    length = int(request.headers.get("content-length") or 0)
    if length > LARGEST_BODY:
        raise Problem(413, "Body too large", f"body must be at most {LARGEST_BODY} bytes")
    body = await request.body()
    if len(body) > LARGEST_BODY:
        raise Problem(413, "Body too large", f"body must be at most {LARGEST_BODY} bytes")
    return body


def _future() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().create_future()


def _now_ms() -> int:
    return int(time.time() * 1000)


def _path(request: Request) -> tuple[str, str]:
    edition = f"{request.path_params['site']}/{request.path_params['lang']}"
    if fault := edition_fault(edition):
        raise Problem(400, "Edition refused", fault)
    return edition, request.path_params["id"]


def _line(request: Request) -> str:
    return f"{request.scope['path']}?{request.url.query}"


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST):
        detail = f"{name} must be a whole number from 1 to {LONGEST}, got {text[:20]!r}"
        raise Problem(400, "Number refused", detail)
    return int(text)


def _profile(request: Request, live: Profile) -> Profile:
    """The live profile, or the one that the query asks for."""
    query = request.query_params
    name = query.get("profile") or live.name
    if name != live.name:
        raise Problem(404, "Unknown profile", f"profile must be {live.name!r}, got {name!r}")
    if "window" not in query:
        return live
    try:
        return profile_from({"window": int(query["window"])}, live)
    except ValueError as error:
        detail = str(error) if isinstance(error, ProfileError) else "window must be seconds"
        raise Problem(400, "Window refused", detail) from error


def _ready(request: Request, answer: Answer) -> Response:
    if request.headers.get("if-none-match") == answer.etag:
        return Response(status_code=304, headers=dict(answer.headers))
    return Response(answer.body, headers=dict(answer.headers))


def _json(body: object) -> Response:
    return Response(orjson.dumps(body), headers=_OPEN, media_type="application/json")
