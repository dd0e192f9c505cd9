"""Alternative boards: boards under profiles that are not live, made each or every second tick.

The readers of an experiment's arms get them, so that all arms are equally fresh. Each is made again
when its edition changes, with hysteresis against what it showed itself. If a profile equals the
live one, the live board of the same moment is used. Each tick names the wanted boards; others are
forgotten. Nothing here changes any state.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from ranking.lists.boards import Board
from ranking.lists.live_lists import LiveLists
from ranking.lists.rerank.hysteresis import Incumbents
from ranking.profiles.profile import Profile

EVERY = 0.09
"""Seconds from one time to the next, at least; a board costs some 1.5 ms."""


class WantedBoard(NamedTuple):
    """A board under another profile that a request needs.

    Attributes
    ----------
    edition, surface, section : str
    profile : Profile
    """

    edition: str
    surface: str
    section: str
    profile: Profile


class AlternativeBoards:
    """Boards of a ranker under profiles that are not live.

    Parameters
    ----------
    lists : LiveLists
    """

    def __init__(self, lists: LiveLists) -> None:
        self._lists = lists
        self._incumbents: dict[WantedBoard, Incumbents] = {}
        self._live: dict[tuple[str, str], Board] = {}
        self._made_at = float("-inf")

    def note(self, changed: Iterable[Board]) -> None:
        """Learn which live boards a tick made."""
        self._live |= {(board.edition, board.surface): board for board in changed}

    def is_due(self, now: float) -> bool:
        """Say whether it is time again; `now` in monotonic seconds."""
        return now - self._made_at >= EVERY

    def make(
        self, wanted: Iterable[WantedBoard], now: float, *, anew: bool = False
    ) -> dict[WantedBoard, Board]:
        """Make the wanted boards of changed editions, and those that were not wanted before.

        Parameters
        ----------
        wanted : iterable of WantedBoard
        now : float
            Monotonic seconds; nothing is made until `EVERY` have passed.
        anew : bool
            Make all of them.
        """
        if not self.is_due(now):
            return {}
        live, self._live, self._made_at = self._live, {}, now
        editions = {edition for edition, _ in live}
        before, self._incumbents = self._incumbents, {}
        made = {}
        for board in wanted:
            is_due = anew or board not in before or board.edition in editions
            incumbents = self._incumbents[board] = before.get(board, Incumbents())
            if is_due:
                made[board] = self._board(board, incumbents, live)
        return made

    def _board(
        self, wanted: WantedBoard, incumbents: Incumbents, live: Mapping[tuple[str, str], Board]
    ) -> Board:
        edition, surface, section, profile = wanted
        if not section and _is_like(profile, self._lists.profile(edition, surface)):
            return live.get((edition, surface)) or self._lists.live_board(edition, surface)
        return self._lists.steadied(edition, surface, profile, incumbents, section)


def _is_like(one: Profile, other: Profile) -> bool:
    return msgspec.structs.replace(one, name=other.name) == other
