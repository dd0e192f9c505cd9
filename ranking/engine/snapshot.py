"""Snapshots: a ranker's state and its log position, as named pieces or as one file.

A piece is a site's head, one of its pages, one of its arms or one generation of its ids. A store of
pieces writes those that changed since the snapshot before, then the header, which names them all; a
file takes the whole: the header's length, the header, the pieces.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from ranking.engine.checkpoint import Mark, SitePosition, SiteSnapshot, ids_name

VERSION = 4
READABLE = (3, 4)
"""Versions that this program reads: 3 was written by 0.1.0."""
Marks = dict[str, Mark]


def _nothing() -> None:
    pass


class CheckpointError(ValueError):
    """The bytes are no checkpoint that this version, with these settings, can start from."""


class CheckpointHeader(msgspec.Struct, array_like=True, frozen=True):
    """The header of a checkpoint.

    Attributes
    ----------
    version : int
    settings : dict
        Engine settings that the state grew under.
    position : int
        Log position of the first batch that is not in it.
    sites : list of (str, int, Place)
        Name, pages and place of each site.
    sizes : list of int
        Bytes of each piece, in the order of `piece_names`; of a whole only.
    """

    version: int
    settings: dict[str, object]
    position: int
    sites: list[tuple[str, int, SitePosition]]
    sizes: list[int]

    @property
    def reread_from(self) -> int:
        """Log position from which the memory of repeats and visits must be reread."""
        return min((place.reread_from for _, _, place in self.sites), default=self.position)

    def clock_ms(self, site: str) -> int | None:
        """A site's newest stamp, None if it is not in the checkpoint."""
        return next((place.newest_ms for name, _, place in self.sites if name == site), None)

    def of_site(self, site: str) -> "CheckpointHeader":
        """The header of one site's part."""
        parts = [part for part in self.sites if part[0] == site]
        return msgspec.structs.replace(self, sites=parts, sizes=[])


class _CheckpointVersion(msgspec.Struct, array_like=True, frozen=True):
    version: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Copies of a ranker's arrays at one log position.

    Attributes
    ----------
    settings : dict
    position : int
    sites : list of SiteSnapshot
    """

    settings: dict[str, object]
    position: int
    sites: list[SiteSnapshot]

    @property
    def marks(self) -> Marks:
        """Marks from which the next snapshot finds the changes."""
        return {site.name: site.mark for site in self.sites}

    def header(self, sizes: list[int] | None = None) -> CheckpointHeader:
        """Describe the snapshot."""
        sites = [(site.name, site.count, site.place) for site in self.sites]
        return CheckpointHeader(VERSION, self.settings, self.position, sites, sizes or [])

    def pieces(self) -> Iterator[tuple[str, bytes]]:
        """Names and bytes of the heads, and of the pages and arms that changed."""
        for site in self.sites:
            yield head_name(site.name), site.head
            for number, page in sorted(site.pages.items()):
                yield page_name(site.name, number), page.packed()
            for number, arm in sorted(site.arms.items()):
                yield arm_name(site.name, number), arm
            for name, keys in site.ids.items():
                yield f"{site.name} {name}", keys.tobytes()

    def whole(self, after: Callable[[], None] = _nothing) -> bytes:
        """All of it as one piece of bytes; of a snapshot of everything.

        Parameters
        ----------
        after : callable
            Called after each piece, for a thread that is to give way to others.
        """
        pieces = []
        for _, piece in self.pieces():
            pieces.append(piece)
            after()
        head = msgspec.msgpack.encode(self.header([len(piece) for piece in pieces]))
        return b"".join([len(head).to_bytes(8, "little"), head, *pieces])


def head_name(site: str) -> str:
    """Name of a site's head."""
    return f"{site} head"


def page_name(site: str, number: int) -> str:
    """Name of one of a site's pages."""
    return f"{site} {number}"


def arm_name(site: str, number: int) -> str:
    """Name of the sums of one of a site's arms."""
    return f"{site} arm{number}"


def ids_names(site: str, place: SitePosition) -> list[str]:
    """Names of the generations of a site's ids."""
    return [f"{site} {ids_name(which, number)}" for which, number, _, _ in place.generations]


def piece_names(header: CheckpointHeader) -> list[str]:
    """Names of all pieces that a header stands for."""
    names = []
    for site, count, place in header.sites:
        names += [head_name(site), *(page_name(site, number) for number in range(count))]
        names += [arm_name(site, number) for number in range(len(place.begun))]
        names += ids_names(site, place)
    return names


def read_whole(data: bytes) -> tuple[CheckpointHeader, Mapping[str, bytes]]:
    """Take a whole checkpoint apart.

    Raises
    ------
    CheckpointError
        If it is unreadable, cut or of another version.
    """
    start = 8 + int.from_bytes(data[:8], "little")
    header = read_header(data[8:start])
    names = piece_names(header)
    if len(names) != len(header.sizes) or start + sum(header.sizes) != len(data):
        message = f"checkpoint is cut: {len(data)} of {start + sum(header.sizes)} bytes"
        raise CheckpointError(message)
    pieces = {}
    for name, size in zip(names, header.sizes, strict=True):
        pieces[name] = data[start : start + size]
        start += size
    return header, pieces


def read_header(data: bytes) -> CheckpointHeader:
    """Read a header.

    Raises
    ------
    CheckpointError
        If it is unreadable or of another version.
    """
    try:
        version = msgspec.msgpack.decode(data, type=_CheckpointVersion).version
        if version in READABLE:
            return msgspec.msgpack.decode(data, type=CheckpointHeader)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"checkpoint is unreadable: {error}"
        raise CheckpointError(message) from error
    message = f"checkpoint has version {version}, this program {VERSION}"
    raise CheckpointError(message)
