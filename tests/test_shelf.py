"""The shelf: bytes follow ids at once, numbers within a second."""

import orjson

from ranking.lists.boards import Board, Item
from ranking.server.shelf import Shelf

EDITION = "paper/en"


def board(*scores: tuple[str, float]) -> Board:
    """A board of some articles."""
    items = tuple(Item(id_, None, score, 1) for id_, score in scores)
    return Board(EDITION, "popular", "default", 0.0, items)


def first_score(shelf: Shelf) -> float:
    """Score of the first item that a query of one item is answered."""
    return float(orjson.loads(shelf.answers["one"].body)["items"][0]["score"])


def test_numbers_follow_though_ids_changed_further_down() -> None:
    shelf = Shelf()
    shelf.put(board(("a", 3.0), ("b", 2.0), ("c", 1.0)), 10.0)
    shelf.ask("one", EDITION, "popular", 1)
    shelf.put(board(("a", 4.0), ("c", 3.0), ("b", 2.0)), 10.5)
    shelf.flush(10.9)
    assert first_score(shelf) == 3.0
    shelf.flush(11.1)
    assert first_score(shelf) == 4.0
