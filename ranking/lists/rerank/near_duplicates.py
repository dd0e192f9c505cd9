"""Near-duplicates: headlines of the same news, in any script.

Case, Unicode form, punctuation and numbers do not count. Two headlines are near-duplicates when
their shingles (three letters, two characters of a script without spaces; Broder 1997,
https://doi.org/10.1109/SEQUEN.1997.666900) overlap by `ALIKE` of what either has, or when one has
`INSIDE` of the other's. A headline too short to judge, with fewer than `WORDS` words or
`CHARACTERS` characters, is a near-duplicate of its equal alone, numbers and all.
"""

import re
from functools import lru_cache

from ranking.content.cards import Card
from ranking.content.text import folded, is_unspaced, runs
from ranking.lists.rerank.rule import RerankContext, RerankRule, Selector
from ranking.profiles.profile import Profile

ALIKE, INSIDE = 0.8, 0.95
WORDS, CHARACTERS = 4, 6
REMEMBERED, SHINGLED = 1 << 16, 1 << 12
"""Pairs of headlines, and headlines, that are remembered: those of a hundred editions' boards."""
READ = 256
"""Characters of a headline that are looked at."""
_DIGITS = re.compile(r"\d+")


class Headlines:
    """Headlines of a list, for the detection of near-duplicates."""

    defers = True

    def __init__(self) -> None:
        self._titles: list[str] = []

    def refuses(self, card: Card | None) -> bool:
        """Whether the list has an article with such a headline."""
        if card is None or not card.title:
            return False
        own_title = card.title
        return True in [is_near_duplicate(title, own_title) for title in self._titles]

    def take(self, card: Card | None) -> None:
        """Note a listed article's headline."""
        if card is not None and card.title:
            self._titles.append(card.title)


class NearDuplicates(RerankRule):
    """The same news once; its near-duplicates fill a list that is short without them."""

    name = "near_duplicates"

    def is_on(self, profile: Profile) -> bool:
        """Always."""
        return True

    def selector(self, context: RerankContext) -> Selector:
        """No headline yet."""
        return Headlines()


@lru_cache(REMEMBERED)
def is_near_duplicate(title: str, other: str) -> bool:
    """Say whether two headlines tell the same news.

    Examples
    --------
    >>> is_near_duplicate("Снег в Алматы: выпало 12 см", "СНЕГ В АЛМАТЫ — выпало 15 см")
    True
    >>> is_near_duplicate("Снег в Алматы: выпало 12 см", "Снег в Орале: выпало 12 см")
    False
    """
    if title == other:
        return True
    one, two = shingles(title), shingles(other)
    common = len(one & two)
    either, smaller = len(one) + len(two) - common, min(len(one), len(two))
    return common >= ALIKE * either or common >= max(INSIDE * smaller, CHARACTERS)


@lru_cache(SHINGLED)
def shingles(title: str) -> frozenset[str]:
    """Shingles of a headline; of one too short to judge the whole."""
    found = runs(folded(title))
    text = [letters for run in found if (letters := _DIGITS.sub("", run))]
    characters = sum(len(run) for run in text if is_unspaced(run))
    words = sum(not is_unspaced(run) for run in text)
    if words < WORDS and characters < CHARACTERS:
        return frozenset([" ".join(found)])
    size = 2 if characters else 3
    line = "".join(run if is_unspaced(run) else f" {run} " for run in text).replace("  ", " ")
    line = line[:READ]
    return frozenset(line[i : i + size] for i in range(len(line) - size + 1))
