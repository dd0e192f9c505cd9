"""Alternative boards: boards under profiles that are not live, made each or every second tick.

They are what the readers of an experiment's arms get, hence all as fresh as one another: each is
made anew when its edition changes, and steadied by what it showed itself. Where a profile says
what the live one says, the live board is taken, at the same moment. Who wants which is told at each
tick; what nobody wants any more is forgotten. Nothing here changes any state.
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
    showing : LiveLists
    """

    def __init__(self, showing: LiveLists) -> None:
        self._showing = showing
        self._stood: dict[WantedBoard, Incumbents] = {}
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
        """Make what is wanted of the editions that changed, and what was not wanted before.

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
        stood, self._stood = self._stood, {}
        made = {}
        for sought in wanted:
            its = stood.get(sought)
            is_due = anew or its is None or sought.edition in editions
            self._stood[sought] = its = Incumbents() if its is None else its
            if is_due:
                made[sought] = self._board(sought, its, live)
        return made

    def _board(
        self, sought: WantedBoard, stood: Incumbents, live: Mapping[tuple[str, str], Board]
    ) -> Board:
        edition, surface, section, profile = sought
        if not section and _is_like(profile, self._showing.profile(edition, surface)):
            return live.get((edition, surface)) or self._showing.live_board(edition, surface)
        return self._showing.steadied(edition, surface, profile, stood, section)


def _is_like(one: Profile, other: Profile) -> bool:
    return msgspec.structs.replace(one, name=other.name) == other
