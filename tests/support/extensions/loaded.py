"""The extensions of this folder, registered for a while."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ranking.engine.decay.kernels import KERNELS
from ranking.engine.registry import Registry
from ranking.engine.signals.signals import SIGNALS
from ranking.extensions import load_extensions
from ranking.lists.lists import LISTS
from ranking.lists.rerank.rules import RULES

SHARES = "tests.support.extensions.shares"
ALL = (
    SHARES,
    "tests.support.extensions.most_shared",
    "tests.support.extensions.two_speeds",
    "tests.support.extensions.tag_cap",
)


@contextmanager
def registered(*names: str) -> Iterator[None]:
    """Load extensions, and remove what they registered at the end."""
    registries: tuple[Registry[Any], ...] = (SIGNALS, KERNELS, LISTS, RULES)
    before = [registry.names() for registry in registries]
    try:
        load_extensions(names)
        yield
    finally:
        for registry, shipped in zip(registries, before, strict=True):
            for name in set(registry.names()) - set(shipped):
                registry.remove(name)
        for name in names:
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
