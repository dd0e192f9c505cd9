"""Validation messages: what is wrong with a body, without names of libraries or Python types."""

import re
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import msgspec

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder raises on bytes that are no JSON, or none of the asked form."""
_BYTE = re.compile(r"\(byte (\d+)\)")
_ENUM = re.compile(r"Invalid enum value (.*)")
_PLACE = re.compile(r" - at `(?:key in )?\$?([^`]*)`")
_NAME = re.compile(r"[A-Za-z_]\w*")


def fault_of(error: Exception, body: bytes) -> str:
    """Say what is wrong with a body that a decoder did not read.

    Parameters
    ----------
    error : Exception
        One of `UNREADABLE`.
    body : bytes

    Examples
    --------
    >>> for body in (b"", b"[1", b"[}", b'"\\xff"', b"[" * 9999):
    ...     try:
    ...         msgspec.json.decode(body)
    ...     except UNREADABLE as error:
    ...         print(fault_of(error, body))
    it is incomplete
    it is incomplete
    byte 1 is not valid JSON
    byte 1 is not UTF-8
    it is nested too deep
    """
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    try:
        body.decode()
    except UnicodeDecodeError as fault:
        return f"byte {fault.start} is not UTF-8"
    text = str(error)
    if isinstance(error, msgspec.ValidationError):
        return text
    found = _BYTE.search(text)
    return f"byte {found[1]} is not valid JSON" if found else "it is incomplete"


def rule_of(error: msgspec.ValidationError, model: Any) -> tuple[str, str]:
    """Field and rule of a value that does not fit a model; of words the allowed ones are named.

    Examples
    --------
    >>> model = msgspec.defstruct("Model", [("kind", Literal["view", "read"])])
    >>> try:
    ...     msgspec.convert({"kind": "x"}, model)
    ... except msgspec.ValidationError as error:
    ...     print(rule_of(error, model))
    ('kind', "must be one of view, read, got 'x'")
    """
    text = str(error)
    rule = text.split(" - at ")[0]
    place = _PLACE.search(text)
    field = place[1].lstrip(".") if place else ""
    if wrong := _ENUM.fullmatch(rule):
        names = _NAME.findall(field)
        allowed = list(dict.fromkeys(_choices(model, names[-1] if names else "")))
        if allowed:
            rule = f"must be one of {', '.join(allowed)}, got {wrong[1]}"
    return field, rule


def _choices(kind: Any, field: str) -> list[str]:
    """Words that a field of a model, or of one inside it, may have."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [] if field else [str(member.value) for member in kind]
    if get_origin(kind) is Literal:
        return [] if field else list(map(str, get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        own = [word for info in fields if info.name == field for word in _choices(info.type, "")]
        return own or [word for info in fields if field for word in _choices(info.type, field)]
    return [word for part in get_args(kind) for word in _choices(part, field)]
