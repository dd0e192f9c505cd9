"""Agency: the simulated newsroom and its readers, sending to a running server over HTTP.

This file alone of the demo is an HTTP client and reads the clock. Order matters, so that every
edition has a full "Popular" within seconds: the articles of two days and the archive, then two
days of views, denser and denser up to now; after that each second's views, what else readers do,
and new and breaking stories. Meanwhile an A/A shows that the meter is right, and one experiment
more runs if there is none.
What the server cannot take yet (503, 429, no connection) is sent again, later.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import msgspec

from ranking.demo.experiments import begun, told_by_edition
from ranking.demo.newsroom import Article, Newsroom
from ranking.demo.readers import Readers, Told, View

HOUR = 3_600.0
DAYS, STORIES_A_DAY = 2, 60
PAST = ((48.0, 12.0, 0.35), (12.0, 2.0, 1.3), (2.0, 0.35, 7.0), (0.35, 0.0, 14.0))
"""Past views: from so many hours ago, until so many, at so many views/s; some 150,000."""

RATE = 125.0
"""Views a second, live."""

STORY_EVERY = (20.0, 40.0)
BREAKING_EVERY = (100.0, 160.0)
FIRST_BREAKING = 25.0
"""Seconds between stories."""

TRIALS_EVERY = 5.0
"""Seconds between two questions which experiments run."""

LONGEST_GAP = 120.0
"""Seconds that are made up for after a pause."""

KEPT = 4_200
"""Cards that readers still choose from, beside the archive."""

_BATCH = 1_000
_EVENTS = 4_000
_JSON = {"Content-Type": "application/json"}
_LATER = (429, 502, 503, 504)
_LONGEST_WAIT = 5.0
Status = Callable[[str], None]


class _Stopped(Exception):
    """The agency was asked to stop while it waited."""


def run(
    base_url: str, *, seed: int, stop: threading.Event, on_status: Status, write_key: str = "",
    operate_key: str = "",
) -> None:  # fmt: skip
    """Fill a server with the agency's past, then let the agency live until it is stopped.

    Parameters
    ----------
    base_url : str
        Where the server listens, `http://127.0.0.1:8080`.
    seed : int
        Of all stories and readers.
    stop : threading.Event
        Ends the run when set.
    on_status : callable
        Is told in a line what has been done, and what the server refused.
    write_key, operate_key : str
        With which events and articles are sent, and experiments begun, where there are keys.

    Raises
    ------
    httpx.HTTPStatusError
        If the server answers a request with an error that waiting does not cure.
    """
    with _client(base_url, write_key) as client, _client(base_url, operate_key) as operator:
        agency = _Agency(_Desk(client, operator, stop, on_status), seed)
        try:
            now = time.time()
            agency.catch_up(now)
            agency.live(now)
        except _Stopped:
            on_status("the agency has stopped")


def _client(base_url: str, key: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=base_url, timeout=30.0, headers=headers)


class _Desk:
    """Sends, and waits when it must."""

    def __init__(
        self, client: httpx.Client, operator: httpx.Client, stop: threading.Event, say: Status
    ) -> None:
        self._client, self._operator = client, operator
        self._stop = stop
        self.say = say

    def articles(self, cards: Sequence[Article]) -> None:
        """Post cards; the addresses of a feed are absolute."""
        home = str(self._client.base_url).rstrip("/")
        whole = [{**c, "url": home + c["url"], "image": home + c["image"]} for c in cards]
        for k in range(0, len(whole), _BATCH):
            answer = self._post("/v1/articles", whole[k : k + _BATCH])
            if rejected := answer.get("rejected"):
                self.say(f"{len(rejected)} articles were refused, the first one: {rejected[0]}")

    def events(self, views: Sequence[View]) -> None:
        for k in range(0, len(views), _EVENTS):
            answer = self._post("/v1/events", views[k : k + _EVENTS])
            if rejected := answer.get("rejected"):
                self.say(f"{len(rejected)} views were refused, the first one: {rejected[0]}")

    def begin_trials(self) -> None:
        try:
            for name in begun(self._operator):
                self.say(f"experiment {name} has begun")
        except httpx.HTTPError as error:
            self.say(f"no experiments of the agency: {error}")

    def told(self, before: Told) -> Told:
        try:
            return told_by_edition(self._client)
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
                self.say(f"waiting for the server: {error}")
            else:
                if answer.status_code not in _LATER:
                    answer.raise_for_status()
                    return _read(answer)
                wait = max(wait, _retry_after(answer))
            self.pause(wait)
            wait = min(wait * 2.0, _LONGEST_WAIT)


class _Agency:
    """The newsroom, its readers and what they can read."""

    def __init__(self, desk: _Desk, seed: int) -> None:
        self._desk = desk
        self._newsroom = Newsroom(seed)
        self._readers = Readers(seed)
        self._random = random.Random(seed)
        self._archive: list[Article] = []
        self._current: deque[Article] = deque(maxlen=KEPT)

    def catch_up(self, now: float) -> None:
        self._current.extend(self._newsroom.recent(now, DAYS, STORIES_A_DAY))
        self._archive = self._newsroom.archive(now)
        self._desk.articles([*self._current, *self._archive])
        self._desk.say(f"{len(self._current)} articles of the last {DAYS} days are published")
        self._desk.say(f"{len(self._archive)} articles of the archive are published")
        sent = 0
        for first, last, rate in PAST:
            hours = max(1, round((first - last) / 6.0))
            step = (first - last) * HOUR / hours
            for k in range(hours):
                since = now - first * HOUR + k * step
                views = self._views(since, since + step, rate)
                self._desk.events(views)
                sent += len(views)
            self._desk.say(f"{sent:,} past views are sent")

    def live(self, since: float) -> None:
        start = time.time()
        self._desk.begin_trials()
        told: Told = {}
        asked_at = 0.0
        story_at = start + self._random.uniform(*STORY_EVERY)
        breaking_at = start + FIRST_BREAKING
        while True:
            self._desk.pause(since + 1.0 - time.time())
            now = max(time.time(), since)
            since = max(since, now - LONGEST_GAP)
            if now >= story_at:
                self._publish(now, breaking=False)
                story_at = now + self._random.uniform(*STORY_EVERY)
            if now >= breaking_at:
                self._publish(now, breaking=True)
                breaking_at = now + self._random.uniform(*BREAKING_EVERY)
            if now >= asked_at:
                told, asked_at = self._desk.told(told), now + TRIALS_EVERY
            self._desk.events(self._views(since, now, RATE, told))
            since = now

    def _publish(self, now: float, breaking: bool) -> None:
        cards = self._newsroom.fresh(now, breaking)
        self._current.extend(cards)
        self._desk.articles(cards)
        kind = "breaking story" if breaking else "new story"
        self._desk.say(f"{kind}: {_english(cards)}")

    def _views(
        self, since: float, until: float, rate: float, told: Told | None = None
    ) -> list[View]:
        return self._readers.views([*self._archive, *self._current], since, until, rate, told)


def _english(cards: Sequence[Article]) -> str:
    titles = {card["lang"]: card["title"] for card in cards}
    return titles.get("en") or cards[0]["title"]


def _read(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json() if answer.content else {}
    return body if isinstance(body, dict) else {}


def _retry_after(answer: httpx.Response) -> float:
    header = answer.headers.get("retry-after", "")
    return min(float(header), _LONGEST_WAIT) if header.isdigit() else 0.0
