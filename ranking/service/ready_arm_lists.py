"""Ready arm lists: the bytes of lists by arm, made before they are requested.

A line follows one board or two: its bytes are made anew when their ids change, and for their
numbers at most once a second. A line that nobody asked for in `LATELY` seconds is let go; one that
does not hold any more, since an experiment began, changed or ended, is made by who asks next. The
ranker's thread brings boards, the server's loop takes bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ranking.lists.alternative_boards import WantedBoard
from ranking.lists.boards import Board
from ranking.service.cached_response import NUMBERS_EVERY, Answer, answer_of

LATELY = 30.0
LINES, BOARDS = 1024, 128
"""At most so many lines, and boards under them."""
Rendered = Callable[[tuple[Board, ...]], bytes]


@dataclass(slots=True)
class ReadyLine:
    """One list whose answer is kept ready.

    Attributes
    ----------
    soughts : tuple of WantedBoard
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

    soughts: tuple[WantedBoard, ...]
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
        """Boards that are to be made beside the live ones."""
        lines = list(self._lines.values())
        return list(dict.fromkeys(sought for line in lines for sought in line.soughts))

    def follow(self, line: str, its: ReadyLine) -> None:
        """Keep a line ready from the next tick on, if there is room."""
        known = line in self._lines or len(self._lines) < LINES
        boards = {*self.wanted(), *its.soughts}
        if known and len(boards) <= BOARDS:
            self._lines[line] = its

    def put(self, made: Mapping[WantedBoard, Board], now: float) -> None:
        """Take new boards, write what changed, and let go what is not asked for.

        Parameters
        ----------
        made : mapping of Sought to Board
        now : float
            Monotonic seconds.
        """
        self._boards.update(made)
        for line, its in list(self._lines.items()):
            answer = self._answers.get(line)
            if answer and answer.is_asked:
                its.asked, answer.is_asked = now, False
            if not its.holds():
                self._end(line, now)
            elif now - its.asked > LATELY:
                self._end(line, float("-inf"))
            else:
                self._write(line, its, now)
        held, wanted = self._boards, self.wanted()
        if len(held) > len(wanted):
            self._boards = {sought: held[sought] for sought in wanted if sought in held}

    def _write(self, line: str, its: ReadyLine, now: float) -> None:
        boards = tuple(self._boards[each] for each in its.soughts if each in self._boards)
        if len(boards) < len(its.soughts) or (boards == its.boards and its.made > 0.0):
            return
        ids = tuple(board.ids[: its.n] for board in boards)
        if ids != its.ids or now - its.made >= NUMBERS_EVERY:
            its.boards, its.ids, its.made = boards, ids, now
            self._answers[line] = answer_of(its.rendered(boards))

    def _end(self, line: str, until: float) -> None:
        self._lines.pop(line, None)
        answer = self._answers.get(line)
        if answer:
            answer.until = min(answer.until, until)
