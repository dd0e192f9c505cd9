"""`tolqyn` at another time: `python tests/support/clock.py AT [--articles N] COMMAND...`.

The clock of the process stands at AT (seconds since the epoch, UTC) when it begins, and runs on.
With `--articles` its engine holds so many articles of a site. So data of a fixed day are written
and opened as on that day, whenever the tests run. The file imports nothing of the project before
that, so that it serves any version's code.
"""

import inspect
import os
import sys
import time


def shift_clock(at: float) -> None:
    """Let the wall clock stand at a moment now."""
    real, real_ns, ahead = time.time, time.time_ns, at - time.time()
    time.time = lambda: real() + ahead
    time.time_ns = lambda: real_ns() + round(ahead * 1e9)


def limit_articles(articles: int) -> None:
    """Let engine settings that say nothing else hold so many articles of a site."""
    from ranking.commands import settings
    from ranking.engine.settings import EngineSettings

    if "TOLQYN_ARTICLES" in settings.ENVIRONMENT:  # since 0.2.0
        os.environ["TOLQYN_ARTICLES"] = str(articles)
        return
    init = EngineSettings.__init__
    names = list(inspect.signature(init).parameters)[1:]
    defaults = dict(zip(names, init.__defaults__ or (), strict=True)) | {"articles": articles}
    init.__defaults__ = tuple(defaults.values())


def main(arguments: list[str]) -> None:
    """Run a command."""
    shift_clock(float(arguments.pop(0)))
    if arguments[0] == "--articles":
        limit_articles(int(arguments[1]))
        arguments = arguments[2:]
    from ranking.cli import main as tolqyn

    sys.argv = ["tolqyn", *arguments]
    tolqyn()


if __name__ == "__main__":
    main(sys.argv[1:])
