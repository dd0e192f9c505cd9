"""The embedded server: its own log and engine behind the API."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.routing import BaseRoute

from ranking.embedded.history import EmbeddedPast
from ranking.embedded.live import Live, LiveSettings
from ranking.embedded.log import DataError, SqliteLog
from ranking.embedded.ports import EmbeddedLists, EmbeddedSettings, embedded_intake, metrics_of
from ranking.engine.settings import EngineSettings
from ranking.profiles.profile import DEFAULT, Profile
from ranking.service.api import Api
from ranking.service.experiment_schedule import keep_looking
from ranking.service.http_server import check_address, is_loopback, listen
from ranking.service.site_settings import DEFAULT_SITE, SiteSettings
from ranking.settings_log.keys import Key, is_guarded

Portal = Callable[[Live], list[BaseRoute]]
SWITCH_INTERVAL = 0.001
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
    site: SiteSettings = DEFAULT_SITE,
    guests: Sequence[Key] = (),
    engine: EngineSettings | None = None,
    on_ready: Callable[[Live], None] = lambda live: None,
) -> None:
    """Serve until a signal asks to stop.

    Parameters
    ----------
    folder : Path
        Data.
    host, port
        Where to listen; loopback only, unless there are keys.
    profile : Profile
    settings : LiveSettings
    durable : bool
        Wait for the disk before a 202.
    portal : callable
        Makes more routes, for the demo.
    site : SiteSettings
    guests : sequence of Key
        Keys of this process alone, for the demo.
    engine : EngineSettings
    on_ready : callable
        Called when lists are served.

    Raises
    ------
    ServeError, DataError
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    with SqliteLog(folder, durable=durable) as log:
        live = Live(log, profile, settings, engine)
        live.start()
        try:
            await asyncio.to_thread(live.started.wait)
            if live.failure:
                raise DataError(str(live.failure)) from live.failure
            check_address(host, port, has_keys=is_guarded(live.book.held_keys()))
            lists, decided = EmbeddedLists(live), EmbeddedSettings(live)
            api = Api(
                metrics_of(live), lists, embedded_intake(live), decided, EmbeddedPast(live),
                is_open=is_loopback(host), guests=guests, site=site,
            )  # fmt: skip
            app = api.app(portal(live) if portal else [])
            looking = asyncio.create_task(keep_looking(lists, decided))
            await listen(app, live.responses.answers, host, port, lambda: on_ready(live), looking)
            if looking.done():
                looking.result()
            looking.cancel()
        finally:
            await asyncio.to_thread(live.stop)
