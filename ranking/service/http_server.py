"""HTTP server: only this file imports granian.

granian is embedded, so that killing this process kills all of it.
"""

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Callable
from typing import Any

from granian.server.embed import Server

from ranking.service.cached_response import Answer
from ranking.service.collector import LARGEST_BODY
from ranking.service.front import App, Front


class ServeError(ValueError):
    """The server cannot start: the operator's fault."""


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a host."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(host: str, port: int, *, has_keys: bool = False) -> None:
    """Refuse a public host while there are no keys, and a port in use.

    Raises
    ------
    ServeError
    """
    if not (has_keys or is_loopback(host)):
        message = (
            f"host must be a loopback address until a key administers, got {host!r};"
            " `tolqyn keys create administer` makes one"
        )
        raise ServeError(message)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"port {port} on {host} cannot be used: {error.strerror}"
            raise ServeError(message) from error


async def listen(
    app: App,
    answers: dict[str, Answer],
    host: str,
    port: int,
    on_ready: Callable[[], None] = lambda: None,
    until: "asyncio.Future[Any] | None" = None,
) -> None:
    """Serve until a signal asks to stop, or `until` is done.

    Parameters
    ----------
    app : ASGI application
    answers : dict of str to Answer
        Ready answers by request line.
    host, port
        Where to listen.
    on_ready : callable
        Called once requests are answered.
    until : asyncio.Future
        Stops when it is done.
    """
    server = Server(
        Front(answers, app, LARGEST_BODY), host, port, log_enabled=False, websockets=False
    )  # fmt: skip
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(server.serve())
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    on_ready()
    waiting = asyncio.ensure_future(stopping.wait())
    ends: set[asyncio.Future[Any]] = {task, waiting, *([until] if until else [])}
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait({task}, timeout=5)
