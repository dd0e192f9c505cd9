"""Packed log: a log file as batches, packed as by a collector."""

from collections.abc import Callable, Iterator
from datetime import tzinfo
from pathlib import Path

from ranking.backtest.files import FileError, body_of, read_articles, view_chunks
from ranking.content.catalogue import Catalogue
from ranking.engine.batch import Batch
from ranking.engine.batch_builder import Hasher, pack
from ranking.service.collector import admit

KEY = b"a file's visitors need no secret"
NEVER_MS = 1 << 60
"""A clock later than every stamp."""


def packed_views(
    path: Path,
    mapping: dict[str, str],
    edition: str,
    progress: Callable[[int], None] = lambda read: None,
    zone: tzinfo | None = None,
) -> Iterator[Batch]:
    """Read a log of one site as batches.

    Parameters
    ----------
    path : Path
    mapping : dict
        Field to column.
    edition : str
        Edition of rows without one.
    progress : callable
        Called with the bytes read so far.
    zone : tzinfo or None
        Zone of times without one.

    Raises
    ------
    FileError
        If a row is invalid, or there are several sites.
    """
    hashes, first, site = Hasher(KEY), 0, ""
    for chunk in view_chunks(path, mapping, edition, zone=zone):
        admitted = admit(body_of(chunk), NEVER_MS)
        if admitted.rejected:
            message = f"{path}, {chunk.fault(admitted.rejected[0])}"
            raise FileError(message)
        sites = admitted.rows.by_site()
        names = sorted({*sites, site} - {""})
        if len(names) > 1:
            message = f"{path} has views of several sites: {', '.join(names)}"
            raise FileError(message)
        ((site, rows),) = sites.items()
        yield pack(site, "file", first, max(rows.at_ms), rows, hashes)
        first += len(rows)
        progress(chunk.read)


def catalogue_of(
    path: Path | None, mapping: dict[str, str], edition: str, zone: tzinfo | None = None
) -> Catalogue:
    """Read a file of articles, or none, as a catalogue."""
    catalogue = Catalogue()
    for card in read_articles(path, mapping, edition, zone) if path else ():
        catalogue.put(card)
    return catalogue
