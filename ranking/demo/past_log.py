"""Past log: the views of the demo's readers, for simulations without a log.

Pure and seeded. The log has the largest edition alone, without robots, in the readers' own order.
"""

from collections.abc import Callable, Iterator

from ranking.demo.newsroom import Newsroom
from ranking.demo.readers import ROBOTS, Readers
from ranking.demo.wording import SITE
from ranking.engine.batch import Batch
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event import Event
from ranking.engine.event_columns import rows_of

LANG, DAYS, STORIES_A_DAY, RATE = "ru", 3, 60, 8.0
END = 1_700_000_000.0
STEP = 3 * 3_600.0
"""Seconds of the log per step."""
SIZE = 5_000


def past_of(seed: int, progress: Callable[[int, int], None] = lambda at, of: None) -> list[Batch]:
    """Three days of views of one edition, about 900,000.

    Parameters
    ----------
    seed : int
        Seed of all stories and readers.
    progress : callable
        Called with the finished steps and their total.
    """
    made: list[Batch] = []
    hashes, views = Hasher(b"past"), 0
    for events, stamps in _steps(seed, progress):
        for k in range(0, len(events), SIZE):
            part, at = events[k : k + SIZE], stamps[k : k + SIZE]
            made.append(pack(SITE, "past", views, at[-1], rows_of(part, at), hashes))
            views += len(part)
    return made


def _steps(
    seed: int, progress: Callable[[int, int], None]
) -> Iterator[tuple[list[Event], list[int]]]:
    cards = [
        card for card in Newsroom(seed).recent(END, DAYS, STORIES_A_DAY) if card["lang"] == LANG
    ]
    readers, begin = Readers(seed), END - DAYS * 86_400.0
    count = round((END - begin) / STEP)
    for number in range(count):
        since = begin + number * STEP
        views = [
            view
            for view in readers.views(cards, since, since + STEP, RATE)
            if view["agent"] not in ROBOTS
        ]
        events = [
            Event(
                visitor=view["visitor"], article=view["article"], edition=view["edition"],
                session=view["session"],
            )
            for view in views
        ]  # fmt: skip
        yield events, [round(view["at"] * 1000) for view in views]
        progress(number + 1, count)
