"""Webhook sender: sends notices in its own thread, so a slow address delays nothing else."""

import logging
import queue
import threading
import time

import httpx

from ranking.alerts.observer import Notice

TRIES, PAUSE = 4, 0.5
WAITING = 1000
TIMEOUT = 5.0

log = logging.getLogger("tolqyn")


class WebhookSender:
    """Sends notices in order. A notice that fails several times is logged and dropped."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Notice] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None

    def tell(self, notices: list[Notice]) -> None:
        """Queue notices; the newest are dropped if the queue is full."""
        if notices and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="teller", daemon=True)
            self._thread.start()
        for notice in notices:
            try:
                self._waiting.put_nowait(notice)
            except queue.Full:
                log.warning("too many notices wait; one for %s is dropped", notice.url)

    def _run(self) -> None:
        with httpx.Client(timeout=TIMEOUT) as client:
            while True:
                self._send(client, self._waiting.get())

    def _send(self, client: httpx.Client, notice: Notice) -> None:
        fault = ""
        for number in range(TRIES):
            try:
                client.post(notice.url, json=notice.body).raise_for_status()
                return
            except httpx.HTTPError as error:
                fault = str(error) or type(error).__name__
            time.sleep(PAUSE * 2**number)
        log.warning("a notice for %s is given up: %s", notice.url, fault)
