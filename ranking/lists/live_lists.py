"""Live lists: reads lists out of sites and cards, under the operators' decisions.

Nothing here changes any state: profiles, edits and what stands in a board are kept beside it.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import product
from typing import NamedTuple

from ranking.content.availability import NO_CLOCK
from ranking.content.catalogue import Catalogue
from ranking.engine.event import site_of
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site
from ranking.lists.boards import Board, make_board, make_next
from ranking.lists.edition import Edition
from ranking.lists.eligibility import Eligibility
from ranking.lists.explanation import Explained, Explanation, explain
from ranking.lists.lists import LISTS
from ranking.lists.loans import NOTHING_LENT
from ranking.lists.ranked_list import board_names
from ranking.lists.rerank.editorial import NO_DESK, Desk
from ranking.lists.rerank.hysteresis import Incumbents
from ranking.lists.rerank.sibling_prior import Pool, is_small, pool_of
from ranking.profiles.profile import Profile
from ranking.profiles.scopes import Profiles

BOARD_ITEMS = 20
PATIENCE_MS = 60_000
"""A silence begins so long after the last append."""
LENT_FOR, LENDERS = 1.0, 20
"""Seconds that a pool of loans is kept at least, for each so many editions of its site."""


POOLS = 64


class _Lent(NamedTuple):
    """A site's sibling prior, with the state and the moment at which it was computed."""

    pool: Pool
    state: tuple[int, int, int]
    made: float


class LiveLists:
    """Lists of all sites.

    Parameters
    ----------
    sites : dict of str to Site
        By name; whoever applies events opens them.
    profile : Profile
        The live one of all lists, until `govern` tells of others.
    catalogue : Catalogue
    """

    def __init__(self, sites: dict[str, Site], profile: Profile, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.profiles, self.desk = Profiles(profile), NO_DESK
        self.sites = sites
        self._editions: dict[str, Edition] = {}
        self.changed: set[str] = set()
        """Editions whose boards must be made, though they had no view."""
        self._incumbents: dict[tuple[str, str], Incumbents] = {}
        self._eligibilities: dict[str, Eligibility] = {}
        self._pools: dict[tuple[str, Profile], _Lent] = {}
        self.turned_cards: Counter[str] = Counter()  # by site, see `_state_of`
        self.wall = NO_CLOCK

    def at_wall(self, wall: float | None) -> None:
        """Read lists at a moment of the wall clock, seconds, or at the log's clock if None.

        It dates what lists may show, and moves the reading clock of a site on through a silence:
        by the seconds since its last append, but for `PATIENCE_MS`. No state changes.
        """
        self.wall = NO_CLOCK if wall is None else wall
        for name, eligibility in self._eligibilities.items():
            self._set_clock(eligibility, self.sites[name])

    def govern(self, profiles: Profiles, desk: Desk = NO_DESK) -> bool:
        """Make lists under other profiles and edits from the next tick on; no state changes.

        What stands in a board whose profile changed has no advantage any more. Says whether they
        are others than before.
        """
        if profiles is self.profiles and desk == self.desk:
            return False
        held = self._incumbents.items()
        self._incumbents = {
            key: its for key, its in held if profiles.of(*key) == self.profiles.of(*key)
        }
        self.profiles, self.desk = profiles, desk
        self.changed.update(self.editions())
        return True

    def profile(self, edition: str, surface: str = "", section: str = "") -> Profile:
        """The live profile of a list."""
        return self.profiles.of(edition, surface, section)

    def edition(self, name: str) -> Edition:
        """The read model of an edition, `site/lang`; an empty one, not kept, of an unknown one."""
        kept = self._editions.get(name)
        if kept is not None:
            return kept
        site = self.sites.get(site_of(name))
        if site is None or not (name in site.editions or self.catalogue.size(name)):
            eligibility = Eligibility(self._nowhere, self.catalogue)
            self._set_clock(eligibility, self._nowhere)
            return Edition(self._nowhere, name, self.catalogue, eligibility)
        self._editions[name] = Edition(site, name, self.catalogue, self._eligibility_of(site))
        return self._editions[name]

    @cached_property
    def _nowhere(self) -> Site:
        """A site of nothing, for editions that nobody knows."""
        return Site("", EngineSettings(articles=64, rows=16, neighbours=8, arms=8))

    def _eligibility_of(self, site: Site) -> Eligibility:
        if site.name not in self._eligibilities:
            eligibility = self._eligibilities[site.name] = Eligibility(site, self.catalogue)
            self._set_clock(eligibility, site)
        return self._eligibilities[site.name]

    def idle_ms(self, site: Site) -> int:
        """How long a site's reading clock is ahead of its log, ms."""
        return self._eligibility_of(site).idle_ms

    def listing_clocks(self) -> dict[str, float]:
        """The moment at which the lists of each site are shown, seconds."""
        return {name: its.listing_at for name, its in self._eligibilities.items()}

    def _set_clock(self, eligibility: Eligibility, site: Site) -> None:
        eligibility.wall, eligibility.idle_ms = self.wall, 0
        if site.appended_ms and not math.isnan(self.wall):
            silence = round(self.wall * 1000) - site.appended_ms
            eligibility.idle_ms = max(silence - PATIENCE_MS, 0)

    def siblings(self, name: str) -> list[Edition]:
        """The other editions of an edition's site, by name."""
        return [self.edition(other) for other in self.of_site(site_of(name)) if other != name]

    def editions(self) -> list[str]:
        """Editions with views or cards, by name."""
        seen = {name for site in self.sites.values() for name in site.editions}
        return sorted(seen | set(self.catalogue.editions()))

    def boards(self, edition: str) -> list[Board]:
        """Make an edition's boards, steadied by what they show already."""
        return [self.live_board(edition, surface) for surface in board_names()]

    def live_board(self, edition: str, surface: str) -> Board:
        """Make one board of an edition, steadied by what it shows already."""
        stood = self._incumbents.setdefault((edition, surface), Incumbents())
        return self.steadied(edition, surface, self.profile(edition, surface), stood)

    def steadied(
        self, edition: str, surface: str, profile: Profile, stood: Incumbents, section: str = ""
    ) -> Board:
        """Make one board under any profile, steadied by what it showed."""
        made, edits = self.edition(edition), self.desk.of(edition, surface)
        lent = self._lent(made, surface, profile)
        return make_board(made, surface, profile, BOARD_ITEMS, section, (), stood, edits, lent)

    def is_full(self, edition: str, surface: str) -> bool:
        """Say whether a board has views in all of its places."""
        held = self._incumbents.get((edition, surface))
        return held is not None and len(held) >= BOARD_ITEMS

    def resume(self, boards: Iterable[Board]) -> None:
        """Learn what was published before this ranker began, so that it does not jump."""
        for board in boards:
            kept = Incumbents(board.viewed, board.as_of)
            self._incumbents.setdefault((board.edition, board.surface), kept)

    def board(self, edition: str, surface: str, profile: Profile, n: int, section: str) -> Board:
        """Make one board of an edition under any profile."""
        made, edits = self.edition(edition), self.desk.of(edition, surface)
        lent = self._lent(made, surface, profile)
        return make_board(made, surface, profile, n, section, edits=edits, lent=lent)

    def next(
        self, edition: str, surface: str, pages: list[str], n: int, profile: Profile | None = None
    ) -> Board:
        """Make Related of one page, or For this visit of the last ones, newest first.

        Parameters
        ----------
        edition : str
        surface : str
            `related` or `foryou`.
        pages : list of str
            Known or not.
        n : int
        profile : Profile
            The live one if none is given.
        """
        made, edits = self.edition(edition), self.desk.of(edition, surface)
        return make_next(made, surface, profile or self.profile(edition, surface), pages, n, edits)

    def explain(
        self, edition: str, surface: str, asked: Explained, profile: Profile
    ) -> list[Explanation]:
        """Explain where some articles stand in a list, or why they do not."""
        edits, siblings = self.desk.of(edition, surface), self.siblings(edition)
        return explain(self.edition(edition), surface, profile, asked, edits, siblings)

    def related(self, edition: str, article: str, n: int) -> Board:
        """Make Related of an article, known or not."""
        return self.next(edition, "related", [article], n)

    def for_you(self, edition: str, recent: list[str], n: int) -> Board:
        """Make For this visit from the last pages read, newest first."""
        return self.next(edition, "foryou", recent, n)

    def _lent(self, edition: Edition, surface: str, profile: Profile) -> Mapping[str, float]:
        if not LISTS[surface].borrows or not is_small(edition, profile):
            return NOTHING_LENT
        pool = self._pool(edition.site, profile)
        return pool.lent_to(edition) if pool else NOTHING_LENT

    def _pool(self, site: Site, profile: Profile) -> Pool | None:
        """The sibling prior under a profile, at most some seconds old; None without stories."""
        if not self.catalogue.has_stories(site.name):
            return None
        state, key = self._state_of(site), (site.name, profile)
        lent = self._pools.pop(key, None)
        is_late = lent is None or lent.state != state
        if lent is None or (is_late and not self._is_fresh(lent, site)):
            editions = [self.edition(name) for name in self.of_site(site.name)]
            lent = _Lent(pool_of(editions, profile), state, self.wall)
        self._pools[key] = lent
        while len(self._pools) > POOLS:
            del self._pools[next(iter(self._pools))]
        return lent.pool

    def _is_fresh(self, lent: _Lent, site: Site) -> bool:
        """Say whether a pool is kept though the state has changed: the longer, the dearer it is."""
        kept = LENT_FOR * max(1.0, len(site.editions) / LENDERS)
        return 0.0 <= self.wall - lent.made < kept

    def _state_of(self, site: Site) -> tuple[int, int, int]:
        """The version of a sibling prior: views, cards, and changes by date."""
        return int(site.log["views"]), self.catalogue.version, self.turned_cards[site.name]

    def borrowers(self, site: Site) -> list[tuple[str, str]]:
        """Boards of small editions whose pool is older than the state, and may be made anew."""
        if not self.catalogue.has_stories(site.name):
            return []
        found, state = [], self._state_of(site)
        borrowing = [surface for surface in board_names() if LISTS[surface].borrows]
        for name, surface in product(self.of_site(site.name), borrowing):
            profile = self.profile(name, surface)
            lent = self._pools.get((site.name, profile))
            is_due = lent is None or (lent.state != state and not self._is_fresh(lent, site))
            if is_due and is_small(self.edition(name), profile):
                found.append((name, surface))
        return found

    def of_site(self, site: str) -> list[str]:
        """A site's editions with views or cards, by name."""
        held = self.sites.get(site)
        seen = set(held.editions) if held else set[str]()
        return sorted(seen | set(self.catalogue.editions(site)))
