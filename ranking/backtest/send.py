"""Sends a log into a running system over HTTP, in order, on one connection.

The next request is prepared while the last one is in flight; an unanswered request is repeated. A
label (the digest of the file) and row numbers identify the rows. The system skips rows that it
already has, so a repeated send resumes a stopped one.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import entry_points
from itertools import islice
from typing import Protocol

import httpx
import msgspec

from ranking.backtest.files import Chunk, FileError, body_of
from ranking.content.cards import Card, Placed, sent_of
from ranking.engine.event import Rejection
from ranking.service.collector import Label

CARDS = 1000
PATIENCE = 60.0


class SendError(ValueError):
    """The system did not accept the data."""


class SendStopped(SendError):
    """A send ended before its log did.

    Parameters
    ----------
    reason : str
    taken : int
        Accepted rows, from the first one on.
    hint : str
        A possible remedy.
    """

    def __init__(self, reason: str, taken: int, hint: str = "") -> None:
        super().__init__(f"{reason}; {hint or goes_on(taken)}")
        self.taken = taken


@dataclass(slots=True)
class SendResult:
    """The result of a send.

    Attributes
    ----------
    accepted, rejected : int
        Events.
    known : int
        Accepted events that the system had before, if it reports them.
    first_fault : str
        The first rejection, if any: row of its file, field and rule.
    seconds : float
        From the first request to the last answer.
    """

    accepted: int = 0
    rejected: int = 0
    known: int = 0
    first_fault: str = ""
    seconds: float = 0.0


class Taken(msgspec.Struct, frozen=True):
    """Outcome counts of a send; a cluster does not report repeats."""

    accepted: int
    rejected: list[Rejection]
    known: int = -1


class Target(Protocol):
    """A destination of a log; as a context manager it delivers pending events at its end."""

    def __enter__(self) -> "Target":
        """Open the connection."""

    def __exit__(self, *error: object) -> None:
        """Deliver, and close the connection."""

    def take(self, body: bytes, label: Label | None = None, *, outcome: bool = False) -> Taken:
        """Post events as JSON, in any form of the API; returns their outcome."""

    def put(self, cards: list[Card]) -> Taken:
        """Post cards."""


def send_views(
    chunks: Iterable[Chunk],
    url: str,
    *,
    speed: float = 0.0,
    shift_ms: int = 0,
    label: str = "",
    with_ids: bool = False,
    is_new: bool = False,
    progress: Callable[[Chunk], None] = lambda chunk: None,
) -> SendResult:
    """Post views in order.

    Parameters
    ----------
    chunks : iterable of Chunk
    url : str
        Address of the system, such as http://127.0.0.1:8080.
    speed : float
        Log seconds per second; 0 = as fast as possible.
    shift_ms : int
        Added to every stamp.
    label : str
        Digest of the file; the system skips rows that it has under this label.
    with_ids : bool
        Add an id from label and row to events without one.
    is_new : bool
        Whether the label belongs to this send alone.
    progress : callable
        Called with each accepted chunk.

    Raises
    ------
    SendStopped
        If the system is unreachable for a minute or refuses, or the log cannot be read.
    SendError
        If `with_ids` is set without a label.
    """
    if with_ids and not label:
        message = "ids must be made of a label, got none"
        raise SendError(message)
    sent, started, is_asked, taken = SendResult(), time.monotonic(), bool(label), 0
    bodies = _ahead(_bodies(chunks, shift_ms, label if with_ids else ""))
    with target_of(url) as target:
        pace = _Pace(speed)
        while True:
            try:
                chunk, body = next(bodies, (None, b""))
                if chunk is None:
                    break
                pace.wait(chunk)
                row_label = Label(label, chunk.first) if label else None
                answer = target.take(body, row_label, outcome=is_asked)
            except SendError as error:
                raise SendStopped(str(error), taken, goes_on(taken, is_new=is_new)) from error
            except FileError as error:
                if not taken:
                    raise
                raise SendStopped(str(error), taken, f"{taken} rows were taken") from error
            taken += chunk.size
            is_asked = is_asked and answer.known == answer.accepted
            sent.known += max(answer.known, 0)
            sent.accepted += answer.accepted
            sent.rejected += len(answer.rejected)
            if answer.rejected and not sent.first_fault:
                sent.first_fault = chunk.fault(answer.rejected[0])
            progress(chunk)
    sent.seconds = time.monotonic() - started
    return sent


def send_articles(cards: Iterable[Placed], url: str, progress: Callable[[int], None]) -> SendResult:
    """Post articles with their row numbers.

    Raises
    ------
    SendError
        As for views.
    """
    sent, placed = SendResult(), iter(cards)
    with target_of(url) as target:
        while part := list(islice(placed, CARDS)):
            try:
                answer = target.put([card for _, card in part])
            except SendError as error:
                message = f"{error}; {sent.accepted} articles were taken"
                raise SendError(message) from error
            sent.accepted += answer.accepted
            sent.rejected += len(answer.rejected)
            if answer.rejected and not sent.first_fault:
                first = answer.rejected[0]
                row = part[first.index].place
                sent.first_fault = f"row {row}: {first.field}: {first.reason}"
            progress(len(part))
    return sent


def goes_on(taken: int, *, is_new: bool = False) -> str:
    """Describe what remains after a stopped send."""
    text = f"{taken} rows were taken"
    return text if is_new else f"{text}, and the same command again goes on after them"


def shift_to_now(path_last_at_ms: int) -> int:
    """Shift in milliseconds after which a log ends now."""
    return int(time.time() * 1000) - path_last_at_ms


def _bodies(chunks: Iterable[Chunk], shift_ms: int, prefix: str) -> Iterator[tuple[Chunk, bytes]]:
    for chunk in chunks:
        if shift_ms:
            chunk.columns["at"] = [at + shift_ms for at in chunk.columns["at"]]
        if prefix:
            given = chunk.columns.get("id", [None] * chunk.size)
            rows = enumerate(given, chunk.first)
            chunk.columns["id"] = [f"{prefix}-{row}" if id is None else id for row, id in rows]
        yield chunk, body_of(chunk)


def _ahead(bodies: Iterator[tuple[Chunk, bytes]]) -> Iterator[tuple[Chunk, bytes]]:
    """Prepare the next body while the last one is in flight."""
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

    def take(self, body: bytes, label: Label | None = None, *, outcome: bool = False) -> Taken:
        headers = {"import": f"{label.digest} {label.first}"} if label else {}
        path = "/v1/events?outcome=1" if outcome else "/v1/events"
        return _post(self._client, path, body, headers)

    def put(self, cards: list[Card]) -> Taken:
        body = msgspec.json.encode([sent_of(card) for card in cards])
        return _post(self._client, "/v1/articles", body, {})


TARGETS: dict[str, Callable[[str], Target]] = {"http": _Http, "https": _Http}


def target_of(url: str) -> Target:
    """Connect to a destination; other packages add schemes (`tolqyn.targets`).

    Raises
    ------
    SendError
        If the scheme is unknown.
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
        if not self._speed or len(chunk.faults) == chunk.size:
            return
        at = chunk.columns["at"][-1] / 1000
        if self._start is None:
            self._start = (time.monotonic(), chunk.columns["at"][0] / 1000)
        started, first = self._start
        due = started + (at - first) / self._speed
        time.sleep(max(due - time.monotonic(), 0.0))


def _post(client: httpx.Client, path: str, body: bytes, headers: dict[str, str]) -> Taken:
    waited, pause = 0.0, 0.1
    while True:
        try:
            response = client.post(path, content=body, headers=headers)
        except httpx.TransportError as error:
            is_late = isinstance(error, httpx.ReadTimeout)
            what = "no answer came in time from" if is_late else "nothing answers at"
            reason, pause = f"{what} {client.base_url}", min(pause * 2, 5.0)
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
