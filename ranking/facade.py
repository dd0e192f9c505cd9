"""The engine for Python programs: lists of events in, lists of articles out.

It needs no server and no broker. It is the same core that servers run: what it answers for a log
is what a server answers for it.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ranking.content.cards import Card
from ranking.engine.batch_builder import Hasher, pack
from ranking.engine.event import DEFAULT_EDITION, Event
from ranking.engine.outcomes import outcome_counts
from ranking.engine.settings import EngineSettings
from ranking.lists.boards import Item
from ranking.lists.lists import LISTS
from ranking.lists.ranked_list import list_names
from ranking.profiles.profile import DEFAULT, Profile
from ranking.ranker import Ranker
from ranking.service.collector import admit

_KEY = b"one process needs no secret"
_SOURCE = "python"


class Engine:
    """Decayed counts, co-visitation and the lists that are read out of them.

    Parameters
    ----------
    profile : Profile
        How lists are ranked.
    settings : EngineSettings
        Bounds and constants of the state.

    Examples
    --------
    >>> engine = Engine()
    >>> made = engine.update([Event(visitor="ann", article="a"), Event(visitor="bob", article="b")])
    >>> made["counted"]
    2
    >>> [item.id for item in engine.popular(n=1)], engine.popular("paper/xx")
    (['a'], [])
    """

    def __init__(self, profile: Profile = DEFAULT, settings: EngineSettings | None = None) -> None:
        self._ranker = Ranker(settings, profile)
        self._hasher, self._next = Hasher(_KEY), dict[str, int]()

    def update(self, events: Iterable[Event | Mapping[str, Any]]) -> dict[str, int]:
        """Apply events in the order in which they are given.

        Parameters
        ----------
        events : iterable of Event or mapping
            A mapping has the fields of an `Event`. An event without `at` happens now.

        Returns
        -------
        dict of str to int
            Events by outcome: `counted`, `repeats`, `robots`, `late`, `ahead`, `no_room`.

        Raises
        ------
        ValueError
            If an event breaks a rule; none of them is applied. The text names its index, the field
            and the rule.
        """
        now_ms = int(time.time() * 1000)
        admitted = admit(msgspec.json.encode(list(events)), now_ms)
        for fault in admitted.rejected:
            message = f"event {fault.index}: {fault.reason}"
            raise ValueError(message)
        outcomes = []
        if len(admitted.rows):
            for site, rows in admitted.rows.by_site().items():
                first = self._next.get(site, 0)
                self._next[site] = first + len(rows)
                stamp_ms = max(now_ms, max(rows.at_ms))
                batch = pack(site, _SOURCE, first, stamp_ms, rows, self._hasher)
                outcomes.append(self._ranker.apply(batch, self._ranker.position))
            self._ranker.tick()
        counts = outcome_counts(outcomes)
        del counts["known"]
        return counts

    def put(self, cards: Iterable[Card]) -> None:
        """Add or replace the cards of articles: title, section, tags, dates."""
        self._ranker.put(cards)
        self._ranker.tick()

    def popular(self, edition: str = DEFAULT_EDITION, n: int = 5, section: str = "") -> list[Item]:
        """Articles with the greatest decayed counts, best first, ties by id; at most `n`."""
        return self._board(edition, "popular", n, section)

    def trending(self, edition: str = DEFAULT_EDITION, n: int = 5, section: str = "") -> list[Item]:
        """Articles whose rate of views rises most, best first, ties by id; at most `n`."""
        return self._board(edition, "trending", n, section)

    def related(self, article: str, edition: str = DEFAULT_EDITION, n: int = 4) -> list[Item]:
        """Articles that are likely read after one, best first; known or not, at most `n`."""
        return list(self._ranker.lists.related(edition, article, n).items[:n])

    def for_you(
        self, recent: Iterable[str], edition: str = DEFAULT_EDITION, n: int = 5
    ) -> list[Item]:
        """Articles that are likely read after some pages, newest page first; at most `n`."""
        return list(self._ranker.lists.for_you(edition, list(recent), n).items[:n])

    def ranked(
        self,
        name: str,
        edition: str = DEFAULT_EDITION,
        n: int = 5,
        section: str = "",
        pages: Iterable[str] = (),
    ) -> list[Item]:
        """Articles of any registered list, best first; at most `n`.

        Parameters
        ----------
        name : str
            Of the list, such as `popular`; an extension may have registered it.
        edition : str
        n : int
        section : str
            Of this section alone, for a list of an edition.
        pages : iterable of str
            Pages read, newest first, for a list of a page or a visit.

        Raises
        ------
        ValueError
            If no list has the name.
        """
        if name not in LISTS:
            message = f"list must be one of {', '.join(list_names())}, got {name!r}"
            raise ValueError(message)
        if LISTS[name].basis == "edition":
            return self._board(edition, name, n, section)
        return list(self._ranker.lists.next(edition, name, list(pages), n).items[:n])

    def _board(self, edition: str, surface: str, n: int, section: str) -> list[Item]:
        profile = self._ranker.lists.profile(edition, surface, section)
        return list(self._ranker.lists.board(edition, surface, profile, n, section).items[:n])
