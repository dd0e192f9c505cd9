"""Lists: the routes of lists, articles and tags.

A route reads its query, asks for a list and answers bytes; it holds no rule of ranking, and does
not know where the engine runs.
"""

from collections.abc import AsyncIterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from ranking.engine.validation import UNREADABLE, fault_of
from ranking.experiments.arms import Where
from ranking.lists.boards import Board, render, render_candidates
from ranking.lists.edition_reader import LONGEST
from ranking.lists.explanation import Explained
from ranking.lists.lists import LISTS
from ranking.lists.ranked_list import RankedList, board_names
from ranking.profiles.profile import Profile
from ranking.service.event_stream import Listeners
from ranking.service.experiment_lists import ArmLists
from ranking.service.history import HistoryRoutes
from ranking.service.ports import Lists
from ranking.service.problems import Problem
from ranking.service.request_bodies import body_of
from ranking.service.request_parameters import (
    OPEN,
    PRIVATE,
    article_of,
    edition_of,
    json_response,
    line_of,
    number_of,
    profile_of,
    ready,
    spelt_edition,
)

LONG_VISIT = 50
MODULES = ("/visit.js", "/experiment.js")
_FOLDER = Path(__file__).parent
MOST_EDITIONS = 50
"""Editions that one stream carries at most."""


class ListRoutes:
    """Routes of lists, over the port `Lists`.

    Parameters
    ----------
    lists : Lists
    past : HistoryRoutes or None
        Answers what has an `as_of`.
    arms : ArmLists or None
        Answers what has an `arm`.
    """

    def __init__(
        self, lists: Lists, past: HistoryRoutes | None = None, arms: ArmLists | None = None
    ) -> None:
        self.lists, self.past, self.arms = lists, past, arms
        self.listeners = Listeners(lists.responses)

    def routes(self) -> list[BaseRoute]:
        """Build the routes that every page may ask."""
        return [
            Route("/v1/articles/{site}/{lang}/{id:path}", self.article),
            Route("/v1/lists", self.registered),
            *map(self._route, LISTS),
            Route("/v1/stream", self.stream),
            *(Route(path, self.module) for path in MODULES),
        ]

    def reading(self) -> list[BaseRoute]:
        """Build the routes that the console asks."""
        return [Route("/v1/boards", self.boards), Route("/v1/graph", self.graph)]

    async def article(self, request: Request) -> Response:
        """Show an article's card and counts."""
        edition, article = article_of(request)
        body = await self.lists.article(edition, article)
        if body is None:
            raise Problem(404, "Unknown article", f"no card and no view of {article!r}")
        return json_response(body)

    async def registered(self, request: Request) -> Response:
        """All lists, and what each is asked for."""
        rows = [
            {
                "name": ranked.name,
                "title": ranked.title,
                "basis": ranked.basis,
                "length": ranked.length,
                "groups": [*(ranked.groups or (ranked.name,)), "all"],
            }
            for ranked in LISTS
        ]
        return json_response({"lists": rows})

    def _route(self, ranked: RankedList) -> Route:
        """The route of a list: with its query, its page or the pages of a visit."""
        path = f"/v1/{ranked.name}"
        if ranked.basis == "edition":
            return Route(path, partial(self._board, ranked))
        if ranked.basis == "page":
            return Route(f"{path}/{{id:path}}", partial(self._of_page, ranked))
        return Route(path, partial(self._of_visit, ranked), methods=["POST"])

    async def _of_page(self, ranked: RankedList, request: Request) -> Response:
        """A list for one page."""
        surface = ranked.name
        if request.query_params.get("as_of"):
            return await self._past().of_page(request, surface)
        edition, n = edition_of(request, self.lists), number_of(request, "n", ranked.length)
        carried = number_of(request, "candidates", 0)
        pages = [request.path_params["id"]]
        if arm := request.query_params.get("arm"):
            return await self._of_arm(request, arm, (edition, surface, ""), n, pages, carried)
        profile = await profile_of(request, self.lists, edition, surface)
        board = await self.lists.next(edition, surface, pages, max(n, carried), profile)
        if carried:
            body = render_candidates(board, n, profile.visit_decay)
        else:
            body = await self._rendered(request, board, n, profile, "", tuple(pages))
        return ready(request, self.lists.responses.keep(line_of(request), body, edition))

    async def _of_visit(self, ranked: RankedList, request: Request) -> Response:
        """A list for a visit, from the last pages read, newest first."""
        body, surface = await body_of(request), ranked.name
        try:
            asked = msgspec.json.decode(body, type=_VisitPages)
        except UNREADABLE as error:
            raise Problem(400, "Unreadable question", fault_of(error, body)) from error
        edition, n = spelt_edition(asked.edition), asked.n or ranked.length
        recent = [str(page) for page in asked.recent[:LONG_VISIT]]
        if arm := request.query_params.get("arm") or asked.arm:
            where = (edition, surface, "")
            body = await self._arms().body(arm, where, n, recent)
            return Response(body, headers=PRIVATE, media_type="application/json")
        profile = await profile_of(request, self.lists, edition, surface)
        board = await self.lists.next(edition, surface, recent, n, profile)
        body = await self._rendered(request, board, n, profile, "", tuple(recent))
        return Response(body, headers=PRIVATE, media_type="application/json")

    async def stream(self, request: Request) -> Response:
        """Send a board, or each of several, whenever it changes."""
        query = request.query_params
        named = [name for name in query.getlist("edition")[:MOST_EDITIONS] if name]
        editions = list(map(spelt_edition, named)) or [edition_of(request, self.lists)]
        known = board_names()
        surfaces = list(filter(None, query.getlist("surface"))) or [known[0]]
        for surface in surfaces:
            if surface not in known:
                detail = f"surface must be one of {', '.join(known)}, got '{surface}'"
                raise Problem(400, "Surface refused", detail)
        keys = list(dict.fromkeys(product(editions, surfaces)))
        events: AsyncIterator[bytes] = self.listeners.listen(keys, number_of(request, "n", 5))
        return StreamingResponse(events, 200, PRIVATE, "text/event-stream")

    async def boards(self, request: Request) -> Response:
        """All boards that are shown."""
        parts = [render(board, len(board.items)) for board in self.lists.responses.boards()]
        body = b'{"boards":[' + b",".join(parts) + b"]}"
        return Response(body, headers=PRIVATE, media_type="application/json")

    async def graph(self, request: Request) -> Response:
        """A tag's neighbours, synonyms and history."""
        edition, tag = edition_of(request, self.lists), request.query_params.get("tag", "")
        if not tag:
            raise Problem(400, "Tag refused", "tag must not be empty")
        return json_response(await self.lists.graph(edition, tag))

    async def module(self, request: Request) -> Response:
        """A module for browsers: For this visit put together, or the arm of an experiment."""
        headers = {**OPEN, "cache-control": "max-age=3600"}
        return Response(
            _FOLDER.joinpath(request.url.path[1:]).read_bytes(),
            headers=headers,
            media_type="text/javascript",
        )

    async def _board(self, ranked: RankedList, request: Request) -> Response:
        """A board, or one section of it."""
        surface = ranked.name
        if request.query_params.get("as_of"):
            return await self._past().board(request, surface)
        edition, n = edition_of(request, self.lists), number_of(request, "n", ranked.length)
        section = request.query_params.get("section", "")
        if arm := request.query_params.get("arm"):
            return await self._of_arm(request, arm, (edition, surface, section), n, [])
        profile = await profile_of(request, self.lists, edition, surface, section)
        responses, line = self.lists.responses, line_of(request)
        answer = None
        is_plain = not section and "explain" not in request.query_params
        if is_plain and profile is self.lists.profiles.of(edition, surface):
            answer = responses.ask(line, edition, surface, n)
        if answer is None:
            board = await self.lists.board(edition, surface, profile, n, section)
            body = await self._rendered(request, board, n, profile, section, ())
            answer = responses.keep(line, body, edition)
        return ready(request, answer)

    async def _of_arm(
        self, request: Request, arm: str, where: Where, n: int, pages: list[str], carried: int = 0
    ) -> Response:
        line = line_of(request)
        return ready(request, await self._arms().answer(line, arm, where, n, pages, carried))

    def _arms(self) -> ArmLists:
        if self.arms is None:
            raise Problem(404, "No experiments", "this server does not know the experiments")
        return self.arms

    def _past(self) -> HistoryRoutes:
        if self.past is None:
            raise Problem(404, "No past", "this server does not know the past")
        return self.past

    async def _rendered(
        self, request: Request, board: Board, n: int, profile: Profile, section: str,
        pages: tuple[str, ...],
    ) -> bytes:  # fmt: skip
        """A list as JSON; with `explain=1` each item says why it stands there."""
        if request.query_params.get("explain") not in ("1", "true"):
            return render(board, n)
        asked = Explained(board.ids[:n], n, section, pages)
        explained = await self.lists.explain(board.edition, board.surface, asked, profile)
        why = {
            explanation.article: {c.name: c.value for c in explanation.components}
            for explanation in explained
        }
        return render(board, n, why)


class _VisitPages(msgspec.Struct, frozen=True):
    edition: str
    recent: list[str | int]
    n: Annotated[int, msgspec.Meta(ge=1, le=LONGEST)] | None = None
    arm: str | None = None
