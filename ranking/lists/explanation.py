"""Explanation: the terms of an article's score, and the rule that keeps an article out.

A score is a sum, so that its parts are the answer: of a board the views at each half-life of the
chain and what sibling editions lend; of Related and For this visit each level of co-reading, tags,
section and popularity. Trending is no sum: it shows the two rates that it compares.
"""

from collections.abc import Sequence
from itertools import islice

import msgspec
import numpy as np

from ranking.content.availability import why_unlisted
from ranking.engine.signals.covisitation import LEVELS, Graph
from ranking.lists.backoff import share_of, wear_of
from ranking.lists.boards import SPARE, SURFACES, board_ranking
from ranking.lists.edition import Edition
from ranking.lists.edition_reader import LONGEST, Scored
from ranking.lists.next_article import add_neighbours
from ranking.lists.related import asked_of, compose
from ranking.lists.rerank.diversity import diversified
from ranking.lists.rerank.editorial import Edits
from ranking.lists.rerank.near_duplicates import is_near_duplicate
from ranking.lists.rerank.selection import choose
from ranking.lists.rerank.sibling_prior import lent_shares
from ranking.profiles.profile import Profile

CO_READ = ("instant", "fast", "middle", "slow")
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
    if surface in SURFACES:
        ranking = board_ranking(edition, surface, profile, asked.section, siblings)
        parts = _board_parts(edition, surface, profile, siblings, asked.articles)
    else:
        pages = list(asked.pages)
        chained = compose(edition, pages, profile, LONGEST + SPARE)
        ranking = diversified(chained, edition, profile, LONGEST + SPARE)
        parts = _chain_parts(edition, pages, profile, asked.articles)
    ranked = list(islice(ranking, LOOKED))
    chosen = choose(ranked, edition, profile, LONGEST, asked.section, edits)
    places = {item.id: place for place, item in enumerate(chosen, 1)}
    scores = {item.id: item.score for item in ranked}
    return [
        Explanation(
            article,
            places.get(article, 0),
            scores.get(article, 0.0),
            _shared(parts[article], edits.factor(article, edition.card(article))),
            _kept_out(edition, profile, asked, edits, article, chosen, scores),
        )
        for article in asked.articles
    ]


def _shared(parts: list[tuple[str, float]], factor: float) -> list[ScoreTerm]:
    is_sum = not any(name.endswith("_rate") for name, _ in parts)
    whole = sum(value for _, value in parts) if is_sum else 0.0
    made = [ScoreTerm(name, value, value / whole if whole > 0.0 else 0.0) for name, value in parts]
    return made + ([ScoreTerm("boost", factor)] if factor != 1.0 else [])


def _kept_out(
    edition: Edition, profile: Profile, asked: Explained, edits: Edits, article: str,
    chosen: list[Scored], scores: dict[str, float],
) -> str:  # fmt: skip
    """The reason why an article is not among a list's first places."""
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
    told = [(id_, edition.card(id_)) for id_ in first]
    for id_, other in told:
        if card and other and card.title and is_near_duplicate(other.title, card.title):
            return f"{id_} tells the same news"
    last = min((scores.get(id_, 0.0) for id_ in first), default=0.0)
    if scores.get(article, 0.0) <= 0.0:
        return "it has no score under this profile"
    if scores[article] > last and card:
        sections = sum(other.section == card.section for _, other in told if other)
        if profile.section_cap and card.section and sections >= profile.section_cap:
            return f"section_cap: the list has {sections} of the section {card.section}"
        authors = sum(other.author == card.author for _, other in told if other)
        if profile.author_cap and card.author and authors >= profile.author_cap:
            return f"author_cap: the list has {authors} of the author {card.author}"
        return "those that stand keep their places, or stand higher by an override"
    return "others score more"


def _board_parts(
    edition: Edition, surface: str, profile: Profile, siblings: Sequence[Edition],
    articles: Sequence[str],
) -> dict[str, list[tuple[str, float]]]:  # fmt: skip
    if surface == "trending":
        return {article: edition.trending_parts(profile, article) for article in articles}
    lent = lent_shares(edition, siblings, profile)
    return {article: edition.popular_parts(profile, lent, article) for article in articles}


def _chain_parts(
    edition: Edition, pages: list[str], profile: Profile, articles: Sequence[str]
) -> dict[str, list[tuple[str, float]]]:
    """Parts of the chain's score, each by the compiled chain with the other levels emptied."""
    read = list(dict.fromkeys(pages))
    asked = asked_of(edition, read[: profile.visit_depth], read, profile)
    question, ground = asked.question, asked.ground
    shares, broad = np.zeros((LEVELS, ground.scratch.score.size)), 0.0
    for row, weight in zip(question.rows.tolist(), question.weights.tolist(), strict=True):
        left = weight
        for level in range(LEVELS) if row >= 0 else ():
            graph, scratch = _one_level(ground.graph, row, level), ground.scratch
            left, count = add_neighbours(
                graph, 0, ground.newest_ms, weight, question.evidence, scratch, 0
            )
            touched = scratch.candidate[:count]
            shares[level, touched] += scratch.score[touched]
            scratch.score[touched] = 0.0
        broad += left
    hinted = dict(zip(question.hint.tolist(), question.hint_share.tolist(), strict=True))
    found = {}
    for article in articles:
        slot, popularity = asked.slot_of(article), ground.popularity
        known = shares[:, slot] if slot >= 0 else np.zeros(LEVELS)
        own = list(zip(CO_READ, known.tolist(), strict=True))
        own.append((asked.topic, broad * question.hint_weight * hinted.get(slot, 0.0)))
        share = share_of(popularity, slot)
        own.append(("popularity", broad * (1.0 - question.hint_weight) * share))
        worn = wear_of(popularity, slot, question.wear)
        found[article] = [(name, value * worn) for name, value in own]
    return found


def _one_level(graph: Graph, row: int, level: int) -> Graph:
    """One row of the graph, with the masses of one level alone."""
    mass = np.zeros_like(graph.mass[row : row + 1])
    mass[0, :, level] = graph.mass[row, :, level]
    return Graph(graph.row[row : row + 1], graph.neighbour[row : row + 1], mass, graph.level)
