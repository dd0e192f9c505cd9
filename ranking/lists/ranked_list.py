"""Ranked list: the protocol of a list, and the registry that routes and consoles read.

A list ranks articles for an edition (a board, made at ticks), for a page, or for the pages of a
visit. It says how it ranks, explains a score by its terms, and declares its parameters; what may be
shown, caps and overrides are the same for all lists (`rerank`). Ranking reads the state and changes
nothing.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

from ranking.engine.parameters import Parameter, declare, withdraw
from ranking.engine.registry import Registry, RegistryError
from ranking.lists.edition_reader import LONGEST, Reading, Scored
from ranking.profiles.profile import Profile

Basis = Literal["edition", "page", "visit"]
Terms = list[tuple[str, float]]
NO_SIBLING_SHARES: Mapping[str, float] = MappingProxyType({})
"""The sibling shares of an edition without a sibling prior."""


class RankQuery(NamedTuple):
    """What a list is asked for.

    Attributes
    ----------
    section : str
        Of this section alone; empty = all.
    pages : tuple of str
        Articles read, newest first; of a list for an edition none.
    n : int
        At least the best `n` are ranked for certain.
    sibling_shares : mapping of str to float
        Shares of the edition's articles in its sibling editions, by article.
    """

    section: str = ""
    pages: tuple[str, ...] = ()
    n: int = LONGEST
    sibling_shares: Mapping[str, float] = NO_SIBLING_SHARES


class RankedList:
    """A list.

    Attributes
    ----------
    name : str
        The surface: as routes, profiles and events name it.
    title : str
        For people.
    basis : str
        `edition`, `page` or `visit`.
    length : int
        Items if a request names no number.
    parameters : tuple of Parameter
        Those that it adds to profiles.
    groups : tuple of str
        Groups of the parameters that it reads; empty = its own name.
    terms : mapping of str to str
        What each term of an explanation is called.
    is_sum : bool
        Whether the terms add up to the score.
    has_sibling_prior : bool
        Whether a small edition adds shares from its siblings to the scores.
    is_packed : bool
        Whether API processes of a cluster rank it themselves, from the read model.
    has_window : bool
        Whether requests may name a hard window.
    predicts : bool
        Whether it is made to hold the next page of a visit, so that a backtest measures it.
    """

    name: str = ""
    title: str = ""
    basis: Basis = "edition"
    length: int = 5
    parameters: tuple[Parameter, ...] = ()
    groups: tuple[str, ...] = ()
    terms: Mapping[str, str] = MappingProxyType({})
    is_sum: bool = True
    has_sibling_prior: bool = False
    is_packed: bool = False
    has_window: bool = False
    predicts: bool = True

    def rank(self, reading: Reading, profile: Profile, query: RankQuery) -> Iterable[Scored]:
        """Articles, best first, ties by id; those with score 0 fill the list up."""
        raise NotImplementedError

    def explain(
        self, reading: Reading, profile: Profile, query: RankQuery, articles: Sequence[str]
    ) -> dict[str, Terms]:
        """Named terms of each article's score."""
        raise NotImplementedError

    def window(self, reading: Reading, profile: Profile) -> tuple[float, float] | None:
        """Begin and end of the time that is counted, seconds; None if there is no such bound."""
        return None

    def follows_clock(self, profile: Profile) -> bool:
        """Whether the list changes in a silence, by the reading clock alone."""
        return False


RESERVED = frozenset(
    [
        "articles",
        "audit",
        "boards",
        "events",
        "experiments",
        "explain",
        "feeds",
        "fragments",
        "graph",
        "hooks",
        "import",
        "ingest",
        "keys",
        "lists",
        "overrides",
        "page",
        "pixel",
        "preview",
        "profiles",
        "stream",
        "traffic",
    ]
)
"""First parts of other routes, which no list may have as its name."""


def _admit(ranked: RankedList) -> None:
    if ranked.name in RESERVED:
        message = f"list must not have the name of another route, got {ranked.name!r}"
        raise RegistryError(message)
    declare(ranked)


LISTS: Registry[RankedList] = Registry("list", _admit, withdraw)


def ranking_of(
    ranked: RankedList, reading: Reading, profile: Profile, query: RankQuery
) -> Iterable[Scored]:
    """What a list ranks; of a list that an extension registered, only what may be in a list.

    It leaves out articles that nobody knows, pages that were read, repetitions and scores that are
    not finite.
    """
    ranking = ranked.rank(reading, profile, query)
    return _allowed(ranking, reading, query) if ranked.name in LISTS.added else ranking


def _allowed(ranking: Iterable[Scored], reading: Reading, query: RankQuery) -> Iterator[Scored]:
    listed = set(query.pages)
    for item in ranking:
        is_known = reading.slot(item.id) >= 0 or reading.card(item.id) is not None
        if item.id not in listed and is_known and math.isfinite(item.score):
            listed.add(item.id)
            yield item


def board_names() -> tuple[str, ...]:
    """Lists for an edition, which are made at ticks."""
    return tuple(ranked.name for ranked in LISTS if ranked.basis == "edition")


def page_list_names() -> tuple[str, ...]:
    """Lists for a page or a visit."""
    return tuple(ranked.name for ranked in LISTS if ranked.basis != "edition")


def list_names() -> tuple[str, ...]:
    """All lists: boards first."""
    return board_names() + page_list_names()
