"""Availability: whether an article may be listed at a moment, by its card.

An article without a card may be shown; one that was taken down never (`Catalogue.is_gone`). The
moment is the wall clock in a live process, the log's clock in a replay and in the past; an edition
without a view has no clock, and then no date holds anything back.
"""

import math

from ranking.content.cards import Card

NO_CLOCK = math.nan


def is_listable(card: Card | None, at: float) -> bool:
    """Say whether lists may show an article.

    Parameters
    ----------
    card : Card or None
    at : float
        Seconds since the epoch, UTC; `NO_CLOCK` if there is no clock.

    Examples
    --------
    >>> is_listable(Card("paper/en", "a", published_at=10.0), 9.9), is_listable(None, 0.0)
    (False, True)
    """
    return card is None or not why_unlisted(card, at)


def why_unlisted(card: Card, at: float) -> str:
    """The reason why an article may not be listed; empty if it may."""
    if not card.listable:
        return "it is unlisted"
    if card.published_at > at:
        return "it is not yet published"
    if card.expires_at and card.expires_at <= at:
        return "it has expired"
    return ""
