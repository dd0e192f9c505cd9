"""Ready: an answer as bytes, with the headers that caches need, until it must be made anew.

Who asks first for one that is too old makes it anew; others get the old one for `GRACE` seconds,
so that many who ask at once are no crowd.
"""

from dataclasses import dataclass
from zlib import crc32

NUMBERS_EVERY = 1.0
"""Seconds that numbers stand."""
GRACE = 0.5


@dataclass(slots=True)
class Answer:
    """A response of 200.

    Attributes
    ----------
    headers : list of (str, str)
    body : bytes
    etag : str
    until : float
        Monotonic seconds after which it must be made anew.
    is_asked : bool
        Whether somebody got it lately; whoever looks takes it back.
    is_renewed : bool
        Whether somebody makes it anew.
    """

    headers: list[tuple[str, str]]
    body: bytes
    etag: str
    until: float
    is_asked: bool = False
    is_renewed: bool = False

    def serves(self, now: float) -> bool:
        """Say whether it may go out; of those who ask too late, one must make it anew."""
        self.is_asked = True
        if self.until > now:
            return True
        if self.is_renewed:
            return self.until + GRACE > now
        self.is_renewed = True
        return False


def answer_of(body: bytes, until: float = float("inf")) -> Answer:
    """Dress a JSON body for caches."""
    etag = f'"{crc32(body):08x}{len(body):x}"'
    headers = [
        ("content-type", "application/json"),
        ("cache-control", "max-age=1, stale-while-revalidate"),
        ("etag", etag),
        ("access-control-allow-origin", "*"),
    ]
    return Answer(headers, body, etag, until)
