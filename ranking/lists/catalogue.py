"""The catalogue: all cards of all editions, and the articles that were taken down.

An article that was taken down leaves a mark, since its views stay in the state.
"""

from collections.abc import Iterator

from ranking.engine.event import site_of
from ranking.lists.cards import Card


class Catalogue:
    """All cards of all editions, and the articles taken down."""

    def __init__(self) -> None:
        self._cards: dict[str, dict[str, Card]] = {}
        self._gone: set[tuple[str, str]] = set()
        self._stories: dict[tuple[str, str], dict[str, Card]] = {}
        self._latest: dict[str, list[Card]] = {}

    def copy(self) -> "Catalogue":
        """The catalogue as it is now; another thread may put cards meanwhile."""
        made = Catalogue()
        made._cards = {edition: dict(cards) for edition, cards in list(self._cards.items())}
        made._stories = {story: dict(told) for story, told in list(self._stories.items())}
        made._gone = set(self._gone)
        return made

    def put(self, card: Card) -> None:
        """Add a card, or replace the one of the same edition and id; one taken down stays so."""
        if self.is_gone(card.edition, card.id):
            return
        self.remove(card.edition, card.id, mark=False)
        self._cards.setdefault(card.edition, {})[card.id] = card
        if card.story:
            site = site_of(card.edition)
            self._stories.setdefault((site, card.story), {})[card.edition] = card

    def remove(self, edition: str, article: str, *, mark: bool = True) -> bool:
        """Take an article down; says whether its card was known."""
        card = self._cards.get(edition, {}).pop(article, None)
        self._latest.pop(edition, None)
        if mark:
            self._gone.add((edition, article))
        if card and card.story:
            site = site_of(edition)
            self._stories.get((site, card.story), {}).pop(edition, None)
        return card is not None

    def restore(self, edition: str, article: str) -> None:
        """Let an article that was taken down be put again."""
        self._gone.discard((edition, article))

    def card(self, edition: str, id: str) -> Card | None:
        """Card of an article, if it is known."""
        return self._cards.get(edition, {}).get(id)

    def cards(self, edition: str) -> list[Card]:
        """All cards of an edition; another thread may put some meanwhile."""
        return list(self._cards.get(edition, {}).values())

    def is_gone(self, edition: str, article: str) -> bool:
        """Say whether an article was taken down."""
        return (edition, article) in self._gone

    def articles(self) -> Iterator[tuple[str, str]]:
        """Edition and id of every card, and of every article taken down."""
        for edition, cards in list(self._cards.items()):
            yield from ((edition, article) for article in list(cards))
        yield from list(self._gone)

    def has_stories(self) -> bool:
        """Say whether any article names its story."""
        return any(self._stories.values())

    def editions(self) -> list[str]:
        """Editions that have a card, in order of their names."""
        return sorted(edition for edition, cards in self._cards.items() if cards)

    def has_site(self, site: str) -> bool:
        """Say whether any edition of a site has a card."""
        return any(cards and site_of(edition) == site for edition, cards in self._cards.items())

    def size(self, edition: str) -> int:
        """Count an edition's cards."""
        return len(self._cards.get(edition, {}))

    def latest(self, edition: str, n: int, section: str = "") -> list[Card]:
        """Newest cards of an edition, newest first, ties by id."""
        newest = self._latest.get(edition)
        if newest is None:
            cards = list(self._cards.get(edition, {}).values())  # at once: another thread puts
            newest = sorted(cards, key=lambda c: (-c.published_at, c.id))
            self._latest[edition] = newest
        if not section:
            return newest[:n]
        return [card for card in newest if card.section == section][:n]

    def translations(self, site: str, story: str) -> list[Card]:
        """Cards of one story in all editions of a site."""
        return list(self._stories.get((site, story), {}).values())
