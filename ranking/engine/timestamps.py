"""Timestamps: the one reader of time for everything that comes in.

A number is seconds or milliseconds since the epoch, told apart by size. A date in digits alone
(`YYYYMMDD`, `YYYYMMDDHHMM`, `YYYYMMDDHHMMSS`, as text also before a zone) is a date, no epoch.
Other numbers are refused: those of 5 to 8 digits, which may be a spreadsheet's days or a short
date, milliseconds before 1990, and what is after 2286. Text is a number, ISO 8601, RFC 3339 with
`T` or a space before the time, or RFC 2822 (https://www.rfc-editor.org/rfc/rfc2822#section-3.3). A
time without a zone needs the setting `timezone`.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

SECONDS_BELOW = 1e11
"""A number below is seconds since the epoch, one above milliseconds."""
SHORT, LEAST, LEAST_MS, MOST_MS = 10_000, 100_000_000, 631_152_000_000, 10**13
"""Seconds below which a number is a time, and between which; milliseconds likewise."""
RULE = "must be seconds or milliseconds since the epoch, ISO 8601 or RFC 2822"
LAYOUTS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_YEAR_AND_MONTH = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])")
_HOUR = re.compile(r"20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)
_SCIENTIFIC = re.compile(r"(\d)\.?(\d*)[eE]\+?(\d{1,2})", re.ASCII)
_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d|\d{8}|\d{4}-W\d\d(?:-\d)?|\d{4}W\d\d\d?)"
    r"(?:(?:[Tt ]|(?<=\d{8})(?=\d{4}))"
    r"(?P<time>\d\d(?::\d\d(?::\d\d(?:[.,]\d+)?)?)?|\d{4}(?:\d\d(?:[.,]\d+|\d{3})?)?))?"
    r" *(?P<zone>Z|UTC|GMT|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_MILLISECONDS = re.compile(r"(\d{6})(\d{3})", re.ASCII)
_LEAP_SECOND = re.compile(r"(?<=:\d\d:)60|(?<=\A\d{4})60")
_MAIL = re.compile(
    r"(?:[A-Z][a-z]{2},?\s+)?(\d{1,2})\s+([A-Z][a-z]{2})\s+(\d{4})\s+(\d\d):(\d\d)(?::(\d\d))?"
    r"(?:\s+([+-](?:[01]\d|2[0-3])[0-5]\d|[A-Z]{1,5}))?(?:\s*\(.*\))?",
    re.ASCII,
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MAIL_ZONES = {"UT": 0, "UTC": 0, "GMT": 0, "Z": 0} | {
    f"{name}{kind}T": hours + (kind == "D")
    for name, hours in (("E", -5), ("C", -6), ("M", -7), ("P", -8))
    for kind in "SD"
}


class TimestampError(ValueError):
    """Something is no time: the sender's fault. The text names field, rule and value."""


class ZoneError(ValueError):
    """The setting `timezone` names no zone: the operator's fault."""


def zone_of(name: str | None) -> tzinfo | None:
    """Zone of the setting `timezone`; None if it is not set.

    Raises
    ------
    ZoneError

    Examples
    --------
    >>> zone_of("Asia/Almaty"), zone_of("")
    (zoneinfo.ZoneInfo(key='Asia/Almaty'), None)
    """
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        message = f"timezone must be an IANA name such as Asia/Almaty, got {name!r}"
        raise ZoneError(message) from error


def stamp_ms(at: Any, zone: tzinfo | None = None, field: str = "at") -> int:
    """Milliseconds since the epoch of a moment in any of its forms.

    Parameters
    ----------
    at : int, float or str
    zone : tzinfo or None
        Whose time it is when the text does not say; None = such a time is refused.
    field : str
        Named by an error.

    Raises
    ------
    TimestampError
        With the field, the rule and the value.

    Examples
    --------
    >>> stamp_ms(1506826800), stamp_ms(1506826800026), stamp_ms("2017-10-01T03:00:00Z")
    (1506826800000, 1506826800026, 1506826800000)
    >>> stamp_ms(20171001, zone_of("Asia/Almaty")), stamp_ms("Sun, 01 Oct 2017 03:00:00 GMT")
    (1506794400000, 1506826800000)
    """
    if isinstance(at, str):
        return _of_text(at.strip(), at, zone, field)
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise _fault(field, RULE, at)
    return _of_number(at, at, zone, field)


def _of_text(text: str, given: Any, zone: tzinfo | None, field: str) -> int:
    if len(text) > 64:
        raise _fault(field, RULE, given)
    if _NUMBER.fullmatch(text):
        whole = text.isdecimal()
        if whole and len(text) == 17 and _is_compact(text[:14]):  # with milliseconds
            return _of_compact(text[:14], given, zone, field) + int(text[14:])
        return _of_number(int(text) if whole else float(text), given, zone, field)
    if found := _SCIENTIFIC.fullmatch(text):
        if 1 + len(found[2]) < 10:
            rule = "must keep all its digits, which a spreadsheet has rounded away"
            raise _fault(field, rule, given)
        return _of_number(float(text), given, zone, field)
    moment = _of_mail(text) if text[:1].isalpha() or " " in text[:3] else None
    return _ms(moment or _of_iso(text, given, field), given, zone, field)


def _of_number(number: float, given: Any, zone: tzinfo | None, field: str) -> int:
    if not -1e300 < number < 1e300:  # also refuses NaN
        raise _fault(field, RULE, given)
    if number < 0:
        raise _fault(field, "must not be negative", given)
    digits = str(int(number)) if number == int(number) and number < 1e15 else ""
    if _is_compact(digits):
        return _of_compact(digits, given, zone, field)
    if len(digits) == 10 and _HOUR.fullmatch(digits):
        rule = "must not be a date and an hour in 10 digits, which may as well be seconds"
        raise _fault(field, f"{rule}; write ISO 8601 or milliseconds", given)
    of_seconds = number < SHORT or LEAST <= number < SECONDS_BELOW
    if not (of_seconds or LEAST_MS <= number < MOST_MS):
        raise _fault(field, f"{RULE}, or a date as YYYYMMDD or YYYYMMDDHHMMSS", given)
    return round(number * 1000) if number < SECONDS_BELOW else round(number)


def _is_compact(digits: str) -> bool:
    return len(digits) in LAYOUTS and _YEAR_AND_MONTH.match(digits) is not None


def _of_compact(digits: str, given: Any, zone: tzinfo | None, field: str) -> int:
    try:
        moment = datetime.strptime(digits, LAYOUTS[len(digits)])  # noqa: DTZ007
    except ValueError:
        raise _fault(field, "must be a date of the calendar", given) from None
    return _ms(moment, given, zone, field)


def _of_iso(text: str, given: Any, field: str) -> datetime:
    found = _ISO.fullmatch(text)
    if not found:
        raise _fault(field, RULE, given)
    time = _MILLISECONDS.sub(r"\1.\2", found["time"] or "00")
    plain = _LEAP_SECOND.sub("59", time)
    zone = (found["zone"] or "").upper()
    zone = "Z" if zone.isalpha() else zone
    try:
        moment = datetime.fromisoformat(f"{found['date'].upper()}T{plain}{zone}")
    except ValueError:
        raise _fault(field, RULE, given) from None
    return moment + timedelta(seconds=plain != time)


def _of_mail(text: str) -> datetime | None:
    """Read RFC 2822; `-0000` says UTC, an unknown name of a zone nothing."""
    found = _MAIL.fullmatch(text)
    if not found or found[2] not in _MONTHS:
        return None
    day, month, year, hour, minute, second, zone = found.groups()
    numbers = int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute)
    try:
        moment = datetime(*numbers, int(second or 0))  # noqa: DTZ001
    except ValueError:
        return None
    if zone and zone[0] in "+-":
        sign = -1 if zone[0] == "-" else 1
        offset = sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    elif zone in _MAIL_ZONES:
        offset = timedelta(hours=_MAIL_ZONES[zone])
    else:
        return moment
    return (moment - offset).replace(tzinfo=UTC)


def _ms(moment: datetime, given: Any, zone: tzinfo | None, field: str) -> int:
    if moment.tzinfo is None:
        if zone is None:
            rule = "must have a zone such as Z or +05:00"
            raise _fault(field, f"{rule}, or the setting timezone must name one", given)
        moment = moment.replace(tzinfo=zone)
    try:
        ms = round(moment.timestamp() * 1000)
    except (OverflowError, ValueError):
        ms = -1
    if not 0 <= ms < MOST_MS:
        raise _fault(field, "must be between 1970 and 2286", given)
    return ms


def _fault(field: str, rule: str, given: Any) -> TimestampError:
    if isinstance(given, float) and given.is_integer() and abs(given) < 1e16:
        given = int(given)
    try:
        shown = repr(given)
    except ValueError:  # a number of more digits than Python writes
        shown = "a number of thousands of digits"
    if len(shown) > 80:
        shown = f"{shown[:76]}..."
    return TimestampError(f"{field} {rule}, got {shown}")
