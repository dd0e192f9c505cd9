"""Faulty lists: one ranks what no list may hold, the other raises."""

import math
from collections.abc import Iterable, Sequence

from ranking.lists.edition_reader import Reading, Scored
from ranking.lists.ranked_list import LISTS, RankedList, RankQuery, Terms
from ranking.profiles.profile import Profile


class Unsound(RankedList):
    """Scores that are not finite, repetitions, and an article that nobody knows."""

    name = "unsound"
    title = "Unsound"
    terms = {"score": "the score"}  # noqa: RUF012

    def rank(self, reading: Reading, profile: Profile, query: RankQuery) -> Iterable[Scored]:
        """Only `b` and `a` may be listed, once each."""
        return [
            Scored("a", math.nan), Scored("ghost", 9.0), Scored("b", 2.0), Scored("b", 1.0),
            Scored("a", 1.0), Scored("c", math.inf),
        ]  # fmt: skip

    def explain(
        self, reading: Reading, profile: Profile, query: RankQuery, articles: Sequence[str]
    ) -> dict[str, Terms]:
        """Nothing."""
        return {article: [("score", 0.0)] for article in articles}


class Raising(Unsound):
    """Raises for every edition that has articles."""

    name = "raising"

    def rank(self, reading: Reading, profile: Profile, query: RankQuery) -> Iterable[Scored]:
        """Division by zero."""
        return [Scored("a", 1 / 0)]


LISTS.register(Unsound())
LISTS.register(Raising())
