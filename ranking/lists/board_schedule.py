"""Board schedule: the boards that a tick makes.

Boards of editions whose cards changed are made at once, and so are those of editions with views
while these are few. Boards that time alone changes wait until they are due. Boards with a sibling
prior are due once a second, and those that follow the reading clock once a minute of silence. A
board is due too when an article becomes listable or expires. A live process makes at most `DUE` of
these at each tick. Nothing here changes any state.
"""

import math
from collections.abc import Iterable, Iterator
from itertools import islice, product

from ranking.content.availability import NO_CLOCK
from ranking.engine.event import site_of
from ranking.lists.lists import LISTS
from ranking.lists.live_lists import LiveLists
from ranking.lists.ranked_list import board_names

MINUTE_MS = 60_000
DUE = 16
"""Boards a tick that are made because their time has come."""
BoardKey = tuple[str, str]
"""Edition and surface."""


class BoardSchedule:
    """Which boards are due.

    Parameters
    ----------
    lists : LiveLists
    """

    def __init__(self, lists: LiveLists) -> None:
        self._lists = lists
        self._next_change: dict[str, float] = {}  # when an article of an edition comes or goes next
        self._waiting: dict[BoardKey, None] = {}
        self._minutes: dict[str, int] = {}  # of each site's silence

    def editions_changed_by_time(self) -> set[str]:
        """Editions in which an article becomes listable, or expires, since the last `note`."""
        clocks = self._lists.listing_clocks()
        return {n for n, at in self._next_change.items() if at <= clocks.get(site_of(n), NO_CLOCK)}

    def note(self, editions: Iterable[str]) -> None:
        """Note when an article of some editions comes or goes next."""
        for name in editions:
            at = self._lists.edition(name).listing_at
            at = at if at == at else -math.inf
            self._next_change[name] = self._lists.catalogue.next_listing_change(name, at)

    def boards(self, changed: set[str], viewed: set[str]) -> list[BoardKey]:
        """Boards to make at a tick, those of the first list first.

        Parameters
        ----------
        changed : set of str
            Editions whose cards or rules changed.
        viewed : set of str
            Editions that had views. Where they are many, boards wait, but for those of the first
            list that are not full: a first view may enter them.
        """
        lists, surfaces = self._lists, board_names()
        keys = set(product(changed, surfaces))
        fresh = set(product(viewed, surfaces)) - keys
        if len(viewed) > DUE and not math.isnan(lists.wall):
            later = sorted(key for key in fresh if key[1] != surfaces[0] or lists.is_full(*key))
            self._waiting |= dict.fromkeys(later)
            fresh.difference_update(later)
        keys |= fresh
        return sorted(keys | self._due(keys), key=lambda key: (key[1] != surfaces[0], key))

    def _due(self, made: set[BoardKey]) -> set[BoardKey]:
        """Boards that change though their editions did not, without those that are made anyway."""
        waiting, lists = self._waiting, self._lists
        for site in list(lists.sites.values()):
            waiting |= dict.fromkeys(lists.outdated_boards(site))
            minute = lists.idle_ms(site) // MINUTE_MS
            if minute != self._minutes.get(site.name, 0):
                self._minutes[site.name] = minute
                waiting |= dict.fromkeys(self._timed(site.name))
        for key in made:
            waiting.pop(key, None)
        most = len(waiting) if math.isnan(lists.wall) else DUE
        due = list(islice(waiting, most))
        for key in due:
            del waiting[key]
        return set(due)

    def _timed(self, site: str) -> Iterator[BoardKey]:
        """Boards of a site that follow the reading clock."""
        for name, surface in product(self._lists.of_site(site), board_names()):
            if LISTS[surface].follows_clock(self._lists.profile(name, surface)):
                yield name, surface
