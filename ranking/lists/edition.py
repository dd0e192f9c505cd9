"""One edition as the engine reads it: leaders, tags and cards over its site's state.

This is the engine's own reading. It changes no state; everything in it can be made anew from the
state and the cards. Popular and Trending are ranked here, Related in `related`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from ranking.engine.decay import LN2
from ranking.engine.rings import DAY_MS, DAYS, HOUR_MS, HOURS
from ranking.engine.site import Site
from ranking.lists.cards import Card
from ranking.lists.catalogue import Catalogue
from ranking.lists.leaders import HEAD, decay_of
from ranking.lists.listing import is_listable
from ranking.lists.loans import NOTHING_LENT, with_loans
from ranking.lists.profile import Profile
from ranking.lists.reading import LONGEST, Ground, Scored
from ranking.lists.roster import Roster
from ranking.lists.standings import Standings
from ranking.lists.tags import TagGraph
from ranking.lists.windows import hourly_counts, window_counts

LIVE, NEWEST = HEAD, 1000
"""Articles that the tag graph is made of: those with most views under its decay, and the newest."""
GRAPHS = 8
FIRST, MOST = 64, 2000
"""Articles with a score that are put in order at first, and at most."""
SECTIONS = 64
"""Sections that have leaders of their own; of more, those asked for last."""
LOOKED = 1000
"""Articles without a score that are looked at to fill a list up: so many cards, so many views."""


class Edition:
    """The engine's reading of one edition.

    Parameters
    ----------
    site : Site
    name : str
        As `site/lang`.
    catalogue : Catalogue
    roster : Roster
        Of the site's articles, shared by its editions; one of its own if none is given.
    """

    def __init__(
        self, site: Site, name: str, catalogue: Catalogue, roster: Roster | None = None
    ) -> None:
        self.site = site
        self.name = name
        self.catalogue = catalogue
        self.roster = roster or Roster(site, catalogue)
        self._standings = Standings(site, name, self.roster)
        self._sections: dict[str, Standings] = {}
        self._graphs: dict[float, TagGraph] = {}  # by their decay

    @property
    def at(self) -> float:
        """The clock of the edition's lists: its site's newest stamp, seconds."""
        return self.site.newest_ms / 1000

    @property
    def listing_at(self) -> float:
        """The moment at which its lists are shown, seconds; see `listing`."""
        return self.roster.listing_at

    def slot(self, article: str) -> int:
        """Slot of an article, -1 if no view of it is remembered."""
        index = self._standings.index
        return self.site.slots[index].get(article, -1) if index >= 0 else -1

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
        """The edition's article of a story, the newest one, if it has one."""
        return next(iter(self.of_stories(story)), None)

    def of_stories(self, story: str) -> list[str]:
        """The edition's articles of a story, the newest first."""
        return self.catalogue.of_story(self.name, story)

    def views(self, article: str) -> int:
        """Counted views of an article, ever."""
        slot = self.slot(article)
        return int(self.site.state.article["counted"][slot, 0]) if slot >= 0 else 0

    def hourly(self) -> list[int]:
        """Counted views of all articles that are remembered, an hour, the current one last."""
        self.follow()
        slots, site = self.roster.slots(self._standings.index), self.site
        counted: list[int] = hourly_counts(slots, site.state.article, site.newest_ms).tolist()
        return counted

    def follow(self) -> None:
        """Follow the slots that the site gave or took."""
        self.roster.follow()
        moved = self.roster.take_moved(self._standings.index)
        if moved.slot.size:
            for standings in (self._standings, *self._sections.values()):
                standings.move(moved)

    def touch(self, slots: NDArray[np.int32]) -> None:
        """Note articles whose views changed; leaders follow when they are read."""
        self.follow()
        for standings in (self._standings, *self._sections.values()):
            standings.touch(slots)

    def card_changed(self, article: str) -> None:
        """Note that an article's card came, changed or went."""
        self.roster.card_changed(self._standings.index, self.name, article)
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
        self.follow()
        p = profile
        popularity = self._standings.popularity(
            p.related_half_life, p.related_landing_weight, p.related_evidence, p
        )
        return Ground(self.site.state.graph, self.site.newest_ms, popularity, self.roster.scratch)

    def popular(
        self,
        profile: Profile,
        section: str = "",
        lent: Mapping[str, float] = NOTHING_LENT,
        n: int = LONGEST,
    ) -> Iterator[Scored]:
        """Articles by decayed views, best first, ties by id: at least the best `n` for certain.

        Filled up by the leaders of each section, by the newest articles, of a section if it is
        given, and by those read last; some thousand at most. `lent` are
        shares that articles have in sibling editions.
        """
        listed = set()
        for item in self._ranked(profile, section, lent, n):
            listed.add(item.id)
            yield item
        if not section:  # caps and editors may leave out all leaders of some sections
            for item in self._of_each_section(profile, n):
                if item.id not in listed:
                    listed.add(item.id)
                    yield item
        for card in self.catalogue.latest(self.name, LOOKED, section, self.listing_at):
            if card.id not in listed:
                listed.add(card.id)
                yield Scored(card.id, 0.0)
        for slot in self._read_last(section):
            if self.site.ids[slot] not in listed:
                yield Scored(self.site.ids[slot], 0.0)

    def trending(self, profile: Profile, section: str = "") -> Iterator[Scored]:
        """Articles by (fast - slow) / sqrt(slow + floor), in views an hour, rising ones first.

        Filled up by the leaders of each section.
        """
        listed = set()
        for item in self._rising(profile, section):
            listed.add(item.id)
            yield item
        if not section:
            sections = self.catalogue.sections(self.name)[:SECTIONS]
            found = (its for name in sections for its in islice(self._rising(profile, name), MOST))
            rest = {item.id: item for item in found if item.id not in listed}
            yield from sorted(rest.values(), key=lambda item: (-item.score, item.id))

    def _rising(self, profile: Profile, section: str) -> Iterator[Scored]:
        standings = self._of(section)
        if standings is not None:
            slots, _ = standings.leaders(profile.trending_fast, 1.0, profile)
            quick, usual = self._rates(profile, slots)
            rise = (quick - usual) / np.sqrt(usual + profile.trending_floor)
            yield from self._scored(slots, rise)

    def decayed_views(self, profile: Profile) -> float:
        """Views of the whole edition now, under the longest half-life of Popular."""
        return self._standings.decayed_views(profile)

    def popular_parts(
        self, profile: Profile, lent: Mapping[str, float], article: str
    ) -> list[tuple[str, float]]:
        """What an article's score in Popular is the sum of, with names."""
        slot = self.slot(article)
        slots = np.array([slot], np.int32) if slot >= 0 else np.zeros(0, np.int32)
        if profile.window:
            hours, days = periods_of(profile.window)
            state, newest = self.site.state.article, self.roster.reading_ms
            counts = window_counts(slots, state, newest, hours, days)
            return [("window", float(counts.sum()))]
        self.follow()
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

    def window(self, seconds: int) -> tuple[float, float]:
        """Begin and end of a hard window on the reading clock, seconds."""
        hours, days = periods_of(seconds)
        length, periods = (HOUR_MS, hours) if hours else (DAY_MS, days)
        end = self.roster.reading_ms
        return (end // length - periods + 1) * length / 1000, end / 1000

    def _rates(
        self, profile: Profile, slots: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Views an hour of some articles, by the faster and the slower half-life."""
        weights, at = (1.0, profile.onward_weight, profile.ours_weight), self.roster.reading_ms
        rates = []
        for half_life in (profile.trending_fast, profile.trending_slow):
            _, decay = decay_of(half_life, 0.0, weights)
            rates.append(self._standings.now(slots, decay, at) * (LN2 * 3600 / half_life))
        return rates[0], rates[1]

    def _of(self, section: str) -> Standings | None:
        """Standings of a section, or of the whole edition; None if no card names the section."""
        self.follow()
        if not section:
            return self._standings
        standings = self._sections.pop(section, None)
        if standings is None:
            if not self.catalogue.has_section(self.name, section):
                return None
            while len(self._sections) >= SECTIONS:
                del self._sections[next(iter(self._sections))]
            code = self.roster.code(section)
            standings = Standings(self.site, self.name, self.roster, code)
        self._sections[section] = standings  # last, so that those asked for long ago go first
        return standings

    def _ranked(
        self, profile: Profile, section: str, lent: Mapping[str, float], n: int
    ) -> Iterable[Scored]:
        """Articles with a score."""
        standings = self._of(section)
        if standings is None:
            return []
        if profile.window > 0:
            return self._by_window(standings, profile.window, n)
        return self._by_mass(standings, profile, lent, n)

    def _of_each_section(self, profile: Profile, n: int) -> list[Scored]:
        """The leaders of each section, so that caps leave something to show; best first."""
        found: list[Scored] = []
        for section in self.catalogue.sections(self.name)[:SECTIONS]:
            found += islice(self._ranked(profile, section, NOTHING_LENT, n), n)
        return sorted(found, key=lambda item: (-item.score, item.id))

    def _read_last(self, section: str) -> list[int]:
        """Slots of the articles viewed last, the latest first; at most `LOOKED`."""
        standings = self._of(section)
        if standings is None:
            return []
        article, slots = self.site.state.article, standings.slots()
        slots = slots[article["counted"][slots, 0] > 0]
        last = article["last"][slots]
        if slots.size > LOOKED:
            recent = np.argpartition(-last, LOOKED)[:LOOKED]
            slots, last = slots[recent], last[recent]
        found: list[int] = slots[np.argsort(-last, kind="stable")].tolist()
        return found

    def _by_mass(
        self, standings: Standings, profile: Profile, lent: Mapping[str, float], n: int
    ) -> Iterable[Scored]:
        evidence = profile.sibling_evidence if lent else 0.0
        slots, scores, loan = standings.popular(profile, evidence, n)
        if slots.size > MOST:  # the whole edition was looked at
            best = scores >= np.partition(scores, -MOST)[-MOST]
            slots, scores = slots[best], scores[best]
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

    def _by_window(self, standings: Standings, window: int, n: int) -> Iterator[Scored]:
        slots, article = standings.slots(), self.site.state.article
        counts = window_counts(slots, article, self.roster.reading_ms, *periods_of(window))
        slots, counts = slots[counts > 0], counts[counts > 0]
        most = 2 * max(n, FIRST)
        limit = np.partition(counts, -most)[-most] if counts.size > most else 0
        above, equal = counts > limit, counts == limit
        yield from self._scored(slots[above], counts[above].astype(float))
        ids = map(self.site.ids.__getitem__, slots[equal].tolist())
        yield from (Scored(id_, float(limit)) for id_ in nsmallest(MOST, ids))
        slots, counts = slots[counts < limit], counts[counts < limit]
        if counts.size > MOST:
            best = np.argsort(-counts, kind="stable")[:MOST]
            slots, counts = slots[best], counts[best]
        yield from self._scored(slots, counts.astype(float))

    def _scored(self, slots: NDArray[np.int32], scores: NDArray[np.float64]) -> list[Scored]:
        """Articles with a score above 0, best first, ties by id."""
        ids = self.site.ids
        pairs = zip(slots.tolist(), scores.tolist(), strict=True)
        scored = [(-score, ids[slot]) for slot, score in pairs if score > 0.0]
        return [Scored(article, -score) for score, article in sorted(scored)]

    def _new_graph(self, profile: Profile) -> TagGraph:
        self.follow()
        slots, decay = self._standings.leaders(profile.tag_half_life, 1.0, profile)
        masses = self._standings.now(slots, decay, self.site.newest_ms).tolist()
        viewed = {self.site.ids[s]: m for s, m in zip(slots.tolist(), masses, strict=True)}
        cards = [self.catalogue.card(self.name, article) for article in viewed]
        at = self.listing_at
        live = {card.id: card for card in cards if card is not None and is_listable(card, at)}
        live |= {card.id: card for card in self.catalogue.latest(self.name, NEWEST, at=at)}
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
