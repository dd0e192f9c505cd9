"""Sending a log into a running system by HTTP, in its order, on one connection.

The next request is made while the last one is on its way. A request that was not answered is sent
again; its events carry ids then only if the log has them, so `with_ids` gives them some.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Protocol

import httpx
import msgspec

from ranking.engine.event import Rejection
from ranking.lists.cards import Card
from ranking.replay.files import Chunk, body_of

CARDS = 1000
PATIENCE = 60.0


class SendError(ValueError):
    """The system did not take what was sent."""


@dataclass(slots=True)
class Sent:
    """What came of it.

    Attributes
    ----------
    accepted, rejected : int
        Events.
    first_fault : str
        The first rejection, if any: row of its file, field and rule.
    seconds : float
        From the first request to the last answer.
    """

    accepted: int = 0
    rejected: int = 0
    first_fault: str = ""
    seconds: float = 0.0


class Taken(msgspec.Struct, frozen=True):
    """What a system made of what was sent."""

    accepted: int
    rejected: list[Rejection]


class Target(Protocol):
    """Where a log is sent: used as a context that delivers what is under way when it ends."""

    def __enter__(self) -> "Target":
        """Begin."""

    def __exit__(self, *error: object) -> None:
        """Deliver, and close the connection."""

    def take(self, body: bytes) -> Taken:
        """Take events, as JSON in any of the forms that the API reads."""

    def put(self, cards: list[Card]) -> Taken:
        """Take cards."""


def send_views(
    chunks: Iterable[Chunk],
    url: str,
    *,
    speed: float = 0.0,
    shift_ms: int = 0,
    with_ids: bool = False,
    progress: Callable[[Chunk], None] = lambda chunk: None,
) -> Sent:
    """Post views in their order.

    Parameters
    ----------
    chunks : iterable of Chunk
    url : str
        Of the system, such as http://127.0.0.1:8080.
    speed : float
        Log seconds a second; 0 = as fast as it goes.
    shift_ms : int
        Added to every stamp.
    with_ids : bool
        Give events without an id one, so that nothing counts twice when an answer is lost.
    progress : callable
        Told each chunk that was taken.

    Raises
    ------
    SendError
        If the system cannot be reached for a minute, or refuses.
    """
    sent, started = Sent(), time.monotonic()
    bodies = _ahead(_bodies(chunks, shift_ms, with_ids))
    with target_of(url) as target:
        pace = _Pace(speed)
        for chunk, body in bodies:
            pace.wait(chunk)
            answer = target.take(body)
            sent.accepted += answer.accepted
            sent.rejected += len(answer.rejected)
            if answer.rejected and not sent.first_fault:
                sent.first_fault = chunk.fault(answer.rejected[0])
            progress(chunk)
    sent.seconds = time.monotonic() - started
    return sent


def send_articles(cards: Iterable[Card], url: str, progress: Callable[[int], None]) -> int:
    """Post articles; returns how many were taken.

    Raises
    ------
    SendError
        As for views.
    """
    taken = 0
    with target_of(url) as target:
        part: list[Card] = []
        for card in (*cards, None):
            if card is not None:
                part.append(card)
            if part and (card is None or len(part) == CARDS):
                taken += target.put(part).accepted
                progress(len(part))
                part = []
    return taken


def shift_to_now(path_last_at_ms: int) -> int:
    """Milliseconds that move a log so that it ends now."""
    return int(time.time() * 1000) - path_last_at_ms


def _bodies(
    chunks: Iterable[Chunk], shift_ms: int, with_ids: bool
) -> Iterator[tuple[Chunk, bytes]]:
    for chunk in chunks:
        if shift_ms:
            chunk.columns["at"] = [at + shift_ms for at in chunk.columns["at"]]
        if with_ids:
            given = chunk.columns.get("id", [None] * chunk.size)
            rows = enumerate(given, chunk.first)
            chunk.columns["id"] = [f"row-{row}" if id is None else id for row, id in rows]
        yield chunk, body_of(chunk)


def _ahead(bodies: Iterator[tuple[Chunk, bytes]]) -> Iterator[tuple[Chunk, bytes]]:
    """Make the next body while the last one is being sent."""
    with ThreadPoolExecutor(1) as maker:
        following = maker.submit(next, bodies, None)
        while (body := following.result()) is not None:
            following = maker.submit(next, bodies, None)
            yield body


class _Http:
    """A server's collector."""

    def __init__(self, url: str) -> None:
        key = os.environ.get("TOLQYN_KEY", "")
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=url, timeout=60.0, headers=headers)

    def __enter__(self) -> "_Http":
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def take(self, body: bytes) -> Taken:
        return _post(self._client, "/v1/events", body)

    def put(self, cards: list[Card]) -> Taken:
        return _post(self._client, "/v1/articles", msgspec.json.encode(cards))


TARGETS: dict[str, Callable[[str], Target]] = {"http": _Http, "https": _Http}


def target_of(url: str) -> Target:
    """Connect to where a log is sent; other packages know more schemes (`tolqyn.targets`).

    Raises
    ------
    SendError
        If nobody knows the scheme.
    """
    scheme = url.partition("://")[0]
    if scheme in TARGETS:
        return TARGETS[scheme](url)
    for entry in entry_points(group="tolqyn.targets", name=scheme):
        made: Target = entry.load()(url)
        return made
    known = sorted({*TARGETS, *entry_points(group="tolqyn.targets").names})
    message = f"--to must begin with {' or '.join(f'{name}://' for name in known)}, got {url!r}"
    raise SendError(message)


class _Pace:
    """Waits so that log time passes `speed` times as fast as the clock."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._start: tuple[float, float] | None = None

    def wait(self, chunk: Chunk) -> None:
        if not self._speed:
            return
        at = chunk.columns["at"][-1] / 1000
        if self._start is None:
            self._start = (time.monotonic(), chunk.columns["at"][0] / 1000)
        started, first = self._start
        due = started + (at - first) / self._speed
        time.sleep(max(due - time.monotonic(), 0.0))


def _post(client: httpx.Client, path: str, body: bytes) -> Taken:
    waited, pause = 0.0, 0.1
    while True:
        try:
            response = client.post(path, content=body)
        except httpx.TransportError as error:
            reason, pause = f"{client.base_url} does not answer: {error}", min(pause * 2, 5.0)
        else:
            if response.status_code == 202:
                return msgspec.json.decode(response.content, type=Taken)
            reason = f"{response.status_code}: {response.text[:200]}"
            if response.status_code not in (429, 503):
                raise SendError(reason)
            pause = float(response.headers.get("retry-after", 1))
        if waited > PATIENCE:
            raise SendError(reason)
        time.sleep(pause)
        waited += pause


def last_stamp(chunks: Iterable[Chunk]) -> int:
    """Newest stamp of a log, ms."""
    return max((max(chunk.columns["at"]) for chunk in chunks), default=0)
