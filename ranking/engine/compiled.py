"""The compiler of the hot loops: this file alone imports numba.

`compiled` turns a plain function over numpy arrays into machine code that releases the GIL;
`inlined` ones are put into their callers, which spares passing a state's many arrays on. `lent`
arrays are not counted as referred to: a counted one costs two locked instructions at each mention,
a third of the loop's time. Together they make the loop over views 1.6 times as fast.
Code compiled once is kept in a folder named after the digest of its file and of all that this
imports, because numba by itself notices no change of files that a function calls into. Floating
point stays strict (no `fastmath`), so that a log gives the same bits on every machine.
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
    return {f"{its.__module__}.{its.__name__}": len(its.signatures) for its in _LOOPS}


def inlined(function: F) -> F:
    """Compile a function into each compiled function that calls it."""
    return cast(F, numba.njit(function, inline="always", nogil=True, error_model="numpy"))


def _lent(context: Any, array: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        struct = cast(Any, make_array)(signature.args[0])(context, builder, value=arguments[0])
        struct.meminfo = struct.meminfo.type(None)
        struct.parent = struct.parent.type(None)
        return struct._getvalue()

    return array(array), build


lent: Callable[[Any], Any] = cast(Any, intrinsic(_lent))
"""The same array, uncounted: in compiled code, whose caller keeps it alive meanwhile."""
