"""Compiled code is compiled again when anything that it calls has changed, and only then."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ranking
from ranking.engine.compiled import ROOT, sources_of


def compiled_functions() -> Iterator[Any]:
    """All compiled functions of the engine, the lists and the backtest."""
    for folder in ("engine", "lists", "content", "backtest"):
        path = str(Path(ranking.__path__[0]) / folder)
        for module in pkgutil.walk_packages([path], f"ranking.{folder}."):
            found = vars(importlib.import_module(module.name)).values()
            yield from (f for f in found if hasattr(f, "py_func"))


def test_what_a_function_calls_is_among_its_sources() -> None:
    functions = {id(f): f for f in compiled_functions()}
    assert len(functions) > 60
    for function in functions.values():
        code = function.py_func.__code__
        sources = sources_of(Path(code.co_filename))
        for name in code.co_names:
            called = getattr(function.py_func.__globals__.get(name), "py_func", None)
            assert called is None or Path(called.__code__.co_filename) in sources, (code, name)


def test_what_it_does_not_rest_on_is_not() -> None:
    """A change of the lists leaves the loop over views as it was compiled."""
    views = {
        str(path.relative_to(ROOT)) for path in sources_of(ROOT / "ranking/engine/view_loop.py")
    }
    assert "ranking/engine/signals/covisitation.py" in views
    assert not any(path.startswith(("ranking/lists", "ranking/backtest")) for path in views)
