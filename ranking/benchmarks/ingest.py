"""A log at full speed by HTTP into an embedded server."""

import tempfile
import time
from pathlib import Path

import httpx

from ranking.benchmarks.spawned import Server, spawned
from ranking.replay.files import EVENT_FIELDS, FileError, mapping_of, view_chunks
from ranking.replay.send import send_views


def ingest(views: Path | None, columns: str) -> dict[str, float]:
    """Send a log and wait until the last view is ranked.

    Parameters
    ----------
    views : Path
        The log.
    columns : str
        Other names of its columns.

    Returns
    -------
    dict
        Views, seconds (sender included), views a second, the server's peak in MB, and the ratio
        to merely reading the file.

    Raises
    ------
    FileError
        If there is no log.
    """
    if views is None:
        message = "ingest needs a log: give --views FILE"
        raise FileError(message)
    mapping = mapping_of(columns, EVENT_FIELDS)
    began = time.monotonic()
    count = sum(chunk.size for chunk in view_chunks(views, mapping))
    reading = time.monotonic() - began
    with tempfile.TemporaryDirectory() as folder, spawned(Server(Path(folder))) as server:
        began = time.monotonic()
        send_views(view_chunks(views, mapping), server.url)
        until = began + 600
        while time.monotonic() < until:
            metrics = httpx.get(f"{server.url}/metrics").text
            if "tolqyn_waiting_requests 0.0" in metrics:
                break
        seconds = time.monotonic() - began
        peak = server.peak_megabytes()
    return {
        "views": float(count),
        "seconds": seconds,
        "views_per_s": count / seconds,
        "peak_mb": peak,
        "ratio_to_reading": seconds / reading,
    }
