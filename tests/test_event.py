"""Events: what is read out of a request, and why the rest is not."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.engine.event import (
    Event,
    Rejection,
    Unreadable,
    article_fault,
    canonical_edition,
    edition_fault,
    is_columns,
    read_columns,
    read_events,
    rows_from_columns,
)
from ranking.engine.timestamps import LAYOUTS, TimestampError, ZoneError, stamp_ms, zone_of

MOMENT = "2017-10-01T03:00:00"
MOMENT_MS = 1_506_826_800_000
HOUR = 3_600_000
COLUMNS = b'{"columns":{'
GOOD = b'{"visitor": "v", "article": "a"}'
EVENT = Event(visitor="v", article="a")


@pytest.mark.parametrize(
    ("at", "stamp"),
    [
        (1_506_826_800, MOMENT_MS),
        (1_506_826_800.026, MOMENT_MS + 26),
        (1_506_826_800_026, MOMENT_MS + 26),
        (1_506_826_800_026.4, MOMENT_MS + 26),
        ("1506826800", MOMENT_MS),
        ("1506826800.5", MOMENT_MS + 500),
        ("1506826800026", MOMENT_MS + 26),
        ("Sun, 01 Oct 2017 03:00:00 GMT", MOMENT_MS),
        ("Sun, 01 Oct 2017 09:00:00 +0600", MOMENT_MS),
        ("01 Oct 2017 03:00 UT", MOMENT_MS),
        ("2017-10-01 03:00:00 UTC", MOMENT_MS),
        ("2017-10-01 09:00:00 +0600", MOMENT_MS),
        ("2017-10-01t03:00:00z", MOMENT_MS),
        ("20171001T030000Z", MOMENT_MS),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("20161231T235960Z", 1_483_228_800_000),
        ("20171001Z", MOMENT_MS - 3 * HOUR),
        ("2017-10-01+06:00", MOMENT_MS - 9 * HOUR),
        ("201710010300Z", MOMENT_MS),
        ("20171001030000 GMT", MOMENT_MS),
        ("20171001030000026Z", MOMENT_MS + 26),
        ("2017-W39-7T03:00Z", MOMENT_MS),
        ("1.506826800026E+12", MOMENT_MS + 26),
        (MOMENT + "Z", MOMENT_MS),
        (MOMENT + "+00:00", MOMENT_MS),
        ("2017-10-01T09:00:00+06:00", MOMENT_MS),
        ("2017-10-01 03:00:00.026Z", MOMENT_MS + 26),
        (99_999_999_999, 99_999_999_999_000),
        (946_684_800_000, 946_684_800_000),
        (0, 0),
    ],
)
def test_stamps_in_all_their_forms(at: float | str, stamp: int) -> None:
    assert stamp_ms(at) == stamp
    assert type(stamp_ms(at)) is int


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.integers(1_000_000_000_000, 4_000_000_000_000), st.integers(-12, 14))
def test_a_stamp_comes_back_from_every_form(ms: int, hours: int) -> None:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)
    zone = f"{'-' if hours < 0 else '+'}{abs(hours):02}:00"
    local = (moment + timedelta(hours=hours)).replace(tzinfo=None)
    for form in (ms, str(ms), ms / 1000, moment.isoformat(), local.isoformat() + zone):
        assert stamp_ms(form) == ms


@settings(deadline=None, max_examples=300, derandomize=True)
@given(
    st.integers(946_684_800, 4_000_000_000), st.integers(-1439, 1439),
    st.sampled_from(["%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%dT%H%M%S", "%Y-%m-%d %H:%M"]),
    st.sampled_from(["", ":"]), st.sampled_from(["", " "]),
)  # fmt: skip
def test_a_compact_time_of_a_zone_comes_back(
    at: int, minutes: int, form: str, colon: str, space: str
) -> None:
    """Whatever the zone, with and without a colon and a space; Z is zone zero."""
    offset = timedelta(minutes=minutes)
    text = datetime.fromtimestamp(at, timezone(offset)).strftime(form)
    local = datetime.strptime(text, form).replace(tzinfo=UTC)
    ms = round((local - offset).timestamp() * 1000)
    sign = "-" if minutes < 0 else "+"
    zone = f"{sign}{abs(minutes) // 60:02}{colon}{abs(minutes) % 60:02}"
    assert stamp_ms(text + space + zone) == stamp_ms(text + space + zone, ALMATY) == ms
    assert stamp_ms(f"{text}{space}Z") == round(local.timestamp() * 1000)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.characters(exclude_characters="Tt +-"))
def test_a_date_and_a_time_are_parted_by_t_or_a_space(separator: str) -> None:
    for text in ("2017-10-01{}03:00:00Z", "20171001{}030000Z", "2017-10-01{}03Z"):
        if separator.isdecimal() and text.startswith("20171001"):
            continue  # is a digit of the date or the time
        with pytest.raises(TimestampError, match="at must"):
            stamp_ms(text.format(separator))


ALMATY = zone_of("Asia/Almaty")
ZONELESS: list[tuple[float | str, int]] = [
    (MOMENT, MOMENT_MS),
    ("2017-10-01 03:00", MOMENT_MS),
    ("2017-10-01", MOMENT_MS - 3 * HOUR),
    (20171001, MOMENT_MS - 3 * HOUR),
    (20171001.0, MOMENT_MS - 3 * HOUR),
    ("20171001", MOMENT_MS - 3 * HOUR),
    (20171001030000, MOMENT_MS),
    ("20171001030000", MOMENT_MS),
    (201710010300, MOMENT_MS),
    ("20171001030000026", MOMENT_MS + 26),
    ("Sun, 01 Oct 2017 03:00:00", MOMENT_MS),
]


@pytest.mark.parametrize(("at", "of_utc"), ZONELESS)
def test_a_time_without_a_zone_is_of_the_site_or_refused(at: float | str, of_utc: int) -> None:
    assert stamp_ms(at, ALMATY) == of_utc - 6 * HOUR  # as it was in Almaty in 2017
    assert stamp_ms(at, UTC) == of_utc
    with pytest.raises(TimestampError, match=r"at must have a zone .* setting timezone .* got"):
        stamp_ms(at)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.integers(631_152_000, 4_102_358_400), st.sampled_from([8, 12, 14]))
def test_a_compact_date_is_never_an_epoch(at: int, digits: int) -> None:
    """As a number and as text; one that the calendar lacks is refused."""
    compact = datetime.fromtimestamp(at, UTC).strftime("%Y%m%d%H%M%S")[:digits]
    cut = datetime.strptime(compact, LAYOUTS[digits]).replace(tzinfo=UTC)
    for form in (compact, int(compact), float(compact)):
        assert stamp_ms(form, UTC) == round(cut.timestamp() * 1000)
    with pytest.raises(TimestampError, match="at must"):
        stamp_ms(compact[:4] + "0231" + compact[8:], UTC)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.integers(946_684_800_000, 9_999_999_999_999))
def test_milliseconds_since_2000_are_never_a_date(ms: int) -> None:
    """So that a time that was read once is read again as the same."""
    assert stamp_ms(ms) == stamp_ms(str(ms)) == stamp_ms(float(ms)) == ms


@pytest.mark.parametrize(
    "at",
    [
        *("", "x", "nan", "inf", "-inf", "yesterday", "2017-13-01", "25:00", "1.79581E+12"),
        *("20171332", "2017122008", "01.10.2017", "10/01/2017 03:00", "43009", "171001"),
        *("2017-10-01  03:00Z", "2017-10-01x03:00Z", "2017-10-01-03:00:00Z", "2017100103Z"),
        *("2017-10-01\x0003:00Z", "20171001 03:0000Z", "Sun, 01 Oct 2017 03:00:00 +9999"),
        *("31122017", "311220170801", "2017-10-01T03:00:00+25:00", "9" * 5000, "9999-12-31Z"),
        *(True, None, [1], -1.5, -1, 1e15, -1e300, 43009.5, 1_506_826_800_026_000, 10**5000),
        *(float("nan"), float("inf"), 20171332, 2017122008),
    ],
    ids=lambda at: repr(at)[:20] if at != 10**5000 else "huge",
)
def test_what_is_no_stamp_is_refused(at: Any) -> None:
    """With the field, the rule and the value, at a length that can be read."""
    with pytest.raises(TimestampError, match=r"^when must .*, got .") as refused:
        stamp_ms(at, ALMATY, "when")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("name", ["Almaty", "../etc/passwd", "Europe", "+05:00", "\x00", "a" * 300])
def test_a_zone_that_is_unknown_is_refused(name: str) -> None:
    with pytest.raises(ZoneError, match=r"^timezone must be an IANA name .*, got '"):
        zone_of(name)
    assert zone_of("") is None


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


GOOD_EDITIONS = [
    "inform/ru",
    "inform/kk-Arab",
    "a/zh-Hans-CN",
    "tengri.kz/kk-Latn",
    "site/und",
    "9/en",
]


@pytest.mark.parametrize("edition", GOOD_EDITIONS)
def test_editions_are_a_site_and_a_language(edition: str) -> None:
    assert edition_fault(edition) == ""


@pytest.mark.parametrize(
    ("given", "spelt"),
    [
        ("inform/kk-latn", "inform/kk-Latn"),
        ("inform/KK-LATN", "inform/kk-Latn"),
        ("paper/zh-hans-cn", "paper/zh-Hans-CN"),
        ("paper/EN-us", "paper/en-US"),
        ("paper/es-419", "paper/es-419"),
        ("paper/sl-IT-NEDIS", "paper/sl-IT-nedis"),
        ("paper/de-CH-1901", "paper/de-CH-1901"),
        ("paper/en-a-BBB-x-A-CCCC", "paper/en-a-bbb-x-a-cccc"),
        ("paper/az-arab-x-AZE-derbend", "paper/az-Arab-x-aze-derbend"),
        ("paper/X-whatever", "paper/x-whatever"),
    ],
)
def test_editions_are_spelt_canonically(given: str, spelt: str) -> None:
    """By the examples of RFC 5646; what is spelt so stays so."""
    assert canonical_edition(given) == canonical_edition(spelt) == spelt


NO_EDITIONS = [
    *("", "inform", "inform/", "/ru", "Inform/ru", "inform/r", "inform/ru/x", "inform/ru-"),
    *("in form/ru", "inform/ru\n", "-x/ru", "inform/русский", "inform/kk_Arab"),
]


@pytest.mark.parametrize("edition", NO_EDITIONS)
def test_other_names_are_no_editions(edition: str) -> None:
    fault = edition_fault(edition)
    assert fault.startswith("edition must be site/lang")
    assert fault.endswith(f"got {edition!r}")


def test_articles_are_short_names_without_control_characters() -> None:
    for article in ("a", "7", "2024/05/новости", "x" * 256, "с пробелом", "العربية"):
        assert article_fault(article) == ""
    for article in ("", "x" * 257, "a\nb", "a\x00", "\x7f", "tab\t"):
        assert article_fault(article).startswith("article must be 1 to 256 characters")
    assert len(article_fault("x" * 10_000)) < 200
    assert Rejection(0, "article", article_fault("")).reason.endswith("got ''")
