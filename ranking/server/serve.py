"""The embedded server: log, engine and API in one process, served by granian.

granian is embedded, so that killing this process kills all of it. This file alone knows granian.
"""

import asyncio
import ipaddress
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from granian.server.embed import Server
from starlette.routing import BaseRoute

from ranking.lists.profile import DEFAULT, Profile
from ranking.server.api import Api
from ranking.server.collector import LARGEST_BODY
from ranking.server.front import Front
from ranking.server.live import Live, LiveSettings
from ranking.server.log import DataError, Log

Portal = Callable[[Live], list[BaseRoute]]


class ServeError(ValueError):
    """The server cannot start: the operator's fault."""


def check_address(host: str, port: int) -> None:
    """Refuse a host that others could reach, and a port that is taken.

    Raises
    ------
    ServeError
    """
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        message = f"host must be a loopback address while there are no keys, got {host!r}"
        raise ServeError(message)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"port {port} on {host} cannot be used: {error.strerror}"
            raise ServeError(message) from error


SWITCH_INTERVAL = 0.005
"""Seconds after which the ranker thread lets the API have the interpreter."""


async def serve(
    folder: Path,
    host: str,
    port: int,
    *,
    profile: Profile = DEFAULT,
    settings: LiveSettings | None = None,
    durable: bool = True,
    portal: Portal | None = None,
    on_ready: Callable[[Live], None] = lambda live: None,
) -> None:
    """Serve until a signal asks to stop.

    Parameters
    ----------
    folder : Path
        Data.
    host, port
        Where to listen; loopback only.
    profile : Profile
    settings : LiveSettings
    durable : bool
        Wait for the disk before a 202.
    portal : callable
        Makes more routes, for the demo.
    on_ready : callable
        Called when lists are served.

    Raises
    ------
    ServeError, DataError
    """
    check_address(host, port)
    sys.setswitchinterval(SWITCH_INTERVAL)
    with Log(folder, durable=durable) as log:
        live = Live(log, profile, settings)
        live.start()
        try:
            await asyncio.to_thread(live.started.wait)
            if live.failure:
                raise DataError(str(live.failure)) from live.failure
            await _listen(live, host, port, portal, on_ready)
        finally:
            await asyncio.to_thread(live.stop)


async def _listen(
    live: Live, host: str, port: int, portal: Portal | None, on_ready: Callable[[Live], None]
) -> None:
    app = Api(live).app(portal(live) if portal else [])
    front = Front(live.shelf.answers, app, LARGEST_BODY)
    server = Server(front, host, port, log_enabled=False, websockets=False)
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(server.serve())
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    on_ready(live)
    waiting = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait({task}, timeout=5)
