"""One edition as the engine reads it: leaders, tags and cards over its site's state.

This is the engine's own reading. It changes no state; everything in it can be made anew from the
state and the cards. Popular and Trending are ranked here, Related in `related`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ranking.engine.decay import LN2
from ranking.engine.rings import DAY_MS, DAYS, HOUR_MS, HOURS
from ranking.engine.site import Site
from ranking.lists.cards import Card
from ranking.lists.catalogue import Catalogue
from ranking.lists.leaders import Decay, Leaders, decay_of
from ranking.lists.loans import NOTHING_LENT, with_loans
from ranking.lists.profile import Profile
from ranking.lists.reading import LONGEST, Ground, Scored
from ranking.lists.standings import Standings
from ranking.lists.tags import TagGraph
from ranking.lists.windows import hourly_counts, window_counts

LIVE, NEWEST = 3000, 1000
GRAPHS = 8
FIRST = 64


class Edition:
    """The engine's reading of one edition.

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
        self._standings = Standings(site, name, catalogue)
        self._graphs: dict[float, TagGraph] = {}  # by their decay

    @property
    def at(self) -> float:
        """The clock of the edition's lists: its site's newest stamp, seconds."""
        return self.site.newest_ms / 1000

    def slot(self, article: str) -> int:
        """Slot of an article, -1 if no view of it is remembered."""
        return self.site.slot(self.name, article)

    def id_of(self, slot: int) -> str:
        """Article in a slot."""
        return self.site.ids[slot]

    def row(self, article: str) -> int:
        """Co-read row of an article, -1 if it has none."""
        slot = self.slot(article)
        return int(self.site.state.article["row"][slot]) if slot >= 0 else -1

    def card(self, article: str) -> Card | None:
        """Card of an article, if it is known."""
        return self.catalogue.card(self.name, article)

    def is_gone(self, article: str) -> bool:
        """Say whether an article was taken down."""
        return self.catalogue.is_gone(self.name, article)

    def of_story(self, story: str) -> str | None:
        """The edition's article of a story, if it has one."""
        told = self.catalogue.translations(self.site.name, story)
        return next((card.id for card in told if card.edition == self.name), None)

    def views(self, article: str) -> int:
        """Counted views of an article, ever."""
        slot = self.slot(article)
        return int(self.site.state.article["counted"][slot, 0]) if slot >= 0 else 0

    def hourly(self) -> list[int]:
        """Counted views of all articles that are remembered, an hour, the current one last."""
        self._standings.grow()
        slots, site = self._standings.slots, self.site
        counted: list[int] = hourly_counts(slots, site.state.article, site.newest_ms).tolist()
        return counted

    def touch(self, slots: NDArray[np.int32]) -> None:
        """Note articles whose views changed; leaders follow when they are read."""
        self._standings.touch(slots)

    def card_changed(self, article: str) -> None:
        """Note that an article's card came, changed or went."""
        self._standings.card_changed(article)
        self._graphs.clear()

    def renew_tags(self) -> None:
        """Have the tag graph made anew when it is asked for next."""
        self._graphs.clear()

    def tags(self, profile: Profile) -> TagGraph:
        """The tag graph as of the last renewal."""
        graph = self._graphs.get(profile.tag_half_life)
        if graph is None:
            while len(self._graphs) >= GRAPHS:
                del self._graphs[next(iter(self._graphs))]
            graph = self._graphs[profile.tag_half_life] = self._new_graph(profile)
        return graph

    def ground(self, profile: Profile, hints: Sequence[Card] = ()) -> Ground:
        """What Related and For this visit are ranked on; it holds all articles anyway."""
        p = profile
        popularity = self._standings.popularity(
            p.related_half_life, p.related_landing_weight, p.related_evidence, p
        )
        scratch = self._standings.scratch
        return Ground(self.site.state.graph, self.site.newest_ms, popularity, scratch)

    def leaders(self, half_life: float, landing: float, profile: Profile) -> tuple[Leaders, Decay]:
        """Leaders under a half-life, up to date."""
        return self._standings.leaders(half_life, landing, profile)

    def decayed_views(self, profile: Profile) -> float:
        """Views of the whole edition now, under the longest half-life of Popular."""
        return self._standings.decayed_views(profile)

    def popular(
        self, profile: Profile, section: str = "", lent: Mapping[str, float] = NOTHING_LENT
    ) -> Iterator[Scored]:
        """Articles by decayed views, best first, ties by id.

        Filled up by the newest ones, of a section if it is given, and by those read last. `lent`
        are shares that articles have in sibling editions.
        """
        by_window = profile.window > 0
        listed = set()
        for item in self._by_window(profile.window) if by_window else self._by_mass(profile, lent):
            listed.add(item.id)
            yield item
        for card in self.catalogue.latest(self.name, LONGEST + len(listed), section):
            if card.id not in listed:
                listed.add(card.id)
                yield Scored(card.id, 0.0)
        self._standings.grow()
        article, slots = self.site.state.article, self._standings.slots
        counted = slots[article["counted"][slots, 0] > 0]
        for slot in counted[np.argsort(-article["last"][counted], kind="stable")].tolist():
            if self.site.ids[slot] not in listed:
                yield Scored(self.site.ids[slot], 0.0)

    def trending(self, profile: Profile) -> Iterator[Scored]:
        """Articles by (fast - slow) / sqrt(slow + floor), in views an hour, rising ones first."""
        leaders, _ = self._standings.leaders(profile.trending_fast, 1.0, profile)
        slots = leaders.head[: leaders.used[0]]
        quick, usual = self._rates(profile, slots)
        rise = (quick - usual) / np.sqrt(usual + profile.trending_floor)
        yield from self._scored(slots, rise)

    def popular_parts(
        self, profile: Profile, lent: Mapping[str, float], article: str
    ) -> list[tuple[str, float]]:
        """What an article's score in Popular is the sum of, with names."""
        slot = self.slot(article)
        slots = np.array([slot], np.int32) if slot >= 0 else np.zeros(0, np.int32)
        if profile.window:
            hours, days = periods_of(profile.window)
            state, newest = self.site.state.article, self.site.newest_ms
            counts = window_counts(slots, state, newest, hours, days)
            return [("window", float(counts.sum()))]
        evidence = profile.sibling_evidence if lent else 0.0
        parts, loan = self._standings.popular_parts(profile, evidence, slots)
        named = [(f"memory_{level + 1}", float(part.sum())) for level, part in enumerate(parts)]
        return named + ([("siblings", loan * lent.get(article, 0.0))] if lent else [])

    def trending_parts(self, profile: Profile, article: str) -> list[tuple[str, float]]:
        """The two rates that Trending compares, in views an hour."""
        slot = self.slot(article)
        if slot < 0:
            return [("fast_rate", 0.0), ("slow_rate", 0.0)]
        quick, usual = self._rates(profile, np.array([slot], np.int32))
        return [("fast_rate", float(quick[0])), ("slow_rate", float(usual[0]))]

    def _rates(
        self, profile: Profile, slots: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Views an hour of some articles, by the faster and the slower half-life."""
        _, fast = self._standings.leaders(profile.trending_fast, 1.0, profile)
        _, slow = decay_of(profile.trending_slow, 0.0, fast.class_weight)
        quick = self._standings.now(slots, fast) * (LN2 * 3600 / profile.trending_fast)
        return quick, self._standings.now(slots, slow) * (LN2 * 3600 / profile.trending_slow)

    def _by_mass(self, profile: Profile, lent: Mapping[str, float]) -> Iterable[Scored]:
        evidence = profile.sibling_evidence if lent else 0.0
        slots, scores, loan = self._standings.popular(profile, evidence)
        limit = np.partition(scores, -FIRST)[-FIRST] if slots.size > FIRST else 0.0
        first = scores >= limit  # most lists end within these
        if lent:
            return with_loans(self._scored(slots, scores), lent, loan)
        rest = self._scored_later(slots[~first], scores[~first])
        return chain(self._scored(slots[first], scores[first]), rest)

    def _scored_later(
        self, slots: NDArray[np.int32], scores: NDArray[np.float64]
    ) -> Iterator[Scored]:
        yield from self._scored(slots, scores)

    def _by_window(self, window: int) -> Iterator[Scored]:
        self._standings.grow()
        slots, article = self._standings.slots, self.site.state.article
        counts = window_counts(slots, article, self.site.newest_ms, *periods_of(window))
        most = 2 * LONGEST
        limit = np.partition(counts, -most)[-most] if counts.size > most else 0
        for chosen in (counts > limit, (counts == limit) & (counts > 0)):
            yield from self._scored(slots[chosen], counts[chosen].astype(float))
        below = (counts < limit) & (counts > 0)
        yield from self._scored(slots[below], counts[below].astype(float))

    def _scored(self, slots: NDArray[np.int32], scores: NDArray[np.float64]) -> list[Scored]:
        """Articles with a score above 0, best first, ties by id."""
        ids = self.site.ids
        pairs = zip(slots.tolist(), scores.tolist(), strict=True)
        scored = [(-score, ids[slot]) for slot, score in pairs if score > 0.0]
        return [Scored(article, -score) for score, article in sorted(scored)]

    def _new_graph(self, profile: Profile) -> TagGraph:
        leaders, decay = self._standings.leaders(profile.tag_half_life, 1.0, profile)
        slots = leaders.head[: min(int(leaders.used[0]), LIVE)]
        masses = self._standings.now(slots, decay).tolist()
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
