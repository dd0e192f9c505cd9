"""Caps: at most so many articles of one section, and of one author, in a list."""

from collections import Counter
from collections.abc import Sequence

from ranking.content.cards import Card
from ranking.lists.rerank.rule import RerankContext, RerankRule, Selector
from ranking.profiles.profile import Profile


class CapSelector:
    """The room that a profile's caps leave in a list."""

    defers = False

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._sections: Counter[str] = Counter()
        self._authors: Counter[str] = Counter()

    def refuses(self, card: Card | None) -> bool:
        """Whether the article's section or author has as many as it may."""
        if card is None:
            return False
        p = self._profile
        if p.section_cap and card.section and self._sections[card.section] >= p.section_cap:
            return True
        return bool(p.author_cap and card.author and self._authors[card.author] >= p.author_cap)

    def take(self, card: Card | None) -> None:
        """Note an article that was taken."""
        if card:
            self._sections[card.section] += 1
            self._authors[card.author] += 1


class Caps(RerankRule):
    """Caps on sections and authors."""

    name = "caps"
    examples = ({"section_cap": 2}, {"author_cap": 1})

    def is_on(self, profile: Profile) -> bool:
        """Whether the profile has a cap."""
        return bool(profile.section_cap or profile.author_cap)

    def selector(self, context: RerankContext) -> Selector:
        """Counts from zero."""
        return CapSelector(context.profile)

    def reason(self, card: Card, listed: Sequence[Card], profile: Profile) -> str:
        """The cap that is reached."""
        sections = sum(other.section == card.section for other in listed)
        if profile.section_cap and card.section and sections >= profile.section_cap:
            return f"section_cap: the list has {sections} of the section {card.section}"
        authors = sum(other.author == card.author for other in listed)
        if profile.author_cap and card.author and authors >= profile.author_cap:
            return f"author_cap: the list has {authors} of the author {card.author}"
        return ""
