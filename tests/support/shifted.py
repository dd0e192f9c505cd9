"""`tolqyn serve` on a fixed day: see `clock`."""

import sys
from pathlib import Path

from ranking.benchmarks.processes import Command, free_port, is_ready

CLOCK = Path(__file__).with_name("clock.py")


class ShiftedServer(Command):
    """One `tolqyn serve` on a free loopback port, whose clock stands elsewhere at each start.

    Parameters
    ----------
    folder : Path
        Data.
    at : float
        What its clock shows when it starts, seconds.
    options : tuple of str
        More options of `tolqyn serve`.
    articles : int or None
        How many a site has room for; None = as engine settings say.
    """

    def __init__(self, folder: Path, at: float, *options: str, articles: int | None = None) -> None:
        port = free_port()
        limit = ("--articles", str(articles)) if articles else ()
        where = ("--data", str(folder), "--port", str(port))
        begin = (sys.executable, "-P", str(CLOCK), str(at), *limit)
        super().__init__(folder / "server.log", *begin, "serve", *where, *options)
        self.url = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        """Start, and wait until lists are served."""
        super().start()
        self.await_answer(lambda: is_ready(self.url))
