"""Rule: the protocol of a re-rank rule, the registry, and the three moments at which rules act.

A rule may reorder a ranking before articles are selected (`rerank`), refuse articles while they are
(`selector`), or change the selected list (`place`). Rules act in the order of registration. A rule
changes no score and adds no article that its list may not show.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ranking.content.cards import Card
from ranking.engine.parameters import Parameter, declare, withdraw
from ranking.engine.registry import Registry
from ranking.lists.edition_reader import LONGEST, Reading, Scored
from ranking.lists.ranked_list import RankedList
from ranking.lists.rerank.editorial import NO_EDITS, Edits
from ranking.profiles.profile import Profile


class Steadying(Protocol):
    """What a board shows now."""

    def steadied(self, ranking: Iterable[Scored], at: float, profile: Profile) -> Iterable[Scored]:
        """Reorder a ranking so that listed articles keep their places."""


class RerankContext(NamedTuple):
    """The list that rules act on.

    Attributes
    ----------
    reading : Reading
    profile : Profile
    ranked : RankedList
    section : str
        Of this section alone, if one is given.
    edits : Edits
    pool : int
        Articles of the ranking that a rule may look at, at least.
    incumbents : Steadying or None
        What the board shows now, if it is steadied.
    """

    reading: Reading
    profile: Profile
    ranked: RankedList
    section: str = ""
    edits: Edits = NO_EDITS
    pool: int = LONGEST
    incumbents: Steadying | None = None


class Selector(Protocol):
    """A rule's memory of one list while its articles are selected."""

    @property
    def defers(self) -> bool:
        """Whether what it refuses may fill the list up in the end."""

    def refuses(self, card: Card | None) -> bool:
        """Whether an article may not follow those that were taken."""

    def take(self, card: Card | None) -> None:
        """Note an article that was taken."""


class RerankRule:
    """A rule.

    Attributes
    ----------
    name : str
    parameters : tuple of Parameter
        Those that it adds to profiles.
    bases : tuple of str
        Bases of the lists that it is for.
    lists : tuple of str
        Names of the lists that it is for; empty = all of those bases.
    needs_cards : bool
        Whether it changes nothing where no article has a card.
    reorders : bool
        Whether `rerank` may change the order.
    examples : tuple of mapping
        Parameters under which it acts, for its checks.
    """

    name: str = ""
    parameters: tuple[Parameter, ...] = ()
    bases: tuple[str, ...] = ("edition", "page", "visit")
    lists: tuple[str, ...] = ()
    needs_cards: bool = True
    reorders: bool = False
    examples: tuple[Mapping[str, float], ...] = ({},)

    def is_on(self, profile: Profile) -> bool:
        """Whether a profile asks for the rule; where it does not, nothing changes."""
        raise NotImplementedError

    def is_for(self, ranked: RankedList) -> bool:
        """Whether the rule acts on a list."""
        return ranked.basis in self.bases and (not self.lists or ranked.name in self.lists)

    def rerank(self, ranking: Iterable[Scored], context: RerankContext) -> Iterable[Scored]:
        """The ranking in another order, or without some articles."""
        return ranking

    def selector(self, context: RerankContext) -> Selector | None:
        """A new memory for one list, if the rule refuses articles."""
        return None

    def place(self, chosen: list[Scored], context: RerankContext) -> list[Scored]:
        """The selected articles in another order, or some of them exchanged."""
        return chosen

    def reason(self, card: Card, listed: Sequence[Card], profile: Profile) -> str:
        """Why an article cannot follow those listed, for people; empty if it can."""
        return ""


RULES: Registry[RerankRule] = Registry("re-rank rule", declare, withdraw)


def acting_rules(context: RerankContext) -> list[RerankRule]:
    """Rules that act on a list under its profile, in their order."""
    ranked, profile = context.ranked, context.profile
    return [rule for rule in RULES if rule.is_for(ranked) and rule.is_on(profile)]


def reranked(ranking: Iterable[Scored], context: RerankContext) -> Iterable[Scored]:
    """A ranking after all rules that reorder it."""
    for rule in acting_rules(context):
        ranking = rule.rerank(ranking, context)
    return ranking


def reorders(context: RerankContext) -> bool:
    """Whether a rule may change the order of a list."""
    return any(rule.reorders for rule in acting_rules(context))


def selectors(context: RerankContext) -> list[Selector]:
    """New memories of the rules that refuse articles."""
    found = (rule.selector(context) for rule in acting_rules(context))
    return [selector for selector in found if selector is not None]


def placed(chosen: list[Scored], context: RerankContext) -> list[Scored]:
    """A selected list after all rules that change it."""
    for rule in acting_rules(context):
        chosen = rule.place(chosen, context)
    return chosen
