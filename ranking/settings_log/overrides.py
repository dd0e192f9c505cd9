"""Overrides: pins, boosts, burials and blocks of editors, each with a start, an end and a reason.

An override names articles, stories (in all editions at once), tags or sections, and is in force
between two moments of the wall clock. Each edition has its own names of tags and sections. A new
override has an end, except a block, which may last until it is cancelled; older records may have
none. `ranking.lists.rerank.editorial` applies overrides to lists.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from ranking.content.cards import tag_key
from ranking.engine.durations import spoken
from ranking.engine.event import edition_fault
from ranking.lists.edition_reader import LONGEST
from ranking.lists.ranked_list import list_names
from ranking.lists.rerank.editorial import Action, Edit, ScopedEdit
from ranking.settings_log.body_validation import checked

CASES = ("", "site/tr")
"""Editions of either rule of case: a tag is matched in all of them."""
USUAL, LONGEST_HELD = 2 * 3600.0, 7 * 86_400.0
"""Default and longest duration of a new override, s."""
Names = Annotated[list[Annotated[str, Meta(min_length=1, max_length=512)]], Meta(max_length=200)]
Moment = Annotated[float, Meta(ge=0)]


class OverrideError(ValueError):
    """An override breaks its rule: the editor's fault."""


class Elsewhere(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The names of an override's sections and tags in one edition; tags by `tag_key`."""

    sections: list[str] = []
    tags: list[str] = []


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One override.

    Attributes
    ----------
    action : Action
        `pin` fixes a position, `boost` multiplies a score, `bury` lists an article last, `block`
        never, `list` shows these articles first, in their order.
    edition : str
        `site/lang`, a whole site as `site/*`; empty = all.
    surface : str
        Empty = all.
    articles, stories, tags, sections : list of str
        An article with any of them is affected.
    section_keys : list of str
        Keys of affected sections; all editions share them.
    elsewhere : dict of str to Elsewhere
        Names of the sections and tags in other editions; found at the decision.
    slot : int
        Position of a pin, from 1.
    factor : float
        Factor of a boost; below 1 it lowers the score.
    start, end : float or None
        Seconds since the epoch; None = at once, and until it is cancelled.
    """

    action: Action
    edition: str = ""
    surface: str = ""
    articles: Names = []
    stories: Names = []
    tags: Names = []
    sections: Names = []
    section_keys: Names = []
    elsewhere: dict[str, Elsewhere] = {}
    slot: Annotated[int, Meta(ge=1, le=LONGEST)] = 1
    factor: Annotated[float, Meta(gt=0, le=1000)] = 2.0
    start: Moment | None = None
    end: Moment | None = None

    def holds(self, now: float) -> bool:
        """Return whether it is in force at a moment, seconds since the epoch."""
        return (self.start or 0.0) <= now and (self.end is None or now < self.end)

    def scoped_edit(self) -> ScopedEdit:
        """Return the override in the form that lists apply."""
        edit = Edit(
            self.action, tuple(self.articles), tuple(self.stories),
            tuple(dict.fromkeys(tag_key(tag, case) for tag in self.tags for case in CASES)),
            tuple(self.sections), self.slot, self.factor,
            (*self.section_keys, *self.sections),
        )  # fmt: skip
        elsewhere = {
            edition: (tuple(names.sections), tuple(names.tags))
            for edition, names in self.elsewhere.items()
        }
        return ScopedEdit(edit, self.edition, self.surface, elsewhere)


def override_of(body: dict[str, Any]) -> Override:
    """Read and check an override.

    Raises
    ------
    OverrideError
        Naming the field, the rule and the value.

    Examples
    --------
    >>> override_of({"action": "pin", "articles": ["a1"], "slot": 0})
    Traceback (most recent call last):
        ...
    ranking.settings_log.overrides.OverrideError: slot: Expected `int` >= 1
    """
    act = checked(body, Override, OverrideError)
    for fault in _faults(act):
        raise OverrideError(fault)
    return act


def ended(act: Override, now: float) -> Override:
    """Set the end of a new override.

    Raises
    ------
    OverrideError
        If it would end before its start, or last too long.

    Examples
    --------
    >>> act = override_of({"action": "bury", "tags": ["rain"]})
    >>> ended(act, 1000.0).end
    8200.0
    """
    begin = max(act.start or now, now)
    if act.end is None:
        return act if act.action is Action.BLOCK else replace(act, end=begin + USUAL)
    if act.end <= now:
        message = f"end must be in the future, got {_written(act.end)}"
        raise OverrideError(message)
    if act.end > begin + LONGEST_HELD + 60.0 and act.action is not Action.BLOCK:
        message = (
            f"{act.action.value} must end within {spoken(LONGEST_HELD)} of its start,"
            f" got {_span(act.end - begin)}; a block alone may hold longer"
        )
        raise OverrideError(message)
    return act


def _span(seconds: float) -> str:
    """A duration as text: whole days or hours, else days to a tenth."""
    minutes = round(seconds / 60) * 60.0
    return spoken(minutes) if minutes % 3600 == 0 else f"{seconds / 86_400:.1f}d"


def _written(at: float) -> str:
    """A moment as text, UTC; as a number beyond the calendar."""
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (OverflowError, ValueError, OSError):
        return f"{at:g}"


def _faults(act: Override) -> list[str]:
    faults = []
    edition = act.edition.removesuffix("/*") + "/und" if act.edition.endswith("/*") else act.edition
    if edition and (fault := edition_fault(edition)):
        faults.append(fault)
    if act.surface not in ("", *list_names()):
        allowed = ", ".join(list_names())
        faults.append(f"surface must be one of {allowed} or empty, got {act.surface!r}")
    named = act.articles or act.stories
    by_kind = act.tags or act.sections or act.section_keys
    if act.action is Action.PIN and (not named or by_kind):
        faults.append("pin must name articles or stories, and no tags or sections")
    if act.action is Action.LIST and (act.stories or by_kind):
        faults.append("list must name articles alone")
    if act.action is Action.LIST and not (act.edition and act.surface and act.articles):
        faults.append("list must name an edition, a surface and articles")
    if not (named or by_kind):
        faults.append("articles, stories, tags or sections must name something")
    if act.end is not None and act.end <= (act.start or 0.0):
        faults.append(f"end must be after start, got {_written(act.end)}")
    return faults
