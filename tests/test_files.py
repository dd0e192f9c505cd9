"""Logs in files: every format gives the same views."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ranking.backtest.files import CHUNK, FileError, body_of, view_chunks
from ranking.backtest.packed_log import KEY, packed_views
from ranking.engine.batch import Batch
from ranking.engine.batch_builder import Hasher
from ranking.engine.event import Event, read_columns
from tests.support.logs import KK, ROBOT, RU, START_MS
from tests.support.written import GOOD, Rows, packed_file, written

FORMATS = ("views.csv", "views.csv.gz", "views.jsonl", "views.ndjson.gz", "views.json", "views.txt")
LOG: Rows = [
    {"at": START_MS, "visitor": "anna", "article": "a", "session": "s1", "kind": "view"},
    {"at": START_MS + 5, "visitor": "7", "article": "новости/1", "session": "", "kind": "click"},
    {"at": START_MS + 2, "visitor": "anna", "article": 'a,"b"\nc'.replace("\n", " "), "kind": ""},
]


def views_of(batches: Sequence[Batch]) -> list[tuple[Any, ...]]:
    """Each view as a tuple of what tells it from others."""
    names = ("at", "visitor", "chain", "event_id", "kind", "robot", "slot", "bucket", "network")
    found = []
    for batch in batches:
        for i in range(len(batch)):
            edition, article = batch.articles[int(batch.columns["article"][i])]
            surface = batch.surfaces[int(batch.columns["surface"][i])]
            numbers = (int(batch.columns[name][i]) for name in names)
            found.append((batch.editions[edition], article, surface, *numbers))
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_all_formats_give_the_same_views(tmp_path: Path, name: str) -> None:
    hashes = Hasher(KEY)
    anna, seven, session = hashes["anna"], hashes["7"], hashes["s1"]
    assert views_of(packed_file(written(tmp_path, name, LOG))) == [
        ("site/und", "a", "", START_MS, anna, session, 0, 0, 0, 0, 65535, 0),
        ("site/und", "новости/1", "", START_MS + 5, seven, seven, 0, 3, 0, 0, 65535, 0),
        ("site/und", 'a,"b" c', "", START_MS + 2, anna, anna, 0, 0, 0, 0, 65535, 0),
    ]


@pytest.mark.parametrize("name", ["views.csv", "views.jsonl"])
def test_columns_of_other_names_are_mapped_and_the_rest_is_left(tmp_path: Path, name: str) -> None:
    rows = [
        {"weather": "snow", "ts_ms": START_MS, "user": "anna", "id": "item 7", "visitor": "wrong"},
        {"weather": "sun", "ts_ms": START_MS + 1, "user": "berik", "id": "8", "visitor": "wrong"},
    ]
    path = written(tmp_path, name, rows)
    mapped = packed_file(path, "at=ts_ms,visitor=user,article=id")
    hashes = Hasher(KEY)
    assert [(v[1], v[3], v[4], v[6]) for v in views_of(mapped)] == [
        ("item 7", START_MS, hashes["anna"], 0),
        ("8", START_MS + 1, hashes["berik"], 0),
    ]


def test_every_field_of_an_event_is_read(tmp_path: Path) -> None:
    full = {
        "at": "2023-11-14T22:13:20Z", "visitor": "anna", "article": "a", "edition": KK,
        "session": "s", "kind": "impression", "id": "e1", "surface": "popular", "slot": 3,
        "list_id": "l", "experiment": "x", "arm": "b", "bucket": 0, "agent": ROBOT,
        "network": "10.0.0.0/8", "referrer": "https://example.kz/",
    }  # fmt: skip
    bare = {**dict.fromkeys(full, ""), "at": START_MS / 1000, "visitor": "b", "article": "a"}
    bare["edition"] = KK
    hashes = Hasher(KEY)
    for name in ("views.csv", "views.jsonl"):
        (batch,) = packed_file(written(tmp_path, name, [full, bare]))
        network = hashes["10.0.0.0/8"] & 0xFFFFFFFF
        assert views_of([batch]) == [
            (KK, "a", "popular", START_MS, hashes["anna"], hashes["s"], hashes["e1"], 2, 1, 3, 0,
             network),
            (KK, "a", "", START_MS, hashes["b"], hashes["b"], 0, 0, 0, 0, 65535, 0),
        ]  # fmt: skip
        assert (batch.experiments, batch.arms) == (("", "x"), ("", "b"))
        assert batch.columns["list_id"].tolist() == [hashes["l"], 0]


@pytest.mark.parametrize(
    "at", [START_MS, START_MS / 1000, str(START_MS), "1700000000", "2023-11-15T04:13:20+06:00"]
)
@pytest.mark.parametrize("name", ["views.csv", "views.jsonl"])
def test_stamps_in_all_their_forms(tmp_path: Path, name: str, at: float | str) -> None:
    path = written(tmp_path, name, [{"at": at, "visitor": "v", "article": "a"}])
    (chunk,) = view_chunks(path, {})
    assert chunk.columns["at"] == [START_MS]


def test_a_visit_without_a_session_is_chained_by_its_visitor(tmp_path: Path) -> None:
    """In a file where others have one, and in a file of sessions only."""
    rows = [
        {
            "at": START_MS + k,
            "visitor": f"v{k % 3}",
            "article": "a",
            "session": "s" if k == 4 else "",
        }
        for k in range(6)
    ]
    hashes = Hasher(KEY)
    for name in ("views.csv", "views.jsonl"):
        views = views_of(packed_file(written(tmp_path, name, rows)))
        chains = [hashes["s"] if k == 4 else hashes[f"v{k % 3}"] for k in range(6)]
        assert [v[5] for v in views] == chains


@pytest.mark.parametrize("name", ["views.csv", "views.jsonl"])
def test_rows_without_an_edition_are_of_the_one_given(tmp_path: Path, name: str) -> None:
    """Whether the file has the column or not."""
    rows = [{"at": START_MS, "visitor": "v", "article": "a"}]
    path = written(tmp_path, name, rows)
    assert views_of(packed_file(path))[0][0] == "site/und"
    assert views_of(packed_file(path, edition=KK))[0][0] == KK
    mixed = [{**rows[0], "edition": RU}, {**rows[0], "edition": ""}]
    assert [v[0] for v in views_of(packed_file(written(tmp_path, name, mixed), edition=KK))] == [
        RU,
        KK,
    ]


def test_long_files_come_in_chunks(tmp_path: Path) -> None:
    """Batches follow each other in their sequence, and progress ends at the file's size."""
    rows = [
        {"at": START_MS + k, "visitor": f"{k % 9}", "article": f"{k % 50}"} for k in range(12_001)
    ]
    path = written(tmp_path, "views.csv", rows)
    told: list[int] = []
    batches = list(packed_views(path, {}, RU, told.append))
    assert [len(batch) for batch in batches] == [CHUNK, CHUNK, 12_001 - 2 * CHUNK]
    assert [batch.first for batch in batches] == [0, CHUNK, 2 * CHUNK]
    assert {(batch.site, batch.source) for batch in batches} == {("inform", "file")}
    assert [v[3] for v in views_of(batches)] == [row["at"] for row in rows]
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size
    sizes = [chunk.size for chunk in view_chunks(path, {}, size=5000)]
    assert sizes == [5000, 5000, 2001]


def test_an_empty_log_has_no_batch(tmp_path: Path) -> None:
    for name, fields in (("views.csv", ["at", "visitor", "article"]), ("views.jsonl", [])):
        with pytest.raises(FileError, match=f"{name} must have at least one row, got none"):
            packed_file(written(tmp_path, name, [], fields))


@pytest.mark.parametrize("name", ["views.csv", "views.jsonl"])
def test_blank_lines_are_no_rows(tmp_path: Path, name: str) -> None:
    """In the middle and at the end."""
    path = written(
        tmp_path, name, [{"at": START_MS + k, "visitor": "v", "article": "a"} for k in (1, 2)]
    )
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:-1], "", lines[-1], "", ""]))
    assert [v[3] for v in views_of(packed_file(path))] == [START_MS + 1, START_MS + 2]


@pytest.mark.parametrize("name", ["views.csv", "views.jsonl"])
def test_what_is_sent_is_what_was_read(tmp_path: Path, name: str) -> None:
    """In columns, whether values are empty or not: what is empty has its field's default."""
    (chunk,) = view_chunks(written(tmp_path, name, LOG), {})
    sent = {
        "at": [START_MS, START_MS + 5, START_MS + 2],
        "visitor": ["anna", "7", "anna"],
        "article": ["a", "новости/1", 'a,"b" c'],
        "session": ["s1", None, None],
        "kind": ["view", "click", "view"],
    }
    assert json.loads(body_of(chunk)) == {"columns": sent}
    assert read_columns(body_of(chunk)) == sent  # the quick way of reading them
    (chunk,) = view_chunks(written(tmp_path, name, [LOG[0], LOG[0]]), {})
    assert json.loads(body_of(chunk)) == {"columns": {k: [v, v] for k, v in LOG[0].items()}}


@pytest.mark.parametrize("name", ["views.csv", "views.jsonl"])
def test_every_optional_field_may_be_empty(tmp_path: Path, name: str) -> None:
    """In some rows it goes in columns as its default, in all rows not at all."""
    full = {
        "edition": KK, "session": "s", "kind": "click", "id": "e", "surface": "popular",
        "slot": "3", "list_id": "l", "experiment": "x", "arm": "b", "bucket": "0", "agent": ROBOT,
        "network": "n",
    }  # fmt: skip
    rows = [{**GOOD, **full}, {**GOOD, **dict.fromkeys(full, "")}]
    (chunk,) = view_chunks(written(tmp_path, name, rows), {}, RU)
    columns = read_columns(body_of(chunk))
    assert columns is not None
    plain = msgspec.structs.asdict(Event("v", "a", edition=RU))
    assert {field: values[1] for field, values in columns.items() if field in full} == {
        field: plain[field] for field in full
    }
    (chunk,) = view_chunks(written(tmp_path, name, rows[1:]), {}, RU)
    assert chunk.columns == {**{k: [v] for k, v in GOOD.items()}, "edition": [RU]}
