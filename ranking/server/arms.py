"""Arms: lists as the readers of one arm of an experiment get them.

The address names the arm, so that a cache keeps each list apart; no reader is known here. The
answer carries what a click must send back: `experiment`, `arm` and `list_id`.
"""

import time
from typing import Any
from zlib import crc32

import orjson

from ranking.experiments.arms import Listed, listed
from ranking.experiments.interleaving import NOBODY, team_draft
from ranking.experiments.plans import ExperimentError
from ranking.lists.boards import SURFACES, Board, shown
from ranking.lists.profile import Profile
from ranking.server.ports import Lists, Settings
from ranking.server.problems import Problem

Where = tuple[str, str, str]
"""Edition, surface and section."""


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

    async def body(self, asked: str, where: Where, n: int, pages: list[str]) -> bytes:
        """A list for `arm=asked`, as JSON.

        An experiment that readers do not see any more has the live list, and no names in it.

        Raises
        ------
        Problem
            400 if there is no such arm, or it is not about this list.
        """
        book = self._settings.book
        try:
            found = listed(asked, book.experiments(), self._lists.profiles, book.published, where)
        except ExperimentError as error:
            raise Problem(400, "Arm refused", str(error)) from error
        if not book.experiments()[found.experiment].is_live(time.time()):
            live = self._lists.profiles.of(*where)
            return orjson.dumps(shown(await self._board(where, live, n, pages), n))
        boards = [await self._board(where, its, n, pages) for its in found.profiles]
        answer = _answer(found, boards, where, n, book.experiments()[found.experiment].names)
        ids = " ".join(item["id"] for item in answer["items"])
        list_id = f"{crc32(f'{asked} {where} {ids}'.encode()):08x}"
        named = {"experiment": found.experiment, "arm": found.arm, "list_id": list_id}
        return orjson.dumps(answer | named)

    async def _board(self, where: Where, profile: Profile, n: int, pages: list[str]) -> Board:
        edition, surface, section = where
        if surface in SURFACES:
            return await self._lists.board(edition, surface, profile, n, section)
        return await self._lists.next(edition, surface, pages, n, profile)


def _answer(
    found: Listed, boards: list[Board], where: Where, n: int, names: list[str]
) -> dict[str, Any]:
    if not boards:
        return shown(Board(where[0], where[1], f"{found.experiment}:{found.arm}", 0.0, ()), 0)
    answer = shown(boards[0], n)
    if len(boards) == 1:
        return answer
    drafted = team_draft(boards[0].ids[:n], boards[1].ids[:n], n, found.drawing)
    items = {item["id"]: item for board in reversed(boards) for item in shown(board, n)["items"]}
    answer["items"] = [
        items[id_] | {"arm": None if team == NOBODY else names[team]}
        for id_, team in zip(drafted.ids, drafted.teams, strict=True)
    ]
    return answer | {"profile": f"{found.experiment}:{found.arm}"}
