"""Quotation: a value in a message, in JSON's spelling instead of Python's."""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum
from typing import Any

import msgspec


def quoted(value: Any) -> str:
    """Write a value: text in quotation marks, everything else as JSON.

    Examples
    --------
    >>> quoted("x"), quoted(None), quoted([True, {"a": 1.5}])
    ("'x'", 'null', '[true, {"a": 1.5}]')
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return f"'{value}'"
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)


def suggestion(word: str, known: Iterable[str]) -> str:
    """Ask whether something like a word was meant; empty if nothing is like it.

    Examples
    --------
    >>> suggestion("halflife", ["half_life", "window"]), suggestion("x", ["window"])
    ('; did you mean half_life?', '')
    """
    near = get_close_matches(word, list(known), 1, 0.6)
    return f"; did you mean {near[0]}?" if near else ""
