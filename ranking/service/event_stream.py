"""Event stream: boards as server-sent events.

A listener gets its boards at once, then each whenever it changes, and a comment every 15 s so that
proxies keep the line open. A slow listener misses boards in between, never the newest. A browser
opens six lines to a host at most, hence one line may carry several boards.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from ranking.lists.boards import render
from ranking.service.response_cache import Key, ResponseCache

ALIVE_EVERY = 15.0


class Listeners:
    """Listeners by board.

    Parameters
    ----------
    responses : ResponseCache
        Its `listener` is called from the ranker's thread.
    """

    def __init__(self, responses: ResponseCache) -> None:
        self._responses = responses
        self._changed: dict[Key, set[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        responses.listener = self._wake

    async def listen(self, keys: Sequence[Key], n: int) -> AsyncIterator[bytes]:
        """Boards of editions and surfaces as server-sent events, for ever."""
        self._loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        for key in keys:
            self._changed.setdefault(key, set()).add(changed)
        sent: dict[Key, bytes] = {}
        try:
            while True:
                changed.clear()
                bodies = [(key, self._body(key, n)) for key in keys]
                news = {key: body for key, body in bodies if body != sent.get(key, b"")}
                sent |= news
                for body in news.values():
                    yield b"event: board\ndata: " + body + b"\n\n"
                if not news:
                    yield b": alive\n\n"
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), ALIVE_EVERY)
        finally:
            for key in keys:
                self._changed[key].discard(changed)

    def _body(self, key: Key, n: int) -> bytes:
        board = self._responses.board(*key)
        return render(board, n) if board else b""

    def _wake(self, key: Key) -> None:
        if self._loop and self._changed.get(key):
            self._loop.call_soon_threadsafe(self._set, key)

    def _set(self, key: Key) -> None:
        for changed in self._changed.get(key, ()):
            changed.set()
