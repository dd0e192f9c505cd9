"""Checking: a body against the struct that it must be, with the field named in what is wrong."""

from typing import Any, TypeVar

import msgspec

from ranking.engine.event import canonical_edition

T = TypeVar("T")


def checked(body: dict[str, Any], kind: type[T], error: type[ValueError]) -> T:
    """Make a struct of a body; an edition that it names is spelt canonically.

    Raises
    ------
    error
        Naming the field and the rule.

    Examples
    --------
    >>> checked({"at": "noon"}, msgspec.defstruct("Call", [("at", int)]), ValueError)
    Traceback (most recent call last):
        ...
    ValueError: at: Expected `int`, got `str`
    """
    edition = body.get("edition")
    if isinstance(edition, str):
        body = {**body, "edition": canonical_edition(edition)}
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as fault:
        text, _, path = str(fault).partition(" - at `$.")
        message = f"{path.rstrip('`')}: {text}" if path else text
        raise error(message) from fault
