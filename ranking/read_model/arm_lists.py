"""Arm lists: boards of arms in an API process of the cluster.

While readers request them here, the process requests them from the workers. It reads them when a
worker announces a change, and once a second in case an announcement was lost.
"""

import asyncio
import time
from collections.abc import Iterable

from ranking.lists.alternative_boards import WantedBoard
from ranking.lists.boards import Board
from ranking.profiles.profile import json_of
from ranking.read_model.store import WANTED, StoreError, StoreReader
from ranking.read_model.store_keys import OnDemandKey, StoreKeys
from ranking.read_model.values import board_of
from ranking.service.ready_arm_lists import ReadyArmLists

STEP, EVERY = 0.1, 1.0
"""Seconds between two looks at what is asked for, and between two readings of everything."""


class ReadModelBoards:
    """Boards of arms, read from a store.

    Parameters
    ----------
    reader : StoreReader
    names : StoreKeys
    followed : ReadyArmLists
        Says what is asked for, and takes boards.
    """

    def __init__(self, reader: StoreReader, names: StoreKeys, followed: ReadyArmLists) -> None:
        self._reader, self._names, self._followed = reader, names, followed
        self._questions: dict[OnDemandKey, WantedBoard] = {}
        self._asked = self._read_at = float("-inf")

    async def follow(self) -> None:
        """Follow what is asked for, for ever; the store may be away."""
        while True:
            await asyncio.sleep(STEP)
            try:
                await self._look(time.monotonic())
            except StoreError:  # whoever follows the editions says so
                self._asked = float("-inf")
            self._followed.put({}, time.monotonic())

    async def read(self, questions: Iterable[OnDemandKey]) -> None:
        """Read boards that changed, of those that are followed here.

        Raises
        ------
        StoreError
        """
        mine = [question for question in questions if question in self._questions]
        found = await self._reader.read([self._names.board(question) for question in mine])
        made: dict[WantedBoard, Board] = {}
        for question, board in zip(mine, map(board_of, found), strict=True):
            if board:
                made[self._questions[question]] = board
        self._followed.put(made, time.monotonic())

    async def _look(self, now: float) -> None:
        wanted, known = self._followed.wanted(), set(self._questions.values())
        if set(wanted) != known:
            self._questions = {_question(board): board for board in wanted}
            self._asked = self._read_at = float("-inf")
        if self._questions and now - self._asked >= WANTED / 3:
            await self._reader.want(*self._questions)
            self._asked = now
        if self._questions and now - self._read_at >= EVERY:
            self._read_at = now
            await self.read(list(self._questions))


def _question(board: WantedBoard) -> OnDemandKey:
    profile = json_of(board.profile)
    return OnDemandKey(board.edition, board.surface, board.section, profile, is_followed=True)
