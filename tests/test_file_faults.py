"""Logs in files: what is wrong is named by file, row, field and rule."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from ranking.backtest.files import (
    ARTICLE_FIELDS,
    CHUNK,
    EVENT_FIELDS,
    FileError,
    mapping_of,
    read_articles,
    view_chunks,
)
from tests.support.logs import KK, RU
from tests.support.written import GOOD, Rows, packed_file, written

BAD_ROWS = [
    ({"at": "yesterday"}, "at", "ISO 8601"),
    ({"at": "nan"}, "at", "ISO 8601"),
    ({"at": "²²²²²²²²²²²²²"}, "at", "ISO 8601"),
    ({"at": ""}, "at", "empty"),
    ({"visitor": ""}, "visitor", "empty"),
    ({"article": ""}, "article", "empty"),
    ({"slot": "third"}, "slot", "whole number"),
    ({"slot": "300"}, "slot", "255"),
    ({"bucket": "1000"}, "bucket", "999"),
    ({"kind": "buy"}, "kind", "buy"),
    ({"edition": "inform"}, "edition", "BCP 47"),
    ({"article": "a\x07"}, "article", "control characters"),
    ({"visitor": "v" * 300}, "visitor", "256"),
]


@pytest.mark.parametrize("name", ["views.csv", "views.csv.gz", "views.jsonl"])
@pytest.mark.parametrize(("fields", "field", "rule"), BAD_ROWS)
def test_a_bad_row_is_named(
    tmp_path: Path, name: str, fields: dict[str, str], field: str, rule: str
) -> None:
    """File, row (the first after the header is 1), field and rule."""
    rows = [{**dict.fromkeys(fields, ""), **GOOD} for _ in range(6)]
    rows[3] |= fields
    with pytest.raises(FileError) as error:
        packed_file(written(tmp_path, name, rows))
    text = str(error.value)
    assert name in text
    assert field in text
    assert rule in text
    assert "row 4" in text


@pytest.mark.parametrize("fields", [{"slot": 3.7}, {"slot": True}, {"bucket": [1]}, {"id": {}}])
def test_values_of_another_kind_are_named(tmp_path: Path, fields: dict[str, Any]) -> None:
    """JSON has kinds of values: none is bent into the right one."""
    path = written(tmp_path, "views.jsonl", [GOOD, GOOD, {**GOOD, **fields}])
    with pytest.raises(FileError, match=rf"views.jsonl, row 3: {next(iter(fields))}: Expected"):
        packed_file(path)


@pytest.mark.parametrize("name", ["views.csv", "views.jsonl"])
def test_blank_lines_are_not_counted(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, [GOOD, GOOD, {**GOOD, "at": "oops"}])
    path.write_text(path.read_text().replace("\n", "\n\n"))
    with pytest.raises(FileError, match=rf"{name}, row 3: at "):
        packed_file(path)


def test_a_column_may_be_several_fields(tmp_path: Path) -> None:
    """Mapped to one, it still is the needed field of its own name."""
    for name in ("views.csv", "views.jsonl"):
        (chunk,) = view_chunks(written(tmp_path, name, [GOOD]), {"session": "visitor"})
        assert chunk.columns == {k: [v] for k, v in GOOD.items()} | {"session": ["v"]}


def test_a_bad_row_in_a_later_chunk_is_named(tmp_path: Path) -> None:
    rows = [dict(GOOD) for _ in range(CHUNK + 10)]
    rows[CHUNK + 6]["at"] = "oops"
    with pytest.raises(FileError, match=rf"views.csv, row {CHUNK + 7}: at .* got 'oops'"):
        packed_file(written(tmp_path, "views.csv", rows))
    rows[CHUNK + 6] = {**GOOD, "kind": "buy"}
    rows[0] = {**GOOD, "kind": "click"}
    with pytest.raises(FileError, match=rf"views.csv, row {CHUNK + 7}: kind: .*'buy'"):
        packed_file(written(tmp_path, "views.csv", rows))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path / "none.jsonl.gz", tmp_path):
        with pytest.raises(FileError, match=path.name):
            packed_file(path)
    with pytest.raises(FileError, match=r"none.csv"):
        list(read_articles(tmp_path / "none.csv", {}))


@pytest.mark.parametrize("missing", ["at", "visitor", "article"])
def test_a_missing_column_is_named(tmp_path: Path, missing: str) -> None:
    rows = [{name: value for name, value in GOOD.items() if name != missing}]
    with pytest.raises(FileError, match=rf"views.csv: no column '{missing}' for {missing}"):
        packed_file(written(tmp_path, "views.csv", rows))
    with pytest.raises(FileError, match=rf"views.jsonl.*{missing}"):
        packed_file(written(tmp_path, "views.jsonl", rows))
    with pytest.raises(FileError, match=r"no column 'ts' for at; the file has .*article"):
        packed_file(written(tmp_path, "views.csv", [GOOD]), "at=ts")
    with pytest.raises(FileError, match=r"no column 'place' for slot"):
        packed_file(written(tmp_path, "views.csv", [GOOD]), "slot=place")


def test_uneven_rows_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "views.csv", [GOOD, GOOD, GOOD])
    lines = path.read_text().splitlines()
    for broken in (lines[2] + ",more", "1700000000000,v"):
        path.write_text("\n".join([*lines[:2], broken, lines[3]]))
        with pytest.raises(FileError, match=r"views.csv, row 2: .*columns"):
            packed_file(path)


@pytest.mark.parametrize("line", ["oops", "[1, 2]", "7", '"text"', '{"at": 1'])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, "views.jsonl", [GOOD, GOOD])
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(FileError, match=r"views.jsonl, line 3: must be a JSON object"):
        packed_file(path)


def test_several_sites_are_refused(tmp_path: Path) -> None:
    """In one chunk, and in two."""
    rows: list[dict[str, Any]] = [{**GOOD, "edition": RU}, {**GOOD, "edition": "other/en"}]
    far = [rows[0]] * CHUNK + [rows[1]]
    logs: dict[str, Rows] = {"near.csv": rows, "far.csv": far}
    for name, log in logs.items():
        with pytest.raises(FileError, match=rf"{name} has views of several sites: inform, other"):
            packed_file(written(tmp_path, name, log))
    both = [{**GOOD, "edition": RU}, {**GOOD, "edition": KK}]
    (batch,) = packed_file(written(tmp_path, "both.csv", both))
    assert (batch.site, batch.editions) == ("inform", (RU, KK))


def test_a_bad_edition_for_all_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="edition must be site/lang"):
        packed_file(written(tmp_path, "views.csv", [GOOD]), edition="inform")


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """Cut, damaged inside, not UTF-8, of another program."""
    zipped = gzip.compress(written(tmp_path, "a.csv", [GOOD] * 3000).read_bytes())
    damaged = bytearray(zipped)
    damaged[10] = 0xFF  # a block of no known type
    cases = {
        "book.csv": b"PK\x03\x04" + bytes(99),
        "log.zst.csv": b"\x28\xb5\x2f\xfd" + bytes(99),
        "cut.csv.gz": zipped[:-20],
        "damaged.csv.gz": bytes(damaged),
        "latin.csv": b"at,visitor,article\n1700000000000,v,caf\xe9\n",
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FileError, match=f"{name} cannot be read"):
            packed_file(tmp_path / name)


def test_mappings_are_checked() -> None:
    assert mapping_of("", EVENT_FIELDS) == {}
    assert mapping_of("id=article_id,tags=labels", ARTICLE_FIELDS) == {
        "id": "article_id", "tags": "labels"
    }  # fmt: skip
    for text in ("at", "at=", "weather=snow", "at=a,oops=b", "=a"):
        with pytest.raises(FileError, match="columns must be field=column with a field of visitor"):
            mapping_of(text, EVENT_FIELDS)
