"""The public interface for Python: the lists of a server, from a list of events."""

import subprocess
import sys

import msgspec
import pytest

import ranking
from ranking import Card, Engine, Profile
from ranking.ranker import Ranker
from tests.support.logs import RU, chopped, random_rows

ROUND = [
    {"visitor": pair[0], "article": pair[1], "at": 1_700_000_000 + 60 * number, "edition": RU}
    for number, pair in enumerate(["aX", "aY", "bX", "bY", "cX", "cZ", "dZ"])
]


def test_lists_are_those_of_the_ranker() -> None:
    rows = random_rows(4, 600, articles=30, visitors=40, editions=(RU,), step_ms=5000)
    ranker, engine = Ranker(), Engine()
    for position, batch in enumerate(chopped(rows, range(0, 600, 150))):
        ranker.apply(batch, position)
    ranker.tick()
    events = [msgspec.structs.replace(row.event, at=row.at_ms) for row in rows]
    engine.update(events[:100])
    engine.update(events[100:])
    for surface, mine in (("popular", engine.popular), ("trending", engine.trending)):
        board = ranker.lists.board(RU, surface, Profile(), 9, "")
        assert [item.id for item in mine(RU, 9)] == [item.id for item in board.items[:9]]
    for article in ("1", "7", "nobody knows it"):
        expected = ranker.lists.related(RU, article, 4).items[:4]
        assert [item.id for item in engine.related(article, RU)] == [item.id for item in expected]


def test_cards_dress_items_and_take_part() -> None:
    engine = Engine()
    engine.put([Card(RU, "X", "The council votes", "city")])
    assert engine.update(ROUND)["counted"] == len(ROUND)
    assert engine.popular(RU, section="city")[0].card == Card(RU, "X", "The council votes", "city")
    assert [item.id for item in engine.popular(RU, section="city")] == ["X"]
    assert engine.for_you(["X"], RU, 1)[0].id == "Y"


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"visitor": "v"}, "event 1: Object missing required field `article`"),
        ({"visitor": "v", "article": "a", "edition": "ru"}, "event 1: edition must be site/lang"),
    ],
)
def test_one_wrong_event_is_named_and_none_applied(wrong: dict[str, str], text: str) -> None:
    engine = Engine()
    with pytest.raises(ValueError, match=text):
        engine.update([ROUND[0], wrong])
    assert engine.popular(RU) == []


def test_nothing_is_nothing() -> None:
    engine = Engine()
    assert engine.update([])["counted"] == 0
    assert (engine.popular(), engine.related("a"), engine.for_you([])) == ([], [], [])


def test_public_names_are_there_and_no_others() -> None:
    assert all(getattr(ranking, name) is not None for name in ranking.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Motor'"):
        ranking.Motor  # noqa: B018


def test_the_command_line_waits_for_no_engine() -> None:
    code = "import ranking, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_any_list_is_asked_for_by_its_name() -> None:
    engine = Engine()
    engine.update([{"visitor": v, "article": a} for v, a in ("1a", "1b", "2a", "2b", "3b")])
    assert engine.ranked("popular") == engine.popular()
    assert engine.ranked("related", n=4, pages=["a"]) == engine.related("a")
    with pytest.raises(ValueError, match="list must be one of popular, trending, related, foryou"):
        engine.ranked("newest")
