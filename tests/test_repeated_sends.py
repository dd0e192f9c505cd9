"""Repeated sends: a file that is sent again adds nothing, in any pieces."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.engine.batch import Batch, decode, encode
from ranking.engine.batch_builder import pack
from ranking.engine.event_columns import Rows, rows_of
from ranking.engine.import_progress import MOST
from ranking.engine.settings import EngineSettings
from ranking.ranker import Ranker
from tests.support.logs import DAY_MS, HASHES, RU, START_MS, view
from tests.support.restarts import applied, restarted
from tests.support.thoroughness import examples


def sent(label: str, start: int, stop: int, first: int, at_ms: int = START_MS) -> Batch:
    """Rows of a file as they arrive: each is a reader's only view."""
    rows = [view(at_ms + k, "a", f"{label} {k}").event for k in range(start, stop)]
    its = rows_of(rows, [at_ms + k for k in range(start, stop)])
    labels: dict[str, list[Any]] = {
        "import": [label] * len(rows), "row": list(range(start, stop)),
    }  # fmt: skip
    labelled = Rows(its.at_ms, its.columns | labels)
    return pack("inform", "collector", first, at_ms + DAY_MS, labelled, HASHES)


def counted(ranker: Ranker) -> int:
    """Counted views of the article."""
    return ranker.lists.edition(RU).views("a")


def test_a_file_sent_again_counts_once_whenever() -> None:
    """Also days of log time later, when its readers are long forgotten, and after a restart."""
    engine = EngineSettings()
    log = [sent("x", 0, 100, 0), sent("y", 0, 50, 100, START_MS + 2 * DAY_MS)]
    log += [sent("x", 0, 100, 150), sent("x", 60, 130, 250)]
    ranker = applied(log[:3], engine)
    assert counted(ranker) == 150
    ranker = restarted(ranker, log, engine)
    told = ranker.apply(log[3], 3)
    assert told.tolist() == [0] * 40 + [1] * 30
    assert counted(ranker) == 180
    assert ranker.state() == applied(log, engine).state()


def test_labels_and_rows_travel() -> None:
    batch = sent("digest", 7, 12, 0)
    back = decode(encode(batch))
    assert back.imports == ("", "digest")
    assert back.columns["row"].tolist() == [7, 8, 9, 10, 11]
    assert len(encode(batch)) > len(encode(sent("", 7, 12, 0)))


def test_the_last_thousand_imports_are_known() -> None:
    ranker = Ranker(EngineSettings(rows=16))
    for k in range(MOST + 1):
        ranker.apply(sent(f"file {k}", 0, 1, k), k)
    assert ranker.apply(sent("file 1", 0, 1, MOST + 1), MOST + 1).tolist() == [0]
    assert len(ranker.sites["inform"].imports) == MOST
    assert "file 0" not in ranker.sites["inform"].imports


@settings(deadline=None, max_examples=examples(25), derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from(["x", "y"]), st.integers(0, 60), st.integers(1, 40)),
        min_size=2,
        max_size=12,
    ),
    st.data(),
)
def test_whatever_pieces_arrive_each_row_counts_at_most_once(
    pieces: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    """A row counts if it came before every later row of its file; restarts change nothing."""
    log, first, following, expected = [], 0, {"x": 0, "y": 0}, 0
    for label, start, size in pieces:
        log.append(sent(label, start, start + size, first))
        first += size
        expected += max(start + size - max(following[label], start), 0)
        following[label] = max(following[label], start + size)
    engine = EngineSettings(rows=16)
    stop = data.draw(st.integers(1, len(log) - 1))
    ranker = restarted(applied(log[:stop], engine), log, engine)
    for position in range(stop, len(log)):
        ranker.apply(log[position], position)
    assert counted(ranker) == expected
    assert ranker.state() == applied(log, engine).state()
