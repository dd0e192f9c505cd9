"""A log at full speed by HTTP into an embedded server."""

import tempfile
import time
from pathlib import Path

import httpx

from ranking.backtest.files import EVENT_FIELDS, FileError, mapping_of, view_chunks
from ranking.backtest.send import send_views
from ranking.benchmarks.benchmark import Run, Task, repeated
from ranking.benchmarks.processes import Server, await_until, spawned


@repeated
def ingest(task: Task) -> Run:
    """Send a log and wait until the last view is ranked.

    Parameters
    ----------
    task : Task
        When its limit is over no more is sent.

    Returns
    -------
    Run
        Views, seconds (sender included), views a second, the server's peak in MB, and the ratio
        to merely reading the file.

    Raises
    ------
    FileError
        If there is no log.
    """
    views, limit = task.views, task.limit
    if views is None:
        message = "ingest needs a log: give --views FILE"
        raise FileError(message)
    mapping = mapping_of(task.columns, EVENT_FIELDS)
    began = time.monotonic()
    count = sum(chunk.size for chunk in view_chunks(views, mapping))
    reading = time.monotonic() - began
    with tempfile.TemporaryDirectory() as folder, spawned(Server(Path(folder))) as server:
        limit.restart()
        began = time.monotonic()
        chunks = limit.of(view_chunks(views, mapping), "parts of the log were sent")
        sent = send_views(chunks, server.url).accepted
        await_until(lambda: _is_idle(server.url), "all views are ranked")
        seconds = time.monotonic() - began
        peak = server.peak_megabytes()
    figures = {
        "views": float(sent),
        "seconds": seconds,
        "views_per_s": sent / seconds,
        "peak_mb": peak,
        "ratio_to_reading": seconds / (reading * sent / max(count, 1)),
    }
    return Run(figures)


def _is_idle(url: str) -> bool:
    return "tolqyn_waiting_requests 0.0" in httpx.get(f"{url}/metrics").text
