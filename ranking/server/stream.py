"""Streams: boards sent to whoever listens, as server-sent events.

A listener gets the board at once, then whenever it changes, and a comment every 15 s so that
proxies keep the line open. A slow listener misses boards in between, never the newest.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from ranking.lists.boards import render
from ranking.server.shelf import Key, Shelf

ALIVE_EVERY = 15.0


class Listeners:
    """Who listens to which board.

    Parameters
    ----------
    shelf : Shelf
        Its `listener` is called from the ranker's thread.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._changed: dict[Key, set[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        shelf.listener = self._wake

    async def listen(self, edition: str, surface: str, n: int) -> AsyncIterator[bytes]:
        """Boards of one edition and surface as server-sent events, for ever."""
        self._loop = asyncio.get_running_loop()
        key, changed = (edition, surface), asyncio.Event()
        self._changed.setdefault(key, set()).add(changed)
        sent = b""
        try:
            while True:
                changed.clear()
                board = self._shelf.board(edition, surface)
                body = render(board, n) if board else b""
                if body != sent:
                    sent = body
                    yield b"event: board\ndata: " + body + b"\n\n"
                else:
                    yield b": alive\n\n"
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), ALIVE_EVERY)
        finally:
            self._changed[key].discard(changed)

    def _wake(self, key: Key) -> None:
        if self._loop and self._changed.get(key):
            self._loop.call_soon_threadsafe(self._set, key)

    def _set(self, key: Key) -> None:
        for changed in self._changed.get(key, ()):
            changed.set()
