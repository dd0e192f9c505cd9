"""Explanation: the terms of an article's score, and the rule that keeps an article out.

Each list explains its scores by terms (`RankedList.explain`); where a score is their sum, each
term has a share of it. Rules and overrides tell why they keep an article out.
"""

from collections.abc import Sequence
from itertools import islice

import msgspec

from ranking.content.availability import why_unlisted
from ranking.lists.boards import SPARE
from ranking.lists.edition import Edition
from ranking.lists.edition_reader import LONGEST, Scored
from ranking.lists.lists import LISTS
from ranking.lists.ranked_list import NO_SIBLING_SHARES, RankQuery, Terms, ranking_of
from ranking.lists.rerank.editorial import Edits
from ranking.lists.rerank.near_duplicates import is_near_duplicate
from ranking.lists.rerank.rule import RerankContext, acting_rules
from ranking.lists.rerank.rules import reranked
from ranking.lists.rerank.selection import choose
from ranking.lists.rerank.sibling_prior import shares_from_siblings
from ranking.profiles.profile import Profile

LOOKED = 5000


class ScoreTerm(msgspec.Struct, frozen=True):
    """A part of a score.

    Attributes
    ----------
    name : str
    value : float
        In the units of the score; of Trending in views an hour.
    share : float
        Of the whole score; 0 where it is no sum.
    """

    name: str
    value: float
    share: float = 0.0


class Explanation(msgspec.Struct, frozen=True):
    """The terms and rules that decide one article's rank.

    Attributes
    ----------
    article : str
    rank : int
        Place in the list, from 1; 0 = it is not in its first `LONGEST`.
    score : float
    components : list of ScoreTerm
    kept_out : str
        Why it is not in the list; empty if it is.
    """

    article: str
    rank: int
    score: float
    components: list[ScoreTerm]
    kept_out: str = ""


class Explained(msgspec.Struct, frozen=True):
    """A request for explanations.

    Attributes
    ----------
    articles : tuple of str
    n : int
        Places of the list.
    section : str
    pages : tuple of str
        Read before, of Related and For this visit.
    """

    articles: tuple[str, ...]
    n: int = 5
    section: str = ""
    pages: tuple[str, ...] = ()


def explain(
    edition: Edition,
    surface: str,
    profile: Profile,
    asked: Explained,
    edits: Edits,
    siblings: Sequence[Edition] = (),
) -> list[Explanation]:
    """Explain where some articles stand in a list."""
    ranked, n = LISTS[surface], LONGEST + SPARE
    shares = NO_SIBLING_SHARES
    if ranked.has_sibling_prior:
        shares = shares_from_siblings(edition, siblings, profile)
    query = RankQuery(asked.section, asked.pages, n, shares)
    context = RerankContext(edition, profile, ranked, asked.section, edits, n)
    found = list(islice(reranked(ranking_of(ranked, edition, profile, query), context), LOOKED))
    terms = ranked.explain(edition, profile, query, asked.articles)
    chosen = choose(found, context, LONGEST)
    places = {item.id: place for place, item in enumerate(chosen, 1)}
    scores = {item.id: item.score for item in found}
    return [
        Explanation(
            article,
            places.get(article, 0),
            scores.get(article, 0.0),
            _shared(terms[article], edits.factor(article, edition.card(article)), ranked.is_sum),
            _kept_out(edition, context, asked, article, chosen, scores),
        )
        for article in asked.articles
    ]


def _shared(terms: Terms, factor: float, is_sum: bool) -> list[ScoreTerm]:
    whole = sum(value for _, value in terms) if is_sum else 0.0
    made = [ScoreTerm(name, value, value / whole if whole > 0.0 else 0.0) for name, value in terms]
    return made + ([ScoreTerm("boost", factor)] if factor != 1.0 else [])


def _kept_out(
    edition: Edition, context: RerankContext, asked: Explained, article: str,
    chosen: list[Scored], scores: dict[str, float],
) -> str:  # fmt: skip
    """The reason why an article is not among a list's first places."""
    edits = context.edits
    first, card = [item.id for item in chosen[: asked.n]], edition.card(article)
    if article in first:
        return ""
    if edition.is_gone(article):
        return "it was taken down"
    if edits.is_blocked(article, card):
        return "an override blocks it"
    if card and (reason := why_unlisted(card, edition.listing_at)):
        return reason
    if edits.is_buried(article, card):
        return "an override buries it"
    if article in asked.pages:
        return "it was read already"
    if asked.section and (card is None or card.section != asked.section):
        return f"it is not of the section {asked.section}"
    first_cards = [(id_, edition.card(id_)) for id_ in first]
    for id_, other in first_cards:
        if card and other and card.title and is_near_duplicate(other.title, card.title):
            return f"{id_} tells the same news"
    last = min((scores.get(id_, 0.0) for id_ in first), default=0.0)
    if scores.get(article, 0.0) <= 0.0:
        return "it has no score under this profile"
    is_short = len(first) < asked.n
    if card and (scores[article] > last or is_short):
        listed = [other for _, other in first_cards if other]
        for rule in acting_rules(context):
            if reason := rule.reason(card, listed, context.profile):
                return reason
        if not is_short:
            return "those that stand keep their places, or stand higher by an override"
    return "others score more"
