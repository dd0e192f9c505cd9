"""Checkpoints: a site's state as bytes, a head, pages of articles and sums of arms, and back.

The state is a function of the site's views alone: equal logs give equal bytes, however they are
batched and whoever sent them. A page holds `PAGE` articles in the order of their slots, with their
masses and co-read rows. So a row's place in the pool does not show, and pages without changes need
not be written again. The site's position has the next number of each source. It also says where to
begin rereading the memory of repeats and visits, which is not in the bytes.

Taking a snapshot copies arrays; packing them, the longer part, may be done by another thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranking.engine.array_bytes import LENGTH, pack_arrays, unpack_arrays
from ranking.engine.event_ids import Generation
from ranking.engine.hash_tables import LONG_IDS
from ranking.engine.settings import EngineSettings
from ranking.engine.signals.covisitation import LEVELS, Graph
from ranking.engine.signals.experiment_sums import ArmSums
from ranking.engine.site import Site, WindowStart
from ranking.engine.state_arrays import FIRST_SLOTS, empty_articles
from ranking.engine.view_loop import ARTICLE

PAGE = 256
ARTICLE_FIELDS = tuple(name for name in ARTICLE.names or () if name not in ("row", "touched"))
LOG_FIELDS = ("newest_ms", "views", "window")


class SiteNames(msgspec.Struct, array_like=True, frozen=True):
    """The part of a site's head that is no array."""

    site: str
    editions: list[str]
    articles: int
    free_slots: list[int]


class SitePosition(msgspec.Struct, array_like=True, frozen=True):
    """The log position of a site's state.

    Attributes
    ----------
    window_starts, sequences : list
        As in `Site`.
    newest_ms : int
        The site's clock.
    reread_from : int
        Log position at which rereading must begin.
    begun : list of int
        Log position of each arm's first event.
    imports : list
        As in `Site`.
    rules_from : int
        As in `Site`; -1 = the version before 0.2.0 that wrote it had no such rules.
    generations : list of (int, int, int, int)
        Which memory of ids, number, begin and end of each generation; its ids are a piece.
    signals : list of (str, int)
        Names of the signals that have tables in the pages, and the event from which each counts.
    """

    window_starts: list[WindowStart]
    sequences: list[tuple[str, int]]
    newest_ms: int = 0
    reread_from: int = 0
    begun: list[int] = []
    imports: list[tuple[str, int]] = []
    rules_from: int = -1
    generations: list[tuple[int, int, int, int]] = []
    signals: list[tuple[str, int]] = []


class Mark(msgspec.Struct, frozen=True):
    """When a snapshot was taken, so that the next can tell what changed.

    Attributes
    ----------
    views : int
        Views of the site's log by then.
    moved : tuple
        What changes everything when it changes: bases, evictions, rows freed.
    ids : tuple of (int, int)
        Number of the newest generation of either memory of ids, and how many ids it had.
    """

    views: int
    moved: tuple[Any, ...]
    ids: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class RawPage:
    """Copies of one page's arrays."""

    ids: list[str]
    article: NDArray[Any]
    mass: NDArray[np.float64]
    row: NDArray[Any]
    neighbour: NDArray[np.int32]
    coread: NDArray[np.float32]
    tables: dict[str, NDArray[Any]]

    def packed(self) -> bytes:
        """Write the page."""
        owners = np.flatnonzero(self.article["row"] >= 0).astype(np.int32)
        held = np.arange(self.neighbour.shape[1])[None, :] < self.row["size"][:, None]
        arrays = {name: self.article[name] for name in ARTICLE_FIELDS}
        arrays |= {
            "mass": self.mass,
            "row_owner": owners,
            "row_size": self.row["size"],
            "row_total": self.row["total"],
            "row_touched": self.row["touched"],
            "row_neighbour": self.neighbour[held],
            "row_mass": self.coread[held],
        }
        for name, table in self.tables.items():
            arrays[name] = table.view(np.uint8)
        head = msgspec.msgpack.encode(self.ids)
        return LENGTH.pack(len(head)) + head + pack_arrays(arrays)


@dataclass(frozen=True, slots=True)
class SiteSnapshot:
    """A site's state at one moment.

    Attributes
    ----------
    name : str
    head : bytes
    pages : dict of int to RawPage
        Those that changed, by number.
    arms : dict of int to bytes
        Those that changed, by number.
    ids : dict of str to array
        Generations of ids that changed, by name.
    count : int
        Pages that there are.
    place : SitePosition
    mark : Mark
    """

    name: str
    head: bytes
    pages: dict[int, RawPage]
    arms: dict[int, bytes]
    ids: dict[str, NDArray[np.uint64]]
    count: int
    place: SitePosition
    mark: Mark


def snapshot_of(site: Site, since: Mark | None = None) -> SiteSnapshot:
    """Copy a site's state, or what of it changed since another snapshot."""
    s = site.state
    used, mark = len(site.ids), mark_of(site)
    count = -(-used // PAGE)
    whole = since is None or since.moved != mark.moved
    views = 0 if since is None else since.views
    pages = {k: _raw_page(site, k) for k in range(count) if whole or _changed(site, k, views)}
    arrays = {
        "total": s.total,
        "base_ms": s.weights["base_ms"][0],
        "graph_base_ms": s.graph.level["base_ms"][0],
        "log": np.array([site.log[name] for name in LOG_FIELDS], np.int64),
        "horizons": s.memory["horizon"][:LONG_IDS].copy(),
    }
    names = msgspec.msgpack.encode(SiteNames(site.name, site.editions, used, site.free_slots[::-1]))
    head = LENGTH.pack(len(names)) + names + pack_arrays(arrays)
    generations = site.generations.all(s)
    place = SitePosition(
        site.window_starts[:], list(site.sequences.items()), site.newest_ms,
        site.reread_from().position, site.arms.begun[:], list(site.imports.items()),
        site.rules_from, [(which, g.number, g.begin_ms, g.end_ms) for which, g in generations],
        sorted(site.since.items()),
    )  # fmt: skip
    arms = {k: packed_arm(site.arms.row(k)) for k in site.arms.changed(views)}
    ids = {
        ids_name(which, generation.number): generation.keys
        for which, generation in generations
        if since is None or not since.ids or _has_more(generation, since.ids[which])
    }
    return SiteSnapshot(site.name, head, pages, arms, ids, count, place, mark)


def state_bytes(site: Site) -> bytes:
    """Write all that follows from the site's views, and nothing else."""
    snapshot = snapshot_of(site)
    pages = (page.packed() for page in snapshot.pages.values())
    ids = (keys.tobytes() for keys in snapshot.ids.values())
    return b"".join([snapshot.head, *pages, *snapshot.arms.values(), *ids])


def mark_of(site: Site) -> Mark:
    """Say where a site stands."""
    s, level = site.state, site.state.graph.level[0]
    bases = (*s.weights["base_ms"][0].tolist(), *level["base_ms"].tolist())
    newest = zip(s.log[0]["generation"].tolist(), s.log[0]["fresh"].tolist(), strict=True)
    moved = (*bases, site.evictions, int(level["freed"]))
    return Mark(int(site.log["views"]), moved, tuple(newest))


def ids_name(which: int, number: int) -> str:
    """Name of a generation of ids, within its site."""
    return f"ids{which}-{number}"


def _has_more(generation: Generation, since: tuple[int, int]) -> bool:
    """Say whether a generation has ids that it had not at a mark."""
    number, count = since
    return generation.number > number or (
        generation.number == number and generation.keys.size > count
    )


def restored_site(
    head: bytes, pages: Sequence[bytes], arms: Sequence[bytes], ids: Sequence[bytes],
    place: SitePosition, settings: EngineSettings, position: int,
) -> Site:  # fmt: skip
    """Build a site from its bytes; its memory of repeats and visits is empty.

    Parameters
    ----------
    head : bytes
    pages, arms, ids : sequence of bytes
        All of them, in their order.
    place : SitePosition
    settings : EngineSettings
        Those that the state grew under.
    position : int
        Log position of the checkpoint.
    """
    (length,) = LENGTH.unpack_from(head)
    offset = LENGTH.size + length
    names = msgspec.msgpack.decode(head[LENGTH.size : offset], type=SiteNames)
    site = Site(names.site, settings)
    site.editions, site.free_slots = names.editions, names.free_slots[::-1]
    site.sequences, site.imports = dict(place.sequences), dict(place.imports)
    site.window_starts = list(place.window_starts)
    site.rules_from = position if place.rules_from < 0 else place.rules_from
    _fill_head(site, names.articles, unpack_arrays(head[offset:]))
    kept = dict(place.signals)
    site.since = {name: kept.get(name, int(site.log["views"])) for name in site.tables}
    for number, page in enumerate(pages):
        _fill_page(site, number * PAGE, page)
    _name_slots(site)
    for arm, begun in zip(arms, place.begun, strict=True):
        site.arms.restore(arm_of(arm, begun))
    if place.generations:
        found = [
            (which, Generation(number, begin, end, np.frombuffer(keys, "<u8").astype(np.uint64)))
            for (which, number, begin, end), keys in zip(place.generations, ids, strict=True)
        ]
        site.state = site.generations.restore(site.state, found)
    return site


def _raw_page(site: Site, number: int) -> RawPage:
    s, part = site.state, slice(number * PAGE, min((number + 1) * PAGE, len(site.ids)))
    article = s.article[part].copy()
    rows = article["row"][article["row"] >= 0]
    g = s.graph
    return RawPage(
        site.ids[part], article, s.mass[part].copy(), g.row[rows], g.neighbour[rows], g.mass[rows],
        {_table_name(name, site): table[part].copy() for name, table in site.tables.items()},
    )  # fmt: skip


def _table_name(name: str, site: Site) -> str:
    """Name of a signal's table in a page: one that begins anew has another layout or beginning."""
    table = site.tables[name]
    return f"signal {name} {site.since[name]} {table.dtype.itemsize} {table.dtype.descr}"


def _changed(site: Site, number: int, views: int) -> bool:
    article = site.state.article[number * PAGE : min((number + 1) * PAGE, len(site.ids))]
    rows = article["row"][article["row"] >= 0]
    touched = site.state.graph.row["touched"][rows]
    return bool((article["last"] >= views).any() or (touched >= views).any())


def _fill_head(site: Site, used: int, arrays: dict[str, NDArray[Any]]) -> None:
    article = empty_articles(max(used, FIRST_SLOTS))
    site.state = site.state._replace(
        article=article,
        mass=np.zeros((article.size, *site.state.mass.shape[1:])),
        total=arrays["total"].copy(),
        touched=np.zeros(article.size, np.int32),
    )
    site.state.weights["base_ms"][0] = arrays["base_ms"]
    site.state.graph.level["base_ms"][0] = arrays["graph_base_ms"]
    for name, value in zip(LOG_FIELDS, arrays["log"], strict=False):
        site.log[name] = value
    if "horizons" in arrays:
        site.state.memory["horizon"][:LONG_IDS] = arrays["horizons"]
    else:  # before 0.2.0 there was one horizon, the last entry of `log`
        site.state.memory["horizon"][:LONG_IDS] = arrays["log"][len(LOG_FIELDS)]
    site.log["articles"] = used
    site.tables = {name: np.zeros(article.size, table.dtype) for name, table in site.tables.items()}


def _fill_page(site: Site, first: int, page: bytes) -> None:
    (length,) = LENGTH.unpack_from(page)
    offset = LENGTH.size + length
    ids = msgspec.msgpack.decode(page[LENGTH.size : offset], type=list[str])
    arrays = unpack_arrays(page[offset:])
    article = site.state.article[first : first + len(ids)]
    for name in ARTICLE_FIELDS:
        article[name] = arrays[name]
    site.state.mass[first : first + len(ids)] = arrays["mass"]
    for name, table in site.tables.items():
        held = arrays.get(_table_name(name, site))
        if held is not None:
            table[first : first + len(ids)] = held.view(table.dtype)
    site.ids += ids
    _fill_rows(site.state.graph, article["row"], first, arrays)


def _fill_rows(
    g: Graph, row: NDArray[np.int32], first: int, arrays: dict[str, NDArray[Any]]
) -> None:
    """Give a page's rows the next free ones of the pool."""
    owners = arrays["row_owner"]
    free = int(g.level["free_rows"][0])
    rows = g.row["free"][free - owners.size : free][::-1].copy()
    g.level["free_rows"] = free - owners.size
    row[owners] = rows
    g.row["owner"][rows] = owners + np.int32(first)
    for name in ("size", "total", "touched"):
        g.row[name][rows] = arrays[f"row_{name}"]
    held = np.arange(g.neighbour.shape[1])[None, :] < arrays["row_size"][:, None]
    neighbour, mass = np.zeros(held.shape, np.int32), np.zeros((*held.shape, LEVELS), np.float32)
    neighbour[held], mass[held] = arrays["row_neighbour"], arrays["row_mass"]
    g.neighbour[rows], g.mass[rows] = neighbour, mass


def _name_slots(site: Site) -> None:
    """Index the articles of all editions, once all pages are in."""
    site.slots = [{} for _ in site.editions]
    free = set(site.free_slots)
    editions = site.state.article["edition"][: len(site.ids)].tolist()
    for slot, (article, edition) in enumerate(zip(site.ids, editions, strict=True)):
        if slot not in free:
            site.slots[edition][article] = slot
    site.arrivals = len(site.ids)
    site.evictions = int(bool(free))


def packed_arm(row: ArmSums) -> bytes:
    """Write sums of an arm, but for where they begin, which is no part of the state."""
    head = msgspec.msgpack.encode((row.label, row.arm, row.events, row.last))
    arrays = {"sums": _narrow(row.sums), "slots": _narrow(row.slots), "shown": row.shown}
    return LENGTH.pack(len(head)) + head + pack_arrays(arrays)


def arm_of(data: bytes, begun: int) -> ArmSums:
    """Read sums of an arm."""
    (length,) = LENGTH.unpack_from(data)
    offset = LENGTH.size + length
    head = msgspec.msgpack.decode(data[LENGTH.size : offset], type=tuple[str, str, int, int])
    label, arm, events, last = head
    return ArmSums(label, arm, begun, events, last, **unpack_arrays(data[offset:]))


def _narrow(sums: NDArray[np.int64]) -> NDArray[Any]:
    """The same sums in half the bytes while they are small."""
    small = np.iinfo(np.int32)
    fits = small.min <= sums.min(initial=0) and sums.max(initial=0) <= small.max
    return sums.astype("<i4") if fits else sums
