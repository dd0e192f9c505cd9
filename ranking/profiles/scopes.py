"""Scopes: the live profile of each edition, surface and section, with inheritance.

A scope names any of edition, section and surface; what it leaves empty it holds for all. A list is
made under the base with the changes of every scope that covers it, the wider ones first: a scope
that names more is narrower, and among equals edition outweighs section, section surface.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from ranking.profiles.profile import DEFAULT, Profile, profile_from

Changes = Mapping[str, Any]
POPULARITY = ("related_half_life", "related_evidence", "related_landing_weight")
"""For this visit shares these with Related: both rank on the same popularity."""
NOTHING: Changes = MappingProxyType({})


class Scope(msgspec.Struct, frozen=True, order=True):
    """Which lists a change is for.

    Attributes
    ----------
    edition, section, surface : str
        Empty = all of them.

    Examples
    --------
    >>> Scope("paper/en", surface="popular").covers("paper/en", "sport", "popular")
    True
    >>> str(Scope()), str(Scope("paper/en", surface="popular"))
    ('everywhere', 'paper/en popular')
    """

    edition: str = ""
    section: str = ""
    surface: str = ""

    def covers(self, edition: str, section: str, surface: str) -> bool:
        """Say whether a list is within the scope."""
        asked = (edition, section, surface)
        named = (self.edition, self.section, self.surface)
        return all(not own or own == theirs for own, theirs in zip(named, asked, strict=True))

    @property
    def width(self) -> tuple[int, bool, bool]:
        """Sort key of scopes, wider ones first."""
        named = sum(map(bool, (self.edition, self.section, self.surface)))
        return named, bool(self.edition), bool(self.section)

    def __str__(self) -> str:
        """The scope as people read it."""
        named = (self.edition, self.surface, self.section)
        return " ".join(part for part in named if part) or "everywhere"


class Profiles:
    """The live profile of every list; immutable.

    Parameters
    ----------
    base : Profile
    changes : mapping of Scope to mapping
        Parameters that differ, by scope.
    """

    def __init__(
        self, base: Profile = DEFAULT, changes: Mapping[Scope, Changes] = MappingProxyType({})
    ) -> None:
        self.base = base
        self.changes = dict(changes)
        self._made: dict[tuple[str, str, str], Profile] = {}

    def of(self, edition: str = "", surface: str = "", section: str = "") -> Profile:
        """The profile of a list; the same object until something changes.

        Examples
        --------
        >>> profiles = Profiles(changes={Scope(surface="popular"): {"half_life": 600}})
        >>> profiles.of("paper/en", "popular").half_life, profiles.of("paper/en").half_life
        (600.0, 300.0)
        """
        if not self.changes:
            return self.base
        key = (edition, surface, section)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(edition, surface, section)
        return made

    def origins(self, edition: str, surface: str, section: str) -> dict[str, Scope]:
        """Which scope each parameter that differs from the base comes from."""
        found: dict[str, Scope] = {}
        for scope in self._covering(edition, surface, section):
            found |= dict.fromkeys(self.changes[scope], scope)
        return found

    def with_changes(self, scope: Scope, changes: Changes) -> "Profiles":
        """The same with other changes at one scope.

        Raises
        ------
        ProfileError
            Naming the parameter, its rule and the value.
        """
        profile_from(dict(changes), self.base)
        others = {other: own for other, own in self.changes.items() if other != scope}
        return Profiles(self.base, others | ({scope: dict(changes)} if changes else {}))

    def _make(self, edition: str, surface: str, section: str) -> Profile:
        made = self.base
        for scope in self._covering(edition, surface, section):
            made = profile_from(dict(self.changes[scope]), made)
        if surface == "foryou":
            related = self.of(edition, "related", section)
            shared = {name: getattr(related, name) for name in POPULARITY}
            made = msgspec.structs.replace(made, **shared)
        return made

    def _covering(self, edition: str, surface: str, section: str) -> list[Scope]:
        found = (scope for scope in self.changes if scope.covers(edition, section, surface))
        return sorted(found, key=lambda scope: (scope.width, scope))
