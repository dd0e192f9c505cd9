"""State: a function of the views alone, through any chopping."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.content.cards import Card
from ranking.engine.batch import decode, encode
from ranking.engine.settings import EngineSettings
from ranking.profiles.profile import Profile
from ranking.ranker import Ranker
from tests.support.logs import KK, RU, START_MS, Row, chopped, packed, view
from tests.support.restarts import ALL_SETTINGS, CROWDED, TINY, applied, log_for
from tests.support.thoroughness import examples


@ALL_SETTINGS
@settings(deadline=None, max_examples=examples(12), derandomize=True)
@given(st.data())
def test_a_rechopped_log_gives_equal_bytes(engine: EngineSettings, data: st.DataObject) -> None:
    rows = log_for(engine, n_views=600)
    whole = applied([packed(rows)], engine).state()
    cuts = data.draw(st.sets(st.integers(1, len(rows) - 1), max_size=60))
    assert applied(chopped(rows, cuts), engine).state() == whole


@ALL_SETTINGS
def test_views_one_by_one_give_the_bytes_of_all_at_once(engine: EngineSettings) -> None:
    rows = log_for(engine, seed=2)
    one_by_one = applied(chopped(rows, range(len(rows))), engine)
    assert one_by_one.state() == applied([packed(rows)], engine).state()
    site = one_by_one.sites["inform"]
    if engine == TINY:
        assert site.evictions > 5
        assert len(site.ids) == 64
    if engine == CROWDED:
        window = int(site.log["window"]) - 2
        assert int(site.state.memory["horizon"].max()) > window * engine.window * 1000


@ALL_SETTINGS
@pytest.mark.parametrize("size", [1, 7, 100])
def test_pieces_of_a_batch_equal_the_whole(engine: EngineSettings, size: int) -> None:
    """Pieces keep the whole batch's dictionary, travel or not."""
    batch = packed(log_for(engine, seed=3, n_views=500))
    pieces = [batch.part(k, min(k + size, 500)) for k in range(0, 500, size)]
    whole = applied([batch], engine).state()
    assert applied(pieces, engine).state() == whole
    assert applied([decode(encode(piece)) for piece in pieces], engine).state() == whole


@ALL_SETTINGS
def test_ticks_cards_and_lists_leave_the_state_alone(engine: EngineSettings) -> None:
    rows = log_for(engine, seed=4, n_views=500)
    quiet, busy = Ranker(engine), Ranker(engine)
    for position, batch in enumerate(chopped(rows, range(0, 500, 20))):
        quiet.apply(batch, position)
        busy.apply(batch, position)
        busy.put([Card(RU, "3", tags=(f"tag {position}",)), Card(KK, "never read")])
        busy.tick()
        busy.lists.related(RU, "3", 4)
        busy.lists.board(KK, "popular", Profile(half_life=7000.0, freshness=1.0), 5, "")
        busy.remove(RU, "4")
    assert quiet.state() == busy.state()


def test_touched_articles_are_listed_once_through_evictions() -> None:
    """However long nobody asks: the list has room for each article once."""
    ranker = Ranker(EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024))
    rows = [view(START_MS + k, f"{k}", f"{k}") for k in range(400)]
    for position, batch in enumerate(chopped(rows, range(0, 400, 10))):
        ranker.apply(batch, position)
    slots = ranker.sites["inform"].take_touched().tolist()
    assert len(slots) == len(set(slots)) <= 64


def test_an_article_is_one_whether_its_id_is_a_number_or_text() -> None:
    rows = [view(START_MS, "7", "anna"), view(START_MS + 1, "7", "berik")]
    number = Row(START_MS + 2, rows[0].event.__class__(visitor="asel", article=7, edition=RU))
    ranker = applied([packed([*rows, number])], EngineSettings())
    site = ranker.sites["inform"]
    assert site.ids == ["7"]
    assert int(site.state.article["counted"][site.slot(RU, "7"), 0]) == 3
