"""Editorial overrides: applies pins, boosts, burials and blocks to a ranking.

A boost moves an article to the place of its multiplied score, up or (below 1) down. A buried
article comes last, and only if the list would be short without it. A blocked one is never listed. A
pin holds a place; a list holds the first places, one after the other. Overrides change neither
scores nor state nor incumbents, so that one that has ended has no effect.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import chain

from ranking.content.cards import Card, tag_key
from ranking.engine.event import site_of
from ranking.lists.edition_reader import Reading, Scored

LOOKED = 2000
"""Articles of a ranking among which boosts are looked for."""


Local = tuple[tuple[str, ...], tuple[str, ...]]
"""Sections and tags of one edition."""


class Action(Enum):
    """The effect of an override."""

    PIN = "pin"
    BOOST = "boost"
    BURY = "bury"
    BLOCK = "block"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit that holds now.

    Attributes
    ----------
    action : Action
    articles : tuple of str
        Ids; of a list in its order.
    stories, tags, sections : tuple of str
        An article with any of them is meant too; tags by their `tag_key`.
    slot : int
        Of a pin, from 1.
    factor : float
        Of a boost.
    section_keys : tuple of str
        Names of sections that all editions share.
    """

    action: Action
    articles: tuple[str, ...] = ()
    stories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    slot: int = 1
    factor: float = 1.0
    section_keys: tuple[str, ...] = ()

    def means(self, article: str, card: Card | None) -> bool:
        """Say whether an article is meant."""
        if article in self.articles:
            return True
        if card is None:
            return False
        if card.story in self.stories or card.section in self.sections:
            return True
        if card.section_key and card.section_key in self.section_keys:
            return True
        keys = {tag_key(tag, card.edition) for tag in card.tags} if self.tags else set()
        return not keys.isdisjoint(self.tags)


@dataclass(frozen=True, slots=True)
class Edits:
    """All edits of one list."""

    edits: tuple[Edit, ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.edits)

    def is_blocked(self, article: str, card: Card | None) -> bool:
        """Say whether an article must not be listed."""
        return self._is(Action.BLOCK, article, card)

    def is_buried(self, article: str, card: Card | None) -> bool:
        """Say whether an article comes last."""
        return self._is(Action.BURY, article, card)

    def factor(self, article: str, card: Card | None) -> float:
        """Factor of an article's score."""
        factor = 1.0
        for edit in self.edits:
            if edit.action is Action.BOOST and edit.means(article, card):
                factor *= edit.factor
        return factor

    def pinned(self, reading: Reading) -> dict[int, str]:
        """Articles that hold a place, by place from 0; the latest edit of a place holds it."""
        places: dict[int, str] = {}
        for edit in self.edits:
            if edit.action is Action.LIST:
                places |= dict(enumerate(edit.articles))
        for edit in self.edits:
            if edit.action is Action.PIN:
                found = map(reading.of_story, edit.stories)
                articles = [*edit.articles, *(article for article in found if article)]
                places |= dict(enumerate(articles, edit.slot - 1))
        return places

    def boosted(self, ranking: Iterable[Scored], reading: Reading) -> Iterator[Scored]:
        """Move boosted articles to where their multiplied scores belong.

        The others keep their order, which need not be that of their scores.
        """
        if not any(edit.action is Action.BOOST for edit in self.edits):
            return iter(ranking)
        return self._moved(ranking, reading)

    def _moved(self, ranking: Iterable[Scored], reading: Reading) -> Iterator[Scored]:
        rest = iter(ranking)
        looked = [item for item, _ in zip(rest, range(LOOKED), strict=False)]
        factors = {i.id: self.factor(i.id, reading.card(i.id)) for i in looked if i.score > 0.0}
        moved = [i for i in looked if factors.get(i.id, 1.0) != 1.0]
        moved.sort(key=lambda i: (-i.score * factors[i.id], i.id))
        waiting = iter(moved)
        up = next(waiting, None)
        for item in looked:
            if factors.get(item.id, 1.0) != 1.0:
                continue
            while up is not None and up.score * factors[up.id] > item.score:
                yield up
                up = next(waiting, None)
            yield item
        if up is not None:
            yield from chain([up], waiting)
        yield from rest

    def _is(self, action: Action, article: str, card: Card | None) -> bool:
        return any(edit.action is action and edit.means(article, card) for edit in self.edits)


NO_EDITS = Edits()


@dataclass(frozen=True, slots=True)
class ScopedEdit:
    """An edit and the lists that it is for.

    Attributes
    ----------
    edit : Edit
    edition : str
        `site/lang`; a whole site as `site/*`; empty = all.
    surface : str
        Empty = all.
    elsewhere : mapping of str to (tuple of str, tuple of str)
        Sections and tags, by their `tag_key`, that mean the same in an edition.
    """

    edit: Edit
    edition: str = ""
    surface: str = ""
    elsewhere: Mapping[str, Local] = field(default_factory=dict)

    def covers(self, edition: str, surface: str) -> bool:
        """Say whether a list is meant."""
        return self.is_for(edition) and self.surface in ("", surface)

    def is_for(self, edition: str) -> bool:
        """Say whether an edition is meant, in whatever list."""
        return self.edition in ("", edition, f"{site_of(edition)}/*")

    def of(self, edition: str) -> Edit:
        """The edit as an edition names what it means."""
        sections, tags = self.elsewhere.get(edition, ((), ()))
        if not (sections or tags):
            return self.edit
        edit = self.edit
        return replace(edit, sections=(*edit.sections, *sections), tags=(*edit.tags, *tags))


@dataclass(frozen=True, slots=True)
class ActiveOverrides:
    """All overrides in force at a moment, in the order in which they were made."""

    edits: tuple[ScopedEdit, ...] = ()

    def of(self, edition: str, surface: str) -> Edits:
        """Those of one list."""
        if not self.edits:
            return NO_EDITS
        return Edits(
            tuple(edit.of(edition) for edit in self.edits if edit.covers(edition, surface))
        )


NO_OVERRIDES = ActiveOverrides()
