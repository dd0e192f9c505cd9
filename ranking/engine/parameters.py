"""Parameters: how a read-time parameter is declared, and those that extensions declare.

The parameters of the lists that ship are fields of `Profile`. Any other kernel, list or re-rank
rule declares its own here. All are numbers with a range, a unit and a sentence.
"""

from typing import Protocol

import msgspec

from ranking.engine.registry import Registry, RegistryError


class Parameter(msgspec.Struct, frozen=True):
    """One parameter.

    Attributes
    ----------
    name : str
    kind : str
        `number` or `integer`.
    unit : str
    least, most : float
    default : float
    group : str
        The list that it is about; `all` = every list.
    text : str
        What it does.
    """

    name: str
    kind: str
    unit: str
    least: float
    most: float
    default: float
    group: str
    text: str

    def allows(self, value: object) -> bool:
        """Whether a value is a number within the range, whole if the kind says so."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        is_whole = self.kind != "integer" or value == int(value)
        return self.least <= value <= self.most and is_whole


class Declaring(Protocol):
    """A member that declares parameters."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those that are no fields of `Profile`."""


FIELDS: set[str] = set()
"""Names of the fields of `Profile`, which no extension may take; `Profile` fills it in."""
EXTENSIONS: Registry[Parameter] = Registry("parameter")
"""Parameters that registered members declare."""


def declare(member: Declaring) -> None:
    """Register a member's parameters.

    Raises
    ------
    RegistryError
        If one has a name that is taken, or a default out of its range; none is registered.
    """
    for parameter in member.parameters:
        if parameter.name in FIELDS:
            message = f"parameter {parameter.name!r} is one of every profile already"
            raise RegistryError(message)
        if parameter.kind not in ("number", "integer") or parameter.least > parameter.most:
            message = (
                f"parameter {parameter.name!r} must be a number or an integer with a range, got"
                f" {parameter.kind!r} from {parameter.least:g} to {parameter.most:g}"
            )
            raise RegistryError(message)
        if not parameter.allows(parameter.default):
            message = (
                f"default of {parameter.name} must be between {parameter.least:g} and"
                f" {parameter.most:g}, got {parameter.default:g}"
            )
            raise RegistryError(message)
    EXTENSIONS.register_all(member.parameters)


def withdraw(member: Declaring) -> None:
    """Remove a member's parameters."""
    for parameter in member.parameters:
        EXTENSIONS.remove(parameter.name)
