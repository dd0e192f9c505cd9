"""Files as spreadsheets and programs write them: known by their content, whatever their name."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ranking.backtest.files import FileError, label_of, read_articles, view_chunks
from ranking.content.cards import Card, clean_tags, tag_key
from ranking.engine.timestamps import zone_of
from tests.support.logs import START_MS

ROWS = [
    {"at": START_MS, "visitor": "anna", "article": "a"},
    {"at": START_MS + 5, "visitor": "7", "article": "новости/1"},
    {"at": START_MS + 9, "visitor": "x;y", "article": 'say "b", c'},
]
NAMES = ["at", "visitor", "article"]


def csv_text(separator: str = ",", end: str = "\r\n", names: str = "") -> str:
    """The rows as CSV, every value quoted but the numbers."""
    lines = [names or separator.join(NAMES)]
    for row in ROWS:
        quoted = ['"' + str(v).replace('"', '""') + '"' for v in list(row.values())[1:]]
        lines.append(separator.join([str(row["at"]), *quoted]))
    return end.join(lines) + end


LINES = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
COLUMNS = {name: [row[name] for row in ROWS] for name in NAMES}
FORMS: dict[str, bytes] = {
    "comma": csv_text().encode(),
    "semicolon": csv_text(";").encode(),
    "tab": csv_text("\t").encode(),
    "cr": csv_text(end="\r").encode(),
    "lf": csv_text(end="\n").encode(),
    "no end": csv_text(end="\n").strip().encode(),
    "mark": csv_text().encode("utf-8-sig"),
    "quoted header": csv_text(names='"at","visitor","article"').encode("utf-8-sig"),
    "spaced header": csv_text(names=" at , visitor,article ").encode(),
    "utf-16": csv_text("\t").encode("utf-16"),
    "hint": b"sep=;\r\n" + csv_text(";").encode(),
    "blank lines": b"\r\n" + csv_text(end="\r\n\r\n").encode() + b",,\r\n",
    "lines": LINES.encode(),
    "marked lines": LINES.encode("utf-8-sig"),
    "array": json.dumps(ROWS).encode(),
    "pretty array": json.dumps(ROWS, indent=2).encode("utf-8-sig"),
    "columns": json.dumps({"columns": COLUMNS}).encode(),
    "null columns": json.dumps({"columns": COLUMNS | {"session": None}}).encode(),
    "pretty columns": b"\n " + json.dumps({"columns": COLUMNS}, indent=2).encode(),
}


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Rows of all chunks."""
    found = []
    for chunk in view_chunks(path, {}, size=2):
        values = zip(*(map(str, chunk.columns[name]) for name in NAMES), strict=True)
        found += [dict(zip(NAMES, row, strict=True)) for row in values]
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["log.csv", "log.json.gz", "log"])
def test_a_form_is_known_by_its_content(tmp_path: Path, form: str, name: str) -> None:
    """Packed and not, by any name."""
    wanted = [{field: str(value) for field, value in row.items()} for row in ROWS]
    for data in (FORMS[form], gzip.compress(FORMS[form])):
        (tmp_path / name).write_bytes(data)
        assert rows_of(tmp_path / name) == wanted


def test_a_value_may_have_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id;title\n1;"one\r\ntwo; ""three"""\n2;b\n', newline="")
    titles = [card.title for card in read_articles(tmp_path / "a.csv", {})]
    assert titles == ['one two; "three"', "b"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("at,visitor,article,at\n1700000000000,v,a,1\n", "column 'at' must be there once, got 2"),
        (",,\n1700000000000,v,a\n", "the first line must name the columns"),
        ("at,visitor\n1700000000000,v\n", "no column 'article' for article; the file has at, vis"),
        ('at,visitor,article\n1700000000000,v,"a\n1700000000000,v,b\n', "row 1: must be CSV"),
        ('at,visitor,article\n1700000000000,v,"a"b\n', "row 1: must be CSV as RFC 4180 says"),
        ("at,visitor,article\n1700000000000,v,a\n1700000000000,v\n", "row 2: must have 3 columns"),
        ("at,visitor,article\n1700000000000,v,a\n171001,v,a\n", "row 2: at must be .* '171001'"),
        ("at,visitor,article\n915148800,v,a\n", "row 1: at must not be before 2000"),
        (
            '{"columns": {"at": [1], "visitor": []}}',
            "columns must have the same length, got 1 and 0",
        ),
        ('{"at": 1700000000000, "visitor": "v", "article": "a"}\n[1]\n', "line 2: must be a JSON"),
        ("[1, 2]", "line 1: must be a JSON object"),
        ("{oops", "must be a JSON object"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "views.csv"
    path.write_text(text)
    with pytest.raises(FileError, match=fault):
        list(view_chunks(path, {}))


def test_times_of_a_file_are_of_its_zone(tmp_path: Path) -> None:
    path = tmp_path / "views.csv"
    path.write_text("at,visitor,article\n20171001030000,v,a\n2017-10-01 03:00,v,a\n")
    (chunk,) = view_chunks(path, {}, zone=zone_of("Asia/Almaty"))
    assert chunk.columns["at"] == [1_506_805_200_000] * 2
    with pytest.raises(FileError, match=r"row 1: at must have a zone .* setting timezone"):
        list(view_chunks(path, {}))


def test_a_label_is_of_the_content(tmp_path: Path) -> None:
    """Packed or not it is the same; other columns or editions are another import."""
    plain, packed, other = (tmp_path / name for name in ("a.csv", "b.csv.gz", "c.csv"))
    plain.write_bytes(FORMS["comma"])
    packed.write_bytes(gzip.compress(FORMS["comma"]))
    other.write_bytes(FORMS["comma"] + b"1700000000000,v,a\n")
    assert label_of(plain, "site/und") == label_of(packed, "site/und")
    assert (
        len({label_of(plain, "site/und"), label_of(other, "site/und"), label_of(plain, "x")}) == 3
    )


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("rain|wind", ("rain", "wind")),
        ("rain, wind", ("rain", "wind")),
        ("['rain', 'wind']", ("rain", "wind")),
        ('["rain","wind"]', ("rain", "wind")),
        ("['it\\'s', \"a, b\"]", ("it's", "a, b")),
        ("('rain', 'wind')", ("rain", "wind")),
        ("{rain,wind}", ("rain", "wind")),
        ("[rain, strong wind]", ("rain", "strong wind")),
        ("[]", ()),
        ("[video]|sport", ("[video]", "sport")),
    ],
)
def test_lists_of_programs_are_tags(text: str, tags: tuple[str, ...]) -> None:
    assert clean_tags(text) == tags


@pytest.mark.parametrize("text", ["['rain'", "['rain' 'wind']", "[['rain']]", '["rain", {}]'])
def test_a_list_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"tags must be a list or text .* got"):
        clean_tags(text)


def test_case_is_of_the_language() -> None:
    """`CaseFolding.txt` of Unicode: in Turkic languages I is the capital of the dotless i."""
    assert clean_tags("IŞIK|ışık|İl|il", "paper/tr") == ("IŞIK", "İl")
    assert clean_tags("IRAN|iran", "paper/en") == ("IRAN",)
    for edition in ("paper/tr", "paper/az-Latn", "inform/kk-Latn"):
        assert tag_key("ISI", edition) == tag_key("ısı", edition) != tag_key("isi", edition)
    for edition in ("paper/en", "inform/kk", "paper/uz", ""):
        assert tag_key("ISI", edition) == tag_key("isi", edition) != tag_key("ısı", edition)
    assert tag_key("STRASSE", "paper/de") == tag_key("straße", "paper/de")


def test_articles_have_all_fields(tmp_path: Path) -> None:
    row = {
        "id": "1", "type": "live", "access": "metered", "updated_at": "2023-11-14T22:13:20Z",
        "expires_at": 1_800_000_000, "listable": "no", "section_key": 7, "title": None,
    }  # fmt: skip
    wanted = Card(
        "site/und", "1", type="live", access="metered", updated_at=1_700_000_000.0,
        expires_at=1_800_000_000.0, listable=False, section_key="7",
    )  # fmt: skip
    path = tmp_path / "articles"
    path.write_text(json.dumps(row))
    assert list(read_articles(path, {})) == [wanted]
    names, values = ",".join(row), ",".join("" if v is None else str(v) for v in row.values())
    path.write_text(f"{names}\n{values}\n")
    assert list(read_articles(path, {})) == [wanted]


@pytest.mark.parametrize(
    "url", ["/a", "//a.kz/b", "a.kz/b", "ftp://a.kz", "javascript:x", "http://"]
)
def test_an_address_is_absolute(tmp_path: Path, url: str) -> None:
    path = tmp_path / "articles.json"
    for field in ("url", "image"):
        path.write_text(json.dumps({"id": "1", field: url}))
        with pytest.raises(FileError, match=rf"row 1: {field} must be absolute, .* got"):
            list(read_articles(path, {}))
