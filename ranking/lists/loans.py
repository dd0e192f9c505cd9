"""Loans: a ranking with what a small edition's articles borrow from their stories elsewhere."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ranking.lists.edition_reader import Scored

NOTHING_LENT: Mapping[str, float] = MappingProxyType({})


def with_loans(ranking: Sequence[Scored], lent: Mapping[str, float], loan: float) -> list[Scored]:
    """Rank articles with what they borrow, best first, ties by id.

    Examples
    --------
    >>> with_loans([Scored("a", 3.0), Scored("b", 2.0)], {"b": 0.5, "c": 0.1}, 4.0)
    [Scored(id='b', score=4.0), Scored(id='a', score=3.0), Scored(id='c', score=0.4)]
    """
    scores = dict.fromkeys(lent, 0.0) | {item.id: item.score for item in ranking}
    scored = [Scored(id_, score + loan * lent.get(id_, 0.0)) for id_, score in scores.items()]
    return sorted(scored, key=lambda item: (-item.score, item.id))
