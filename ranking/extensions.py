"""Extensions: modules that register signals, kernels, lists and re-rank rules when they load.

They are named by `TOLQYN_EXTENSIONS`, or installed with the entry point group `tolqyn.extensions`.
Every process of a system loads the same ones, before it serves or replays anything.
"""

import importlib
import os
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points

GROUP = "tolqyn.extensions"
REGISTRIES = (
    "ranking.engine.decay.kernels",
    "ranking.engine.signals.signals",
    "ranking.lists.lists",
    "ranking.lists.rerank.rules",
)
"""Modules whose members an extension finds registered."""


class ExtensionError(ValueError):
    """An extension cannot be loaded: the operator's fault."""


def load_extensions(names: Iterable[str]) -> None:
    """Import modules by name, and those that are installed.

    Parameters
    ----------
    names : iterable of str
        Such as `agency.shares`; looked for in the working directory too.

    Raises
    ------
    ExtensionError
        Naming the module and what is wrong.
    """
    named = [name.strip() for name in names if name.strip()]
    if named and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    wanted = (*named, *(entry.module for entry in entry_points(group=GROUP)))
    for shipped in REGISTRIES if wanted else ():
        importlib.import_module(shipped)
    for name in wanted:
        try:
            importlib.import_module(name)
        except (Exception, SystemExit) as error:
            reason = str(error) or type(error).__name__
            message = f"extension {name} cannot be loaded: {reason}"
            raise ExtensionError(message) from error
