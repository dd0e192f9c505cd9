"""Live lists: computes lists from sites and cards, under the operators' decisions.

Nothing here changes the state: profiles, overrides and incumbents are kept apart from it.
"""

import logging
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import product
from typing import NamedTuple

from ranking.content.availability import NO_CLOCK
from ranking.content.catalogue import Catalogue
from ranking.engine.decay.kernels import KERNELS
from ranking.engine.event import site_of
from ranking.engine.settings import EngineSettings
from ranking.engine.site import Site
from ranking.lists.boards import Board, make_board, make_next
from ranking.lists.edition import Edition
from ranking.lists.eligibility import Eligibility
from ranking.lists.explanation import Explained, Explanation, explain
from ranking.lists.lists import LISTS
from ranking.lists.ranked_list import NO_SIBLING_SHARES, board_names
from ranking.lists.rerank.editorial import NO_OVERRIDES, ActiveOverrides
from ranking.lists.rerank.hysteresis import Incumbents
from ranking.lists.rerank.rules import RULES
from ranking.lists.rerank.sibling_prior import Pool, is_small, pool_of
from ranking.profiles.profile import Profile
from ranking.profiles.scopes import Profiles

log = logging.getLogger("tolqyn")
BOARD_ITEMS = 20
PATIENCE_MS = 60_000
"""A silence begins so long after the last append."""
POOL_SECONDS, POOL_EDITIONS = 1.0, 20
"""A pool is used for at least so many seconds, for each so many editions of its site."""


POOLS = 64


class _DatedPool(NamedTuple):
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
        The live profile of all lists, until `govern` sets others.
    catalogue : Catalogue
    """

    def __init__(self, sites: dict[str, Site], profile: Profile, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.profiles, self.overrides = Profiles(profile), NO_OVERRIDES
        self.sites = sites
        self._editions: dict[str, Edition] = {}
        self.changed: set[str] = set()
        """Editions whose boards must be made, though they had no view."""
        self._incumbents: dict[tuple[str, str], Incumbents] = {}
        self._eligibilities: dict[str, Eligibility] = {}
        self._pools: dict[tuple[str, Profile], _DatedPool] = {}
        self.listing_changes: Counter[str] = Counter()  # by site, see `_state_of`
        self.wall = NO_CLOCK
        self._failed: set[str] = set()  # lists of which the log was told

    def at_wall(self, wall: float | None) -> None:
        """Read lists at a moment of the wall clock, seconds, or at the log's clock if None.

        It dates what lists may show, and moves the reading clock of a site on through a silence:
        by the seconds since its last append, but for `PATIENCE_MS`. No state changes.
        """
        self.wall = NO_CLOCK if wall is None else wall
        for name, eligibility in self._eligibilities.items():
            self._set_clock(eligibility, self.sites[name])

    def govern(self, profiles: Profiles, overrides: ActiveOverrides = NO_OVERRIDES) -> bool:
        """Make lists under other profiles and edits from the next tick on; no state changes.

        The items of a board whose profile changed lose their advantage. Returns whether they
        are others than before.
        """
        if profiles is self.profiles and overrides == self.overrides:
            return False
        held = self._incumbents.items()
        self._incumbents = {
            key: incumbents
            for key, incumbents in held
            if profiles.of(*key) == self.profiles.of(*key)
        }
        self.profiles, self.overrides = profiles, overrides
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
        return {name: eligibility.listing_at for name, eligibility in self._eligibilities.items()}

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
        """Make an edition's boards, with hysteresis against what they show."""
        return [self.live_board(edition, surface) for surface in board_names()]

    def live_board(self, edition: str, surface: str) -> Board:
        """Make one board of an edition, with hysteresis against what it shows."""
        incumbents = self._incumbents.setdefault((edition, surface), Incumbents())
        return self.steadied(edition, surface, self.profile(edition, surface), incumbents)

    def steadied(
        self,
        edition: str,
        surface: str,
        profile: Profile,
        incumbents: Incumbents,
        section: str = "",
    ) -> Board:
        """Make one board under any profile, with hysteresis against its incumbents.

        Where an extension's list, rule or kernel raises, the board is empty and the log says so
        once: the other boards go on.
        """
        made, edits = self.edition(edition), self.overrides.of(edition, surface)
        shares = self._sibling_shares(made, surface, profile)
        try:
            return make_board(
                made, surface, profile, BOARD_ITEMS, section, (), incumbents, edits, shares
            )
        except Exception:
            if not (LISTS.added or RULES.added or KERNELS.added):
                raise
            if surface not in self._failed:
                self._failed.add(surface)
                log.exception("the list %s is empty: an extension failed", surface)
            return Board(edition, surface, profile.name, made.at, ())

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
        made, edits = self.edition(edition), self.overrides.of(edition, surface)
        shares = self._sibling_shares(made, surface, profile)
        return make_board(made, surface, profile, n, section, edits=edits, sibling_shares=shares)

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
        made, edits = self.edition(edition), self.overrides.of(edition, surface)
        return make_next(made, surface, profile or self.profile(edition, surface), pages, n, edits)

    def explain(
        self, edition: str, surface: str, asked: Explained, profile: Profile
    ) -> list[Explanation]:
        """Explain where some articles stand in a list, or why they do not."""
        edits, siblings = self.overrides.of(edition, surface), self.siblings(edition)
        return explain(self.edition(edition), surface, profile, asked, edits, siblings)

    def related(self, edition: str, article: str, n: int) -> Board:
        """Make Related of an article, known or not."""
        return self.next(edition, "related", [article], n)

    def for_you(self, edition: str, recent: list[str], n: int) -> Board:
        """Make For this visit from the last pages read, newest first."""
        return self.next(edition, "foryou", recent, n)

    def _sibling_shares(
        self, edition: Edition, surface: str, profile: Profile
    ) -> Mapping[str, float]:
        if not LISTS[surface].has_sibling_prior or not is_small(edition, profile):
            return NO_SIBLING_SHARES
        pool = self._pool(edition.site, profile)
        return pool.shares_of(edition) if pool else NO_SIBLING_SHARES

    def _pool(self, site: Site, profile: Profile) -> Pool | None:
        """The sibling prior under a profile, at most some seconds old; None without stories."""
        if not self.catalogue.has_stories(site.name):
            return None
        state, key = self._state_of(site), (site.name, profile)
        dated = self._pools.pop(key, None)
        if dated is None or self._is_outdated(dated, state, site):
            editions = [self.edition(name) for name in self.of_site(site.name)]
            dated = _DatedPool(pool_of(editions, profile), state, self.wall)
        self._pools[key] = dated
        while len(self._pools) > POOLS:
            del self._pools[next(iter(self._pools))]
        return dated.pool

    def _is_outdated(self, dated: _DatedPool, state: tuple[int, int, int], site: Site) -> bool:
        """Say whether a pool must be computed again: of a large site it is used for longer."""
        seconds = POOL_SECONDS * max(1.0, len(site.editions) / POOL_EDITIONS)
        return dated.state != state and not 0.0 <= self.wall - dated.made < seconds

    def _state_of(self, site: Site) -> tuple[int, int, int]:
        """The version of a sibling prior: views, cards, and changes by date."""
        return int(site.log["views"]), self.catalogue.version, self.listing_changes[site.name]

    def outdated_boards(self, site: Site) -> list[tuple[str, str]]:
        """Boards of small editions whose sibling prior is outdated, by edition and surface."""
        if not self.catalogue.has_stories(site.name):
            return []
        found, state = [], self._state_of(site)
        surfaces = [surface for surface in board_names() if LISTS[surface].has_sibling_prior]
        for name, surface in product(self.of_site(site.name), surfaces):
            profile = self.profile(name, surface)
            dated = self._pools.get((site.name, profile))
            is_due = dated is None or self._is_outdated(dated, state, site)
            if is_due and is_small(self.edition(name), profile):
                found.append((name, surface))
        return found

    def of_site(self, site: str) -> list[str]:
        """A site's editions with views or cards, by name."""
        held = self.sites.get(site)
        seen = set(held.editions) if held else set[str]()
        return sorted(seen | set(self.catalogue.editions(site)))
