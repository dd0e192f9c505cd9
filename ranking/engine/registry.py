"""Registry: the members of one protocol by name, in the order of registration.

Event kinds, signals, decay kernels, lists and re-rank rules each have one. Routes, OpenAPI,
console, profiles, backtest and explanations read it, so that a new member needs one file and one
call of `register`. Members are registered while a process starts, before it serves or replays
anything.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


class RegistryError(ValueError):
    """A member cannot be registered: the fault of the program that registers it."""


class RegistryMember(Protocol):
    """What every member has."""

    @property
    def name(self) -> str:
        """The name under which it is known, in routes and files too."""


T = TypeVar("T", bound=RegistryMember)


class Registry(Generic[T]):
    """Members of one protocol.

    Parameters
    ----------
    protocol : str
        What a member is, for messages.
    admit : callable
        Checks a member before it is registered, and registers what it brings along.
    dismiss : callable
        Removes what it brought along.

    Examples
    --------
    >>> class Member:
    ...     name = "shares"
    >>> signals = Registry("signal")
    >>> _ = signals.register(Member())
    >>> signals.names(), "shares" in signals
    (('shares',), True)
    >>> signals.register(Member())
    Traceback (most recent call last):
        ...
    ranking.engine.registry.RegistryError: signal 'shares' is registered already
    """

    def __init__(
        self,
        protocol: str,
        admit: Callable[[T], None] = lambda member: None,
        dismiss: Callable[[T], None] = lambda member: None,
    ) -> None:
        self._protocol, self._admit, self._dismiss = protocol, admit, dismiss
        self._members: dict[str, T] = {}
        self._shipped: tuple[str, ...] = ()

    def register(self, member: T) -> T:
        """Add a member and return it.

        Raises
        ------
        RegistryError
            If its name is taken or malformed, or a parameter of it is.
        """
        name = member.name
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            message = f"{self._protocol} must have a name of a-z, 0-9 and _, got {name!r}"
            raise RegistryError(message)
        if name in self._members:
            message = f"{self._protocol} {name!r} is registered already"
            raise RegistryError(message)
        self._admit(member)
        self._members[name] = member
        return member

    def register_all(self, members: Iterable[T]) -> None:
        """Add all of some members, or none.

        Raises
        ------
        RegistryError
            If one of them cannot be registered.
        """
        added: list[T] = []
        try:
            for member in members:
                added.append(self.register(member))
        except RegistryError:
            for member in added:
                self.remove(member.name)
            raise

    def ship(self, *members: T) -> None:
        """Register the package's own members; those of extensions follow them, whoever came first.

        Raises
        ------
        RegistryError
            If an extension has taken one of their names.
        """
        added, self._members = self._members, {}
        for member in members:
            self.register(member)
        self._shipped = self.names()
        for name in added:
            if name in self._shipped:
                message = f"{self._protocol} {name!r} is registered already"
                raise RegistryError(message)
        self._members |= added

    @property
    def added(self) -> tuple[str, ...]:
        """Names of the members that extensions registered."""
        return tuple(name for name in self._members if name not in self._shipped)

    def remove(self, name: str) -> None:
        """Remove a member; tests use it, and programs that exchange one."""
        self._dismiss(self._members.pop(name))

    def get(self, name: str) -> T | None:
        """The member of a name, None if there is none."""
        return self._members.get(name)

    def names(self) -> tuple[str, ...]:
        """Names in the order of registration."""
        return tuple(self._members)

    def __getitem__(self, name: str) -> T:
        """The member of a name."""
        return self._members[name]

    def __contains__(self, name: Any) -> bool:
        """Whether a member has the name."""
        return name in self._members

    def __iter__(self) -> Iterator[T]:
        """Members in the order of registration."""
        return iter(tuple(self._members.values()))

    def __reversed__(self) -> Iterator[T]:
        """Members, the latest first."""
        return reversed(tuple(self._members.values()))

    def __len__(self) -> int:
        """Count the members."""
        return len(self._members)
