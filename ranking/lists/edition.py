"""One edition as the engine reads it: leaders, tags and cards over its site's state.

This is the engine's own reading. It changes no state; everything in it can be made anew from the
state and the cards. Lists are ranked from it, one list a file.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ranking.content.availability import is_listable
from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.content.tag_graph import TagGraph
from ranking.engine.signals.window_counts import hourly_counts
from ranking.engine.site import Site
from ranking.lists.edition_reader import LONGEST, Ground, Scored
from ranking.lists.eligibility import Eligibility
from ranking.lists.leaderboards import Leaderboards
from ranking.lists.popular import by_views
from ranking.lists.top_k import HEAD
from ranking.profiles.profile import Profile

LIVE, NEWEST = HEAD, 1000
"""Articles that the tag graph is made of: those with most views under its decay, and the newest."""
GRAPHS = 8
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
    eligibility : Eligibility
        Of the site's articles, shared by its editions; one of its own if none is given.
    """

    def __init__(
        self, site: Site, name: str, catalogue: Catalogue, eligibility: Eligibility | None = None
    ) -> None:
        self.site = site
        self.name = name
        self.catalogue = catalogue
        self.eligibility = eligibility or Eligibility(site, catalogue)
        self._leaderboards = Leaderboards(site, name, self.eligibility)
        self._sections: dict[str, Leaderboards] = {}
        self._graphs: dict[float, TagGraph] = {}  # by their decay

    @property
    def at(self) -> float:
        """The clock of the edition's lists: its site's newest stamp, seconds."""
        return self.site.newest_ms / 1000

    @property
    def reading_ms(self) -> int:
        """The reading clock, ms: the site's, moved on through a silence."""
        return self.eligibility.reading_ms

    @property
    def listing_at(self) -> float:
        """The moment at which its lists are shown, seconds; see `listing`."""
        return self.eligibility.listing_at

    def slot(self, article: str) -> int:
        """Slot of an article, -1 if no view of it is remembered."""
        index = self._leaderboards.index
        return self.site.slots[index].get(article, -1) if index >= 0 else -1

    def slots_of(self, articles: Sequence[str]) -> NDArray[np.int32]:
        """Slots of those of some articles that have one, in their order."""
        found = [slot for slot in map(self.slot, articles) if slot >= 0]
        return np.array(found, np.int32)

    def slots(self, section: str = "") -> NDArray[np.int32]:
        """Slots of the articles that may be listed, of a section if one is given, in no order."""
        leaderboards = self.leaderboards(section)
        return leaderboards.slots() if leaderboards else np.zeros(0, np.int32)

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
        slots, site = self.eligibility.slots(self._leaderboards.index), self.site
        counted: list[int] = hourly_counts(slots, site.state.article, site.newest_ms).tolist()
        return counted

    def follow(self) -> None:
        """Follow the slots that the site gave or took."""
        self.eligibility.follow()
        moved = self.eligibility.take_moved(self._leaderboards.index)
        if moved.slot.size:
            for leaderboards in (self._leaderboards, *self._sections.values()):
                leaderboards.move(moved)

    def touch(self, slots: NDArray[np.int32]) -> None:
        """Note articles whose views changed; leaders follow when they are read."""
        self.follow()
        for leaderboards in (self._leaderboards, *self._sections.values()):
            leaderboards.touch(slots)

    def card_changed(self, article: str) -> None:
        """Note that an article's card came, changed or went."""
        self.eligibility.card_changed(self._leaderboards.index, self.name, article)
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
        """Inputs of Related and For this visit; the engine holds all articles."""
        self.follow()
        p = profile
        popularity = self._leaderboards.popularity(
            p.related_half_life, p.related_landing_weight, p.related_evidence, p
        )
        return Ground(
            self.site.state.graph, self.site.newest_ms, popularity, self.eligibility.scratch
        )

    def popular(self, profile: Profile) -> Iterator[Scored]:
        """Articles that may stand in Popular, best first."""
        return by_views(self, profile, n=LONGEST)

    def decayed_views(self, profile: Profile) -> float:
        """Views of the whole edition now, under the longest half-life of Popular."""
        return self._leaderboards.decayed_views(profile)

    def leaderboards(self, section: str) -> Leaderboards | None:
        """Leaderboards of a section, or of the whole edition; None if no card names the section."""
        self.follow()
        if not section:
            return self._leaderboards
        leaderboards = self._sections.pop(section, None)
        if leaderboards is None:
            if not self.catalogue.has_section(self.name, section):
                return None
            while len(self._sections) >= SECTIONS:
                del self._sections[next(iter(self._sections))]
            code = self.eligibility.code(section)
            leaderboards = Leaderboards(self.site, self.name, self.eligibility, code)
        self._sections[section] = leaderboards  # last, so that those asked for long ago go first
        return leaderboards

    def has_more(self) -> bool:
        """Say whether there may be articles with views besides the leaders."""
        return self.eligibility.slots(self._leaderboards.index).size > HEAD

    def of_each_section(self, ranked: Callable[[str], Iterable[Scored]], n: int) -> list[Scored]:
        """The first of each section, best first: caps and editors may leave out all leaders."""
        found: list[Scored] = []
        for section in self.catalogue.sections(self.name)[:SECTIONS]:
            found += islice(ranked(section), n)
        return sorted(found, key=lambda item: (-item.score, item.id))

    def filled(self, ranking: Iterable[Scored], section: str = "") -> Iterator[Scored]:
        """A ranking, and after it with score 0 the newest articles and those read last.

        Parameters
        ----------
        ranking : iterable of Scored
        section : str
            Of this section alone, if one is given.
        """
        listed = set()
        for item in ranking:
            listed.add(item.id)
            yield item
        for card in self.catalogue.latest(self.name, LOOKED, section, self.listing_at):
            if card.id not in listed:
                listed.add(card.id)
                yield Scored(card.id, 0.0)
        for slot in self._read_last(section):
            if self.site.ids[slot] not in listed:
                yield Scored(self.site.ids[slot], 0.0)

    def _read_last(self, section: str) -> list[int]:
        """Slots of the articles viewed last, the latest first; at most `LOOKED`."""
        leaderboards = self.leaderboards(section)
        if leaderboards is None:
            return []
        article, slots = self.site.state.article, leaderboards.slots()
        slots = slots[article["counted"][slots, 0] > 0]
        last = article["last"][slots]
        if slots.size > LOOKED:
            recent = np.argpartition(-last, LOOKED)[:LOOKED]
            slots, last = slots[recent], last[recent]
        found: list[int] = slots[np.argsort(-last, kind="stable")].tolist()
        return found

    def scored(self, slots: NDArray[np.int32], scores: NDArray[np.float64]) -> list[Scored]:
        """Articles with a score above 0, best first, ties by id."""
        ids = self.site.ids
        pairs = zip(slots.tolist(), scores.tolist(), strict=True)
        scored = [(-score, ids[slot]) for slot, score in pairs if score > 0.0]
        return [Scored(article, -score) for score, article in sorted(scored)]

    def _new_graph(self, profile: Profile) -> TagGraph:
        self.follow()
        slots, decay = self._leaderboards.leaders(profile.tag_half_life, 1.0, profile)
        masses = self._leaderboards.now(slots, decay, self.site.newest_ms).tolist()
        viewed = {self.site.ids[s]: m for s, m in zip(slots.tolist(), masses, strict=True)}
        cards = [self.catalogue.card(self.name, article) for article in viewed]
        at = self.listing_at
        live = {card.id: card for card in cards if card is not None and is_listable(card, at)}
        live |= {card.id: card for card in self.catalogue.latest(self.name, NEWEST, at=at)}
        chosen = sorted(live.values(), key=lambda card: card.id)
        return TagGraph(chosen, np.array([viewed.get(card.id, 0.0) for card in chosen]))
