"""Drafts: unpublished changes, which expire."""

import secrets
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ranking.engine.durations import seconds_of
from ranking.engine.event import canonical_edition
from ranking.engine.quotation import quoted
from ranking.lists.ranked_list import list_names
from ranking.profiles.profile import Profile, ProfileError
from ranking.profiles.scopes import Profiles, Scope

PREFIX = "draft-"
LONGEST = 86_400


class DraftRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request for a draft.

    Attributes
    ----------
    edition, section, surface : str
        The scope; empty = all.
    set : dict
        Parameters that the draft changes; None = as inherited.
    ttl : float or str
        Time until it expires: seconds, or a duration such as 2h.
    """

    edition: str = ""
    section: str = ""
    surface: str = ""
    set: dict[str, Any] = {}
    ttl: Annotated[float, Meta(ge=1, le=LONGEST)] | str = 900.0


class Draft(msgspec.Struct, frozen=True):
    """A stored draft.

    Attributes
    ----------
    id : str
    scope : Scope
    changes : dict
        All parameters that the scope would set itself.
    expires_at : float
        Seconds since the epoch.
    """

    id: str
    scope: Scope
    changes: dict[str, Any]
    expires_at: float

    def profile(self, live: Profiles, edition: str, surface: str, section: str = "") -> Profile:
        """Return the profile of a list as it would be after a publication of the draft."""
        made = live.with_changes(self.scope, self.changes).of(edition, surface, section)
        return msgspec.structs.replace(made, name=self.id)


def draft_of(asked: DraftRequest, live: Profiles, now: float) -> Draft:
    """Check a request and make a draft.

    Raises
    ------
    ProfileError
        With the parameter, the rule and the value.
    """
    if asked.surface not in ("", *list_names()):
        allowed = ", ".join(list_names())
        message = f"surface must be one of {allowed} or empty, got {quoted(asked.surface)}"
        raise ProfileError(message)
    ttl = seconds_of(asked.ttl) if isinstance(asked.ttl, str) else asked.ttl
    if ttl is None or not 1 <= ttl <= LONGEST:
        message = (
            f"ttl must be from 1 second to 1 day, such as 900 or '2h', got {quoted(asked.ttl)}"
        )
        raise ProfileError(message)
    scope = Scope(canonical_edition(asked.edition), asked.section, asked.surface)
    changes = merged(live.changes.get(scope, {}), asked.set)
    live.with_changes(scope, changes)
    return Draft(PREFIX + secrets.token_hex(6), scope, changes, now + ttl)


def merged(changes: Any, more: dict[str, Any]) -> dict[str, Any]:
    """Merge changes over others; None removes a parameter.

    Examples
    --------
    >>> merged({"half_life": 600, "freshness": 1}, {"half_life": None, "steadiness": 0})
    {'freshness': 1, 'steadiness': 0}
    """
    return {name: value for name, value in {**changes, **more}.items() if value is not None}
