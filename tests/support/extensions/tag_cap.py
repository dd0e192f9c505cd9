"""Tag cap: at most so many articles in a list whose first tag is the same."""

from collections import Counter
from collections.abc import Sequence

from ranking.content.cards import Card
from ranking.engine.parameters import Parameter
from ranking.lists.rerank.rule import RULES, RerankContext, RerankRule, Selector
from ranking.profiles.profile import Profile

CAP = Parameter(
    "tag_cap", "integer", "items", 0, 100, 0, "all",
    "At most so many items of one first tag; 0 = no cap.",
)  # fmt: skip


class TagSelector:
    """First tags of a list."""

    defers = False

    def __init__(self, cap: float) -> None:
        self._cap, self._tags = cap, Counter[str]()

    def refuses(self, card: Card | None) -> bool:
        """Whether the list has as many of the article's first tag as it may."""
        return card is not None and bool(card.tags) and self._tags[card.tags[0]] >= self._cap

    def take(self, card: Card | None) -> None:
        """Count an article's first tag."""
        if card and card.tags:
            self._tags[card.tags[0]] += 1


class TagCap(RerankRule):
    """A cap on first tags."""

    name = "tag_cap"
    parameters = (CAP,)
    examples = ({"tag_cap": 1}, {"tag_cap": 2})

    def is_on(self, profile: Profile) -> bool:
        """Whether the profile has a cap."""
        return profile.value("tag_cap") > 0

    def selector(self, context: RerankContext) -> Selector:
        """No tag yet."""
        return TagSelector(context.profile.value("tag_cap"))

    def reason(self, card: Card, listed: Sequence[Card], profile: Profile) -> str:
        """The cap that is reached."""
        same = sum(other.tags[:1] == card.tags[:1] for other in listed)
        reached = bool(card.tags) and same >= profile.value("tag_cap")
        return f"tag_cap: the list has {same} of the tag {card.tags[0]}" if reached else ""


RULES.register(TagCap())
