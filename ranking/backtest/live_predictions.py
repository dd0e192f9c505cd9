"""Live predictions: each page is predicted by live lists of that moment.

This way measures every parameter of a profile and every card, at some hundred views/s. `evaluation`
measures plain half-lives a hundred times faster, with the same result.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.backtest.browser_mixture import (
    CARRIED,
    Browsing,
    answers_before,
    give_back,
    take_place,
)
from ranking.backtest.predictions import (
    BROWSER,
    COMPILED,
    DEPTH,
    SHOWN,
    Plan,
    PredictionOutcomes,
    added_lists,
    pages_before,
)
from ranking.content.catalogue import Catalogue
from ranking.engine.decay.kernels import kernel_of
from ranking.engine.site import Site, WindowStart
from ranking.engine.view_loop import DONE, apply_views
from ranking.lists.boards import Board, Item, make_board, make_next
from ranking.lists.edition import Edition
from ranking.lists.edition_reader import LONGEST, Scored
from ranking.lists.eligibility import Eligibility
from ranking.lists.lists import LISTS
from ranking.lists.related_mixture import mix
from ranking.lists.rerank.hysteresis import Incumbents
from ranking.lists.rerank.rules import RULES
from ranking.lists.rerank.sibling_prior import is_small
from ranking.profiles.profile import Profile

RENEW_EVERY = 20_000
RENEW_MS = 60_000
"""Log time between two renewals of tag graphs; on G1 a renewal each second ranks the same."""


def is_plain(profile: Profile, catalogue: Catalogue, editions: list[str]) -> bool:
    """Whether the lists follow from half-lives alone, so `evaluation` can rank them."""
    if kernel_of(profile.value).name != "half_life" or profile.cooldown or added_lists():
        return False
    if profile.sibling_evidence and len(editions) > 1 and catalogue.has_stories():
        return False
    rules = [rule for rule in RULES if rule.is_on(profile) and rule.name != "hysteresis"]
    if not all(rule.needs_cards for rule in rules):
        return False
    by_cards = profile.freshness or profile.tag_share or profile.section_share
    by_cards = by_cards or any(rule.name != "near_duplicates" for rule in rules)
    if not all(map(catalogue.is_timeless, editions)):
        return False
    return not by_cards or not any(catalogue.size(name) for name in editions)


def unread_articles(site: Site, catalogue: Catalogue) -> dict[tuple[str, str], int]:
    """Number the cards of articles without a page in the log, after all slots."""
    unread = [name for name in catalogue.articles() if site.slot(*name) < 0]
    return {name: len(site.ids) + k for k, name in enumerate(sorted(unread))}


def apply_all(site: Site, views: NDArray[Any]) -> None:
    """Apply views of articles with slots."""
    done, reason = apply_views(site.state, views, 0)
    while reason != DONE:
        site.settle(reason, int(views["at"][done]), WindowStart(0, 0, 0, ()))
        done, reason = apply_views(site.state, views, done)
    site.feed(views)


def ask_lists(
    site: Site,
    views: NDArray[Any],
    plan: Plan,
    browsing: Browsing,
    catalogue: Catalogue,
    profile: Profile,
    answers: PredictionOutcomes,
    progress: Callable[[int], None],
) -> None:
    """Predict and apply all views.

    Parameters
    ----------
    site : Site
        Empty, with slots for the log's articles.
    views : (n,) VIEW
    plan : Plan
    browsing : Browsing
    catalogue : Catalogue
    profile : Profile
    answers : PredictionOutcomes
        Filled for all predictions.
    progress : callable
        Called with the number of finished views.
    """
    lists = _Lists(site, catalogue, profile)
    renewals = np.arange(RENEW_EVERY, views.size, RENEW_EVERY)
    start, asked, looks = 0, plan.asked.size, plan.ticks.size
    for stop in np.unique(np.concatenate([plan.seen, plan.ticks, renewals, [views.size]])).tolist():
        apply_all(site, views[start:stop])
        start = stop
        while answers.looked[0] < looks and plan.ticks[answers.looked[0]] <= stop:
            _look(lists, answers)
        while answers.done[0] < asked and plan.seen[answers.done[0]] <= stop:
            _answer(lists, plan, browsing, answers)
        if stop % RENEW_EVERY == 0 or stop == views.size:
            progress(stop)


class _Lists:
    """Readers of a site's editions that follow its state."""

    def __init__(self, site: Site, catalogue: Catalogue, profile: Profile) -> None:
        self.site, self.profile = site, profile
        self.unread = unread_articles(site, catalogue)
        eligibility = Eligibility(site, catalogue)
        self.editions = [Edition(site, name, catalogue, eligibility) for name in site.editions]
        self.incumbents = [Incumbents() for _ in site.editions]
        self._unread_ids = [article for _, article in self.unread]
        self._unrenewed: set[int] = set()
        self._renewed_ms = 0

    def number(self, edition: str, article: str) -> int:
        """Slot of an article, or its number if the log never reads it."""
        slot = self.site.slot(edition, article)
        return slot if slot >= 0 else self.unread[edition, article]

    def name(self, number: int) -> str:
        """Id of an article by its number."""
        ids = self.site.ids
        return ids[number] if number < len(ids) else self._unread_ids[number - len(ids)]

    def popular(self, index: int, n: int) -> Board:
        """An edition's Popular in its shown order."""
        edition = self.editions[index]
        by_name = sorted(self.editions, key=lambda other: other.name)
        siblings = [other for other in by_name if other is not edition]
        return make_board(
            edition, "popular", self.profile, n, siblings=siblings,
            incumbents=self.incumbents[index],
        )  # fmt: skip

    def added(self, surface: str, index: int, recent: list[str], n: int) -> Board:
        """A list that an extension registered, as it stands."""
        edition, basis = self.editions[index], LISTS[surface].basis
        if basis == "edition":
            return make_board(edition, surface, self.profile, n)
        return make_next(
            edition, surface, self.profile, recent[: 1 if basis == "page" else None], n
        )

    def mixed(self, plan: Plan, browsing: Browsing, k: int) -> list[str]:
        """For this visit as a browser mixes it before a prediction, best first."""
        profile = self.profile
        read = pages_before(plan, int(plan.asked[k]))
        edition = self.site.state.article["edition"]
        of_this = edition[read] == edition[plan.slot[plan.asked[k]]]
        held, answers = browsing.held, []
        for page in answers_before(browsing, plan, edition, k, profile.visit_depth).tolist():
            rows = zip(
                held.slots[page].tolist(), held.scores[page], held.discount[page], strict=True
            )
            answers.append([Scored(self.name(n), *rest) for n, *rest in rows if n >= 0])
        listed = mix(answers, map(self.name, read[of_this].tolist()), DEPTH, profile.visit_decay)
        return [item.id for item in listed]

    def follow(self) -> None:
        """Update the lists to the state."""
        touched = self.site.take_touched()
        of_edition = self.site.state.article["edition"][touched]
        for index in np.unique(of_edition).tolist():
            self.editions[index].touch(touched[of_edition == index])
            self._unrenewed.add(index)
        if touched.size:
            small = (is_small(edition, self.profile) for edition in self.editions)
            self._unrenewed.update(index for index, borrows in enumerate(small) if borrows)
        if self.site.newest_ms - self._renewed_ms >= RENEW_MS:
            for index in self._unrenewed:
                self.editions[index].renew_tags()
            self._unrenewed = set()
            self._renewed_ms = self.site.newest_ms


def _look(lists: _Lists, answers: PredictionOutcomes) -> None:
    """Store the first items of every edition's Popular."""
    lists.follow()
    for index, edition in enumerate(lists.editions):
        items = lists.popular(index, DEPTH).items[:SHOWN]
        shown = [lists.number(edition.name, item.id) for item in items if _is_listed(item)]
        answers.popular[answers.looked[0], index, : len(shown)] = shown
    answers.looked[0] += 1


def _keep_answer(lists: _Lists, browsing: Browsing, k: int, page: int) -> None:
    """Store the previous page's Related answer in the browser."""
    edition = lists.editions[int(lists.site.state.article[page]["edition"])]
    place, held = take_place(browsing, k), browsing.held
    board = make_next(edition, "related", lists.profile, [lists.site.ids[page]], CARRIED)
    for i, item in enumerate(item for item in board.items if item.score > 0.0):
        held.slots[place, i] = lists.number(edition.name, item.id)
        held.scores[place, i], held.discount[place, i] = item.score, item.discount


def _answer(lists: _Lists, plan: Plan, browsing: Browsing, answers: PredictionOutcomes) -> None:
    """Make the next prediction from the lists, without the pages of its visit."""
    k = int(answers.done[0])
    answers.done[0] += 1
    site, view = lists.site, int(plan.asked[k])
    target, read = int(plan.slot[view]), pages_before(plan, view).tolist()
    lists.follow()
    index = int(site.state.article[target]["edition"])
    recent = [_name_in(site, index, slot) for slot in read]
    edition, length = lists.editions[index], min(DEPTH + len(read), LONGEST)
    boards = (
        lists.popular(index, length),
        make_next(edition, "related", lists.profile, recent[:1], length),
        make_next(edition, "foryou", lists.profile, recent, DEPTH),
    )
    added = (lists.added(name, index, recent, length) for name in added_lists())
    for which, board in (*enumerate(boards), *enumerate(added, len(COMPILED))):
        listed = [i for i in board.items if _is_listed(i) and i.id not in recent][:DEPTH]
        ranked = [item.id for item in listed]
        answers.exposed[0] += sum(item.exposed for item in listed[:SHOWN])
        _write(answers, k, which, [lists.number(edition.name, id) for id in ranked], target)
    _keep_answer(lists, browsing, k, read[0])
    mixed = lists.mixed(plan, browsing, k)
    _write(answers, k, BROWSER, [lists.number(edition.name, id) for id in mixed], target)
    give_back(browsing, k)


def _is_listed(item: Item) -> bool:
    """Whether an item has a score of its own, rather than filling the list."""
    return item.score > 0.0 or item.exposed


def _write(answers: PredictionOutcomes, k: int, which: int, ranked: list[int], target: int) -> None:
    """Store the first items of a list, and the rank of the read page."""
    shown = ranked[:SHOWN]
    answers.shown[k, which, : len(shown)] = shown
    if target in ranked:
        answers.place[k, which] = ranked.index(target)


def _name_in(site: Site, edition: int, slot: int) -> str:
    """Name of an article in an edition; articles of other editions get a name unknown there."""
    of = int(site.state.article[slot]["edition"])
    return site.ids[slot] if of == edition else f"\0{of}\0{site.ids[slot]}"
