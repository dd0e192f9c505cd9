"""A log file as batches, packed as a collector packs: what backtests and oracles replay."""

from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import msgspec

from ranking.engine.batch import Batch
from ranking.engine.event import Event, Rejection, rejection
from ranking.engine.packing import Hasher, pack
from ranking.lists.catalogue import Catalogue
from ranking.replay.files import Chunk, FileError, read_articles, view_chunks

KEY = b"a file's visitors need no secret"


def packed_views(
    path: Path,
    mapping: dict[str, str],
    edition: str,
    progress: Callable[[int], None] = lambda read: None,
) -> Iterator[Batch]:
    """Read a log of one site as batches.

    Parameters
    ----------
    path : Path
    mapping : dict
        Field to column.
    edition : str
        For rows without one.
    progress : callable
        Told the bytes read so far.

    Raises
    ------
    FileError
        If a row breaks a rule, or there are several sites.
    """
    hashes, first, site = Hasher(KEY), 0, ""
    for chunk in view_chunks(path, mapping, edition):
        events = _events(chunk, path)
        sites = {event.edition.partition("/")[0] for event in events} | ({site} - {""})
        if len(sites) > 1:
            message = f"{path} has views of several sites: {', '.join(sorted(sites))}"
            raise FileError(message)
        (site,) = sites
        at_ms = chunk.columns["at"]
        yield pack(site, "file", first, at_ms[-1], events, at_ms, hashes)
        first += len(events)
        progress(chunk.read)


def catalogue_of(path: Path | None, mapping: dict[str, str], edition: str) -> Catalogue:
    """Read a file of articles, or none, as a catalogue."""
    catalogue = Catalogue()
    for card in read_articles(path, mapping, edition) if path else ():
        catalogue.put(card)
    return catalogue


def _events(chunk: Chunk, path: Path) -> list[Event]:
    names = [name for name in chunk.columns if name != "at"]
    columns = [chunk.columns[name] for name in names]
    rows = zip(*columns, strict=True)
    if set(names) <= {"visitor", "article", "edition", "session"}:
        return [
            Event(**dict(zip(keys, row, strict=True))) for keys, row in zip(repeat(names), rows)
        ]
    try:
        return [
            msgspec.convert(
                {n: v for n, v in zip(names, row, strict=True) if v not in ("", None)}, Event
            )
            for row in rows
        ]
    except msgspec.ValidationError as error:
        fault: Rejection = rejection(0, error)
        message = f"{path}: {fault.field}: {fault.reason}"
        raise FileError(message) from error
