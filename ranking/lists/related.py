"""Related: the articles that readers of one page read next, best first, ties by id.

Co-visitation of the page at four half-lives, backed off to tags, headline and popularity
(`next_article`), then Popular until the list is full (`composition`).
"""

from collections.abc import Iterable, Sequence

from ranking.lists.chain_terms import TERM_NAMES, chain_terms
from ranking.lists.composition import compose
from ranking.lists.edition_reader import Reading, Scored
from ranking.lists.ranked_list import Basis, RankedList, RankQuery, Terms
from ranking.profiles.profile import Profile


class Related(RankedList):
    """What is read after one page."""

    name = "related"
    title = "Related of an article"
    basis: Basis = "page"
    length = 4
    groups = ("related", "foryou")
    terms = TERM_NAMES
    is_packed = True

    def rank(self, reading: Reading, profile: Profile, query: RankQuery) -> Iterable[Scored]:
        """Articles after the page; the page itself never."""
        return compose(reading, query.pages, profile, query.n)

    def explain(
        self, reading: Reading, profile: Profile, query: RankQuery, articles: Sequence[str]
    ) -> dict[str, Terms]:
        """Each level of co-visitation, tags or section, and popularity."""
        return chain_terms(reading, query.pages, profile, articles)
