"""The compiler of the hot loops: this file alone imports numba.

`compiled` turns a plain function over numpy arrays into machine code that releases the GIL;
`inlined` ones are put into their callers, which spares passing a state's many arrays on. `lent`
arrays are not counted as referred to: a counted one costs two locked instructions at each mention,
a third of the loop's time. Together they make the loop over views 1.6 times as fast.
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
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

config: Any = numba.config

F = TypeVar("F", bound=Callable[..., object])


def _sources_digest() -> str:
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for folder in ("engine", "experiments", "lists", "replay"):
        for source in sorted((package / folder).rglob("*.py")):
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
