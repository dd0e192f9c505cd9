"""Ready arm lists: the bytes of lists by arm, made before they are requested.

A line is one request line. It follows one board or two: its bytes are written again when their ids
change, and for their numbers at most once a second. A line without requests for `IDLE_SECONDS` is
dropped. When an experiment begins, changes or ends, its lines expire, and the next request makes
them again. The ranker's thread puts boards, the server's loop reads bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ranking.lists.alternative_boards import WantedBoard
from ranking.lists.boards import Board
from ranking.service.cached_response import NUMBERS_EVERY, Answer, answer_of

IDLE_SECONDS = 30.0
LINES, BOARDS = 1024, 128
"""At most so many lines, and boards under them."""
Rendered = Callable[[tuple[Board, ...]], bytes]


@dataclass(slots=True)
class ReadyLine:
    """One list whose answer is kept ready.

    Attributes
    ----------
    wanted : tuple of WantedBoard
        The boards under it; none where it never changes.
    n : int
        So many of their first items count.
    rendered : callable
        Writes it from its boards.
    holds : callable
        Says whether it is still made so.
    asked : float
        When it was seen last that somebody asked; monotonic seconds.
    """

    wanted: tuple[WantedBoard, ...]
    n: int
    rendered: Rendered
    holds: Callable[[], bool]
    asked: float
    boards: tuple[Board, ...] = ()
    ids: tuple[tuple[str, ...], ...] = ()
    made: float = field(default=float("-inf"))


class ReadyArmLists:
    """Ready answers of lists by arm.

    Parameters
    ----------
    answers : dict of str to Answer
        By request line; filled here.
    """

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = answers
        self._lines: dict[str, ReadyLine] = {}
        self._boards: dict[WantedBoard, Board] = {}

    def wanted(self) -> list[WantedBoard]:
        """Boards to make besides the live ones."""
        lines = list(self._lines.values())
        return list(dict.fromkeys(board for line in lines for board in line.wanted))

    def follow(self, line: str, ready: ReadyLine) -> None:
        """Keep a line ready from the next tick on, if there is room."""
        known = line in self._lines or len(self._lines) < LINES
        boards = {*self.wanted(), *ready.wanted}
        if known and len(boards) <= BOARDS:
            self._lines[line] = ready

    def put(self, made: Mapping[WantedBoard, Board], now: float) -> None:
        """Take new boards, write what changed, and let go what is not asked for.

        Parameters
        ----------
        made : mapping of WantedBoard to Board
        now : float
            Monotonic seconds.
        """
        self._boards.update(made)
        for line, ready in list(self._lines.items()):
            answer = self._answers.get(line)
            if answer and answer.is_asked:
                ready.asked, answer.is_asked = now, False
            if not ready.holds():
                self._end(line, now)
            elif now - ready.asked > IDLE_SECONDS:
                self._end(line, float("-inf"))
            else:
                self._write(line, ready, now)
        held, wanted = self._boards, self.wanted()
        if len(held) > len(wanted):
            self._boards = {board: held[board] for board in wanted if board in held}

    def _write(self, line: str, ready: ReadyLine, now: float) -> None:
        boards = tuple(self._boards[each] for each in ready.wanted if each in self._boards)
        if len(boards) < len(ready.wanted) or (boards == ready.boards and ready.made > 0.0):
            return
        ids = tuple(board.ids[: ready.n] for board in boards)
        if ids != ready.ids or now - ready.made >= NUMBERS_EVERY:
            ready.boards, ready.ids, ready.made = boards, ids, now
            self._answers[line] = answer_of(ready.rendered(boards))

    def _end(self, line: str, until: float) -> None:
        self._lines.pop(line, None)
        answer = self._answers.get(line)
        if answer:
            answer.until = min(answer.until, until)
