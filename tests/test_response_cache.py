"""The response cache: bytes follow ids at once, numbers within a second."""

import orjson

from ranking.lists.boards import Board, Item
from ranking.service.response_cache import ResponseCache

EDITION = "paper/en"


def board(*scores: tuple[str, float]) -> Board:
    """A board of some articles."""
    items = tuple(Item(id_, None, score, 1) for id_, score in scores)
    return Board(EDITION, "popular", "default", 0.0, items)


def first_score(responses: ResponseCache) -> float:
    """Score of the first item that a query of one item is answered."""
    return float(orjson.loads(responses.answers["one"].body)["items"][0]["score"])


def test_numbers_follow_though_ids_changed_further_down() -> None:
    responses = ResponseCache()
    responses.put(board(("a", 3.0), ("b", 2.0), ("c", 1.0)), 10.0)
    responses.ask("one", EDITION, "popular", 1)
    responses.put(board(("a", 4.0), ("c", 3.0), ("b", 2.0)), 10.5)
    responses.flush(10.9)
    assert first_score(responses) == 3.0
    responses.flush(11.1)
    assert first_score(responses) == 4.0


def test_a_board_that_is_not_full_answers_every_query() -> None:
    """Its articles are all that there are; of a full one nobody knows what comes next."""
    responses, full = ResponseCache(), board(*((f"a{k}", 20.0 - k) for k in range(20)))
    responses.put(board(("a", 3.0)), 10.0)
    answer = responses.ask("five", EDITION, "popular", 5)
    assert answer is not None
    assert [item["id"] for item in orjson.loads(answer.body)["items"]] == ["a"]
    responses.put(full, 11.5)
    assert responses.ask("many", EDITION, "popular", 21) is None


def test_lists_made_for_queries_go_when_what_may_be_listed_changes() -> None:
    """Of that edition alone, and no board."""
    responses = ResponseCache()
    responses.put(board(("a", 3.0)), 10.0)
    responses.ask("board", EDITION, "popular", 1)
    responses.keep("related", b"{}", EDITION)
    responses.keep("other", b"{}", "paper/de")
    responses.forget({EDITION, "paper/fr"})
    assert set(responses.answers) == {"board", "other"}
