"""Selection: takes the first articles of a ranking that may be listed.

Precedence: taken down, blocked, unlisted (or expired, or not yet published), buried, pinned,
boosted. Within this order the rules that act on the list refuse articles or defer them.
"""

from collections.abc import Iterable

from ranking.content.availability import is_listable
from ranking.content.cards import Card
from ranking.lists.edition_reader import Reading, Scored
from ranking.lists.rerank.editorial import Edits
from ranking.lists.rerank.rule import RerankContext, Selector, selectors

PATIENCE = 50
"""Articles that rules defer before a list takes them after all."""


def choose(
    ranking: Iterable[Scored], context: RerankContext, n: int, *, is_whole: bool = True
) -> list[Scored]:
    """Take the first `n` articles of a ranking that may be shown.

    A pinned article has its place, as long as the rules allow. What a rule defers comes last, and
    after it what is buried, if the list is short without them; not if the ranking goes on.

    Parameters
    ----------
    ranking : iterable of Scored
    context : RerankContext
    n : int
    is_whole : bool
        Whether the ranking ends where it ends.
    """
    reading, section, edits = context.reading, context.section, context.edits
    chosen: list[Scored] = []
    deferred: list[Scored] = []
    buried: list[Scored] = []
    rules = selectors(context)
    strict = [rule for rule in rules if not rule.defers]
    lenient = [rule for rule in rules if rule.defers]
    pinned = _pinned(context, n, rules)
    for item in edits.boosted(ranking, reading):
        if len(chosen) + len(pinned) >= n or len(deferred) == max(PATIENCE, n):
            break
        card = reading.card(item.id)
        if not may_stand(reading, item.id, card) or (section and not _is_in(card, section)):
            continue
        if edits and _is_set_aside(item, card, pinned, edits, buried, n):
            continue
        if _refused(strict, card):
            continue
        if _refused(lenient, card):
            deferred.append(item)
            continue
        chosen.append(item)
        _take(rules, card)
    for item in [*deferred, *buried] if is_whole else ():
        card = reading.card(item.id)
        if len(chosen) + len(pinned) < n and not _refused(strict, card):
            chosen.append(item)
            _take(strict, card)
    for place, item in sorted(pinned.items()):
        chosen.insert(place, item)
    return chosen


def may_stand(reading: Reading, article: str, card: Card | None) -> bool:
    """Say whether lists may show an article at all: not taken down, unlisted, expired or early."""
    return not reading.is_gone(article) and is_listable(card, reading.listing_at)


def _pinned(context: RerankContext, n: int, rules: list[Selector]) -> dict[int, Scored]:
    """Pinned articles by place; the rules count them."""
    reading, section, edits = context.reading, context.section, context.edits
    placed: dict[int, Scored] = {}
    for place, article in sorted(edits.pinned(reading).items()) if edits else ():
        card = reading.card(article)
        is_out = not may_stand(reading, article, card) or edits.is_blocked(article, card)
        is_out = is_out or edits.is_buried(article, card) or place >= n
        is_out = is_out or (section != "" and not _is_in(card, section))
        if not is_out and not _refused(rules, card):
            placed[place] = Scored(article, 0.0)
            _take(rules, card)
    return placed


def _refused(rules: list[Selector], card: Card | None) -> bool:
    return any(rule.refuses(card) for rule in rules)


def _take(rules: list[Selector], card: Card | None) -> None:
    for rule in rules:
        rule.take(card)


def _is_set_aside(
    item: Scored, card: Card | None, pinned: dict[int, Scored], edits: Edits,
    buried: list[Scored], n: int,
) -> bool:  # fmt: skip
    """Say whether an article does not stand where its score belongs; keeps those buried."""
    for place, held in pinned.items():
        if held.id == item.id:
            pinned[place] = item
            return True
    if edits.is_blocked(item.id, card):
        return True
    if edits.is_buried(item.id, card):
        buried += [item] if len(buried) < n else []
        return True
    return False


def _is_in(card: Card | None, section: str) -> bool:
    return card is not None and card.section == section
