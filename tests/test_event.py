"""Events: parsing of request bodies, and rejections."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.engine.event import (
    Event,
    Unreadable,
    is_columns,
    read_columns,
    read_events,
    rows_from_columns,
)

MOMENT = "2017-10-01T03:00:00"
MOMENT_MS = 1_506_826_800_000
HOUR = 3_600_000
COLUMNS = b'{"columns":{'
GOOD = b'{"visitor": "v", "article": "a"}'
EVENT = Event(visitor="v", article="a")


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        b" \n\t" + GOOD + b"\n",
        b"[" + GOOD + b"]",
        b'{\n "visitor": "v",\n "article": "a"\n}',
        b"\n[\n" + GOOD + b"\n]\n",
    ],
)
def test_one_event_in_all_its_forms(body: bytes) -> None:
    assert read_events(body) == ([0], [EVENT], [])


@pytest.mark.parametrize(
    "body",
    [b"[" + GOOD + b",\n" + GOOD + b"]", GOOD + b"\n" + GOOD, GOOD + b"\r\n\n" + GOOD + b"\n"],
)
def test_several_events_in_all_their_forms(body: bytes) -> None:
    assert read_events(body) == ([0, 1], [EVENT, EVENT], [])


NULLS = b'{"visitor": "v", "article": "a", "referrer": null, "at": null, "slot": null, "id": null}'


def test_null_in_an_optional_field_is_absent() -> None:
    """Alone, in an array, on a line and in columns; in a field that must be there it is not."""
    for body in (NULLS, b"[" + NULLS + b"]", GOOD + b"\n" + NULLS):
        assert set(map(repr, read_events(body)[1])) == {repr(EVENT)}
    columns = COLUMNS + b'"visitor":["v"],"article":["a"],"at":[1],"slot":[null]}}'
    assert read_columns(columns) is None
    ((event,)) = read_events(rows_from_columns(columns))[1]
    assert event == msgspec.structs.replace(EVENT, at=1)
    bad = NULLS.replace(b'"v"', b"null")
    assert [(r.field, r.index) for r in read_events(bad)[2]] == [("visitor", 0)]


def test_the_mark_of_a_byte_order_is_passed_over_once() -> None:
    mark = b"\xef\xbb\xbf"
    for body in (GOOD, b"[" + GOOD + b"]", GOOD + b"\n"):
        assert read_events(mark + body) == ([0], [EVENT], [])
    with pytest.raises(Unreadable):
        read_events(mark + mark + GOOD)


def test_columns_are_known_by_their_structure() -> None:
    spaced = b'{ \n"columns" : {"visitor": ["v"], "article": ["a"]}}'
    later = b'{"from": "x", "columns": {"visitor": ["v"], "article": ["a"]}}'
    for body in (COLUMNS + b"}}", spaced, later):
        assert is_columns(body)
    for body in (GOOD, b'{"visitor": "v", "article": "columns"}', b"[]", b"{", GOOD + b"\n" + GOOD):
        assert not is_columns(body)


def test_an_empty_array_holds_no_event() -> None:
    assert read_events(b"[]") == ([], [], [])


def test_an_event_with_everything() -> None:
    event = Event(
        visitor=12, article=7, at="2017-10-01", edition="inform/kk-Arab", session="s",
        kind="click", id="e", surface="popular", slot=5, list_id="l", experiment="x", arm="b",
        bucket=999, agent="Mozilla/5.0", network="n", referrer="https://example.kz/",
    )  # fmt: skip
    assert read_events(msgspec.json.encode(event)) == ([0], [event], [])
    assert read_events(msgspec.json.encode([event] * 3)) == ([0, 1, 2], [event] * 3, [])


def test_fields_that_are_not_known_are_ignored() -> None:
    """A portal may send more than we read."""
    assert read_events(GOOD[:-1] + b', "weather": {"snow": [1, 2]}}') == ([0], [EVENT], [])


BAD = [
    (b'{"visitor": "v"}', "article", "missing required field"),
    (b'{"article": "a"}', "visitor", "missing required field"),
    (b'{"visitor": "", "article": "a"}', "visitor", "length >= 1"),
    (b'{"visitor": "%s", "article": "a"}' % (b"v" * 257), "visitor", "length <= 256"),
    (b'{"visitor": null, "article": "a"}', "visitor", "got `null`"),
    (b'{"visitor": "v", "article": 1.5}', "article", "got `float`"),
    (b'{"visitor": "v", "article": ["a"]}', "article", "got `array`"),
    (b'{"visitor": "v", "article": "a", "kind": "buy"}', "kind", "'buy'"),
    (b'{"visitor": "v", "article": "a", "slot": -1}', "slot", ">= 0"),
    (b'{"visitor": "v", "article": "a", "slot": 256}', "slot", "<= 255"),
    (b'{"visitor": "v", "article": "a", "slot": "1"}', "slot", "got `str`"),
    (b'{"visitor": "v", "article": "a", "bucket": 1000}', "bucket", "<= 999"),
    (b'{"visitor": "v", "article": "a", "at": true}', "at", "got `bool`"),
    (b'{"visitor": "v", "article": "a", "at": 1e999}', "at", "out of range"),
    (b'{"visitor": "v", "article": "a", "edition": 5}', "edition", "got `int`"),
    (b'{"visitor": "v", "article": "a", "edition": "%s"}' % (b"e" * 97), "edition", "<= 96"),
    (b'{"visitor": "v", "article": "a", "surface": "%s"}' % (b"s" * 65), "surface", "<= 64"),
    (b'{"visitor": "v", "article": "a", "list_id": "%s"}' % (b"s" * 65), "list_id", "<= 64"),
    (b"7", "", "got `int`"),
    (b"null", "", "got `null`"),
    (b'"text"', "", "got `str`"),
]


@pytest.mark.parametrize(("event", "field", "rule"), BAD)
def test_a_rejection_names_index_field_and_rule(event: bytes, field: str, rule: str) -> None:
    """Alone, between good ones in an array, and on a line of its own."""
    bodies = {
        0: event,
        1: b"[%b, %b, %b]" % (GOOD, event, GOOD),
        2: b"\n".join([GOOD, GOOD, event]),
    }
    for index, body in bodies.items():
        indices, events, (rejection,) = read_events(body)
        assert (rejection.index, rejection.field) == (index, field)
        assert rule in rejection.reason
        assert "$" not in rejection.reason
        assert events == [EVENT] * len(indices)
        assert indices == {0: [], 1: [0, 2], 2: [0, 1]}[index]


def test_all_that_is_wrong_is_told_and_all_that_is_right_is_taken() -> None:
    items = [GOOD if k % 3 else BAD[k % len(BAD)][0] for k in range(40)]
    for body in (b"[" + b",".join(items) + b"]", b"\n".join(items)):
        indices, events, rejections = read_events(body)
        assert indices == [k for k in range(40) if k % 3]
        assert events == [EVENT] * len(indices)
        assert [r.index for r in rejections] == list(range(0, 40, 3))


def test_a_line_that_is_no_json_is_refused_alone() -> None:
    indices, events, rejections = read_events(GOOD + b"\n{oops\n" + GOOD)
    assert (indices, events) == ([0, 2], [EVENT, EVENT])
    assert [(r.index, r.field) for r in rejections] == [(1, "")]
    assert rejections[0].reason.startswith("event must be JSON")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n ",
        b"garbage",
        b"{",
        b"[",
        b"[" + GOOD,
        b"[" + GOOD + b"] and more",
        b'{"visitor": "v"',
        b"\x00\x01",
        b"\xff\xfe",
        b'{"visitor": "\xff", "article": "a"}',
        b'[{"visitor": "\xff", "article": "a"}]',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_at_all_is_unreadable(body: bytes) -> None:
    """Bytes that are no UTF-8 and endless nesting are the sender's fault as well."""
    with pytest.raises(Unreadable, match="body must be"):
        read_events(body)


def test_a_line_that_is_no_utf8_is_refused_alone() -> None:
    indices, events, rejections = read_events(GOOD + b'\n{"visitor": "\xff", "article": "a"}')
    assert (indices, events, [r.index for r in rejections]) == ([0], [EVENT], [1])


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.binary(max_size=60) | st.tuples(st.integers(0, 90), st.binary(max_size=4)))
def test_any_bytes_are_read_or_unreadable(body: bytes | tuple[int, bytes]) -> None:
    """Random bytes, and good lines with some of them put in."""
    if isinstance(body, tuple):
        place, bytes_in = body
        good = GOOD + b"\n[" + GOOD
        body = good[:place] + bytes_in + good[place:]
    try:
        indices, events, rejections = read_events(body)
    except Unreadable:
        return
    assert len(indices) == len(events)
    told = sorted([*indices, *(r.index for r in rejections)])
    assert told == list(range(len(told)))


def test_columns_are_read_like_their_events() -> None:
    body = COLUMNS + b'"visitor":["v","w"],"article":["a",7],"at":[1506826800026,1],"slot":[0,3]}}'
    assert read_columns(body) == {
        "visitor": ["v", "w"], "article": ["a", 7], "at": [1_506_826_800_026, 1], "slot": [0, 3]
    }  # fmt: skip
    indices, events, rejections = read_events(rows_from_columns(body))
    assert (indices, rejections) == ([0, 1], [])
    assert events == [
        Event(visitor="v", article="a", at=1_506_826_800_026),
        Event(visitor="w", article=7, at=1, slot=3),
    ]


@pytest.mark.parametrize(
    "columns",
    [
        b'"visitor":["v"],"article":["a"]',
        b'"article":["a"],"at":[1]',
        b'"visitor":["v","w"],"article":["a"],"at":[1]',
        b'"visitor":["v"],"article":["a"],"at":[1],"slot":[256]',
        b'"visitor":["\xff"],"article":["a"],"at":[1]',
        b'"visitor":["v"],"article":["a"],"at":[1],"snow":' + b"[" * 100_000,
    ],
    ids=lambda columns: repr(columns[:50]),
)
def test_columns_that_break_a_rule_are_read_one_by_one(columns: bytes) -> None:
    assert read_columns(COLUMNS + columns + b"}}") is None


def test_uneven_columns_are_unreadable() -> None:
    for columns in (b'"visitor":["v","w"],"article":["a"]', b'"visitor":"v"', b"oops"):
        with pytest.raises(
            Unreadable,
            match=r"columns must (be lists|have the same length)|body must be JSON: byte",
        ):
            rows_from_columns(COLUMNS + columns + b"}}")
