"""Webhooks: the addresses that receive notices of lists and traffic, and the kinds of notices."""

from enum import Enum
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from ranking.engine.event import edition_fault
from ranking.lists.ranked_list import board_names
from ranking.settings_log.body_validation import checked


class WebhookError(ValueError):
    """A webhook breaks a rule: the operator's fault."""


class NoticeKind(Enum):
    """The kinds of notice that a webhook can receive."""

    ENTERED = "entered"
    """An article enters the first places of a board."""
    ROBOTS = "robots"
    """Robots send many views."""
    SILENT = "silent"
    """An edition stops receiving views."""


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One address.

    Attributes
    ----------
    url : str
        Receives a POST with a JSON body.
    of : list of NoticeKind
    edition, surface : str
        Empty = all.
    places : int
        Positions of a board that are observed.
    robots_a_minute : int
        Robots' views of a site per minute that count as a surge.
    silent_after : float
        Seconds without a view.
    """

    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    of: Annotated[list[NoticeKind], Meta(min_length=1)]
    edition: str = ""
    surface: str = ""
    places: Annotated[int, Meta(ge=1, le=20)] = 5
    robots_a_minute: Annotated[int, Meta(ge=1)] = 1000
    silent_after: Annotated[float, Meta(ge=1, le=86_400)] = 900.0

    def wants(self, what: NoticeKind, edition: str, surface: str = "") -> bool:
        """Return whether a notice is to be sent."""
        if what not in self.of or self.edition not in ("", edition):
            return False
        return self.surface in ("", surface) or what is not NoticeKind.ENTERED


def hook_of(body: dict[str, Any]) -> Webhook:
    """Read and check a webhook.

    Raises
    ------
    WebhookError
        With the field and the rule.

    Examples
    --------
    >>> hook_of({"url": "ftp://host", "of": ["entered"]})
    Traceback (most recent call last):
        ...
    ranking.settings_log.webhooks.WebhookError: url must begin with http:// or https://, got 'ftp://host'
    """
    hook = checked(body, Webhook, WebhookError)
    if urlsplit(hook.url).scheme not in ("http", "https") or not urlsplit(hook.url).hostname:
        message = f"url must begin with http:// or https://, got {hook.url!r}"
        raise WebhookError(message)
    if hook.surface not in ("", *board_names()):
        message = (
            f"surface must be one of {', '.join(board_names())} or empty, got {hook.surface!r}"
        )
        raise WebhookError(message)
    if hook.edition and (fault := edition_fault(hook.edition)):
        raise WebhookError(fault)
    return hook
