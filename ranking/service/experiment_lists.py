"""Experiment lists: the lists of one arm of an experiment.

The address names the arm, so that a cache keeps each list apart; no reader is known here. The
answer carries what an event must send back: `experiment`, `arm` and `list_id`. Boards of arms are
followed from their first question on; other lists are made when asked for, by one who asks.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from zlib import crc32

import orjson

from ranking.experiments.arms import Listed, Where, listed
from ranking.experiments.interleaving import NOBODY, team_draft
from ranking.experiments.plans import ExperimentError
from ranking.lists.alternative_boards import WantedBoard
from ranking.lists.boards import Board, candidates_of, shown
from ranking.lists.lists import LISTS
from ranking.lists.live_lists import BOARD_ITEMS
from ranking.profiles.profile import Profile
from ranking.service.cached_response import Answer
from ranking.service.ports import Lists, Settings
from ranking.service.problems import Problem
from ranking.service.ready_arm_lists import ReadyLine


class ArmLists:
    """Lists by arm.

    Parameters
    ----------
    lists : Lists
    settings : Settings
        Knows the experiments.
    """

    def __init__(self, lists: Lists, settings: Settings) -> None:
        self._lists, self._settings = lists, settings
        self._making: dict[str, asyncio.Future[Answer]] = {}

    async def answer(
        self, line: str, asked: str, where: Where, n: int, pages: list[str], carried: int = 0
    ) -> Answer:
        """A list for `arm=asked`, kept for the next who ask by its line.

        With so many candidates `carried`, see `mixing`; of two lists drafted into one, the first's.

        Raises
        ------
        Problem
            400 if there is no such arm, or it is not about this list.
        """
        making = self._making.get(line)
        if making is None:
            making = asyncio.ensure_future(self._kept(line, asked, where, n, pages, carried))
            self._making[line] = making
            making.add_done_callback(lambda done: self._making.pop(line))
        return await asyncio.shield(making)

    async def body(self, asked: str, where: Where, n: int, pages: list[str]) -> bytes:
        """A list for `arm=asked`, as JSON.

        An experiment that readers do not see any more has the live list, and no names in it.

        Raises
        ------
        Problem
            As above.
        """
        return await self._body(self._found(asked, where), where, n, pages, 0)

    async def _kept(
        self, line: str, asked: str, where: Where, n: int, pages: list[str], carried: int
    ) -> Answer:
        holds, found = self._holding(), self._found(asked, where)
        answer = self._lists.responses.keep(
            line, await self._body(found, where, n, pages, carried), where[0]
        )
        if found and n <= BOARD_ITEMS and self._is_foreseen(found, where):
            wanted = tuple(WantedBoard(*where, profile) for profile in found.profiles)
            rendered = partial(_rendered, found, where, n)
            ready = ReadyLine(wanted, n, rendered, holds, time.monotonic())
            self._lists.responses.followed.follow(line, ready)
        return answer

    def _found(self, asked: str, where: Where) -> Listed | None:
        book, live = self._settings.book, self._lists.profiles
        try:
            return listed(asked, book.experiments(), live, book.published, where, time.time())
        except ExperimentError as error:
            raise Problem(400, "Arm refused", str(error)) from error

    def _holding(self) -> Callable[[], bool]:
        """Who says whether lists are made as they are now: until a decision, or the next phase."""
        book, now = self._settings.book, time.time()
        version, phases = book.version, book.experiments().values()
        until = min(
            (phase.at for plan in phases for phase in plan.phases if phase.at > now),
            default=float("inf"),
        )
        return lambda: book.version == version and time.time() < until

    def _is_foreseen(self, found: Listed, where: Where) -> bool:
        """Say whether it is a board that an operator named, so that few are followed."""
        edition, surface, section = where
        experiments = self._settings.book.experiments()
        scopes = [experiments[part.partition(":")[0]].section for part in found.name.split(",")]
        return (
            LISTS[surface].basis == "edition"
            and edition in self._lists.editions()
            and section in ("", *scopes)
        )

    async def _body(
        self, found: Listed | None, where: Where, n: int, pages: list[str], carried: int
    ) -> bytes:
        live, most = self._lists.profiles.of(*where), max(n, carried)
        profiles = (live,) if found is None else found.profiles
        board: Callable[[Profile], Awaitable[Board]] = partial(self._board, where, most, pages)
        boards = [await board(profile) for profile in profiles]
        body = shown(boards[0], n) if found is None else _body(found, where, n, boards)
        if carried:
            first = boards[0] if boards else _no_board(where)
            body |= candidates_of(first, profiles[0].visit_decay if profiles else live.visit_decay)
        return orjson.dumps(body)

    async def _board(self, where: Where, n: int, pages: list[str], profile: Profile) -> Board:
        edition, surface, section = where
        if LISTS[surface].basis == "edition":
            return await self._lists.board(edition, surface, profile, n, section)
        return await self._lists.next(edition, surface, pages, n, profile)


def _rendered(found: Listed, where: Where, n: int, boards: Sequence[Board]) -> bytes:
    return orjson.dumps(_body(found, where, n, boards))


def _no_board(where: Where) -> Board:
    return Board(where[0], where[1], "", 0.0, ())


def _body(found: Listed, where: Where, n: int, boards: Sequence[Board]) -> dict[str, Any]:
    """A list of an arm; its id follows from what is shown to whom."""
    board = boards[0] if boards else _no_board(where)
    body = shown(board, n) | {"profile": found.name}
    if len(boards) == 2:
        body["items"] = _drafted(found, boards, n)
    ids = " ".join(item["id"] for item in body["items"])
    list_id = f"{crc32(f'{found.name} {where} {ids}'.encode()):08x}"
    return body | {"experiment": found.experiment, "arm": found.arm, "list_id": list_id}


def _drafted(found: Listed, boards: Sequence[Board], n: int) -> list[dict[str, Any]]:
    drafted = team_draft(boards[0].ids[:n], boards[1].ids[:n], n, found.drawing)
    items = {item["id"]: item for board in reversed(boards) for item in shown(board, n)["items"]}
    return [
        items[id_] | {"arm": None if team == NOBODY else found.teams[team]}
        for id_, team in zip(drafted.ids, drafted.teams, strict=True)
    ]
