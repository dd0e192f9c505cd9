"""Evictions: state stays a function of the log, and invented ids cannot push out the archive."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.engine.settings import EngineSettings
from ranking.ranker import Ranker
from tests.support.logs import START_MS, Row, chopped, packed, view
from tests.support.restarts import applied, restarted
from tests.support.thoroughness import examples

SMALL = EngineSettings(articles=64, rows=16, neighbours=8, visitors=1024)


def crowd(begin: int, count: int, at_ms: int) -> list[Row]:
    """Views by so many readers: of new articles, now and then of X, which stays for that."""
    numbers = range(begin, begin + count)
    names = ["X" if k % 10 == 0 else f"new {k}" for k in numbers]
    return [
        view(at_ms + k - begin, name, f"reader {k}") for k, name in zip(numbers, names, strict=True)
    ]


def assert_equal_after_a_restart(rows: list[Row], stop: int) -> None:
    """A log with a restart in it, against the same log at once."""
    log = chopped(rows, [stop])
    ranker = restarted(applied(log[:1], SMALL), log, SMALL)
    for position in range(1, len(log)):
        ranker.apply(log[position], position)
    assert ranker.state() == applied([packed(rows)], SMALL).state()


def test_an_article_that_was_evicted_twice_is_one_page_of_a_visit() -> None:
    """A reader's visit remembers it from both of its earlier lives."""
    rows = [view(START_MS, "X", "c"), view(START_MS + 1, "A", "c")]
    rows += crowd(0, 200, START_MS + 2)
    rows += [view(START_MS + 300, "A", "c")]
    rows += crowd(200, 200, START_MS + 301)
    stop = len(rows)
    rows += [view(START_MS + 600, "Y", "c"), view(START_MS + 601, "Z", "c")]
    assert_equal_after_a_restart(rows, stop)


@settings(deadline=None, max_examples=examples(30), derandomize=True)
@given(st.data())
def test_any_number_of_evictions_and_a_restart_anywhere(data: st.DataObject) -> None:
    """Readers come back to few articles while crowds of new ones push them out again and again."""
    steps = data.draw(
        st.lists(
            st.tuples(st.sampled_from("abc"), st.sampled_from("ABCX"), st.integers(0, 90)),
            min_size=2,
            max_size=14,
        )
    )
    rows: list[Row] = []
    for visitor, article, others in steps:
        at_ms = START_MS + 10 * len(rows)
        rows += [view(at_ms, article, visitor), *crowd(len(rows), others, at_ms + 1)]
    assert_equal_after_a_restart(rows, data.draw(st.integers(1, len(rows) - 1)))


def test_invented_ids_do_not_push_out_the_archive() -> None:
    """Articles that two readers read stay, however many articles only one reader ever saw."""
    ranker = Ranker(SMALL)
    archive = [view(START_MS + k, f"old {k % 30}", f"reader {k}") for k in range(60)]
    ranker.apply(packed(archive), 0)
    ranker.apply(packed(crowd(0, 5000, START_MS + 100), 60), 1)
    site = ranker.sites["inform"]
    assert site.evictions > 1000
    assert all(site.slot("inform/ru", f"old {k}") >= 0 for k in range(30))
