"""Previews: a draft compared with the live list, and explanations."""

from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ranking.history.past_state import ArchiveError
from ranking.lists.boards import Board, shown
from ranking.lists.explanation import Explained, Explanation
from ranking.lists.lists import LISTS
from ranking.lists.ranked_list import board_names, list_names
from ranking.profiles.profile import Profile
from ranking.service.explanation_text import (
    Earlier,
    difference,
    full_hours,
    sentence,
    term_name,
)
from ranking.service.ports import Lists, Past
from ranking.service.problems import Problem
from ranking.service.request_parameters import edition_of, json_response, number_of, profile_of

HOUR = 3600.0


class PreviewRoutes:
    """Routes that compare and explain.

    Parameters
    ----------
    lists : Lists
    past : Past or None
        Has the lists of an hour ago.
    """

    def __init__(self, lists: Lists, past: Past | None = None) -> None:
        self._lists, self._past = lists, past

    def reading(self) -> list[BaseRoute]:
        """Build the routes."""
        return [Route("/v1/preview", self.preview), Route("/v1/explain", self.explain)]

    async def preview(self, request: Request) -> Response:
        """A list under the live profile and under a draft, and what makes the difference."""
        where = self._where(request)
        draft = await profile_of(request, self._lists, *where)
        live = self._lists.profiles.of(*where)
        n, pages = number_of(request, "n", 5), _pages(request)
        boards = [await self._board(where, profile, n, pages) for profile in (live, draft)]
        before, after = (list(board.ids[:n]) for board in boards)
        listed = dict.fromkeys(before + after)
        moved = tuple(id_ for id_ in listed if _place(before, id_) != _place(after, id_))
        why = await self._why(where, (live, draft), boards, Explained(moved, n, where[2], pages))
        rows = [
            {"id": id_, "from": _place(before, id_), "to": _place(after, id_), "why": why[id_]}
            for id_ in moved
        ]
        body = {
            "live": shown(boards[0], n),
            "draft": shown(boards[1], n),
            "enters": [row for row in rows if not row["from"]],
            "leaves": [row for row in rows if not row["to"]],
            "moves": [row for row in rows if row["from"] and row["to"]],
        }
        return json_response(body)

    async def explain(self, request: Request) -> Response:
        """Explains an article's rank under the live profile and another one."""
        where, article = self._where(request), request.query_params.get("article", "")
        if not article:
            raise Problem(400, "Article refused", "article must not be empty")
        draft = await profile_of(request, self._lists, *where)
        live = self._lists.profiles.of(*where)
        asked = Explained((article,), number_of(request, "n", 5), where[2], _pages(request))
        explained = (
            await self._explained(where, live, asked),
            await self._explained(where, draft, asked),
        )
        known = await self._lists.article(where[0], article) or {}
        title, earlier = str(known.get("title") or article), await self._earlier(where, article)
        hourly, as_of = known.get("hourly") or [], float(known.get("as_of") or 0.0)
        published_at = float(known.get("published_at") or 0.0)
        body: dict[str, Any] = {
            "edition": where[0],
            "surface": where[1],
            "article": article,
            "title": title,
            "rank": explained[0].rank,
            "draft_rank": explained[1].rank,
            "score": explained[0].score,
            "draft_score": explained[1].score,
            "components": _compared(where[1], explained[0], explained[1]),
            "kept_out": explained[0].kept_out or None,
            "draft_kept_out": explained[1].kept_out or None,
            "hourly": hourly,
            "full_hours": full_hours(hourly, published_at, as_of),
            "earlier": earlier and _earlier_json(earlier, as_of),
            "sentence": sentence(
                title, where[1], explained[0], hourly, earlier, published_at, as_of
            ),
        }
        return json_response(body)

    async def _earlier(self, where: tuple[str, str, str], article: str) -> Earlier | None:
        """Differences of a board's article from an hour ago, if they are known."""
        edition, surface, section = where
        now = self._lists.responses.board(edition, surface)
        if self._past is None or now is None or section:
            return None
        try:
            then = await run_in_threadpool(self._past.shown, edition, surface, now.as_of - HOUR)
        except ArchiveError:
            return None
        if then is None:
            return None
        place, before = _place(list(now.ids), article), _place(list(then.ids), article)
        if not place and not before:  # boards are kept down to their last place alone
            return None
        above = now.items[: place - 1] if place else now.items
        below = then.ids[before:] if before else ()
        passed = next((item for item in above if item.id in below), None)
        if passed is None:
            return Earlier(before)
        known = await self._lists.article(edition, passed.id) or {}
        title = passed.card.title if passed.card else passed.id
        published_at = float(known.get("published_at") or 0.0)
        return Earlier(before, title, known.get("hourly") or (), published_at)

    def _where(self, request: Request) -> tuple[str, str, str]:
        query = request.query_params
        edition = edition_of(request, self._lists)
        surface = query.get("surface", board_names()[0])
        if surface not in LISTS:
            detail = f"surface must be one of {', '.join(list_names())}, got '{surface}'"
            raise Problem(400, "Surface refused", detail)
        if LISTS[surface].basis != "edition" and not _pages(request):
            raise Problem(400, "Page refused", f"page must name what {surface} is asked for")
        return edition, surface, query.get("section", "")

    async def _board(
        self, where: tuple[str, str, str], profile: Profile, n: int, pages: tuple[str, ...]
    ) -> Board:
        edition, surface, section = where
        if LISTS[surface].basis == "edition":
            return await self._lists.board(edition, surface, profile, n, section)
        return await self._lists.next(edition, surface, list(pages), n, profile)

    async def _why(
        self, where: tuple[str, str, str], profiles: tuple[Profile, Profile], boards: list[Board],
        asked: Explained,
    ) -> dict[str, str]:  # fmt: skip
        """Ratio of each article's score to the last place's, live and under the draft."""
        if not asked.articles:
            return {}
        explained = [await self._lists.explain(where[0], where[1], asked, p) for p in profiles]
        before, after = (
            {explanation.article: explanation for explanation in of} for of in explained
        )
        last = [board.items[: asked.n][-1].score if board.items else 0.0 for board in boards]
        return {
            id_: difference(before.get(id_), after.get(id_), last, asked.n)
            for id_ in asked.articles
        }

    async def _explained(
        self, where: tuple[str, str, str], profile: Profile, asked: Explained
    ) -> Explanation:
        found = await self._lists.explain(where[0], where[1], asked, profile)
        if not found:
            raise Problem(503, "Not ready", "no worker answers now", {"retry-after": "1"})
        return found[0]


def _earlier_json(earlier: Earlier, as_of: float) -> dict[str, Any]:
    hours = full_hours(earlier.its_hourly, earlier.its_published_at, as_of)
    return {**asdict(earlier), "its_full_hours": hours}


def _pages(request: Request) -> tuple[str, ...]:
    return tuple(request.query_params.getlist("page"))


def _place(ids: list[str], id_: str) -> int:
    """Place from 1; 0 = nowhere."""
    return ids.index(id_) + 1 if id_ in ids else 0


def _compared(surface: str, live: Explanation, draft: Explanation) -> list[dict[str, Any]]:
    names = dict.fromkeys(c.name for side in (live, draft) for c in side.components)
    one, other = ({c.name: c for c in side.components} for side in (live, draft))
    return [
        {
            "name": name,
            "text": term_name(surface, name),
            "value": one[name].value if name in one else 0.0,
            "share": one[name].share if name in one else 0.0,
            "draft_value": other[name].value if name in other else 0.0,
            "draft_share": other[name].share if name in other else 0.0,
        }
        for name in names
    ]
