"""Response cache: answers as bytes, made before they are requested.

A board's bytes change when its ids do, and for its numbers at most once a second. The bytes of each
recent query of the board are written at that moment. Lists made on request stay for a second; those
of arms are `followed`. The ranker's thread puts boards, the server's loop reads bytes.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ranking.lists.boards import Board, render
from ranking.lists.live_lists import BOARD_ITEMS
from ranking.service.cached_response import NUMBERS_EVERY, Answer, answer_of
from ranking.service.ready_arm_lists import ReadyArmLists

QUERIES = 256
MADE_ANSWERS = 20_000
Key = tuple[str, str]


@dataclass(slots=True)
class _Shown:
    """The board that one edition's surface shows now."""

    board: Board
    made: float
    queries: dict[str, int] = field(default_factory=dict)


class ResponseCache:
    """Ready answers by request line (`path?query`)."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.followed = ReadyArmLists(self.answers)
        self.listener: Callable[[Key], None] = lambda key: None
        self._shown: dict[Key, _Shown] = {}
        self._held: dict[Key, Board] = {}
        self._made: defaultdict[str, set[str]] = defaultdict(set)  # lines by edition

    def board(self, edition: str, surface: str) -> Board | None:
        """The board that is shown, if there is one."""
        shown = self._shown.get((edition, surface))
        return shown.board if shown else None

    def boards(self) -> list[Board]:
        """All boards that are shown, by edition and surface."""
        return [shown.board for _, shown in sorted(self._shown.items())]

    def put(self, board: Board, now: float) -> None:
        """Show a board: at once if its ids are new, else when its numbers are a second old.

        Parameters
        ----------
        board : Board
        now : float
            Monotonic seconds.
        """
        key = (board.edition, board.surface)
        shown = self._shown.get(key)
        if shown and shown.board.ids == board.ids and now - shown.made < NUMBERS_EVERY:
            self._held[key] = board
            return
        self._held.pop(key, None)
        queries = shown.queries if shown else {}
        fresh_numbers = not shown or now - shown.made >= NUMBERS_EVERY
        for line, n in list(queries.items()):
            if fresh_numbers or (shown and shown.board.ids[:n] != board.ids[:n]):
                self.answers[line] = answer_of(render(board, n))
        made = now if fresh_numbers or not shown else shown.made
        self._shown[key] = _Shown(board, made, queries)
        if not fresh_numbers:  # queries whose ids are the same wait for theirs
            self._held[key] = board
        self.listener(key)

    def renew(self) -> None:
        """Show the boards that come next at once, and forget lists made under other profiles."""
        for shown in list(self._shown.values()):
            shown.made = float("-inf")
        for line, answer in list(self.answers.items()):
            if answer.until < float("inf"):
                self.answers.pop(line, None)

    def flush(self, now: float) -> None:
        """Show the boards whose numbers waited for their second to pass."""
        for board in list(self._held.values()):
            self.put(board, now)

    def ask(self, line: str, edition: str, surface: str, n: int) -> Answer | None:
        """Answer a query of a board and keep the answer ready from now on.

        A board that is not full has all articles that there are.
        """
        shown = self._shown.get((edition, surface))
        if shown is None or n > len(shown.board.items) >= BOARD_ITEMS:
            return None
        answer = answer_of(render(shown.board, n))
        if len(shown.queries) < QUERIES:
            shown.queries[line] = n
            self.answers[line] = answer
            if self._shown.get((edition, surface)) is not shown:  # changed meanwhile
                del self.answers[line]
        return answer

    def keep(self, line: str, body: bytes, edition: str) -> Answer:
        """Keep a list of an edition that was made for a query for a second."""
        if len(self.answers) > MADE_ANSWERS:
            self._sweep()
        answer = self.answers[line] = answer_of(body, time.monotonic() + NUMBERS_EVERY)
        self._made[edition].add(line)
        return answer

    def forget(self, editions: Iterable[str]) -> None:
        """Forget the lists that were made for queries: what may be listed has changed."""
        for edition in editions:
            for line in list(self._made.pop(edition, ())):
                answer = self.answers.get(line)
                if answer is not None and answer.until < float("inf"):
                    self.answers.pop(line, None)

    def _sweep(self) -> None:
        now = time.monotonic()
        for line, answer in list(self.answers.items()):
            if answer.until < now:
                self.answers.pop(line, None)
        for edition, lines in list(self._made.items()):
            lines &= self.answers.keys()
            if not lines:
                self._made.pop(edition, None)
