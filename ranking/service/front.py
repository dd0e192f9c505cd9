"""The front: sends ready answers before a framework sees the request.

granian calls it by RSGI (https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md);
a request without a ready answer goes to Starlette, through ASGI. Only this file knows both
protocols.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from ranking.service.cached_response import Answer, is_known

_ASCII = "".join(map(chr, range(33, 127)))
Message = MutableMapping[str, Any]
App = Callable[..., Awaitable[None]]

UNREADABLE = b"\xff"
"""Replaces a header's value that is not ASCII."""


class Front:
    """RSGI application before an ASGI one.

    Parameters
    ----------
    answers : dict of str to Answer
        By request line, `path?query`.
    app : ASGI application
    largest : int
        Bytes of body from which a request is refused.
    """

    def __init__(self, answers: dict[str, Answer], app: App, largest: int) -> None:
        self._answers = answers
        self._app = app
        self._largest = largest

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        """Answer one request."""
        if scope.proto != "http":
            proto.close(404)
            return
        line = f"{scope.path}?{scope.query_string}"
        answer = self._answers.get(line) if scope.method == "GET" else None
        if answer is None:
            await self._through_asgi(scope, proto)
        elif not answer.serves(time.monotonic()):
            await self._through_asgi(scope, proto)
            if self._answers.get(line) is answer:  # the route made no new one
                del self._answers[line]
        elif (given := scope.headers.get("if-none-match")) and is_known(given, answer.etag):
            proto.response_empty(304, answer.headers)
        else:
            proto.response_bytes(200, answer.headers, answer.body)

    async def _through_asgi(self, scope: Any, proto: Any) -> None:
        exchange = _Exchange(proto, self._largest, is_head=scope.method == "HEAD")
        await self._app(_asgi_scope(scope), exchange.receive, exchange.send)
        exchange.finish()


class _Exchange:
    """One request's body and response, from ASGI's messages to RSGI's calls."""

    def __init__(self, proto: Any, largest: int, *, is_head: bool) -> None:
        self._proto, self._largest, self._is_head = proto, largest, is_head
        self._is_read = False
        self._start: Message = {}
        self._parts: list[bytes] = []
        self._stream: Any = None
        self._is_answered = False
        self._gone = asyncio.Event()

    async def receive(self) -> Message:
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": await self._body(), "more_body": False}
        if not (self._is_answered or self._is_head):
            await self._proto.client_disconnect()
        return {"type": "http.disconnect"}

    async def _body(self) -> bytes:
        """The body, or as much of it as shows that it is too large."""
        parts, size = [], 0
        async for part in self._proto:
            parts.append(part)
            size += len(part)
            if size > self._largest:
                break
        return b"".join(parts)

    async def send(self, message: Message) -> None:
        if self._is_answered:
            return
        if message["type"] == "http.response.start":
            self._start = message
            if self._is_head:
                self._is_answered = True
                self._proto.response_empty(message["status"], self._headers())
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._stream is None and not more:
            self._is_answered = True
            self._proto.response_bytes(self._start["status"], self._headers(), bytes(body))
            return
        if self._stream is None:
            self._stream = self._proto.response_stream(self._start["status"], self._headers())
        if body:
            await self._stream.send_bytes(bytes(body))

    def finish(self) -> None:
        if self._stream is None and not self._is_answered:
            self._proto.response_empty(500, [])

    def _headers(self) -> list[tuple[str, str]]:
        return [(k.decode("latin-1"), v.decode("latin-1")) for k, v in self._start["headers"]]


def _asgi_scope(scope: Any) -> dict[str, Any]:
    host, _, port = scope.client.rpartition(":")
    server, _, server_port = scope.server.rpartition(":")
    given = scope.headers.items()
    headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in given]
    if len(given) < len(scope.headers.keys()):  # a value that is not ASCII is in the names alone
        unread = {*scope.headers.keys()} - {name for name, _ in given}
        headers += [(name.encode("latin-1"), UNREADABLE) for name in sorted(unread)]
    if scope.authority and "host" not in scope.headers:
        headers.append((b"host", scope.authority.encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": scope.http_version,
        "method": scope.method,
        "scheme": scope.scheme,
        "path": scope.path,
        "raw_path": quote(scope.path).encode(),
        "query_string": quote(scope.query_string, safe=_ASCII).encode(),
        "root_path": "",
        "headers": headers,
        "client": (host, int(port or 0)),
        "server": (server, int(server_port or 0)),
        "state": {},
    }
