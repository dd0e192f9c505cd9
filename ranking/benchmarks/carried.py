"""Carried: the script that runs a benchmark of this checkout on the packages of another tree.

That tree is first on the path. Its package of benchmarks is replaced by the one of this
file's folder. A module that was renamed since is found under its new name too.

usage: python -P carried.py NAME [SECONDS] < renames.json     without SECONDS: imports it, no more
"""

import gc
import importlib
import importlib.abc
import json
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

FOLDER, BENCHMARKS = Path(__file__).parent, "ranking.benchmarks"


class RenamedModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules by the names that they have now.

    Parameters
    ----------
    renames : mapping of str to str
        New full name to old one.
    """

    def __init__(self, renames: Mapping[str, str]) -> None:
        self._renames = {n: old for n, old in renames.items() if not n.startswith(BENCHMARKS)}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a renamed module, or a package that holds renamed modules alone."""
        if fullname in self._renames:
            return ModuleSpec(fullname, self)
        if not any(name.startswith(f"{fullname}.") for name in self._renames):
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        return found or ModuleSpec(fullname, None, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import the module by its old name."""
        return importlib.import_module(self._renames[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: it has run."""


def carried(name: str, seconds: float | None, renames: Mapping[str, str]) -> dict[str, object]:
    """Run a benchmark, or import it; `ranking` must not be imported yet."""
    # An editable installation of this checkout would answer for what the older tree lacks.
    sys.meta_path[:] = [finder for finder in sys.meta_path if "__editable__" not in str(finder)]
    sys.meta_path.insert(0, RenamedModules(renames))
    importlib.import_module(BENCHMARKS).__path__ = [str(FOLDER)]
    benchmark = importlib.import_module("ranking.benchmarks.benchmark")
    time_limit = importlib.import_module("ranking.benchmarks.time_limit")
    registry = importlib.import_module("ranking.benchmarks.registry")
    (chosen,) = (benchmark for benchmark in registry.OURS if benchmark.name == name)
    if seconds is None:
        importlib.import_module(chosen.function.partition(":")[0])
        return {}
    harness = importlib.import_module("ranking.benchmarks.harness")
    task = benchmark.Task(None, "", time_limit.TimeLimit(seconds))
    result: dict[str, object] = harness.measured(chosen, task)
    return result


if __name__ == "__main__":
    gc.set_threshold(100_000, 20, 50)  # as the command line does
    limit = float(sys.argv[2]) if len(sys.argv) > 2 else None
    print(json.dumps(carried(sys.argv[1], limit, json.load(sys.stdin))))
