"""Profile files: profiles as TOML."""

from collections.abc import Mapping
from typing import Any

import orjson


def toml_of(changes: Mapping[str, Any], title: str) -> str:
    """Write parameters as a profile file, which `read_profile` reads.

    Examples
    --------
    >>> print(toml_of({"half_life": 600.0}, "everywhere"))
    # everywhere
    format = 1
    half_life = 600.0
    <BLANKLINE>
    """
    lines = [f"{name} = {orjson.dumps(value).decode()}" for name, value in changes.items()]
    return "\n".join([f"# {title}", "format = 1", *lines, ""])
