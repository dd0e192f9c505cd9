"""Beside: boards under other profiles than the live ones, made at the same ticks.

They are what the readers of an experiment's arms get, hence as fresh as the live boards: each is
made anew when its edition changes, and steadied by what it showed itself. Where a profile says
what the live one says, the live board is taken. Who wants which is told at each tick; what nobody
wants any more is forgotten. Nothing here changes any state.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from ranking.lists.boards import Board
from ranking.lists.profile import Profile
from ranking.lists.steadiness import Incumbents
from ranking.showing import Showing


class Sought(NamedTuple):
    """A board that somebody wants beside the live ones.

    Attributes
    ----------
    edition, surface, section : str
    profile : Profile
    """

    edition: str
    surface: str
    section: str
    profile: Profile


class Beside:
    """Boards beside the live ones of a ranker.

    Parameters
    ----------
    showing : Showing
    """

    def __init__(self, showing: Showing) -> None:
        self._showing = showing
        self._stood: dict[Sought, Incumbents] = {}

    def make(
        self, wanted: Iterable[Sought], changed: Iterable[Board], *, anew: bool = False
    ) -> dict[Sought, Board]:
        """Make what is wanted of the editions that changed, and what was not wanted before.

        Parameters
        ----------
        wanted : iterable of Sought
        changed : iterable of Board
            The live boards that a tick made.
        anew : bool
            Make all of them.
        """
        live = {(board.edition, board.surface): board for board in changed}
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
        self, sought: Sought, stood: Incumbents, live: Mapping[tuple[str, str], Board]
    ) -> Board:
        edition, surface, section, profile = sought
        if not section and _is_like(profile, self._showing.profile(edition, surface)):
            return live.get((edition, surface)) or self._showing.live_board(edition, surface)
        return self._showing.steadied(edition, surface, profile, stood, section)


def _is_like(one: Profile, other: Profile) -> bool:
    return msgspec.structs.replace(one, name=other.name) == other
