"""Timestamps: every form of a time, and the time zone of a site."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.engine.event import (
    Event,
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
