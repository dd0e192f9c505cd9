"""Tolqyn: popularity and recommendations for news portals, from streams of page views.

The names here are the public interface for Python; they are loaded at their first use.

Examples
--------
>>> from ranking import Engine
>>> engine = Engine()
>>> engine.update([{"visitor": v, "article": a} for v, a in ["1a", "1b", "2a", "2b", "3b", "4c"]])
{'counted': 6, 'repeats': 0, 'robots': 0, 'late': 0, 'ahead': 0, 'no_room': 0}
>>> [item.id for item in engine.popular()], [item.id for item in engine.related("a", n=1)]
(['b', 'a', 'c'], ['b'])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ranking.content.cards import Card
    from ranking.engine.event import Event
    from ranking.facade import Engine
    from ranking.lists.boards import Item
    from ranking.profiles.profile import Profile

__version__ = "0.3.0"
__all__ = ["Card", "Engine", "Event", "Item", "Profile", "__version__"]

_WHERE = {
    "Card": "ranking.content.cards",
    "Engine": "ranking.facade",
    "Event": "ranking.engine.event",
    "Item": "ranking.lists.boards",
    "Profile": "ranking.profiles.profile",
}


def __getattr__(name: str) -> Any:
    """Load a public name: the command line must not wait for the engine's compiled loops."""
    if name not in _WHERE:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_WHERE[name]), name)
