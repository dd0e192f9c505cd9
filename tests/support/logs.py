"""Small random logs, and the slow truth about them.

A log is a list of rows; `packed` and `chopped` make batches of it. `Truth` takes the same rows one
by one and keeps every counted view and every co-reading in plain lists, so that what the engine
says can be compared with sums that a reader can check by eye. This file imports nothing of the
engine but the event, the packing and the settings.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from ranking.engine.batch import Batch
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event import Event, site_of
from ranking.engine.event_columns import rows_of
from ranking.engine.settings import EngineSettings

START_MS = 1_700_000_000_000
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
HASHES = Hasher(b"tests")
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
RU, KK = "inform/ru", "inform/kk"
LANDING, ONWARD, OURS = 0, 1, 2
DEPTH = 3
Kind = Literal["view", "read", "impression", "click"]
KINDS: tuple[Kind, ...] = ("view", "read", "impression", "click")
Page = tuple[str, str]
"""Edition and article."""


class Row(NamedTuple):
    """One line of a log: when (ms), and what."""

    at_ms: int
    event: Event


def view(
    at_ms: int,
    article: str,
    visitor: str = "anna",
    *,
    edition: str = RU,
    session: str | None = None,
    kind: Kind = "view",
    id: str | None = None,
    surface: str = "",
    agent: str = "",
    **trial: Any,
) -> Row:
    """One row by hand; `trial` is what it says of experiments."""
    event = Event(
        visitor=visitor, article=article, edition=edition, session=session, kind=kind, id=id,
        surface=surface, agent=agent, **trial,
    )  # fmt: skip
    return Row(at_ms, event)


def random_rows(
    seed: int,
    n_views: int,
    *,
    articles: int = 20,
    visitors: int = 12,
    editions: Sequence[str] = (RU,),
    step_ms: int = 20_000,
    late: float = 0.0,
    late_ms: int = 0,
    pause: float = 0.0,
    pause_ms: int = 2 * DAY_MS,
    others: float = 0.0,
    robots: float = 0.0,
    ids: float = 0.0,
    sessions: float = 0.0,
    ours: float = 0.0,
    trials: Sequence[str] = (),
) -> list[Row]:
    """Make a log in which what may happen happens at random.

    Parameters
    ----------
    step_ms : int
        Greatest pause between two views; the mean is half of it.
    late, late_ms
        Share of views that come late, and by how much at most.
    pause, pause_ms
        Share of long pauses, and how long they are at most.
    others, robots, ids, sessions, ours
        Shares of events that are no views, of robots, with an id of the portal (repeated now and
        then), with a session, caused by one of our lists.
    trials : sequence of str
        What half of the visitors say of experiments, each event one of them.
    """
    rng = random.Random(seed)
    rows, clock = [], START_MS
    for i in range(n_views):
        clock += rng.randint(1, step_ms)
        if rng.random() < pause:
            clock += rng.randint(pause_ms // 4, pause_ms)
        lateness = rng.randint(0, late_ms) if rng.random() < late else 0
        visitor = f"visitor {rng.randrange(visitors)}"
        row = view(
            clock - lateness,
            str(int(articles * rng.random() ** 2)),
            visitor,
            edition=rng.choice(editions),
            session=f"session of {visitor}" if rng.random() < sessions else None,
            kind=rng.choice(KINDS[1:]) if rng.random() < others else "view",
            id=f"id {rng.randint(max(0, i - 9), i)}" if rng.random() < ids else None,
            surface="popular" if rng.random() < ours else "",
            agent=ROBOT if rng.random() < robots else "",
            **(drawn_trial(rng, visitor, trials) if trials else {}),
        )
        rows.append(row)
    return rows


def drawn_trial(rng: random.Random, visitor: str, trials: Sequence[str]) -> dict[str, Any]:
    """What an event of a visitor says of experiments; every fourth bucket is not known."""
    number = sum(visitor.encode())
    if number % 2:
        return {}
    return {
        "experiment": rng.choice(trials),
        "arm": rng.choice(("a", "b", "a,b", "b,,a", "")),
        "bucket": number % 1000 if number % 8 else None,
        "slot": rng.choice((0, 1, 2, 5, 20, 255)),
    }


def packed(rows: Sequence[Row], first: int = 0, source: str = "collector") -> Batch:
    """Pack rows of one site into one batch."""
    site = site_of(rows[0].event.edition)
    events, stamps = [row.event for row in rows], [row.at_ms for row in rows]
    return pack(site, source, first, max(stamps), rows_of(events, list(stamps)), HASHES)


def chopped(rows: Sequence[Row], cuts: Iterable[int], source: str = "collector") -> list[Batch]:
    """Pack rows of one site into batches that begin at the cuts."""
    inner = {cut for cut in cuts if 0 < cut < len(rows)}
    bounds = [0, *sorted(inner), len(rows)]
    return [packed(rows[a:b], a, source) for a, b in pairwise(bounds)]


def random_batches(
    seed: int, n_views: int, batch: int = 50, *, editions: Sequence[str] = (RU,)
) -> list[Batch]:
    """Make a log with a little of everything, in batches of random sizes."""
    rows = random_rows(
        seed, n_views, editions=editions, late=0.2, late_ms=20 * MINUTE_MS, pause=0.01, others=0.1,
        robots=0.05, ids=0.2, sessions=0.3, ours=0.2,
    )  # fmt: skip
    rng = random.Random(seed)
    return chopped(rows, [rng.randrange(n_views) for _ in range(n_views // batch)])


class Ids:
    """Ids of events, in lists by the hour in which they came (the half hour for some kinds)."""

    def __init__(self) -> None:
        self._generations: dict[bool, list[tuple[int, set[str]]]] = {True: [], False: []}
        self._begun = {True: -1, False: -1}

    def turn(self, at: int) -> None:
        """Forget what came a day or half an hour ago, when a new hour or half hour begins."""
        for is_long, period, span in ((True, HOUR_MS, DAY_MS), (False, HOUR_MS // 2, HOUR_MS // 2)):
            if at // period > self._begun[is_long]:
                due, self._begun[is_long] = (self._begun[is_long] + 1) * period, at // period
                its = [(end if end else due, ids) for end, ids in self._generations[is_long]]
                kept = [(end, ids) for end, ids in its if ids and end > at - span]
                self._generations[is_long] = [*kept, (0, set())]

    def is_known(self, id: str, kind: str) -> bool:
        """Say whether an id came before, and remember it."""
        generations = self._generations[kind in ("view", "click")]
        known = any(id in ids for _, ids in generations)
        if not known:
            generations[-1][1].add(id)
        return known


class Truth:
    """Everything a log says, by the rules and without any shortcut.

    Attributes
    ----------
    accepted : Counter of Page
    counted : Counter of (Page, kind)
    views : dict of Page to list of (at_ms, class)
        The counted views.
    links : dict of (Page, Page) to list of (at_ms, (fast, middle, slow))
        What was added to the row of the first for the second.
    linked : dict of Page to int
        The number of the view that last added to the page's row.
    newest_ms : int
    """

    def __init__(self, settings: EngineSettings | None = None) -> None:
        self.settings = settings or EngineSettings()
        self.window_ms = self.settings.window * 1000
        self.accepted: Counter[Page] = Counter()
        self.counted: Counter[tuple[Page, str]] = Counter()
        self.views: dict[Page, list[tuple[int, int]]] = defaultdict(list)
        self.links: dict[tuple[Page, Page], list[tuple[int, tuple[float, ...]]]] = {}
        self.linked: dict[Page, int] = {}
        self.newest_ms = self.number = 0
        self._horizon_ms = 0
        self.again = False
        """Whether the last row's id was seen before."""
        self._ids = Ids()
        self._late: dict[tuple[object, ...], int] = {}
        self._seen: dict[tuple[str, ...], int] = {}
        self._visits: dict[str, list[tuple[Page, int]]] = defaultdict(list)

    def add(self, row: Row) -> bool:
        """Take one row; says whether it counted."""
        event, at = row.event, row.at_ms
        page = (event.edition, str(event.article))
        self.number += 1
        self.newest_ms = max(self.newest_ms, at)
        self._horizon_ms = (self.newest_ms // self.window_ms - 2) * self.window_ms
        self._ids.turn(at)
        self.again = again = event.id is not None and self._ids.is_known(str(event.id), event.kind)
        if event.kind == "view" and not again:
            self.accepted[page] += 1
        if event.agent == ROBOT:
            return False
        repeat = self._was_seen((str(event.visitor), *page, event.kind), at)
        counts = not again and not repeat
        if counts:
            self.counted[page, event.kind] += 1
        if event.kind == "view":
            visit = self._visits[str(event.session or event.visitor)]
            if counts:
                self._count(page, at, visit, ours=bool(event.surface or event.list_id))
            visit[:] = [(page, at), *(old for old in visit if old[0] != page)][:DEPTH]
        return counts

    def add_all(self, rows: Iterable[Row]) -> "Truth":
        """Take many rows."""
        for row in rows:
            self.add(row)
        return self

    def mass(self, page: Page, half_life: float, of_class: int) -> float:
        """Decayed views of a page at the log's clock, `half_life` in seconds."""
        stamps = [at for at, found in self.views.get(page, ()) if found == of_class]
        return sum(self.weight(at, half_life) for at in stamps)

    def total(self, edition: str, half_life: float, of_class: int) -> float:
        """Decayed views of an edition."""
        return sum(
            self.mass(page, half_life, of_class) for page in list(self.views) if page[0] == edition
        )

    def weight(self, at_ms: int, half_life: float) -> float:
        """2^(-age/half_life) at the log's clock."""
        return float(2.0 ** (-(self.newest_ms - at_ms) / (1000 * half_life)))

    def coread(self, page: Page, other: Page, level: int) -> float:
        """N of one level at the log's clock."""
        half_life = self.settings.coread_half_lives[level]
        links = self.links.get((page, other), ())
        return sum(weights[level] * self.weight(at, half_life) for at, weights in links)

    def neighbours(self, page: Page) -> list[Page]:
        """Pages that share a co-reading with a page, by the time of the first."""
        return [other for owner, other in self.links if owner == page]

    def _was_seen(self, key: tuple[str, ...], at: int) -> bool:
        before = self._seen.get(key)
        if before is not None and before < self._horizon_ms:
            before = None
        if at >= self._horizon_ms and (before is None or at > before):
            self._seen[key] = at
        again = before is not None and abs(at - before) < self.window_ms
        if at <= self.newest_ms - self.window_ms:  # late events of one window repeat each other
            for half in (0, self.window_ms // 2):
                late = (*key, half, (at + half) // self.window_ms)
                again = self._late.get(late, -1) >= self._horizon_ms or again
                self._late[late] = self.newest_ms
        return again

    def _count(self, page: Page, at: int, visit: list[tuple[Page, int]], *, ours: bool) -> None:
        steps = 0
        for other, then in visit:
            if other == page or then < self._horizon_ms or abs(at - then) >= self.window_ms:
                continue
            if other[0] == page[0]:
                self._link(other, page, steps, at)
            steps += 1
        of_class = OURS if ours else (ONWARD if steps else LANDING)
        self.views[page].append((at, of_class))

    def _link(self, earlier: Page, later: Page, steps: int, at: int) -> None:
        forward = tuple(f**steps for f in self.settings.coread_forward)
        backward = tuple(b * f for b, f in zip(self.settings.coread_backward, forward, strict=True))
        self.links.setdefault((earlier, later), []).append((at, forward))
        self.links.setdefault((later, earlier), []).append((at, backward))
        self.linked[earlier] = self.linked[later] = self.number
