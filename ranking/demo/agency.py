"""Agency: the simulated newsroom and its readers, which send to a running server over HTTP.

In the demo this file alone is an HTTP client and reads the clock. It first sends the articles of
two days and the archive, then two days of views with a rising rate, so every edition soon has a
full Popular. After that it sends the views and other events of each second, and new and breaking
stories. It starts an A/A test, and one more experiment if there is none. Requests that the server
refuses for now (503, 429, no connection) are repeated.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import msgspec

from ranking.demo.experiments import memberships_by_edition, start_experiments
from ranking.demo.newsroom import Article, Newsroom
from ranking.demo.readers import Memberships, Readers, View

HOUR = 3_600.0
DAYS, STORIES_A_DAY = 2, 60
PAST = ((48.0, 12.0, 0.35), (12.0, 2.0, 1.3), (2.0, 0.35, 7.0), (0.35, 0.0, 14.0))
"""Past views: hours ago from, until, and views/s; about 150,000 in all."""

RATE = 125.0
"""Live views per second."""

STORY_EVERY = (20.0, 40.0)
BREAKING_EVERY = (100.0, 160.0)
FIRST_BREAKING = 25.0
"""Seconds between stories."""

EXPERIMENTS_EVERY = 5.0
"""Seconds between two requests for the running experiments."""

LONGEST_GAP = 120.0
"""Seconds of missed views that are sent after a pause."""

KEPT = 4_200
"""Number of recent articles that readers choose from, besides the archive."""

_BATCH = 1_000
_EVENTS = 4_000
_JSON = {"Content-Type": "application/json"}
_LATER = (429, 502, 503, 504)
_LONGEST_WAIT = 5.0
Status = Callable[[str], None]


class _Stopped(Exception):
    """The agency was stopped while it waited."""


def run(
    base_url: str, *, seed: int, stop: threading.Event, on_status: Status, write_key: str = "",
    operate_key: str = "",
) -> None:  # fmt: skip
    """Send the agency's past, then run the agency until it is stopped.

    Parameters
    ----------
    base_url : str
        Address of the server, `http://127.0.0.1:8080`.
    seed : int
        Seed of all stories and readers.
    stop : threading.Event
        Ends the run when set.
    on_status : callable
        Called with one line of progress or of a refusal.
    write_key, operate_key : str
        Keys for events and articles, and for experiments, if the server has keys.

    Raises
    ------
    httpx.HTTPStatusError
        If the server answers with an error that a later attempt cannot avoid.
    """
    with _client(base_url, write_key) as client, _client(base_url, operate_key) as operator:
        agency = _Agency(_Sender(client, operator, stop, on_status), seed)
        try:
            now = time.time()
            agency.catch_up(now)
            agency.live(now)
        except _Stopped:
            on_status("the agency has stopped")


def _client(base_url: str, key: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=base_url, timeout=30.0, headers=headers)


class _Sender:
    """Sends requests, and waits if the server asks for it."""

    def __init__(
        self, client: httpx.Client, operator: httpx.Client, stop: threading.Event, on_status: Status
    ) -> None:
        self._client, self._operator = client, operator
        self._stop = stop
        self.on_status = on_status

    def articles(self, cards: Sequence[Article]) -> None:
        """Post cards with absolute addresses."""
        home = str(self._client.base_url).rstrip("/")
        whole = [{**c, "url": home + c["url"], "image": home + c["image"]} for c in cards]
        for k in range(0, len(whole), _BATCH):
            answer = self._post("/v1/articles", whole[k : k + _BATCH])
            if rejected := answer.get("rejected"):
                self.on_status(
                    f"{len(rejected)} articles were refused, the first one: {rejected[0]}"
                )

    def events(self, views: Sequence[View]) -> None:
        for k in range(0, len(views), _EVENTS):
            answer = self._post("/v1/events", views[k : k + _EVENTS])
            if rejected := answer.get("rejected"):
                self.on_status(f"{len(rejected)} views were refused, the first one: {rejected[0]}")

    def start_experiments(self) -> None:
        try:
            for name in start_experiments(self._operator):
                self.on_status(f"experiment {name} has started")
        except httpx.HTTPError as error:
            self.on_status(f"no experiments of the agency: {error}")

    def memberships(self, before: Memberships) -> Memberships:
        try:
            return memberships_by_edition(self._client)
        except httpx.HTTPError:
            return before

    def pause(self, seconds: float) -> None:
        if self._stop.wait(max(0.0, seconds)):
            raise _Stopped

    def _post(self, path: str, rows: Sequence[Any]) -> dict[str, Any]:
        body = msgspec.json.encode(rows)
        wait = 0.1
        while True:
            self.pause(0.0)
            try:
                answer = self._client.post(path, content=body, headers=_JSON)
            except httpx.TransportError as error:
                self.on_status(f"waiting for the server: {error}")
            else:
                if answer.status_code not in _LATER:
                    answer.raise_for_status()
                    return _read(answer)
                wait = max(wait, _retry_after(answer))
            self.pause(wait)
            wait = min(wait * 2.0, _LONGEST_WAIT)


class _Agency:
    """The newsroom, its readers and the published articles."""

    def __init__(self, sender: _Sender, seed: int) -> None:
        self._sender = sender
        self._newsroom = Newsroom(seed)
        self._readers = Readers(seed)
        self._random = random.Random(seed)
        self._archive: list[Article] = []
        self._current: deque[Article] = deque(maxlen=KEPT)

    def catch_up(self, now: float) -> None:
        self._current.extend(self._newsroom.recent(now, DAYS, STORIES_A_DAY))
        self._archive = self._newsroom.archive(now)
        self._sender.articles([*self._current, *self._archive])
        self._sender.on_status(
            f"{len(self._current)} articles of the last {DAYS} days are published"
        )
        self._sender.on_status(f"{len(self._archive)} articles of the archive are published")
        sent = 0
        for first, last, rate in PAST:
            hours = max(1, round((first - last) / 6.0))
            step = (first - last) * HOUR / hours
            for k in range(hours):
                since = now - first * HOUR + k * step
                views = self._views(since, since + step, rate)
                self._sender.events(views)
                sent += len(views)
            self._sender.on_status(f"{sent:,} past views are sent")

    def live(self, since: float) -> None:
        start = time.time()
        self._sender.start_experiments()
        memberships: Memberships = {}
        asked_at = 0.0
        story_at = start + self._random.uniform(*STORY_EVERY)
        breaking_at = start + FIRST_BREAKING
        while True:
            self._sender.pause(since + 1.0 - time.time())
            now = max(time.time(), since)
            since = max(since, now - LONGEST_GAP)
            if now >= story_at:
                self._publish(now, breaking=False)
                story_at = now + self._random.uniform(*STORY_EVERY)
            if now >= breaking_at:
                self._publish(now, breaking=True)
                breaking_at = now + self._random.uniform(*BREAKING_EVERY)
            if now >= asked_at:
                memberships, asked_at = (
                    self._sender.memberships(memberships),
                    now + EXPERIMENTS_EVERY,
                )
            self._sender.events(self._views(since, now, RATE, memberships))
            since = now

    def _publish(self, now: float, breaking: bool) -> None:
        cards = self._newsroom.fresh(now, breaking)
        self._current.extend(cards)
        self._sender.articles(cards)
        kind = "breaking story" if breaking else "new story"
        self._sender.on_status(f"{kind}: {_english(cards)}")

    def _views(
        self, since: float, until: float, rate: float, memberships: Memberships | None = None
    ) -> list[View]:
        return self._readers.views(
            [*self._archive, *self._current], since, until, rate, memberships
        )


def _english(cards: Sequence[Article]) -> str:
    titles = {card["lang"]: card["title"] for card in cards}
    return titles.get("en") or cards[0]["title"]


def _read(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json() if answer.content else {}
    return body if isinstance(body, dict) else {}


def _retry_after(answer: httpx.Response) -> float:
    header = answer.headers.get("retry-after", "")
    return min(float(header), _LONGEST_WAIT) if header.isdigit() else 0.0
