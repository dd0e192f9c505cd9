"""Events: generated logs for the checks, from a seed.

A log has readers with habits, so that repeats, visits, robots, late and early stamps all occur.
"""

import random
from collections.abc import Iterable, Sequence

from ranking.engine.batch import Batch
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event import Event
from ranking.engine.event_columns import rows_of
from ranking.engine.event_kinds import EventKind
from ranking.engine.settings import EngineSettings
from ranking.ranker import Ranker

START_MS = 1_700_000_000_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
EDITIONS = ("check/en", "check/kk")
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"
SMALL = EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024, arms=8)
Stamped = tuple[int, Event]


def log(
    kinds: Sequence[EventKind], size: int = 1200, articles: int = 40, step_ms: int = 20_000,
    seed: int = 1,
) -> list[Stamped]:  # fmt: skip
    """Stamped events, ascending but for some late ones.

    Parameters
    ----------
    kinds : sequence of EventKind
        Besides views.
    size : int
    articles : int
    step_ms : int
        Mean time between two events.
    seed : int
    """
    drawn, at, found = random.Random(seed), START_MS, list[Stamped]()
    names = ["view", *(kind.name for kind in kinds)]
    for _ in range(size):
        at += int(drawn.expovariate(1.0 / step_ms))
        stamp = at - drawn.choice([0, 0, 0, 0, HOUR_MS, 5 * HOUR_MS])
        event = Event(
            visitor=f"v{drawn.randrange(60)}",
            article=f"a{min(int(drawn.expovariate(3.0 / articles)), articles - 1)}",
            edition=drawn.choice(EDITIONS),
            kind=drawn.choice(names),
            surface=drawn.choice(["", "", "popular"]),
            agent=ROBOT if drawn.random() < 0.03 else "",
            experiment="trial" if drawn.random() < 0.2 else "",
            arm=drawn.choice(["a", "b"]),
            bucket=drawn.randrange(1000),
        )
        found.append((stamp, event))
    return found


def batches(events: Sequence[Stamped], cuts: Iterable[int] = (), first: int = 0) -> list[Batch]:
    """Events as batches of one source, cut before some of them."""
    ends = [*sorted(set(cuts) - {0, len(events)}), len(events)]
    made, begin, hasher = [], 0, Hasher(b"checks")
    for end in ends:
        part = events[begin:end]
        rows = rows_of([event for _, event in part], [at for at, _ in part])
        stamp_ms = max(at for at, _ in events[:end])
        made.append(pack("check", "checks", first + begin, stamp_ms, rows, hasher))
        begin = end
    return made


def applied(events: Sequence[Stamped], settings: EngineSettings = SMALL) -> Ranker:
    """A ranker after some events in one batch."""
    ranker = Ranker(settings)
    for position, batch in enumerate(batches(events)):
        ranker.apply(batch, position)
    return ranker


def cuts(size: int, parts: int, seed: int) -> list[int]:
    """Random places to cut a log at."""
    drawn = random.Random(seed)
    return [drawn.randrange(size) for _ in range(parts)]
