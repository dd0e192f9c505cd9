"""Checks of re-rank rules: a rule moves and leaves out articles, and changes nothing else."""

from collections.abc import Callable, Iterator
from itertools import islice

from ranking.checks.requirement import require
from ranking.checks.samples import EDITION, sample_pages, sample_ranker
from ranking.lists.edition_reader import LONGEST, Scored
from ranking.lists.lists import LISTS
from ranking.lists.ranked_list import RankedList, RankQuery
from ranking.lists.rerank.editorial import Action, Edit, Edits
from ranking.lists.rerank.rule import RerankContext, RerankRule, placed, reranked
from ranking.lists.rerank.selection import choose, may_stand
from ranking.profiles.profile import Profile, profile_from
from ranking.ranker import Ranker

N = 10


def check_contents(rule: RerankRule) -> None:
    """No article twice, none that was not ranked, and no other score."""
    for context, ranking in _cases(rule):
        scores = {item.id: item.score for item in ranking}
        listed = _listed(ranking, context)
        ids = [item.id for item in listed]
        require(len(set(ids)) == len(ids), rule.name, "an article is listed twice")
        known = all(item.id in scores or item.exposed for item in listed)
        require(known, rule.name, "an article is listed that was not ranked")
        same = all(item.score == scores[item.id] for item in listed if item.id in scores)
        require(same, rule.name, "a score changes")


def check_repeats(rule: RerankRule) -> None:
    """The same ranking gives the same list."""
    for context, ranking in _cases(rule):
        same = _listed(ranking, context) == _listed(ranking, context)
        require(same, rule.name, "the same ranking gives another list")


def check_overrides(rule: RerankRule) -> None:
    """What editors block, and what may not be shown, is not listed."""
    for context, ranking in _cases(rule):
        first = [item.id for item in _listed(ranking, context)][:3]
        blocking = context._replace(edits=Edits((Edit(Action.BLOCK, articles=tuple(first)),)))
        ids = {item.id for item in _listed(ranking, blocking)}
        require(not ids & set(first), rule.name, "a blocked article is listed")
        shown = all(may_stand(context.reading, id_, context.reading.card(id_)) for id_ in ids)
        require(shown, rule.name, "an article is listed that may not be shown")


def check_off(rule: RerankRule) -> None:
    """Where a profile does not ask for the rule it does not act."""
    profile = Profile(steadiness=0.0)
    if not rule.is_on(profile):
        for context, ranking in _cases(rule, profile):
            left = list(rule.rerank(ranking, context))
            same = left == list(ranking) or rule.is_on(context.profile)
            require(same, rule.name, "it reorders though it is off")
    on = all(rule.is_on(profile_from(dict(example))) for example in rule.examples)
    require(on, rule.name, "an example does not turn it on")


def check_empty(rule: RerankRule) -> None:
    """An empty ranking gives an empty list."""
    for context, _ in _cases(rule):
        rest = [item for item in _listed([], context) if not item.exposed]
        require(not rest, rule.name, "an article is listed though none was ranked")


CHECKS: tuple[Callable[[RerankRule], None], ...] = (
    check_contents, check_repeats, check_overrides, check_off, check_empty,
)  # fmt: skip


def _cases(
    rule: RerankRule, profile: Profile | None = None
) -> Iterator[tuple[RerankContext, list[Scored]]]:
    """Lists that the rule is for, under each of its examples."""
    ranker = sample_ranker()
    profiles = [profile] if profile else [profile_from(dict(example)) for example in rule.examples]
    for ranked in LISTS:
        for own in profiles if rule.is_for(ranked) else ():
            for pages in sample_pages(ranked):
                yield _case(ranker, ranked, own, pages)


def _case(
    ranker: Ranker, ranked: RankedList, profile: Profile, pages: tuple[str, ...]
) -> tuple[RerankContext, list[Scored]]:
    edition = ranker.lists.edition(EDITION)
    ranking = ranked.rank(edition, profile, RankQuery(pages=pages))
    return RerankContext(edition, profile, ranked), list(islice(ranking, LONGEST))


def _listed(ranking: list[Scored], context: RerankContext) -> list[Scored]:
    return placed(choose(reranked(ranking, context), context, N), context)
