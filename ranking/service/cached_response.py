"""Cached response: an answer as bytes with its caching headers, until it expires.

The first request for an expired answer computes it again. Other requests get the old answer for
`GRACE` seconds, so that simultaneous requests compute it once.
"""

import re
from dataclasses import dataclass
from zlib import crc32

NUMBERS_EVERY = 1.0
"""Seconds for which numbers are not updated."""
GRACE = 0.5
_TAGS = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(slots=True)
class Answer:
    """A response of 200.

    Attributes
    ----------
    headers : list of (str, str)
    body : bytes
    etag : str
    until : float
        Monotonic seconds after which it must be computed again.
    is_asked : bool
        Whether it was requested since `ReadyArmLists` last looked, which resets it.
    is_renewed : bool
        Whether a request computes it again.
    """

    headers: list[tuple[str, str]]
    body: bytes
    etag: str
    until: float
    is_asked: bool = False
    is_renewed: bool = False

    def serves(self, now: float) -> bool:
        """Say whether it may be sent; one caller after its expiry gets False and must renew it."""
        self.is_asked = True
        if self.until > now:
            return True
        if self.is_renewed:
            return self.until + GRACE > now
        self.is_renewed = True
        return False


def is_known(given: str, etag: str) -> bool:
    """Say whether `If-None-Match` has an entity tag, compared weakly (RFC 9110, section 13.1.2).

    Examples
    --------
    >>> is_known('W/"b", "a"', '"a"'), is_known("*", '"a"'), is_known('"b"', '"a"')
    (True, True, False)
    """
    if given == etag or given.strip() == "*":
        return True
    return bool(given) and etag in _TAGS.findall(given)


def answer_of(body: bytes, until: float = float("inf")) -> Answer:
    """Dress a JSON body for caches."""
    etag = f'"{crc32(body):08x}{len(body):x}"'
    headers = [
        ("content-type", "application/json"),
        ("cache-control", "max-age=1, stale-while-revalidate=10"),
        ("etag", etag),
        ("access-control-allow-origin", "*"),
    ]
    return Answer(headers, body, etag, until)
