"""The compiler of the hot loops: this file alone imports numba.

`compiled` turns a plain function over numpy arrays into machine code that releases the GIL.
Code compiled once is kept in a folder named after the sources' digest, because numba by itself
notices a change of the file that holds a function but not of the files that it calls. Floating
point stays strict (no `fastmath`), so that a log gives the same bits on every machine.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

config: Any = numba.config

F = TypeVar("F", bound=Callable[..., object])


def _sources_digest() -> str:
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for folder in ("engine", "lists", "replay"):
        for source in sorted((package / folder).glob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> str:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "tolqyn" / _sources_digest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)
    except OSError:
        return tempfile.mkdtemp(prefix="tolqyn-compiled-")


if not config.CACHE_DIR:
    config.CACHE_DIR = _cache_folder()


def compiled(function: F) -> F:
    """Compile a function of numpy arrays to machine code on its first call.

    Parameters
    ----------
    function : callable
        Body restricted to what numba's nopython mode takes.

    Returns
    -------
    callable
        Same signature; runs without the GIL.
    """
    return cast(F, numba.njit(function, cache=True, nogil=True, error_model="numpy"))
