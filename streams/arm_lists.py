"""Arm lists: the boards of arms that API processes keep ready.

A board is made when its edition changes, as often as `AlternativeBoards` allows, and every `ROUND`
seconds, so that it stays in the store. Boards that the store did not take are made again.
"""

from collections.abc import Callable, Iterable

from ranking.lists.alternative_boards import AlternativeBoards, WantedBoard
from ranking.lists.boards import Board
from ranking.lists.live_lists import LiveLists
from ranking.profiles.profile import ProfileError, profile_of_json
from ranking.read_model.store_keys import OnDemandKey

ROUND = 20.0


class ArmBoards:
    """The boards of arms that one partition makes.

    Parameters
    ----------
    lists : LiveLists
        Lists of the partition.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, lists: LiveLists, clock: Callable[[], float]) -> None:
        self._alternatives, self._clock = AlternativeBoards(lists), clock
        self._wanted: dict[OnDemandKey, WantedBoard] = {}
        self._rounded, self._is_written = clock(), True

    def note(self, boards: Iterable[Board]) -> None:
        """Learn which live boards a tick made."""
        self._alternatives.note(boards)

    def made(self, questions: Iterable[OnDemandKey]) -> dict[OnDemandKey, Board]:
        """Make the boards that are due, of those followed now."""
        now = self._clock()
        if not self._alternatives.is_due(now):
            return {}
        self._wanted = {
            q: board
            for q in questions
            if (board := self._wanted.get(q) or _wanted_board(q)) is not None
        }
        is_round = not self._is_written or now - self._rounded >= ROUND
        if is_round:
            self._rounded = now
        made = self._alternatives.make(self._wanted.values(), now, anew=is_round)
        self._is_written = self._is_written and not made
        return {q: made[board] for q, board in self._wanted.items() if board in made}

    def written(self) -> None:
        """Note that the store has the boards."""
        self._is_written = True


def _wanted_board(question: OnDemandKey) -> WantedBoard | None:
    """The board of a question; None if its profile is not valid."""
    try:
        profile = profile_of_json(question.profile)
    except ProfileError:
        return None
    return WantedBoard(question.edition, question.surface, question.section, profile)
