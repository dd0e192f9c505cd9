"""Catalogue: the cards of all editions, and the tombstones of deleted articles.

An article that was taken down leaves a tombstone: its views stay in the state, and no later card
brings it back, only `restore`. Each edition and each section has its cards in the order of their
publication, kept card by card; only those that lists may show at all are in it.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from ranking.content.availability import is_listable
from ranking.content.cards import Card, first_published
from ranking.engine.event import site_of
from ranking.lists.sorted_blocks import SortedBlocks

LOOKED = 5000
"""Cards that are looked at for the newest ones, since some may have expired."""
Order = SortedBlocks


class Catalogue:
    """All cards of all editions, and the articles taken down."""

    def __init__(self) -> None:
        self._cards: dict[str, dict[str, Card]] = {}
        self._gone: set[tuple[str, str]] = set()
        self._stories: dict[tuple[str, str], dict[str, dict[str, Card]]] = {}
        self._newest: dict[str, dict[str, Order]] = {}  # by edition and section; "" = all
        self._expiring: dict[str, Order] = {}
        self._of_site: dict[str, set[str]] = {}
        self._storied: Counter[str] = Counter()
        self.version = 0
        """Number of changes."""

    def copy(self) -> "Catalogue":
        """The catalogue as it is now; another thread may put cards meanwhile."""
        made = Catalogue()
        made._cards = {edition: dict(cards) for edition, cards in list(self._cards.items())}
        for key, by_edition in list(self._stories.items()):
            made._stories[key] = {
                edition: dict(cards) for edition, cards in list(by_edition.items())
            }
        made._gone = set(self._gone)
        made._of_site = {site: set(editions) for site, editions in list(self._of_site.items())}
        made._storied = self._storied.copy()
        for edition, cards in made._cards.items():
            made._newest[edition], made._expiring[edition] = _orders(cards.values())
        return made

    def put(self, card: Card, at: float = math.inf) -> bool:
        """Add a card, or replace the one of the same edition and id.

        Says whether it did; it does not if the article was taken down.
        """
        if (card.edition, card.id) in self._gone:
            return False
        card = first_published(card, self.card(card.edition, card.id), at)
        self._forget(card.edition, card.id)
        self.version += 1
        if card.edition not in self._cards:
            self._cards[card.edition] = {}
            self._of_site.setdefault(site_of(card.edition), set()).add(card.edition)
        self._cards[card.edition][card.id] = card
        if card.listable:
            for section in dict.fromkeys(("", card.section)):
                orders = self._newest.setdefault(card.edition, {})
                orders.setdefault(section, SortedBlocks()).add(_newness(card))
            if card.expires_at:
                expiring = self._expiring.setdefault(card.edition, SortedBlocks())
                expiring.add((card.expires_at, card.id))
        if card.story:
            site = site_of(card.edition)
            by_edition = self._stories.setdefault((site, card.story), {})
            by_edition.setdefault(card.edition, {})[card.id] = card
            self._storied[site] += 1
        return True

    def remove(self, edition: str, article: str) -> bool:
        """Take an article down; says whether its card was known."""
        self._gone.add((edition, article))
        self.version += 1
        return self._forget(edition, article)

    def restore(self, edition: str, article: str) -> bool:
        """Let an article that was taken down be put again; says whether it was."""
        was_gone = (edition, article) in self._gone
        self._gone.discard((edition, article))
        self.version += 1
        return was_gone

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

    def has_stories(self, site: str | None = None) -> bool:
        """Say whether any article names its story, of one site if it is given."""
        return bool(self._stories) if site is None else self._storied[site] > 0

    def editions(self, site: str | None = None) -> list[str]:
        """Editions that have a card, in order of their names; of one site if it is given."""
        held = self._of_site.get(site, set()) if site is not None else self._cards
        return sorted(edition for edition in list(held) if self._cards.get(edition))

    def sections(self, edition: str) -> list[str]:
        """Sections that an edition's listed cards name, by name."""
        orders = list(self._newest.get(edition, {}).items())
        return sorted(section for section, cards in orders if section and cards)

    def has_section(self, edition: str, section: str) -> bool:
        """Say whether a listed card of an edition names a section."""
        return bool(self._newest.get(edition, {}).get(section))

    def is_timeless(self, edition: str) -> bool:
        """Say whether lists may show every article of an edition at any time."""
        cards = self._cards.get(edition, {}).values()
        return all(c.listable and not c.published_at and not c.expires_at for c in cards)

    def has_site(self, site: str) -> bool:
        """Say whether any edition of a site has a card."""
        return any(self._cards.get(edition) for edition in self._of_site.get(site, ()))

    def size(self, edition: str) -> int:
        """Count an edition's cards."""
        return len(self._cards.get(edition, {}))

    def latest(self, edition: str, n: int, section: str = "", at: float = math.inf) -> list[Card]:
        """Newest cards of an edition that lists may show, newest first, ties by id.

        Parameters
        ----------
        edition : str
        n : int
            At most so many.
        section : str
            Of this section alone, if one is given.
        at : float
            The moment, seconds; none that is published later.
        """
        order = self._newest.get(edition, {}).get(section)
        if order is None:
            return []
        cards, start = self._cards.get(edition, {}), -at if at == at else -math.inf
        most = LOOKED + n
        looked = (cards[id_] for _, id_ in islice(order.since((start, "")), most) if id_ in cards)
        if at == math.inf:
            return list(islice(looked, n))
        return list(islice((card for card in looked if is_listable(card, at)), n))

    def next_listing_change(self, edition: str, at: float) -> float:
        """The first moment after one at which a card begins or ceases to be listed; inf if none."""
        expiring, order = self._expiring.get(edition), self._newest.get(edition, {}).get("")
        ending = (
            next(expiring.since((math.nextafter(at, math.inf), "")), None) if expiring else None
        )
        coming = order.before((-at, "")) if order else None
        return min(ending[0] if ending else math.inf, -coming[0] if coming else math.inf)

    def translations(self, site: str, story: str) -> list[Card]:
        """Cards of a story in all editions of a site, by edition, the newest first, ties by id."""
        editions = list(self._stories.get((site, story), {}).values())
        cards = [card for by_id in editions for card in list(by_id.values())]
        return sorted(cards, key=lambda c: (c.edition, -c.published_at, c.id))

    def of_story(self, edition: str, story: str) -> list[str]:
        """An edition's articles of one story, the newest first, ties by id."""
        mine = self._stories.get((site_of(edition), story), {}).get(edition)
        if not mine:
            return []
        return [card.id for card in sorted(mine.values(), key=lambda c: (-c.published_at, c.id))]

    def _forget(self, edition: str, article: str) -> bool:
        card = self._cards.get(edition, {}).pop(article, None)
        if card is None:
            return False
        for section in dict.fromkeys(("", card.section)) if card.listable else ():
            orders = self._newest[edition]
            orders[section].discard(_newness(card))
            if not orders[section]:
                del orders[section]
        if card.listable and card.expires_at:
            self._expiring[edition].discard((card.expires_at, article))
        key = (site_of(edition), card.story)
        by_edition = self._stories.get(key, {})
        mine = by_edition.get(edition, {})
        self._storied[key[0]] -= mine.pop(article, None) is not None
        if not mine:
            by_edition.pop(edition, None)
        if not by_edition:
            self._stories.pop(key, None)
        return True


def _newness(card: Card) -> tuple[float, str]:
    return (-card.published_at, card.id)


def _orders(cards: Iterable[Card]) -> tuple[dict[str, Order], Order]:
    """Orders of an edition's cards, all at once."""
    newest: dict[str, list[tuple[float, str]]] = {}
    expiring = []
    for card in cards:
        for section in dict.fromkeys(("", card.section)) if card.listable else ():
            newest.setdefault(section, []).append(_newness(card))
        if card.listable and card.expires_at:
            expiring.append((card.expires_at, card.id))
    orders: dict[str, Order] = {section: SortedBlocks(keys) for section, keys in newest.items()}
    return orders, SortedBlocks(expiring)
