"""Edition mapping: which sections and tags of one edition correspond to those of another.

Editions name a section in their own language. A section's cards may have a key that all editions
share (`section_key`). Otherwise the stories that two editions share decide: a section corresponds
to the section that holds most of its shared stories. Below `SURE` stories, most stories of the
other section must also be in this one, because one story is no evidence against a larger section.
An article has several tags, so a tag corresponds only to the one tag that most of its shared
stories have, and the reverse must hold too.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from ranking.content.cards import Card, tag_key

SURE = 3
"""Stories that show a section to be a part of another, whatever else that other holds."""
Labels = Callable[[Card], Collection[str]]
Found = dict[str, set[str]]
"""Names by edition."""


class Corresponding(NamedTuple):
    """Corresponding sections and tags of other editions.

    Attributes
    ----------
    section_keys : set of str
        Keys of the sections.
    sections, tags : dict of str to set of str
        Names by edition, without those that were asked for; tags by their `tag_key`.
    """

    section_keys: set[str]
    sections: Found
    tags: Found


def corresponding(
    cards: Iterable[Card], sections: Collection[str], tags: Collection[str]
) -> Corresponding:
    """Find what sections and tags are called in other editions.

    Parameters
    ----------
    cards : iterable of Card
        Of all editions of one site.
    sections, tags : collection of str
        Names in any edition; tags by their `tag_key` there.

    Examples
    --------
    >>> ru = Card("p/ru", "1", section="Культура", tags=("опера",), story="s")
    >>> en = Card("p/en", "2", section="Culture", tags=("opera",), story="s")
    >>> corresponding([ru, en], {"Culture"}, {"opera"})
    Corresponding(section_keys=set(), sections={'p/ru': {'Культура'}}, tags={'p/ru': {'опера'}})
    """
    keys: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    stories: dict[str, dict[str, Card]] = defaultdict(dict)
    for card in cards:
        if card.section in sections:
            keys[card.edition, card.section][card.section_key] += 1
        if card.story:
            stories[card.story][card.edition] = card
    found = {key for counts in keys.values() for key, _ in counts.most_common(1) if key}
    shared = [story for story in stories.values() if len(story) > 1]
    return Corresponding(
        found,
        _others(shared, set(sections), _section, is_tag=False) if sections else {},
        _others(shared, set(tags), _tags, is_tag=True) if tags else {},
    )


def _section(card: Card) -> Collection[str]:
    return (card.section,) if card.section else ()


def _tags(card: Card) -> Collection[str]:
    return {tag_key(tag, card.edition) for tag in card.tags}


def _others(
    stories: Iterable[Mapping[str, Card]], names: set[str], labels: Labels, *, is_tag: bool
) -> Found:
    """Names in other editions that stand on the same stories."""
    asked: Counter[tuple[str, str]] = Counter()  # stories of what is asked for, by both editions
    both: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    whole: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for story in stories:
        borne = {edition: labels(card) for edition, card in story.items()}
        for edition, mine in borne.items():
            is_asked = not names.isdisjoint(mine)
            for other, theirs in borne.items():
                if other == edition:
                    continue
                whole[edition, other].update(theirs)
                if is_asked:
                    asked[edition, other] += 1
                    both[edition, other].update(theirs)
    found: Found = defaultdict(set)
    for pair, counts in both.items():
        leading = counts.most_common(2)
        is_single = len(leading) == 1 or leading[0][1] > leading[1][1]
        for name, count in counts.items():
            is_within = 2 * count > whole[pair][name]
            is_most = 2 * count > asked[pair]
            if is_tag:
                holds = is_within and is_most and is_single and name == leading[0][0]
            else:
                holds = is_within and (is_most or count >= SURE)
            if holds and name not in names:
                found[pair[1]].add(name)
    return dict(found)
