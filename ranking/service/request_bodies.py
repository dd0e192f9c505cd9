"""Request bodies: decompressed (RFC 9110, section 8.4) and limited in size."""

import zlib

from starlette.requests import Request

from ranking.engine.event import unmarked
from ranking.service.collector import LARGEST_BODY
from ranking.service.problems import Problem

GZIP = b"\x1f\x8b"
CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Window bits that zlib reads each coding with."""


async def body_of(request: Request) -> bytes:
    """Read the body of a request, decompressed.

    Raises
    ------
    Problem
        413 if it is too large, 415 if its coding is unknown, 400 if it is incomplete.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 12 or int(length) > LARGEST_BODY):
        raise _too_large()
    body = await request.body()
    if len(body) > LARGEST_BODY:
        raise _too_large()
    named = ",".join(request.headers.getlist("content-encoding")).lower().split(",")
    codings = [name.strip() for name in named if name.strip() not in ("", "identity")]
    for coding in reversed(codings):
        if coding not in CODINGS:
            detail = f"Content-Encoding must be gzip, deflate or identity, got {coding[:40]!r}"
            raise Problem(415, "Unknown coding", detail, {"accept-encoding": "gzip, deflate"})
        body = _plain(body, coding)
    return unmarked(_plain(body, "gzip") if body.startswith(GZIP) else body)


def _plain(body: bytes, coding: str) -> bytes:
    parts, left, size = [], body, 0
    while left:
        inflater = zlib.decompressobj(CODINGS[coding])
        try:
            part = inflater.decompress(left, LARGEST_BODY + 1 - size)
        except zlib.error as error:
            raise Problem(400, "Unreadable body", f"body is not valid {coding}") from error
        size += len(part)
        if size > LARGEST_BODY:
            raise _too_large()
        if not inflater.eof:
            raise Problem(
                400, "Unreadable body", f"body must be whole {coding}, but it is incomplete"
            )
        parts.append(part)
        left = inflater.unused_data.lstrip(b"\x00") if coding != "deflate" else b""
    return b"".join(parts)


def _too_large() -> Problem:
    return Problem(413, "Body too large", f"body must be at most {LARGEST_BODY} bytes, unpacked")
