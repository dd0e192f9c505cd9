"""`tolqyn serve`, `tolqyn demo` and `tolqyn warm`."""

import asyncio
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from ranking.commands.settings import SETTINGS, engine_settings, option_of

console = Console(stderr=True, highlight=False)


def _serve(**options: Any) -> None:
    """Run the embedded server: events in over HTTP, lists out, in one process.

    \b
    tolqyn serve --data news
    curl -d '{"visitor":"v1","article":"a1"}' http://127.0.0.1:8080/v1/events
    curl 'http://127.0.0.1:8080/v1/popular?n=5'
    """
    _run(options, lambda live: [], lambda live: None)


serve = click.Command("serve", callback=_serve, help=_serve.__doc__)
serve.params = [option_of(setting) for setting in SETTINGS]


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the agency.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep the data in this folder.")
def demo(port: int, seed: int, data: Path | None) -> None:
    """Run a simulated news agency with seven editions and some thousand readers.

    Open http://127.0.0.1:8080/demo and watch "Popular" move; your own clicks count too.
    """
    from ranking.demo.portal import routes
    from ranking.settings_log.keys import Role, new_key

    folder = data or Path(tempfile.mkdtemp(prefix="tolqyn-demo-"))
    stop = threading.Event()
    url = f"http://127.0.0.1:{port}"
    agency, agency_key = new_key(Role.OPERATE, "agency")
    pages, pages_key = new_key(Role.WRITE, "demo pages")
    readers, readers_key = new_key(Role.WRITE, "demo readers")

    def begin(live: Any) -> None:
        threading.Thread(
            target=_live_agency, args=(url, seed, stop, readers_key, agency_key)
        ).start()
        _say(f"portal: {url}/demo   popular: {url}/v1/popular?edition=inform/ru")

    options = {setting.option: setting.default for setting in SETTINGS}
    options = {name[2:].replace("-", "_"): value for name, value in options.items()}
    try:
        _run(
            options | {"data": folder, "port": port},
            lambda live: routes(live.ranker.catalogue, pages_key),
            begin,
            stop,
            guests=(agency, pages, readers),
        )
    finally:
        stop.set()
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)


def _live_agency(
    url: str, seed: int, stop: threading.Event, readers_key: str, agency_key: str
) -> None:
    from httpx import HTTPError

    from ranking.demo.agency import run

    try:
        run(
            url, seed=seed, stop=stop, on_status=_say, write_key=readers_key,
            operate_key=agency_key,
        )  # fmt: skip
    except HTTPError as error:
        _say(f"the agency stopped: {error}")


@click.command()
def warm() -> None:
    """Compile the loops in advance, for a fast first start and a fast first backtest."""
    _warm()
    with console.status("compiling the loops of backtests"):
        from ranking.warmup import warm_up_replay

        warm_up_replay()


def _run(
    options: dict[str, Any], portal: Any, begin: Any, stop: Any = None, guests: Any = ()
) -> None:
    from ranking.embedded.live import LiveSettings
    from ranking.embedded.log import SqliteLog
    from ranking.embedded.serve import serve
    from ranking.profiles.profile import DEFAULT, read_profile
    from ranking.service.http_server import check_address, is_loopback
    from ranking.service.site_settings import site_settings
    from ranking.settings_log.book import Book
    from ranking.settings_log.decisions import record_of
    from ranking.settings_log.keys import is_guarded

    site = site_settings(options["timezone"], options["proxies"])
    profile = read_profile(options["profile"]) if options["profile"] else DEFAULT
    host, port, folder, book = options["host"], options["port"], options["data"], Book(profile)
    if is_loopback(host) or not folder.exists():
        check_address(host, port)
    with SqliteLog(folder) as log:  # check the folder before anything slow
        for body in log.settings():
            book.take(record_of(body))
    check_address(host, port, has_keys=is_guarded(book.held_keys()))
    _warm()

    def ready(live: Any) -> None:
        _say(f"serving on http://{host}:{port}, data in {folder}")
        if not is_guarded(book.held_keys()):
            _say("no keys are configured: anyone who can reach this address has full access")
        begin(live)

    settings = LiveSettings(options["checkpoint_every"], options["keep_hours"] * 3600)
    engine = engine_settings(options)
    try:
        asyncio.run(
            serve(
                options["data"], options["host"], options["port"], profile=profile,
                settings=settings, durable=options["durable"] == "full", portal=portal,
                guests=guests, on_ready=ready, site=site, engine=engine,
            )
        )  # fmt: skip
    finally:
        if stop:
            stop.set()


def _warm() -> None:
    started = time.monotonic()
    with console.status("compiling the ranking loops (first start only, about 20 s)"):
        from ranking.warmup import warm_up

        warm_up()
    if time.monotonic() - started > 3:
        _say(f"compiled the ranking loops in {time.monotonic() - started:.0f} s")


def _say(text: str) -> None:
    console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}", soft_wrap=True)
