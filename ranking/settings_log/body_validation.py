"""Body validation: checks a request body against its struct and names the wrong field."""

from typing import Any, TypeVar

import msgspec

from ranking.engine.durations import seconds_of
from ranking.engine.event import canonical_edition
from ranking.engine.timestamps import stamp_ms
from ranking.engine.validation import rule_of

T = TypeVar("T")
SPAN_DIGITS = 7
"""A number of at most so many digits is a duration in seconds, else seconds since the epoch."""


def moment_of(given: float | str | None, field: str, now: float) -> float | None:
    """Read a moment: seconds since the epoch, a time, or a duration from now; None stays.

    Raises
    ------
    ValueError
        With the field, the rule and the value.

    Examples
    --------
    >>> moment_of("2h", "end", 1000.0), moment_of("2026-01-01T00:00:00Z", "end", 1000.0)
    (8200.0, 1767225600.0)
    """
    if not isinstance(given, str):
        return given
    span = seconds_of(given)
    is_span = span is not None and not (
        given.strip().isdigit() and len(given.strip()) > SPAN_DIGITS
    )
    return now + (span or 0.0) if is_span else stamp_ms(given, None, field) / 1000


def checked(body: dict[str, Any], kind: type[T], error: type[ValueError]) -> T:
    """Convert a body to a struct; spells its edition canonically.

    Raises
    ------
    error
        With the field and the rule.

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
        field, rule = rule_of(fault, kind)
        message = f"{field}: {rule}" if field else rule
        raise error(message) from fault
