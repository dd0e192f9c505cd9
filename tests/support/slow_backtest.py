"""The slow truth about a backtest: plain Python that asks the live lists before every view."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import pytest

from ranking.backtest.backtest import replay
from ranking.backtest.live_predictions import RENEW_MS
from ranking.backtest.measures.accuracy import Measures, accuracy
from ranking.backtest.visits import Span
from ranking.content.catalogue import Catalogue
from ranking.engine.settings import EngineSettings
from ranking.lists.boards import Board, make_board
from ranking.lists.edition_reader import Scored
from ranking.lists.related_mixture import mix
from ranking.lists.rerank.hysteresis import Incumbents
from ranking.profiles.profile import Profile
from ranking.ranker import Ranker
from tests.support.logs import (
    DAY_MS,
    HASHES,
    HOUR_MS,
    MINUTE_MS,
    ROBOT,
    RU,
    Page,
    Row,
    chopped,
    packed,
    random_rows,
)

LISTS = ("popular", "related", "foryou", "foryou_browser")
CARRIED = 20
ALL = Span(0, 2**62)
MISSED = 255
W_MS = EngineSettings().window * 1000


@dataclass
class Visit:
    """What a reader has opened, newest first, and where the measures of it stand.

    The browser holds the answers that Related gave as the pages were left, newest first.
    """

    newest_ms: int
    pages: list[Page]
    clicks: list[int]
    held: list[tuple[Page, list[Scored]]]

    def mixed(self, edition: str, profile: Profile) -> list[str]:
        """For this visit as the browser mixes it of what it holds."""
        answers = dict[str, list[Scored]]()
        for (of, article), answer in self.held:
            if of == edition:
                answers.setdefault(article, answer)
        last = list(answers.values())[: profile.visit_depth]
        read = [article for of, article in self.pages if of == edition]
        return [item.id for item in mix(last, read, 20, profile.visit_decay)]


class Shown:
    """What is shown: tag graphs renewed by the log's time, boards that follow those before."""

    def __init__(self) -> None:
        self.renewed_ms = 0
        self.incumbents: defaultdict[str, Incumbents] = defaultdict(Incumbents)
        self.clock_ms = self.looked = 0

    def due(self, newest_ms: int) -> bool:
        """Say it, once."""
        if newest_ms - self.renewed_ms < RENEW_MS:
            return False
        self.renewed_ms = newest_ms
        return True

    def is_looked_at(self, at_ms: int, span: Span) -> bool:
        """Say whether Popular is looked at before this view, by the clock's second or refresh."""
        before = self.looked
        self.clock_ms = max(self.clock_ms, at_ms)
        self.looked = int(self.clock_ms // (max(span.refresh, 1) * 1000))
        is_of_part = span.refresh > 1 or self.clock_ms // MINUTE_MS % span.every == 0
        is_within = span.since_ms <= self.clock_ms < span.until_ms
        return self.looked > before and is_of_part and is_within


def follow(ranker: Ranker, shown: Shown) -> None:
    """Bring the lists up to the state."""
    newest_ms = max((site.newest_ms for site in ranker.sites.values()), default=0)
    ranker.tick(renew=shown.due(newest_ms))


def carried(ranker: Ranker, shown: Shown, page: Page) -> list[Scored]:
    """The candidates of a Related answer."""
    follow(ranker, shown)
    items = ranker.lists.related(*page, CARRIED).items
    return [Scored(item.id, item.score, item.discount) for item in items if item.score > 0.0]


def popular(ranker: Ranker, edition: str, profile: Profile, stood: Incumbents) -> Board:
    """An edition's Popular as it stands."""
    own, siblings = ranker.lists.edition(edition), ranker.lists.siblings(edition)
    return make_board(own, "popular", profile, 100, siblings=siblings, incumbents=stood)


def look(ranker: Ranker, shown: Shown, profile: Profile, editions: set[str]) -> None:
    """Have every Popular judged."""
    follow(ranker, shown)
    for edition in editions:
        stood = shown.incumbents[edition]
        popular(ranker, edition, profile, stood)


def places(
    ranker: Ranker, shown: Shown, profile: Profile, visit: Visit, target: Page
) -> tuple[int, ...]:
    """Where the page stands in the live lists without what the visit has read."""
    edition, article = target
    recent = [other if of == edition else f"{of}: {other}" for of, other in visit.pages]
    follow(ranker, shown)
    incumbents = shown.incumbents[edition]
    boards = (
        popular(ranker, edition, profile, incumbents),
        ranker.lists.related(edition, recent[0], 100),
        ranker.lists.for_you(edition, recent, 100),
    )
    found = []
    for board in boards:
        ids = [item.id for item in board.items if item.score > 0.0 and item.id not in recent]
        found.append(ids.index(article) if article in ids[:20] else MISSED)
    mixed = visit.mixed(edition, profile)
    found.append(mixed.index(article) if article in mixed else MISSED)
    return tuple(found)


def slowly(
    rows: Sequence[Row], catalogue: Catalogue, span: Span, profile: Profile
) -> tuple[list[tuple[int, ...]], list[tuple[int, int]]]:
    """Each click's place in each list; and (hour, place in For this visit) of the last clicks."""
    ranker, waiting, period = Ranker(profile=profile, catalogue=catalogue), list[int](), -1
    shown, visits = Shown(), dict[str, Visit]()
    ranks: list[tuple[int, ...]] = []
    hours: list[int] = []
    last: dict[int, bool] = {}
    for number, (at, event) in enumerate(rows):
        now = number if span.refresh == 0 else int(at // (span.refresh * 1000))
        if now > period:
            for other in waiting:
                ranker.apply(packed([rows[other]], other), other)
            waiting, period = [], now
        if shown.is_looked_at(at, span):
            look(ranker, shown, profile, {row.event.edition for row in rows[:number]})
        waiting.append(number)
        chain = str(event.session or event.visitor)
        if event.kind == "view" and event.agent != ROBOT:
            page = (event.edition, str(event.article))
            visit = visits.get(chain)
            is_over = visit is not None and not event.session and at - visit.newest_ms >= W_MS
            if visit is None or is_over:
                visit = visits[chain] = Visit(at, [], [], [])
            due = span.since_ms <= at < span.until_ms and HASHES[chain] % span.every == 0
            for click in visit.clicks:
                last[click] = False
            visit.clicks = []
            if visit.pages and due:
                known = page in visit.pages
                missed = (MISSED,) * len(LISTS)
                visit.held.insert(0, (visit.pages[0], carried(ranker, shown, visit.pages[0])))
                found = places(ranker, shown, profile, visit, page)  # boards are judged either way
                ranks.append(missed if known else found)
                hours.append(at // HOUR_MS)
                visit.clicks = [len(ranks) - 1]
                last[len(ranks) - 1] = True
            elif visit.pages:
                visit.held = []  # what was not asked about is not followed
            visit.newest_ms = at
            visit.pages = [page, *(other for other in visit.pages if other != page)]
    return ranks, [(hours[k], ranks[k][2]) for k in range(len(ranks)) if last[k]]


def measured(ranks: list[tuple[int, ...]], last: list[tuple[int, int]]) -> Measures:
    """Means of the places."""
    measures: Measures = {}
    for which, name in enumerate(LISTS):
        found = [rank[which] for rank in ranks]
        measures[name] = {
            "hr@5": mean([rank < 5 for rank in found]),
            "mrr@5": mean([1 / (rank + 1) if rank < 5 else 0.0 for rank in found]),
            "hr@20": mean([rank < 20 for rank in found]),
            "clicks": len(found),
        }
    hours: dict[int, list[int]] = defaultdict(list)
    for hour, rank in last:
        hours[hour].append(rank)
    gains = [[1 / math.log2(r + 2) if r < 20 else 0.0 for r in found] for found in hours.values()]
    measures["last_item"] = {
        "ndcg@20": mean([mean(gain) for gain in gains]),
        "hr@20": mean([mean([r < 20 for r in found]) for found in hours.values()]),
        "clicks": len(last),
    }
    return measures


def mean(values: Sequence[float]) -> float:
    """Mean, 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def log(
    seed: int,
    n_views: int = 280,
    editions: Sequence[str] = (RU,),
    others: float = 0.0,
    robots: float = 0.0,
) -> list[Row]:
    """Visits of several pages over a night: late views, repeats, our lists."""
    return random_rows(
        seed, n_views, articles=45, visitors=9, editions=editions, step_ms=3 * MINUTE_MS, late=0.05,
        late_ms=5 * MINUTE_MS, pause=0.005, pause_ms=DAY_MS, others=others, robots=robots,
        sessions=0.2, ours=0.2,
    )  # fmt: skip


def assert_same(rows: list[Row], catalogue: Catalogue, span: Span, profile: Profile) -> Measures:
    """Both ways give the same measures."""
    made = msgspec.structs.replace(profile, refresh=profile.refresh or span.refresh)
    ranks, last = slowly(rows, catalogue, span, made)
    assert len(ranks) > 20
    quick = accuracy(replay(chopped(rows, range(0, len(rows), 64)), catalogue, span, profile))
    slow = measured(ranks, last)
    assert set(quick) == set(slow)
    for name, values in slow.items():
        assert quick[name] == pytest.approx(values, abs=1e-12), name
    return quick
