"""History: lists as of a past moment, and what a draft would have shown.

Without a profile a board is answered that was shown; under a profile, a draft or the live one, what
would have been, by replay. A moment is one of the site's clock, which is that of its log.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.backtest.backtest import BacktestError
from ranking.backtest.predictions import predicted_lists
from ranking.backtest.recent_hours import every_of, recent_quality
from ranking.backtest.visits import Span
from ranking.engine.batch import Batch
from ranking.engine.event import site_of
from ranking.engine.timestamps import TimestampError, stamp_ms
from ranking.history.past_state import ArchiveError, TooLongAgoError
from ranking.lists.boards import Board, render
from ranking.lists.lists import LISTS
from ranking.lists.ranked_list import board_names
from ranking.profiles.profile import Profile
from ranking.service.authorization import Authorizer
from ranking.service.ports import Lists, Past
from ranking.service.problems import Problem
from ranking.service.request_parameters import (
    OPEN,
    edition_of,
    json_response,
    line_of,
    number_of,
    profile_of,
    ready,
    whole_of,
)
from ranking.settings_log.keys import Role
from ranking.warmup import await_replay

LEAD = 1800.0
"""Seconds before a backtest's first prediction, so that visits under way are known."""
HOUR = 3600.0
NAMES = ("live", "draft")
MOST_HOURS, MOST_MOMENTS, LEAST_STEP = 48, 300, 60
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The list that a request is about."""

    edition: str
    surface: str
    section: str
    n: int

    @property
    def site(self) -> str:
        """Whose clock counts."""
        return site_of(self.edition)


class HistoryRoutes:
    """Routes of the history, over the port `Past`.

    Parameters
    ----------
    lists : Lists
    past : Past
    guard : Authorizer
        Lets readers alone have something replayed; what was shown is for everybody.
    zone : tzinfo or None
        Of moments that name none.
    """

    def __init__(
        self, lists: Lists, past: Past, guard: Authorizer, zone: tzinfo | None = None
    ) -> None:
        self._lists, self._past, self._guard, self._zone = lists, past, guard, zone
        self._measuring = threading.Lock()  # one backtest at a time

    def routes(self) -> list[BaseRoute]:
        """Build the routes that the console asks."""
        return [
            Route("/v1/preview/past", self.moments),
            Route("/v1/preview/backtest", self.backtest),
        ]

    async def board(self, request: Request, surface: str) -> Response:
        """Popular or Trending as of a moment."""
        at, asked = moment_of(request, self._zone), self._asked(request, surface)
        ignored = {"profile", "window"} & request.query_params.keys()
        if ignored or asked.section:
            return await self._replayed(request, asked, at)
        return await self._shown(request, asked, at)

    async def of_page(self, request: Request, surface: str) -> Response:
        """A list for a page as of a moment."""
        n = number_of(request, "n", LISTS[surface].length)
        asked = replace(self._asked(request, surface), n=n)
        return await self._replayed(request, asked, moment_of(request, self._zone))

    async def moments(self, request: Request) -> Response:
        """Lists of the live profile and of another one at some moments."""
        asked, clock = self._with_clock(request, board_names())
        hours = whole_of(request, "hours", 24, 1, MOST_HOURS)
        step = whole_of(request, "step", 3600, LEAST_STEP, MOST_HOURS * 3600)
        if hours * 3600 > step * MOST_MOMENTS:
            detail = f"hours and step must give at most {MOST_MOMENTS} moments"
            raise Problem(400, "Step refused", detail)
        profiles = await self._profiles(request, asked)
        first = (clock - hours * HOUR) // step + 1
        chosen = [k * float(step) for k in range(int(first), int(clock // step) + 1)]

        def made() -> dict[str, Any]:
            horizon = self._past.rankers.horizon(asked.site)
            titles: dict[str, str] = {}
            rows = [self._both(asked, at, profiles, titles) for at in chosen if at >= horizon]
            return {"horizon": horizon, "moments": rows, "titles": titles}

        return json_response(await _in_thread(made))

    async def backtest(self, request: Request) -> Response:
        """Measures of the live profile and of another one in the last hours."""
        asked, clock = self._with_clock(request, predicted_lists())
        hours = whole_of(request, "hours", 6, 1, MOST_HOURS)
        profiles = await self._profiles(request, asked)

        def made() -> dict[str, Any]:
            await_replay()
            with self._measuring:
                return measured()

        def measured() -> dict[str, Any]:
            start = max(clock - hours * HOUR - LEAD, self._past.rankers.horizon(asked.site))
            since, until = max(clock - hours * HOUR, start), clock
            body: dict[str, Any] = {"from": since, "until": until, "hours": hours}
            batches: list[Batch] = []
            for name, profile in zip(NAMES, profiles, strict=True):
                ranker, rest = self._past.rankers.begun(asked.site, start)
                batches = batches or list(rest)  # the log goes on; both are measured on the same
                if not batches:
                    raise Problem(404, "Nothing to measure", f"no views after {start}")
                every = every_of(ranker, batches, profiles)
                span = Span(round(since * 1000), round(until * 1000) + 1, every)
                body[name] = recent_quality(
                    ranker, batches, asked.edition, asked.surface, profile, span
                )
            return body | {"every": every}

        return json_response(await _in_thread(made))

    async def _profiles(self, request: Request, asked: ListQuery) -> tuple[Profile, Profile]:
        wanted = (asked.edition, asked.surface, asked.section)
        draft = await profile_of(request, self._lists, *wanted)
        return self._lists.profiles.of(*wanted), draft

    async def _shown(self, request: Request, asked: ListQuery, at: float) -> Response:
        def found() -> tuple[Board | None, float]:
            board = self._past.shown(asked.edition, asked.surface, at)
            return board, self._past.shown_since(asked.edition, asked.surface)

        board, since = await _in_thread(found)
        if board is None:
            raise too_long_ago(since)
        body = _rendered(board, asked.n, at, since)
        return ready(request, self._lists.responses.keep(line_of(request), body, asked.edition))

    async def _replayed(self, request: Request, asked: ListQuery, at: float) -> Response:
        self._guard.check(request, Role.READ)
        wanted = (asked.edition, asked.surface, asked.section)
        profile = await profile_of(request, self._lists, *wanted)

        def made() -> tuple[Board, float]:
            with self._past.rankers.at(asked.site, at) as ranker:
                if LISTS[asked.surface].basis == "page":
                    pages = [request.path_params["id"]]
                    board = ranker.lists.next(asked.edition, asked.surface, pages, asked.n, profile)
                else:
                    board = ranker.lists.board(*wanted[:2], profile, asked.n, asked.section)
            return board, self._past.rankers.horizon(asked.site)

        board, horizon = await _in_thread(made)
        headers = {**OPEN, "cache-control": "no-store"}  # the cache asks nobody for a key
        body = _rendered(board, asked.n, at, horizon)
        return Response(body, headers=headers, media_type="application/json")

    def _both(
        self, asked: ListQuery, at: float, profiles: tuple[Profile, Profile], titles: dict[str, str]
    ) -> dict[str, Any]:
        row: dict[str, Any] = {"at": at}
        with self._past.rankers.at(asked.site, at) as ranker:
            for name, profile in zip(NAMES, profiles, strict=True):
                wanted = (asked.edition, asked.surface, profile, asked.n, asked.section)
                board = ranker.lists.board(*wanted)
                row[name] = list(board.ids)
                titles |= {item.id: item.card.title if item.card else "" for item in board.items}
        return row

    def _asked(self, request: Request, surface: str) -> ListQuery:
        edition = edition_of(request, self._lists)
        if edition not in self._lists.editions():
            raise Problem(404, "Unknown edition", f"no view and no article of {edition!r}")
        section = request.query_params.get("section", "")
        return ListQuery(edition, surface, section, number_of(request, "n", 5))

    def _with_clock(self, request: Request, surfaces: tuple[str, ...]) -> tuple[ListQuery, float]:
        surface = request.query_params.get("surface", board_names()[0])
        if surface not in surfaces:
            detail = f"surface must be one of {', '.join(surfaces)}, got {surface[:20]!r}"
            raise Problem(400, "Surface refused", detail)
        asked = self._asked(request, surface)
        board = self._lists.responses.board(asked.edition, board_names()[0])
        if board is None or not board.as_of:
            raise Problem(404, "Nothing to replay", f"no view of {asked.edition!r}")
        return asked, board.as_of


def moment_of(request: Request, zone: tzinfo | None = None) -> float:
    """The moment that a query asks for, seconds."""
    try:
        return stamp_ms(request.query_params["as_of"], zone, "as_of") / 1000
    except TimestampError as error:
        raise Problem(400, "Moment refused", str(error)) from None


def too_long_ago(horizon: float) -> Problem:
    """The answer to a question that nobody can answer any more."""
    if horizon == float("inf"):
        return Problem(404, "Too long ago", "nothing is known of the past yet")
    at = datetime.fromtimestamp(horizon, UTC).isoformat(timespec="milliseconds")
    return Problem(404, "Too long ago", f"as_of must be at least {horizon:.3f} ({at})")


def _rendered(board: Board, n: int, at: float, horizon: float) -> bytes:
    body = orjson.loads(render(replace(board, as_of=at), n))
    return orjson.dumps(body | {"horizon": horizon})


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await run_in_threadpool(work)
    except TooLongAgoError as error:
        raise too_long_ago(error.horizon) from error
    except ArchiveError as error:
        raise Problem(503, "Past not reached", str(error)) from error
    except BacktestError as error:
        raise Problem(400, "Log refused", str(error)) from error
