"""One edition as lists read it: leaders, tags and cards over the site's state.

This is the read model. It changes no state; everything in it can be made anew from the state and
the cards. `compose` is the one function that puts a list together, whoever asks: the server, the
backtest or a test.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ranking.engine.decay import LN2, Clock
from ranking.engine.rings import DAY_MS, DAYS, HOUR_MS, HOURS
from ranking.engine.site import Site
from ranking.lists.catalogue import Card, Catalogue
from ranking.lists.chain import (
    Question,
    Scratch,
    evidence_of,
    new_scratch,
    rank_next,
    visit_weights,
)
from ranking.lists.leaders import (
    Decay,
    Leaders,
    article_score,
    clear_leaders,
    decay_of,
    grown,
    new_leaders,
    raise_many,
    read_scores,
)
from ranking.lists.profile import Profile
from ranking.lists.tags import TagGraph
from ranking.lists.windows import window_counts

LIVE, NEWEST = 3000, 1000
GRAPH_EVERY_MS = 5_000
GRAPHS = 8
UNREAD = 1000
FIRST = 64
LONGEST = 100
"""A list has at most so many items."""


@dataclass(frozen=True, slots=True)
class Scored:
    """An article in a list."""

    id: str
    score: float


@dataclass(slots=True)
class _Standing:
    """Leaders under one decay, and what they hold for."""

    decay: Decay
    steady: bool
    leaders: Leaders
    bases: NDArray[np.int64] | None = None
    day: int = -1
    pending: list[NDArray[np.int32]] = field(default_factory=list)


class Edition:
    """The read model of one edition.

    Parameters
    ----------
    site : Site
    name : str
        As `site/lang`.
    catalogue : Catalogue
    """

    def __init__(self, site: Site, name: str, catalogue: Catalogue) -> None:
        self.site = site
        self.name = name
        self.catalogue = catalogue
        self._standings: dict[tuple[float, ...], _Standing] = {}
        self._published = np.zeros(0)
        self._slots = np.zeros(0, np.int32)
        self._known = self._evictions = self._arrivals = 0
        self._scratch: Scratch = new_scratch(0)
        self._graphs: dict[float, tuple[int, TagGraph]] = {}  # by their decay

    @property
    def at(self) -> float:
        """The clock of the edition's lists: its site's newest stamp, seconds."""
        return self.site.newest_ms / 1000

    def touch(self, slots: NDArray[np.int32]) -> None:
        """Note articles whose views changed; leaders follow when they are read."""
        self._grow()
        for standing in self._standings.values():
            standing.pending.append(slots)
            if len(standing.pending) > UNREAD:
                standing.bases = None  # nobody reads it: scan it whole when somebody does
                standing.pending.clear()

    def card_changed(self, article: str) -> None:
        """Note that an article's card came, changed or went."""
        slot = self.site.slot(self.name, article)
        if 0 <= slot < self._published.size:
            self._published[slot] = self._published_ms(article)
        self._graphs.clear()
        for standing in self._standings.values():
            if standing.decay.freshness > 0.0:
                standing.bases = None

    def popular(self, profile: Profile, section: str = "") -> Iterator[Scored]:
        """Articles by decayed views, best first, ties by id.

        Filled up by the newest ones, of a section if it is given, and by those read last.
        """
        by_window = profile.window > 0
        listed = set()
        for item in self._by_window(profile.window) if by_window else self._by_mass(profile):
            listed.add(item.id)
            yield item
        for card in self.catalogue.latest(self.name, LONGEST + len(listed), section):
            if card.id not in listed:
                listed.add(card.id)
                yield Scored(card.id, 0.0)
        article = self.site.state.article
        counted = self._slots[article["counted"][self._slots, 0] > 0]
        for slot in counted[np.argsort(-article["last"][counted], kind="stable")].tolist():
            if self.site.ids[slot] not in listed:
                yield Scored(self.site.ids[slot], 0.0)

    def trending(self, profile: Profile) -> Iterator[Scored]:
        """Articles by (fast - slow) / sqrt(slow + floor), in views an hour, rising ones first."""
        leaders, fast = self.leaders(profile.trending_fast, 1.0, profile)
        slots = leaders.head[: leaders.used[0]]
        _, slow = decay_of(profile.trending_slow, 0.0, fast.class_weight)
        quick = self._now(slots, fast) * (LN2 * 3600 / profile.trending_fast)
        usual = self._now(slots, slow) * (LN2 * 3600 / profile.trending_slow)
        rise = (quick - usual) / np.sqrt(usual + profile.trending_floor)
        yield from self._scored(slots, rise)

    def next_pages(
        self, pages: list[str], profile: Profile, n: int, without: Iterable[str] = ()
    ) -> Iterator[Scored]:
        """What is read after some pages, newest first: Related for one, For this visit for more.

        Parameters
        ----------
        pages : list of str
            Articles; never listed themselves.
        profile : Profile
        n : int
            How many the chain ranks before Popular fills up.
        without : iterable of str
            Articles that must not be listed either.
        """
        pages = list(dict.fromkeys(pages))
        read = dict.fromkeys([*pages, *without])
        listed = dict.fromkeys(read)
        for item in self._chain(pages, list(read), profile, n):
            listed[item.id] = None
            yield item
        for item in self.popular(profile):
            if item.id not in listed:
                yield Scored(item.id, 0.0)

    def tags(self, profile: Profile) -> TagGraph:
        """The tag graph, renewed when cards change and every few seconds of log time."""
        newest = self.site.newest_ms
        made_ms, graph = self._graphs.get(profile.tag_half_life, (0, None))
        if graph is None or newest - made_ms > GRAPH_EVERY_MS:
            graph = self._new_graph(profile)
            while len(self._graphs) >= GRAPHS:
                del self._graphs[next(iter(self._graphs))]
            self._graphs[profile.tag_half_life] = (newest, graph)
        return graph

    def leaders(
        self, half_life: float, landing: float, profile: Profile, exponent: float = 0.0,
        freshness: float = 0.0,
    ) -> tuple[Leaders, Decay]:  # fmt: skip
        """Leaders under a decay, up to date."""
        weights = (landing, profile.onward_weight, profile.ours_weight)
        key = (half_life, exponent, *weights, freshness)
        if key not in self._standings:
            kernel, decay = decay_of(half_life, exponent, weights, freshness)
            while len(self._standings) >= 16:
                del self._standings[next(iter(self._standings))]
            self._standings[key] = _Standing(decay, kernel.steady, new_leaders(0))
        standing = self._standings[key]
        self._refresh(standing)
        return standing.leaders, standing.decay

    def total(self, decay: Decay) -> float:
        """Mass of the whole edition in the units of `decay`."""
        if self.name not in self.site.editions:
            return 0.0
        index = self.site.editions.index(self.name)
        whole = decay._replace(freshness=0.0)
        return float(article_score(self.site.state.total[index], 0.0, 0, whole))

    def _refresh(self, standing: _Standing) -> None:
        self._grow()
        state = self.site.state
        bases, day = state.weights["base_ms"][0], self.site.newest_ms // DAY_MS
        size = state.article.size
        if standing.leaders.score.size < size:
            standing.leaders = grown(standing.leaders, size)
        decay = standing.decay
        stale = standing.bases is None or not np.array_equal(standing.bases, bases)
        if not standing.steady:
            stale = stale or bool(standing.pending)
            decay.shift[:] = Clock(self.site.newest_ms, bases).shift
        if decay.freshness > 0.0:
            stale = stale or day != standing.day
        if stale:
            clear_leaders(standing.leaders)
            standing.pending = [self._slots]
            standing.bases, standing.day = bases.copy(), day
        if standing.pending:
            slots = np.unique(np.concatenate(standing.pending))
            until = (day + 1) * DAY_MS
            scores = read_scores(slots, state.mass, self._published, until, decay)
            raise_many(standing.leaders, slots, scores)
            standing.pending.clear()

    def _grow(self) -> None:
        """Follow the site's new articles: their dates and the edition's slots."""
        state, have = self.site.state, self._published.size
        if state.article.size > have:
            published = np.zeros(state.article.size)
            published[:have] = self._published
            self._published = published
            self._scratch = new_scratch(state.article.size)
        if self.site.evictions != self._evictions:
            self._evictions = self.site.evictions
            for standing in self._standings.values():
                standing.bases = None
        if self.site.arrivals != self._arrivals and self.name in self.site.editions:
            if self.site.evictions:  # slots may have changed hands
                self._known, self._slots = 0, self._slots[:0]
            self._arrivals = self.site.arrivals
            self._follow_arrivals()

    def _follow_arrivals(self) -> None:
        known, ids = self._known, self.site.ids
        fresh = self.site.state.article[known : len(ids)]
        index = self.site.editions.index(self.name)
        mine = np.flatnonzero((fresh["edition"] == index) & (fresh["key"] != 0))
        slots = mine.astype(np.int32) + np.int32(known)
        self._slots = np.concatenate([self._slots, slots])
        for slot in slots.tolist():
            self._published[slot] = self._published_ms(ids[slot])
        self._known = len(ids)

    def _published_ms(self, article: str) -> float:
        card = self.catalogue.card(self.name, article)
        return card.published_at * 1000 if card else 0.0

    def _by_mass(self, profile: Profile) -> Iterator[Scored]:
        leaders, decay = self.leaders(
            profile.half_life, profile.landing_weight, profile, profile.exponent, profile.freshness
        )
        head = leaders.head[: leaders.used[0]]
        scores = self._now(head, decay)
        limit = np.partition(scores, -FIRST)[-FIRST] if head.size > FIRST else 0.0
        first = scores >= limit  # most lists end within these
        yield from self._scored(head[first], scores[first])
        yield from self._scored(head[~first], scores[~first])

    def _by_window(self, window: int) -> Iterator[Scored]:
        self._grow()
        counts = window_counts(
            self._slots, self.site.state.article, self.site.newest_ms, *periods_of(window)
        )
        most = 2 * LONGEST
        limit = np.partition(counts, -most)[-most] if counts.size > most else 0
        first = counts >= limit
        yield from self._scored(self._slots[first], counts[first].astype(float))

    def _now(self, slots: NDArray[np.int32], decay: Decay) -> NDArray[np.float64]:
        """Scores of some articles at the log's clock, (n_slots,) float64."""
        state, newest = self.site.state, self.site.newest_ms
        now = decay._replace(shift=Clock(newest, state.weights["base_ms"][0]).shift)
        return read_scores(slots, state.mass, self._published, newest, now)

    def _scored(self, slots: NDArray[np.int32], scores: NDArray[np.float64]) -> list[Scored]:
        """Articles with a score above 0, best first, ties by id."""
        ids = self.site.ids
        pairs = zip(slots.tolist(), scores.tolist(), strict=True)
        scored = [(-score, ids[slot]) for slot, score in pairs if score > 0.0]
        return [Scored(article, -score) for score, article in sorted(scored)]

    def _chain(self, pages: list[str], read: list[str], profile: Profile, n: int) -> list[Scored]:
        leaders, decay = self.leaders(
            profile.related_half_life, profile.related_landing_weight, profile
        )
        used = pages[: profile.visit_depth]
        hints, shares = self._hints(used, profile)
        state, size = self.site.state, self.site.state.article.size
        extra = [c.id for c in hints if self.site.slot(self.name, c.id) < 0]
        places = {article: size + i for i, article in enumerate(extra)}
        slot_of = [places.get(c.id, self.site.slot(self.name, c.id)) for c in hints]
        question = Question(
            np.array([self.site.slot(self.name, p) for p in used], np.int32),
            visit_weights(profile, len(used)),
            np.array([self.site.slot(self.name, p) for p in read], np.int32),
            np.array(slot_of, np.int32),
            shares,
            evidence_of(profile),
            profile.tag_share if hints else 0.0,
        )
        slots, scores = np.zeros(n, np.int32), np.zeros(n)
        found = rank_next(
            state.graph, state.article, self.site.newest_ms, leaders, self.total(decay),
            question, self._scratch, slots, scores,
        )  # fmt: skip
        names = [self.site.ids[s] if s < size else extra[s - size] for s in slots[:found].tolist()]
        listed = (Scored(*pair) for pair in zip(names, scores[:found].tolist(), strict=True))
        return sorted(
            (item for item in listed if item.id not in read), key=lambda i: (-i.score, i.id)
        )

    def _hints(self, pages: list[str], profile: Profile) -> tuple[list[Card], NDArray[np.float64]]:
        """What the tags of the newest page that has a card propose."""
        for page in pages:
            card = self.catalogue.card(self.name, page)
            if card and profile.tag_share > 0.0:
                return self.tags(profile).hints(card, self.at, profile.tag_freshness)
        return [], np.zeros(0)

    def _new_graph(self, profile: Profile) -> TagGraph:
        leaders, decay = self.leaders(profile.tag_half_life, 1.0, profile)
        slots = leaders.head[: min(int(leaders.used[0]), LIVE)]
        masses = self._now(slots, decay).tolist()
        viewed = {self.site.ids[s]: m for s, m in zip(slots.tolist(), masses, strict=True)}
        cards = [self.catalogue.card(self.name, article) for article in viewed]
        live = {card.id: card for card in cards if card is not None}
        live |= {card.id: card for card in self.catalogue.latest(self.name, NEWEST)}
        chosen = sorted(live.values(), key=lambda card: card.id)
        return TagGraph(chosen, np.array([viewed.get(card.id, 0.0) for card in chosen]))


def periods_of(window: int) -> tuple[int, int]:
    """Hours and days of a hard window in seconds: whole hours up to a day, then whole days.

    Examples
    --------
    >>> periods_of(86400), periods_of(1800), periods_of(7 * 86400)
    ((24, 0), (1, 0), (0, 7))
    """
    hours = -(-window * 1000 // HOUR_MS)
    return (hours, 0) if hours <= HOURS else (0, min(-(-window * 1000 // DAY_MS), DAYS))
