"""Background views: a load of views, sent from a thread of its own during a benchmark."""

import threading
import time
from types import TracebackType

import httpx
import numpy as np

RATE, POSTS = 1000, 20
"""Views and posts a second."""
FLOWING = 500
"""Articles of an ordinary flow."""
USUAL = [("bench/en", str(number)) for number in range(FLOWING)]
UNANSWERED = 60.0
"""Seconds after which a request passes for one that is not answered."""


class BackgroundViews:
    """`RATE` views a second of some articles, few of which have most; a context that ends it.

    Parameters
    ----------
    url : str
        Of the server.
    names : list of (str, str)
        Edition and id.

    Attributes
    ----------
    sent : int
        Views that the server has.
    longest : float
        Seconds that a post waited for its answer, at most.
    rate : float
        Views a second, when it has ended.
    """

    def __init__(self, url: str, names: list[tuple[str, str]] = USUAL) -> None:
        self._url, self._names = url, names
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run)
        self.sent, self.longest, self.rate = 0, 0.0, 0.0

    def __enter__(self) -> "BackgroundViews":
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        rng, names, began = np.random.default_rng(1), self._names, time.monotonic()
        with httpx.Client(base_url=self._url, timeout=UNANSWERED) as client:
            due = began
            while not self._stop.is_set():
                chosen = [names[n] for n in (rng.zipf(1.3, RATE // POSTS) % len(names)).tolist()]
                readers = rng.integers(0, 10_000, RATE // POSTS).tolist()
                events = [
                    {"visitor": reader, "article": article, "edition": edition}
                    for reader, (edition, article) in zip(readers, chosen, strict=True)
                ]
                posted = time.monotonic()
                client.post("/v1/events", json=events)
                self.longest = max(self.longest, time.monotonic() - posted)
                self.sent += len(events)
                due += 1.0 / POSTS
                time.sleep(max(due - time.monotonic(), 0.0))
        self.rate = self.sent / (time.monotonic() - began)
