"""Checks of lists: what may be in a list, in which order, and that its explanation is its score."""

import math
from collections.abc import Callable, Iterable
from itertools import islice, pairwise

from ranking.checks.events import SMALL
from ranking.checks.requirement import require
from ranking.checks.samples import EDITION, sample_pages, sample_ranker
from ranking.lists.boards import Board
from ranking.lists.edition_reader import LONGEST, Scored
from ranking.lists.explanation import Explained
from ranking.lists.ranked_list import RankedList, RankQuery
from ranking.profiles.profile import Profile, profile_from
from ranking.ranker import Ranker

N = 5


def check_contents(ranked: RankedList) -> None:
    """No article twice, no page that was read, no more than asked for, none taken down."""
    ranker = sample_ranker()
    ranker.remove(EDITION, "a1")
    for pages in sample_pages(ranked):
        ids = _board(ranker, ranked, pages, LONGEST).ids
        require(len(set(ids)) == len(ids), ranked.name, "an article is listed twice")
        require(not set(ids) & set(pages), ranked.name, "a page that was read is listed")
        require("a1" not in ids, ranked.name, "an article that was taken down is listed")
        require(len(_board(ranker, ranked, pages, N).ids) <= N, ranked.name, "too many are listed")


def check_order(ranked: RankedList) -> None:
    """Finite scores, best first, equal ones by id; no article twice, no page that was read."""
    ranker = sample_ranker()
    for pages in sample_pages(ranked):
        ranking = list(_ranking(ranker, ranked, pages))
        finite = all(math.isfinite(item.score) for item in ranking)
        require(finite, ranked.name, "a score is not finite")
        ids = [item.id for item in ranking]
        require(len(set(ids)) == len(ids), ranked.name, "an article is ranked twice")
        require(not set(ids) & set(pages), ranked.name, "a page that was read is ranked")
        found = [item for item in ranking if item.score > 0.0]
        for one, other in pairwise(found):
            right = one.score > other.score or (one.score == other.score and one.id < other.id)
            require(right, ranked.name, f"{one!r} ranks before {other!r}")


def check_length(ranked: RankedList) -> None:
    """The list is full when there are articles enough with a score, or that fill it."""
    ranker = sample_ranker()
    for pages in sample_pages(ranked):
        may = {item.id for item in _ranking(ranker, ranked, pages)} - set(pages)
        listed = _board(ranker, ranked, pages, N).ids
        require(
            len(listed) == min(N, len(may)), ranked.name, "it is short though articles are left"
        )


def check_caps(ranked: RankedList) -> None:
    """No more of a section or an author than the profile allows."""
    ranker = sample_ranker()
    for pages in sample_pages(ranked):
        for name, field in (("section_cap", "section"), ("author_cap", "author")):
            profile = profile_from({name: 1})
            board = _board(ranker, ranked, pages, N, profile)
            held = [getattr(item.card, field) for item in board.items if item.card]
            require(len(set(held)) == len(held), ranked.name, f"{name} does not hold")


def check_explanation(ranked: RankedList) -> None:
    """Terms add up to the score, and each has a text."""
    ranker = sample_ranker()
    for pages in sample_pages(ranked):
        profile = ranker.lists.profile(EDITION, ranked.name)
        ids = _board(ranker, ranked, pages, N).ids
        asked = Explained(ids, N, "", pages)
        for explanation in ranker.lists.explain(EDITION, ranked.name, asked, profile):
            names = {term.name for term in explanation.components}
            require(names <= set(ranked.terms), ranked.name, f"a term of {names} has no text")
            total = sum(term.value for term in explanation.components)
            right = not ranked.is_sum or abs(total - explanation.score) <= 1e-9 * max(
                explanation.score, 1.0
            )
            require(
                right, ranked.name, f"terms sum to {total:g}, the score is {explanation.score:g}"
            )
            require(
                explanation.rank > 0, ranked.name, "a listed article is explained as not listed"
            )


def check_unknown(ranked: RankedList) -> None:
    """Unknown editions, sections and pages are answered, and create nothing."""
    ranker = sample_ranker()
    editions, state = ranker.lists.editions(), ranker.state()
    profile = ranker.lists.profile(EDITION, ranked.name)
    if ranked.basis == "edition":
        require(not ranker.lists.board("no/en", ranked.name, profile, N, "").items, ranked.name,
                "an unknown edition has articles")  # fmt: skip
        ranker.lists.board(EDITION, ranked.name, profile, N, "no such section")
    else:
        ranker.lists.next("no/en", ranked.name, ["x"], N)
        ranker.lists.next(EDITION, ranked.name, ["no such page"], N)
    require(ranker.lists.editions() == editions, ranked.name, "a question opens an edition")
    require(ranker.state() == state, ranked.name, "a question changes the state")


def check_empty(ranked: RankedList) -> None:
    """Without events and cards the list is empty."""
    for pages in sample_pages(ranked):
        require(
            not _board(Ranker(SMALL), ranked, pages, N).items,
            ranked.name,
            "an article is listed though there are no events and no cards",
        )


CHECKS: tuple[Callable[[RankedList], None], ...] = (
    check_contents, check_order, check_length, check_caps, check_explanation, check_unknown,
    check_empty,
)  # fmt: skip


def _board(
    ranker: Ranker, ranked: RankedList, pages: tuple[str, ...], n: int,
    profile: Profile | None = None,
) -> Board:  # fmt: skip
    profile = profile or ranker.lists.profile(EDITION, ranked.name)
    if ranked.basis == "edition":
        return ranker.lists.board(EDITION, ranked.name, profile, n, "")
    return ranker.lists.next(EDITION, ranked.name, list(pages), n, profile)


def _ranking(ranker: Ranker, ranked: RankedList, pages: tuple[str, ...]) -> Iterable[Scored]:
    edition, profile = ranker.lists.edition(EDITION), ranker.lists.profile(EDITION, ranked.name)
    return list(islice(ranked.rank(edition, profile, RankQuery(pages=pages)), 2 * LONGEST))
