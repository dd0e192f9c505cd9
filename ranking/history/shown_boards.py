"""Shown boards: which published boards are written to the history.

A board is written when its ids change, at most once a second, in its newest form. It is also
written once in each hour of the wall clock, so that a board that has not changed for days stays in
the history.
"""

from collections.abc import Iterable

import msgspec

from ranking.content.catalogue import Catalogue
from ranking.history.hours import is_new_hour
from ranking.lists.boards import Board, Item

EVERY = 1.0
Key = tuple[str, str]


class ShownBoard(msgspec.Struct, array_like=True, frozen=True):
    """A board as it was published.

    Attributes
    ----------
    edition, surface, profile : str
    at : float
        The log's clock, seconds.
    wall : float
        When it was written down, seconds since the epoch.
    ids : list of str
        Best first.
    scores : list of float
    views : list of int
        Counted views ever, then.
    """

    edition: str
    surface: str
    profile: str
    at: float
    wall: float
    ids: list[str]
    scores: list[float]
    views: list[int]

    def board(self, catalogue: Catalogue | None = None) -> Board:
        """The board, dressed with today's cards."""
        items = [
            Item(id_, catalogue.card(self.edition, id_) if catalogue else None, score, views)
            for id_, score, views in zip(self.ids, self.scores, self.views, strict=True)
            if not (catalogue and catalogue.is_gone(self.edition, id_))
        ]
        return Board(self.edition, self.surface, self.profile, self.at, tuple(items))


def shown_of(board: Board, wall: float) -> ShownBoard:
    """Write a board down without its cards."""
    scores, views = [item.score for item in board.items], [item.views for item in board.items]
    return ShownBoard(
        board.edition, board.surface, board.profile, board.as_of, wall, list(board.ids), scores,
        views,
    )  # fmt: skip


class History:
    """The published boards that the history already has."""

    def __init__(self) -> None:
        self._written: dict[Key, ShownBoard] = {}
        self._newest: dict[Key, Board] = {}
        self._waiting: set[Key] = set()
        self._hour = 0.0

    def publish(self, boards: Iterable[Board]) -> None:
        """Note boards that are published, but for those of sites without a clock."""
        for board in boards:
            if not board.as_of:
                continue
            key = (board.edition, board.surface)
            self._newest[key] = board
            written = self._written.get(key)
            if written is None or tuple(written.ids) != board.ids:
                self._waiting.add(key)
            else:
                self._waiting.discard(key)  # it is back before anybody noted that it had gone

    def due(self, wall: float, *, at_once: bool = False) -> list[ShownBoard]:
        """Boards that must be written now, `now` in seconds since the epoch; they count as written.

        Parameters
        ----------
        wall : float
        at_once : bool
            Not waiting for the second to pass.
        """
        keys = {key for key in self._waiting if at_once or wall - self._wall(key) >= EVERY}
        if is_new_hour(self._hour, wall):
            keys, self._hour = set(self._newest), wall
        self._waiting -= keys
        due = [shown_of(self._newest[key], wall) for key in sorted(keys)]
        self._written |= {(shown.edition, shown.surface): shown for shown in due}
        return due

    def again(self, unwritten: Iterable[ShownBoard]) -> None:
        """Take back what could not be written; it is due again."""
        self._waiting |= {(shown.edition, shown.surface) for shown in unwritten}

    def _wall(self, key: Key) -> float:
        written = self._written.get(key)
        return written.wall if written else 0.0
