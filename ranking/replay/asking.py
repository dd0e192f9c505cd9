"""Asking: each page predicted by the live lists themselves, which are made anew for it.

It measures every parameter of a profile and every card, some hundred views a second; what a plain
half-life ranks is measured a hundred times faster by `evaluate`, with the same result.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.engine.site import Site, Turn
from ranking.engine.views import DONE, apply_views
from ranking.lists.boards import Board, make_board, make_next
from ranking.lists.catalogue import Catalogue
from ranking.lists.edition import Edition
from ranking.lists.profile import Profile
from ranking.lists.reading import LONGEST
from ranking.replay.evaluate import DEPTH, MISSED, Plan

TOLD_EVERY = 20_000
RENEW_MS = 60_000
"""Log time between two renewals of tag graphs; renewed every second they rank G1 the same."""


def is_plain(profile: Profile, catalogue: Catalogue, editions: list[str]) -> bool:
    """Say whether the lists follow from half-lives alone, as `evaluate` ranks them."""
    if profile.exponent or profile.window:
        return False
    by_cards = profile.freshness or profile.section_cap or profile.author_cap
    by_cards = by_cards or profile.tag_share or profile.section_share
    return not by_cards or not any(catalogue.size(name) for name in editions)


def apply_all(site: Site, views: NDArray[Any]) -> None:
    """Apply views whose articles have slots."""
    done, reason = apply_views(site.state, views, 0)
    while reason != DONE:
        site.settle(reason, int(views["at"][done]), Turn(0, 0, 0, ()))
        done, reason = apply_views(site.state, views, done)


def ask_lists(
    site: Site,
    views: NDArray[Any],
    plan: Plan,
    catalogue: Catalogue,
    profile: Profile,
    ranks: NDArray[np.uint8],
    progress: Callable[[int], None],
) -> None:
    """Predict and apply all views.

    Parameters
    ----------
    site : Site
        Empty, but with slots for the log's articles.
    views : (n,) VIEW
    plan : Plan
    catalogue : Catalogue
    profile : Profile
    ranks : (n, 3) uint8
        Takes the place of each predicted page in the three lists, from 0; 255 = missed.
    progress : callable
        Told the views done so far.
    """
    lists = _Lists(site, catalogue)
    steps = np.arange(TOLD_EVERY, views.size, TOLD_EVERY)
    stops = np.union1d(np.flatnonzero(plan.due), [*steps, views.size])
    for start, stop in pairwise([0, *stops.tolist()]):
        apply_all(site, views[start:stop])
        if stop < views.size and plan.due[stop]:
            ranks[stop] = _places(lists, profile, plan, stop)
        if stop % TOLD_EVERY == 0 or stop == views.size:
            progress(stop)


class _Lists:
    """Readings of a site's editions that follow its state."""

    def __init__(self, site: Site, catalogue: Catalogue) -> None:
        self.site = site
        self.editions = [Edition(site, name, catalogue) for name in site.editions]
        self._unrenewed: set[int] = set()
        self._renewed_ms = 0

    def follow(self) -> None:
        """Bring the lists up to the state."""
        touched = self.site.take_touched()
        of_edition = self.site.state.article["edition"][touched]
        for index in np.unique(of_edition).tolist():
            self.editions[index].touch(touched[of_edition == index])
            self._unrenewed.add(index)
        if self.site.newest_ms - self._renewed_ms >= RENEW_MS:
            for index in self._unrenewed:
                self.editions[index].renew_tags()
            self._unrenewed = set()
            self._renewed_ms = self.site.newest_ms


def _places(lists: _Lists, profile: Profile, plan: Plan, i: int) -> tuple[int, ...]:
    """Places of view `i`'s page in the lists, without what its visit has read."""
    site = lists.site
    target = int(plan.slot[i])
    read = list(dict.fromkeys(_pages_before(plan, i)))
    if target in read:
        return (MISSED,) * 3
    lists.follow()
    edition = int(site.state.article[target]["edition"])
    recent = [_name_in(site, edition, slot) for slot in read]
    asked, wanted = lists.editions[edition], min(DEPTH + len(read), LONGEST)
    boards = (
        make_board(asked, "popular", profile, wanted),
        make_next(asked, "related", profile, recent[:1], wanted),
        make_next(asked, "foryou", profile, recent, DEPTH),
    )
    return tuple(_place_in(board, recent, site.ids[target]) for board in boards)


def _pages_before(plan: Plan, i: int) -> Iterator[int]:
    """Slots of the pages of a visit before view `i`, newest first."""
    before = int(plan.previous[i])
    while before >= 0:
        yield int(plan.slot[before])
        before = int(plan.previous[before])


def _name_in(site: Site, edition: int, slot: int) -> str:
    """Name of an article in an edition; one of another edition has a name that none has in it."""
    of = int(site.state.article[slot]["edition"])
    return site.ids[slot] if of == edition else f"\0{of}\0{site.ids[slot]}"


def _place_in(board: Board, read: list[str], article: str) -> int:
    ranked = [item.id for item in board.items if item.score > 0.0 and item.id not in read]
    return ranked.index(article) if article in ranked[:DEPTH] else MISSED
