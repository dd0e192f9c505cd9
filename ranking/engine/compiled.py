"""The compiler of the hot loops: this file alone imports numba.

`compiled` turns a plain function over numpy arrays into machine code that releases the GIL.
`inlined` functions are put into their callers, which saves passing on a state's many arrays.
`borrowed` arrays have no reference counts: each counted use costs two locked instructions, together
a third of the loop's time. Both make the loop over views 1.6 times as fast.
Compiled code is kept in a folder named by the digest of its file and of all files that this one
imports, because numba does not notice changes in imported files. Floating point is strict (no
`fastmath`), so that a log gives the same bits on every machine.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

config: Any = numba.config

F = TypeVar("F", bound=Callable[..., object])


ROOT = Path(__file__).parents[2]
IMPORTED = re.compile(r"^\s*from (ranking[\w.]*) import", re.MULTILINE)
FIXED = bool(config.CACHE_DIR)
"""The operator's own folder (`NUMBA_CACHE_DIR`) stays as it is."""
_LOOPS: list[Any] = []


@cache
def _imported(source: Path) -> frozenset[Path]:
    """Files of the package that a file imports."""
    names = IMPORTED.findall(source.read_text(encoding="utf-8"))
    files = {ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in names}
    return frozenset(file for file in files if file.exists())


@cache
def sources_of(source: Path) -> tuple[Path, ...]:
    """A file and all that it rests on: whatever its functions call is among them."""
    found, waiting = set[Path](), {source}
    while waiting:
        found |= waiting
        waiting = {file for one in waiting for file in _imported(one)} - found
    return tuple(sorted(found))


@cache
def _cache_folder(source: Path) -> str:
    digest = hashlib.sha256()
    for file in sources_of(source):
        digest.update(file.read_bytes())
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "tolqyn" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)
    except OSError:
        return tempfile.mkdtemp(prefix="tolqyn-compiled-")


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
    if not FIXED:
        config.CACHE_DIR = _cache_folder(Path(function.__code__.co_filename))
    loop = numba.njit(function, cache=True, nogil=True, error_model="numpy")
    _LOOPS.append(loop)
    return cast(F, loop)


def compiled_for() -> dict[str, int]:
    """For how many kinds of arguments each loop is compiled in this process, by its full name.

    A kind that is new makes its first caller wait for seconds: warming up is to know all of them.
    """
    return {f"{loop.__module__}.{loop.__name__}": len(loop.signatures) for loop in _LOOPS}


def inlined(function: F) -> F:
    """Compile a function into each compiled function that calls it."""
    return cast(F, numba.njit(function, inline="always", nogil=True, error_model="numpy"))


def _borrowed(context: Any, array: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        struct = cast(Any, make_array)(signature.args[0])(context, builder, value=arguments[0])
        struct.meminfo = struct.meminfo.type(None)
        struct.parent = struct.parent.type(None)
        return struct._getvalue()

    return array(array), build


borrowed: Callable[[Any], Any] = cast(Any, intrinsic(_borrowed))
"""The same array as a borrowed reference, for compiled code: numba counts no references to it. The
caller must keep the array alive for as long as the result is in use."""
